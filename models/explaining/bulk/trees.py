"""LightGBM's text as trees: which way a value goes at each split, and how many training rows went there.

Source of the rules: LightGBM 4, `include/LightGBM/tree.h` (NumericalDecision, ExpectedValue).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from configs.errors import ModelError

DEFAULT_LEFT, MISSING_SHIFT, MISSING_MASK = 2, 2, 3
MISSING_NONE, MISSING_ZERO = 0, 1
"""Bits of `decision_type`: an unknown value counts as 0; 0 and unknown alike go the default way; (2) only unknown."""
NEEDED = (
    "split_feature",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_count",
    "internal_count",
)


class Way(NamedTuple):
    """How splits read a feature: splits that read it alike are passed one after another, in the order of threshold."""

    feature: int
    zero_is_unknown: bool
    unknown_goes_left: bool


class Split(NamedTuple):
    """A row goes left when its value is at most the threshold (the largest float32 not above LightGBM's)."""

    way: Way
    threshold: float


@dataclass(frozen=True)
class Tree:
    """One tree.  A child below 0 is the leaf ~child."""

    splits: tuple[Split, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    split_rows: tuple[float, ...]
    """Training rows at each split."""
    leaf_rows: tuple[float, ...]
    values: tuple[float, ...]
    """What each leaf adds to the score."""

    @property
    def expected(self) -> float:
        """The mean score of the training rows."""
        if not self.splits:
            return self.values[0]
        return float(np.dot(self.leaf_rows, self.values) / self.split_rows[0])

    def share(self, split: int, child: int) -> float:
        """The part of the training rows at a split that went on to this child."""
        rows = self.leaf_rows[~child] if child < 0 else self.split_rows[child]
        return rows / self.split_rows[split]


def read_trees(text: str) -> tuple[Tree, ...]:
    """Every tree of a LightGBM model text with one plain score.

    Raises ModelError for trees that cannot be explained in bulk: several scores, an averaged forest, splits on sets of
    codes, leaves with lines, or no counts of training rows.
    """
    header, *parts = text.split("\nTree=")
    _check_header(header)
    return tuple(_tree(dict(_fields(part))) for part in parts)


def _check_header(header: str) -> None:
    lines = header.splitlines()
    if "num_tree_per_iteration=1" not in lines or "average_output" in lines:
        raise _refused("they do not add up to one score")


def _fields(part: str) -> Iterator[tuple[str, str]]:
    """name=value until the first empty line."""
    for line in part.splitlines()[1:]:
        if not line:
            return
        name, _, value = line.partition("=")
        yield name, value


def _tree(fields: dict[str, str]) -> Tree:
    if fields.get("num_cat", "0") != "0":
        raise _refused("some of their splits are on sets of codes")
    if fields.get("is_linear", "0") != "0":
        raise _refused("their leaves hold lines")
    values = tuple(np.array(fields["leaf_value"].split(), np.float64).tolist())
    if len(values) == 1:
        return Tree((), (), (), (), (), values)
    feature, threshold, kind, left, right, leaf_rows, split_rows = (
        np.array(fields.get(name, "").split(), np.float64) for name in NEEDED
    )
    if len(leaf_rows) != len(values) or not (leaf_rows.all() and split_rows.all()):
        raise _refused("they do not say how many training rows reached each leaf")
    splits = _splits(feature.astype(np.int64), threshold, kind.astype(np.int64))
    lefts, rights = (tuple(child.astype(np.int64).tolist()) for child in (left, right))
    return Tree(splits, lefts, rights, tuple(split_rows.tolist()), tuple(leaf_rows.tolist()), values)


def _splits(feature: np.ndarray, threshold: np.ndarray, kind: np.ndarray) -> tuple[Split, ...]:
    missing = (kind >> MISSING_SHIFT) & MISSING_MASK
    unknown_left = np.where(missing == MISSING_NONE, threshold >= 0, (kind & DEFAULT_LEFT) > 0)
    ways = zip(feature.tolist(), (missing == MISSING_ZERO).tolist(), unknown_left.tolist(), strict=True)
    return tuple(Split(Way(*way), edge) for way, edge in zip(ways, _below(threshold).tolist(), strict=True))


def _below(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 not above each threshold: float32 values fall on the same side of both."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    return np.where(near.astype(np.float64) > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _refused(why: str) -> ModelError:
    return ModelError(f"These trees cannot be explained in bulk: {why}. Ask LightGBM with `contributions` instead.")
