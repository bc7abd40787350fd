"""Decided openings and closings: a CSV that a person keeps, dated by when each decision became known."""

from pathlib import Path

import pandas as pd

from configs.errors import DataError
from features.panel.drivers.written import a_day, a_number, a_word, read_written

COLUMNS = {"unit": a_word, "area": a_word, "from": a_day, "to": a_day, "places": a_number, "recorded_at": a_day}


def openings_of(file: Path) -> pd.DataFrame:
    """`unit, area, from, to, places, recorded_at`: places that are open on the days from ≤ day < to.

    `from` empty: open already; `to` empty: no end decided.  A closing is a row with `to`.  Raises DataError with the
    line and column of a fault.
    """
    what = "it lists known openings and closings; write it or remove `drivers.openings`."
    rows = read_written(file, COLUMNS, ("from", "to"), what)
    backwards = rows["to"] <= rows["from"]
    if backwards.any():
        line = int(backwards.to_numpy().argmax()) + 2
        raise DataError(f"{file.name}, line {line}: `to` is not later than `from`; `to` is the first day after.")
    return rows
