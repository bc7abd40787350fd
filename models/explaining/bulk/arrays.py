"""The plain arrays that the compiled loops read.

`x_first` arrays have one entry more than there are x: what belongs to number i lies in [x_first[i], x_first[i + 1]).
"""

from array import array
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, TypeVar, get_type_hints

import numpy as np

Whole = Annotated[np.ndarray, "q"]
First = Annotated[np.ndarray, "q", 0]
"""Whole numbers that begin with 0."""
Real = Annotated[np.ndarray, "d"]
Single = Annotated[np.ndarray, "f"]
Step = Annotated[np.ndarray, "I"]
Flag = Annotated[np.ndarray, "b"]


class Lookup(NamedTuple):
    """From a row to its state in each piece, and from the state to contributions."""

    column_feature: Whole
    """A column is a feature as its splits read it."""
    column_zero: Flag
    """0 counts as unknown."""
    slot_feature: Whole
    """A slot collects the contributions of one feature."""
    piece_test_first: First
    test_column: Whole
    test_threshold: Single
    test_left: Flag
    """An unknown value counts as not above the threshold."""
    test_step: Step
    """What a value above the threshold adds to the state."""
    piece_slot_first: First
    slot: Whole
    piece_states: Whole
    piece_table: First
    """Where each piece's table begins: for each slot of the piece one line, with a number for every state."""


class Recipe(NamedTuple):
    """What the tables are made of: leaves, the features on the way to them, and the states that fulfil each."""

    piece_leaf_first: First
    leaf_value: Real
    leaf_part_first: First
    part_share: Real
    """Of the training rows, the part that the feature's conditions let through."""
    part_place: Whole
    """The feature's line of the table."""
    part_bound_first: First
    bound_step: Whole
    bound_size: Whole
    bound_low: Whole
    """Fulfilled when the digit state // step % size lies in [low, high)."""
    bound_high: Whole


class Long(NamedTuple):
    """Leaves with too many states for a table, computed for every row."""

    leaf_value: Real
    leaf_part_first: First
    part_share: Real
    part_slot: Whole
    part_bound_first: First
    bound_column: Whole
    bound_left: Flag
    bound_low: Single
    """Fulfilled when the value lies above low and is at most high; NaN where there is no such bound."""
    bound_high: Single


class Line(NamedTuple):
    """The linear half of a blend: weight * clip((value - mean) * scale).  Empty when there is none."""

    weight: Real
    filled: Real
    """What an unknown value counts as."""
    mean: Real
    scale: Real


K = TypeVar("K", Lookup, Recipe, Long, Line)


def growing(kind: type[K]) -> "dict[str, array[Any]]":
    """Empty lists, one for each array."""
    return {name: array(*_code(hint)) for name, hint in get_type_hints(kind, include_extras=True).items()}


def codes(kind: type[Any]) -> list[str]:
    """The type code of each array."""
    return [_code(hint)[0] for hint in get_type_hints(kind, include_extras=True).values()]


def grown(kind: type[K], lists: "Mapping[str, array[Any]]") -> K:
    """The lists as arrays."""
    return kind(**{name: np.array(values, dtype=values.typecode) for name, values in lists.items()})


def _code(hint: Any) -> tuple[str, tuple[int, ...]]:
    code, *start = hint.__metadata__
    return code, tuple(start)
