"""Population statistics as dated records: persons by area and age band on the last day of a year."""

import re

import pandas as pd

from configs.errors import DataError
from features.store import Snapshot, read_table

BAND = re.compile(r"(\d+)-(\d+)|(\d+)\+")
OLDEST = 200
COLUMNS = ("municipality", "age_band", "year", "persons", "recorded_at", "superseded_at")


def population_records(snapshot: Snapshot) -> pd.DataFrame:
    """`area, low, high, day, persons, recorded_at, superseded_at`: persons of ages low … high on `day` (31 December).

    Raises DataError when the table is empty or an age band is not written like 75-84 or 85+.
    """
    rows = read_table(snapshot, "population", columns=COLUMNS)
    if rows.empty:
        raise DataError(
            "The driver population has nothing to read: the table population is empty. "
            "Ingest population statistics or remove `drivers.population`."
        )
    ages = {str(band): _ages(str(band)) for band in rows["age_band"].unique()}
    texts = rows["age_band"].astype(str)
    return pd.DataFrame(
        {
            "area": rows["municipality"].astype(str),
            "low": texts.map({band: low for band, (low, _) in ages.items()}),
            "high": texts.map({band: high for band, (_, high) in ages.items()}),
            "day": pd.to_datetime(rows["year"].astype(int).astype(str) + "-12-31"),
            "persons": rows["persons"].astype(float),
            "recorded_at": rows["recorded_at"],
            "superseded_at": rows["superseded_at"],
        }
    )


def _ages(band: str) -> tuple[int, int]:
    found = BAND.fullmatch(band)
    if found is None:
        raise DataError(f"The age band {band!r} of the table population is not written like 75-84 or 85+.")
    low, high, open_low = found.groups()
    return (int(open_low), OLDEST) if open_low else (int(low), int(high))
