"""LightGBM: the one place where trees are grown, asked and read back from text.

Rows are float32, NaN means unknown.  Threads are always explicit and the same inputs give the same text.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import lightgbm
import numpy as np
from pydantic import Field

from configs.errors import ModelError
from configs.loader import StrictConfig

ANSWER_THREADS = 1
"""Threads for one client's answer: more only wait for each other on a single row."""
BULK_ROWS = 20_000
"""From this many rows on, BULK_THREADS are used."""
BULK_THREADS = 2


class BoostingSettings(StrictConfig):
    """How trees are grown.  The defaults are shallow and strongly regularised: made for about 1,000 labels."""

    trees: int = Field(default=150, ge=1, le=5000)
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    leaves: int = Field(default=7, ge=2, le=255)
    depth: int = Field(default=4, ge=1, le=16)
    minimum_rows: int = Field(default=20, ge=1)
    """Fewest training rows in a leaf."""
    ridge: float = Field(default=5.0, ge=0)
    feature_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the features that each tree may look at."""
    row_share: float = Field(default=0.8, gt=0, le=1)
    """Share of the rows that each tree sees."""
    seed: int = 20260101
    threads: int = Field(default=1, ge=1, le=64)
    """One is fastest below some 10,000 rows: measured on 2 busy cores, two threads took 100 times longer on 1,000 rows,
    because they wait for each other at every split."""


class BoostedTrees:
    """Trees whose raw score is on the log-odds scale, kept as LightGBM's own text."""

    kind = "lightgbm"

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The parsed trees.  Raises ModelError when the text is not a LightGBM model."""
        try:
            return lightgbm.Booster(model_str=self.text)
        except lightgbm.basic.LightGBMError:
            raise ModelError("The trees cannot be read. Fetch the bundle again or train a new version.") from None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns, in the order that the trees expect."""
        return tuple(self.booster.feature_name())

    @classmethod
    def fit(
        cls,
        rows: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        settings: BoostingSettings,
        directions: Sequence[int] = (),
        weights: np.ndarray | None = None,
    ) -> "BoostedTrees":
        """Trees for a yes/no label (1 = yes).  Raises ModelError when only one class is present.

        `directions` holds per column 1 (a larger value never lowers the score), -1 (never raises it) or 0 (free);
        `weights` (one per row, mean about 1) how many rows each row stands for.
        """
        if len(np.unique(labels)) < 2:
            raise ModelError(f"The {len(labels)} training labels are all alike; both yes and no are needed to learn.")
        objective: dict[str, object] = {"objective": "binary"}
        if any(directions):
            objective |= {"monotone_constraints": list(directions), "monotone_constraints_method": "basic"}
        return cls(_grow(rows, labels, names, settings, objective, weights))

    @classmethod
    def fit_amount(
        cls, rows: np.ndarray, amounts: np.ndarray, names: Sequence[str], settings: BoostingSettings
    ) -> "BoostedTrees":
        """Trees for an amount (squared error); raw scores are in its unit.  Raises ModelError for equal amounts."""
        if len(amounts) == 0 or np.ptp(amounts) == 0:
            raise ModelError(f"The {len(amounts)} training amounts are all alike; nothing can be learned of them.")
        return cls(_grow(rows, amounts, names, settings, {"objective": "regression"}))

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """Raw score of each row: log-odds before calibration."""
        return np.asarray(self.booster.predict(rows, raw_score=True, num_threads=_threads(rows)), dtype=np.float64)

    def contributions(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """(base, shares [rows x features]) by exact TreeSHAP: base + a row's shares = its raw score."""
        shares = np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=_threads(rows)), dtype=np.float64)
        return float(shares[0, -1]), shares[:, :-1]

    def to_bytes(self) -> bytes:
        """What the bundle keeps."""
        return self.text.encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "BoostedTrees":
        """The inverse of `to_bytes`."""
        return cls(data.decode("utf-8"))


class BoostedClasses:
    """Trees for several unordered classes: a comparison model, never explained to anybody."""

    def __init__(self, text: str) -> None:
        self.booster = lightgbm.Booster(model_str=text)

    @classmethod
    def fit(
        cls,
        rows: np.ndarray,
        classes: np.ndarray,
        n_classes: int,
        names: Sequence[str],
        settings: BoostingSettings,
        weights: np.ndarray | None = None,
    ) -> "BoostedClasses":
        """Trees for classes 0 … n_classes - 1; a class without rows gets almost no probability."""
        objective: dict[str, object] = {"objective": "multiclass", "num_class": n_classes}
        return cls(_grow(rows, classes, names, settings, objective, weights))

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Probability of each class, rows x classes."""
        return np.asarray(self.booster.predict(rows, num_threads=_threads(rows)), dtype=np.float64)


def _threads(rows: np.ndarray) -> int:
    return BULK_THREADS if len(rows) >= BULK_ROWS else ANSWER_THREADS


def _grow(
    rows: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    settings: BoostingSettings,
    objective: Mapping[str, object],
    weights: np.ndarray | None = None,
) -> str:
    data = lightgbm.Dataset(
        np.ascontiguousarray(rows, dtype=np.float32),
        label=labels.astype(np.float32),
        weight=None if weights is None else weights.astype(np.float32),
        feature_name=list(names),
        params={"num_threads": settings.threads, "verbose": -1},
    )
    return str(lightgbm.train({**_parameters(settings), **objective}, data, settings.trees).model_to_string())


def _parameters(settings: BoostingSettings) -> dict[str, object]:
    return {
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "max_depth": settings.depth,
        "min_data_in_leaf": settings.minimum_rows,
        "lambda_l2": settings.ridge,
        "feature_fraction": settings.feature_share,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1 if settings.row_share < 1 else 0,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": settings.threads,
        "verbose": -1,
    }
