"""Which rows satisfy a family's filter: equality, one of several, a prefix or all but some, on any column."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue.families import Between, Condition, Prefix, Without
from features.columnar import Coded, Columns, Words

__all__ = ["Coded", "column_matches", "matches"]


def matches(table: pd.DataFrame | Columns, conditions: Mapping[str, Condition]) -> np.ndarray:
    """True for the rows where every condition holds; a missing value satisfies none."""
    chosen = np.ones(len(table), bool)
    for name, condition in conditions.items():
        chosen &= column_matches(table[name], condition)
    return chosen


def column_matches(column: pd.Series | np.ndarray | Coded, condition: Condition) -> np.ndarray:
    """True where one column satisfies one condition."""
    if isinstance(column, pd.Series):
        is_text = isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object
        return column_matches(Coded.of(column) if is_text else column.to_numpy(), condition)
    if isinstance(column, Coded):
        return _mask(column.words, condition)[column.codes]
    if isinstance(condition, Between):
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        return np.asarray((column >= low) & (column <= high))
    return np.isin(column, np.array(_several(condition)))


def _mask(words: Words, condition: Condition) -> np.ndarray:
    """For each code whether its text satisfies the condition; the last place (code -1) is the missing text."""
    return words.remembered(("mask", condition), lambda: np.array([*_holds(words.texts, condition), False], bool))


def _holds(texts: np.ndarray, condition: Condition) -> list[bool]:
    if isinstance(condition, Prefix):
        return [str(text).startswith(_several(condition.prefix)) for text in texts]
    if isinstance(condition, Without):
        return [text not in _several(condition.without) for text in texts]
    values = set(_several(condition))
    return [text in values for text in texts]


def _several(condition: Any) -> tuple[Any, ...]:
    """A condition's values: one alone or several."""
    return condition if isinstance(condition, tuple) else (condition,)
