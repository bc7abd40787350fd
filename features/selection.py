"""Which rows satisfy a family's filter: equality, one of several, or a prefix, on any column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue.families import Condition, Prefix, Without


@dataclass(frozen=True)
class Coded:
    """A text column as numbers: `codes` point into `categories`, -1 is a missing text."""

    codes: np.ndarray
    categories: np.ndarray

    @classmethod
    def of(cls, column: pd.Series) -> "Coded":
        """From a categorical column without a copy, from plain text by numbering it."""
        if isinstance(column.dtype, pd.CategoricalDtype):
            held = column.array
            return cls(np.asarray(held.codes), np.asarray(held.categories, dtype=object))
        codes, categories = pd.factorize(column.to_numpy(dtype=object))
        return cls(codes, np.asarray(categories, dtype=object))

    def numbered(self, texts: tuple[str, ...], otherwise: int = -1) -> np.ndarray:
        """Each row's place in `texts`; `otherwise` for a text outside it; -1 for a missing one."""
        place = {text: number for number, text in enumerate(texts)}
        lookup = np.array([place.get(category, otherwise) for category in self.categories] + [-1], np.int32)
        return lookup[self.codes]


def matches(frame: pd.DataFrame, conditions: Mapping[str, Condition]) -> np.ndarray:
    """True for the rows of `frame` where every condition holds; a missing value satisfies none."""
    chosen = np.ones(len(frame), bool)
    for name, condition in conditions.items():
        chosen &= column_matches(frame[name], condition)
    return chosen


def column_matches(column: pd.Series | Coded, condition: Condition) -> np.ndarray:
    """True where one column satisfies one condition."""
    if isinstance(column, Coded):
        return coded_matches(column, condition)
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
        return coded_matches(Coded.of(column), condition)
    return np.isin(column.to_numpy(), np.array(_values(condition)))


def coded_matches(column: Coded, condition: Condition) -> np.ndarray:
    """True where a text column satisfies a condition."""
    if isinstance(condition, Prefix):
        wanted = [str(category).startswith(_values(condition.prefix)) for category in column.categories]
    elif isinstance(condition, Without):
        wanted = [category not in _values(condition.without) for category in column.categories]
    else:
        values = set(_values(condition))
        wanted = [category in values for category in column.categories]
    return np.array([*wanted, False])[column.codes]


def _values(condition: Any) -> tuple[Any, ...]:
    return condition if isinstance(condition, tuple) else (condition,)
