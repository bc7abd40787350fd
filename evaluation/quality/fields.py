"""What a cell says: an answer, an answer outside the classes, "cannot tell", or nothing at all."""

from enum import IntEnum
from typing import Final

import numpy as np
import pandas as pd

from features.tables import Column, Table

CANNOT_TELL: Final = frozenset({"unknown", "cannot_tell"})
"""Codes by which somebody recorded that it is not known.  That is no "no", and it is not an empty field either."""
OTHER: Final = frozenset({"other"})
COMMON: Final = frozenset({"client_id", "recorded_at", "superseded_at", "source", "legacy_org"})
EMPTY_BY_NATURE: Final = frozenset({("assessments", "value_unit")})
"""Fields that the contract leaves empty for some kinds of row.  Empty dates are not listed: they have not happened."""


class State(IntEnum):
    """The four things that a cell can be."""

    KNOWN = 0
    OTHER = 1
    CANNOT_TELL = 2
    MISSING = 3


STATES = len(State)


def checked_columns(table: Table) -> tuple[Column, ...]:
    """The columns whose emptiness says something about recording: not dates, clocks, keys of rows or provenance."""
    return tuple(column for column in table.columns if _is_checked(table, column))


def has_codes(column: Column) -> bool:
    """True for a text column whose values are codes of a list."""
    return column.kind == "text" and not column.name.endswith("_id")


def states(column: Column, values: pd.Series) -> np.ndarray:
    """The state of every cell."""
    if column.kind != "text":
        return np.where(values.isna().to_numpy(), State.MISSING, State.KNOWN).astype(np.int8)
    of_code = np.array([_state_of(str(code)) for code in values.cat.categories] + [State.MISSING], np.int8)
    return of_code[values.cat.codes.to_numpy()]  # no code is -1: the last place


def _is_checked(table: Table, column: Column) -> bool:
    is_row_key = column.name.endswith("_id") and not column.nullable
    is_left_out = column.kind == "time" or column.name in COMMON or (table.name, column.name) in EMPTY_BY_NATURE
    return not (is_row_key or is_left_out)


def _state_of(code: str) -> State:
    if code in CANNOT_TELL:
        return State.CANNOT_TELL
    return State.OTHER if code in OTHER else State.KNOWN
