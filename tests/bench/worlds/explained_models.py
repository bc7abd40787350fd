"""What the bench of bulk explanations explains: a county's rows, and learners of several sizes trained on some of them.

Everything is drawn and trained anew in a few seconds, so nothing but the code must be there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from configs.loader import PROJECT_ROOT
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import LEARNERS, Learner
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees, BoostingSettings

ROWS, FEATURES, SEED = 60_000, 120, 20_260_101
ROWS_FILE = "rows.npy"
SEGMENTATION, NEED = "configs/segmentation.yaml", "configs/need.yaml"
LARGER = {"learning_rate": 0.05, "minimum_rows": 20, "ridge": 5.0, "feature_share": 0.5, "threads": 2}


@dataclass(frozen=True)
class Case:
    """A learner to explain."""

    id: str
    name: str
    labels: int
    """Rows that it is trained on."""
    settings: Callable[[], Mapping[str, Any]]
    """`boosting`, and `line_share` for a blend."""
    slow: bool = False
    """LightGBM needs most of a minute: only the opponents that the target names are asked."""


def _served(config: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: yaml.safe_load((PROJECT_ROOT / config).read_text(encoding="utf-8"))["fit"]


def _trees(**boosting: int) -> Callable[[], Mapping[str, Any]]:
    return lambda: {"boosting": {**LARGER, **boosting}}


CASES = (
    Case("axis", "axis as served", 1_000, _served(SEGMENTATION)),
    Case("need", "need as served", 3_000, _served(NEED)),
    Case("leaves_7", "300 trees, 7 leaves", 20_000, _trees(trees=300, leaves=7, depth=4)),
    Case("leaves_31", "150 trees, 31 leaves", 20_000, _trees(trees=150, leaves=31, depth=5)),
    Case("deep", "150 trees, 31 leaves, deep", 20_000, _trees(trees=150, leaves=31, depth=16), slow=True),
)


def rows() -> np.ndarray:
    """float32: counts that are mostly 0, amounts, days since; a fifth of the cells is unknown."""
    rng = np.random.default_rng(SEED)
    counts = rng.poisson(rng.exponential(1.5, (ROWS, 1)), (ROWS, FEATURES // 2))
    amounts = rng.gamma(1.0, 40.0, (ROWS, FEATURES - FEATURES // 2))
    drawn = np.hstack([counts, amounts]).astype(np.float32)
    drawn[rng.random(drawn.shape) < np.linspace(0, 0.4, FEATURES)] = np.nan
    return drawn


def labels(drawn: np.ndarray) -> np.ndarray:
    """Many weak effects, some of them of two features together."""
    rng = np.random.default_rng(SEED + 1)
    known = np.log1p(np.nan_to_num(drawn.astype(np.float64)))
    score = known @ rng.normal(0, 0.25, FEATURES) + (known[:, :-1] * known[:, 1:]) @ rng.normal(0, 0.1, FEATURES - 1)
    return (rng.random(len(drawn)) < 1 / (1 + np.exp(-(score - np.median(score))))).astype(np.int8)


def trained(case: Case, drawn: np.ndarray, answers: np.ndarray) -> Learner:
    """The learner of one case."""
    settings = case.settings()
    names = [f"feature_{place}" for place in range(FEATURES)]
    part, known = drawn[: case.labels], answers[: case.labels]
    trees = BoostedTrees.fit(part, known, names, BoostingSettings(**settings["boosting"]))
    share = settings.get("line_share", 0.0)
    if not share:
        return trees
    return Blend(trees, LogisticRegression.fit(part, known, names, BaselineSettings(**settings["baseline"])), share)


def learner_file(folder: Path, case: str) -> Path:
    """Where a case's learner is kept: its kind on the first line, then its own bytes."""
    return folder / f"{case}.learner"


def write(folder: Path) -> None:
    """The rows and every learner."""
    drawn = rows()
    answers = labels(drawn)
    np.save(folder / ROWS_FILE, drawn)
    for case in CASES:
        learner = trained(case, drawn, answers)
        learner_file(folder, case.id).write_bytes(f"{learner.kind}\n".encode() + learner.to_bytes())


def read(folder: Path, case: str) -> tuple[Learner, np.ndarray]:
    """A case's learner and the rows."""
    kind, _, content = learner_file(folder, case).read_bytes().partition(b"\n")
    return LEARNERS[kind.decode()].from_bytes(content), np.load(folder / ROWS_FILE)
