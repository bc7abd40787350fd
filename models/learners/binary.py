"""A calibrated yes/no model: any learner with a raw score and shares, and the affine map to what is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from configs.errors import ModelError
from models.learners.baseline import LogisticRegression
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration, sigmoid


class Learner(Protocol):
    """What BoostedTrees, LogisticRegression and their Blend have in common."""

    kind: str

    @property
    def feature_names(self) -> tuple[str, ...]: ...

    def raw(self, rows: np.ndarray) -> np.ndarray: ...

    def contributions(self, rows: np.ndarray) -> tuple[float, np.ndarray]: ...

    def to_bytes(self) -> bytes: ...


LEARNERS: dict[str, type[BoostedTrees] | type[LogisticRegression] | type[Blend]] = {
    one.kind: one for one in (BoostedTrees, LogisticRegression, Blend)
}
SUFFIXES = {BoostedTrees.kind: ".lgb.txt", LogisticRegression.kind: ".logistic.json", Blend.kind: ".blend.json"}


@dataclass(frozen=True)
class Explained:
    """Rows explained on the scale shown: base + shares of a row = its log-odds."""

    base: float
    shares: np.ndarray
    log_odds: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class BinaryModel:
    """The probability of one outcome, and each feature's share of its log-odds."""

    learner: Learner
    calibration: Calibration

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """The probability shown for each row."""
        return sigmoid(self.calibration.log_odds(self.learner.raw(rows)))

    def explain(self, rows: np.ndarray) -> Explained:
        """Probabilities with their shares; the probability is computed from the sum of the shares."""
        base, shares = self.learner.contributions(rows)
        shown = self.calibration.slope * shares
        shown_base = self.calibration.intercept + self.calibration.slope * base
        log_odds = shown_base + shown.sum(axis=1)
        return Explained(shown_base, shown, log_odds, sigmoid(log_odds))

    def to_files(self, name: str) -> tuple[dict[str, bytes], dict[str, object]]:
        """(files, entry of the bundle's model.json)."""
        file = name + SUFFIXES[self.learner.kind]
        entry: dict[str, object] = {
            "learner": self.learner.kind,
            "file": file,
            "calibration": self.calibration.to_dict(),
        }
        return {file: self.learner.to_bytes()}, entry

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], entry: Mapping[str, object]) -> "BinaryModel":
        """The inverse of `to_files`.  Raises ModelError for an unknown learner or a missing file."""
        file, kind = str(entry["file"]), entry["learner"]
        if file not in files:
            raise ModelError(f"The bundle lacks its file {file}. Fetch it again or train a new version.")
        calibration = Calibration(**entry["calibration"])  # type: ignore[arg-type]
        if kind in LEARNERS:
            return cls(LEARNERS[str(kind)].from_bytes(files[file]), calibration)
        raise ModelError(f"The bundle names the learner `{kind}`; allowed: {', '.join(sorted(SUFFIXES))}.")
