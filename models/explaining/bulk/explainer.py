"""Contributions of many rows of any learner, from tables that are made once per learner.

After "Fast TreeSHAP" v2 (Yang 2021), which keeps what each leaf says in every case, and "From Decision Trees to
Boolean Logic" (Nadel, Wettenstein 2026), which looks cases up for all rows at once; here whole pieces of trees are
kept, so that a row costs one look-up per piece and feature.  Equal to LightGBM's own within rounding.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import factorial

import numpy as np

from configs.errors import ModelError
from models.explaining.bulk.arrays import Line
from models.explaining.bulk.layout import Layout, laid_out
from models.explaining.bulk.loops import BLOCK, explain_rows, fill_tables
from models.explaining.bulk.trees import Tree, read_trees
from models.learners.baseline import LogisticRegression
from models.learners.binary import BinaryModel, Explained, Learner
from models.learners.blend import Blend
from models.learners.boosting import BULK_THREADS, BoostedTrees
from models.learners.calibration import sigmoid

ROWS_PER_THREAD = 4 * BLOCK
"""Fewer rows are not worth a thread."""


@dataclass(frozen=True)
class BulkExplainer:
    """Ready to explain any number of rows.  Made by `BulkExplainer.of`; rows in pieces bound the memory."""

    base: float
    """What a row's contributions are added to."""
    features: int
    _layout: Layout
    _tables: np.ndarray
    _weights: np.ndarray
    _line: Line

    @classmethod
    def of(cls, learner: Learner) -> "BulkExplainer":
        """Prepare boosted trees, logistic regression or a blend.  Raises ModelError for trees it cannot explain."""
        trees, line, share = _halves(learner)
        grown = read_trees(trees.text) if trees else ()
        layout = laid_out(grown)
        weights = _weights(_most_features(layout))
        tables = np.zeros(int(layout.lookup.piece_table[-1]))
        fill_tables(layout.lookup, layout.recipe, weights, tables)
        tables *= 1 - share
        long = layout.long._replace(leaf_value=(1 - share) * layout.long.leaf_value)
        base = (1 - share) * _expected(grown) + (share * line.intercept if line else 0.0)
        ready = Layout(layout.lookup, layout.recipe, long)
        return cls(base, len(learner.feature_names), ready, tables, weights, _line(line, share))

    def shares(self, rows: np.ndarray, threads: int = BULK_THREADS) -> np.ndarray:
        """Contributions, float64 [rows x features], of float32 rows (NaN = unknown).

        The same numbers for any number of threads and any division of the rows.  Raises ModelError for other rows.
        """
        if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != self.features:
            raise ModelError(
                f"Rows of {rows.dtype} in the shape {rows.shape} were given; needed are float32 rows of "
                f"{self.features} features. Build the rows with the model's own catalogue."
            )
        whole, out = np.ascontiguousarray(rows), np.empty(rows.shape)
        parts = _parts(len(rows), threads)
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(lambda part: self._fill(whole[part], out[part]), parts):
                pass
        return out

    def _fill(self, rows: np.ndarray, out: np.ndarray) -> None:
        layout = self._layout
        explain_rows(rows, out, layout.lookup, self._tables, layout.long, self._weights, self._line)


def bulk_contributions(learner: Learner, rows: np.ndarray, threads: int = BULK_THREADS) -> tuple[float, np.ndarray]:
    """(base, shares [rows x features]) as `learner.contributions(rows)` gives them, within 1e-9."""
    explainer = BulkExplainer.of(learner)
    return explainer.base, explainer.shares(rows, threads)


def bulk_explained(model: BinaryModel, rows: np.ndarray, explainer: BulkExplainer | None = None) -> Explained:
    """Rows on the scale shown, as `model.explain(rows)` gives them, within 1e-9.

    `explainer` is that of the model's learner, where it has been made before.
    """
    ready = BulkExplainer.of(model.learner) if explainer is None else explainer
    calibration, shares = model.calibration, ready.shares(rows)
    shares *= calibration.slope
    shown_base = calibration.intercept + calibration.slope * ready.base
    log_odds = shown_base + shares.sum(axis=1)
    return Explained(shown_base, shares, log_odds, sigmoid(log_odds))


def _halves(learner: Learner) -> tuple[BoostedTrees | None, LogisticRegression | None, float]:
    """(trees, line, the line's share)."""
    if isinstance(learner, Blend):
        return learner.trees, learner.line, learner.line_share
    if isinstance(learner, BoostedTrees):
        return learner, None, 0.0
    if isinstance(learner, LogisticRegression):
        return None, learner, 1.0
    raise ModelError(f"The learner `{learner.kind}` has no bulk explanation. Use its own `contributions`.")


def _line(line: LogisticRegression | None, share: float) -> Line:
    if line is None:
        return Line(*(np.zeros(0) for _ in Line._fields))
    return Line(share * line.coefficients, line.median, line.mean, 1 / line.spread)


def _expected(trees: Iterable[Tree]) -> float:
    return float(sum(tree.expected for tree in trees))


def _most_features(layout: Layout) -> int:
    """The most features on the way to one leaf."""
    firsts = (layout.recipe.leaf_part_first, layout.long.leaf_part_first)
    return int(max(np.diff(first).max(initial=0) for first in firsts))


def _weights(most: int) -> np.ndarray:
    """[n, k]: the share of the orders of n features in which exactly k given ones come before a given other one."""
    weights = np.zeros((most + 1, most + 1))
    for n in range(1, most + 1):
        weights[n, :n] = [factorial(k) * factorial(n - 1 - k) / factorial(n) for k in range(n)]
    return weights


def _parts(rows: int, threads: int) -> list[slice]:
    size = max(ROWS_PER_THREAD, -(-rows // threads))
    return [slice(first, first + size) for first in range(0, rows, size)]
