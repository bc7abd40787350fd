"""Recorded answers on the axes of a segmentation scheme, as one client's registers knew them at `as_of`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from features.columnar import DAY_SECONDS, Columns, as_columns
from features.known import row_knowledge
from features.tables import TABLES
from features.windows import day_numbers

TABLE = "segment_records"
AXIS_COLUMNS = ("axis1", "axis2")
NOBODY_NAMED = "unknown"
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class RecordedAnswer:
    """One respondent's level on one axis, from one recorded segmentation."""

    day: date
    scheme: str
    scheme_version: str
    column: str
    """axis1 or axis2."""
    level: str
    respondent: str
    """client, professional, relative or unknown."""


def known_answers(tables: Mapping[str, Columns | pd.DataFrame], as_of: date) -> tuple[RecordedAnswer, ...]:
    """The axis answers of one client's tables that were known at `as_of`, oldest first, of every scheme.

    Known: happened and recorded strictly before that midnight and not corrected by then.
    """
    if TABLE not in tables or not len(tables[TABLE]):
        return ()
    records = as_columns(tables[TABLE])
    at = day_numbers(np.array([as_of], "datetime64[D]"))[0]
    knowledge = row_knowledge(TABLES[TABLE], records)
    times = records.values("time")
    order = np.lexsort([records.values("recorded_at"), times])
    visible = order[((knowledge.first <= at) & (at <= knowledge.last))[order]]
    days = [date.fromordinal(EPOCH + int(times[row] // DAY_SECONDS)) for row in visible]
    return tuple(answer for row, day in zip(visible, days, strict=True) for answer in _answers(records, int(row), day))


def _answers(records: Columns, row: int, day: date) -> list[RecordedAnswer]:
    scheme, version = _word(records, "scheme", row), _word(records, "scheme_version", row)
    found = []
    for column in AXIS_COLUMNS:
        level = _word(records, f"{column}_level", row)
        if scheme and version and level:
            respondent = _word(records, f"{column}_respondent", row) or NOBODY_NAMED
            found.append(RecordedAnswer(day, scheme, version, column, level, respondent))
    return found


def _word(records: Columns, name: str, row: int) -> str | None:
    coded = records.text(name)
    code = int(coded.codes[row])
    return None if code < 0 else str(coded.categories[code])
