"""Expected needs by area: the sum of need probabilities of known clients, as computed on past days."""

from pathlib import Path

import pandas as pd

from features.panel.drivers.written import a_day, a_number, a_word, read_written

COLUMNS = {"area": a_word, "as_of": a_day, "expected": a_number, "recorded_at": a_day}


def expected_needs(file: Path) -> pd.DataFrame:
    """`area, as_of, expected, recorded_at`: clients expected to need the service, as of each day.

    Raises DataError with the line and column of a fault.
    """
    what = "it holds the expected needs by area; `python -m training.heads_up` writes it, or remove `drivers.heads_up`."
    return read_written(file, COLUMNS, (), what)
