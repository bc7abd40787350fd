"""What a sheet says: dates, values and known-future columns, and every series' own fault with its date."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from features.panel import Refused
from features.panel.periods import FREQUENCIES, Period, period_starts
from features.panel.sheet import SHEET_COLUMNS

LARGEST_SHEET = 2_000_000
"""Rows; more is a training run, not an upload."""
STEPS: dict[Period, tuple[int, int]] = {"day": (1, 1), "week": (7, 7), "month": (28, 31)}
"""Days between two periods."""
ALLOWED = "Days, weeks (by their Mondays) or months (by their first days) are allowed."


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet: `unique_id, ds, y, shown` (the date as written), and the columns beside them."""

    rows: pd.DataFrame
    period: Period
    drivers: tuple[str, ...]
    refused: tuple[Refused, ...]
    """Series whose fault shows before their values are looked at: another rhythm, dates to come."""


def read_sheet(frame: pd.DataFrame, today: date | None = None) -> Sheet:
    """The sheet of a table as it was read (text, or the types that a spreadsheet gives).

    A row without `y` after a series' last value is known future: only its other columns are used.  A value dated later
    than `today` is refused.  Raises DataError when the table is no sheet or no rhythm can be told from its dates.
    """
    absent = [name for name in SHEET_COLUMNS if name not in frame.columns]
    if absent:
        english = f"The sheet has no column {absent[0]}; it needs {', '.join(SHEET_COLUMNS)}."
        raise DataError(Phrase(english, "sheet_column", column=absent[0], names=SHEET_COLUMNS))
    if frame.empty or len(frame) > LARGEST_SHEET:
        english = f"The sheet has {len(frame)} rows; 1 to {LARGEST_SHEET} are allowed, one per series and period."
        raise DataError(Phrase(english, "sheet_size", n=len(frame), most=LARGEST_SHEET))
    frame = frame.reset_index(drop=True)
    rows = _typed(frame)
    period = _period_of(rows)
    other = _other_rhythm(rows, period)
    faults = {name: _wrong_rhythm(rows, name, period) for name in other} | _to_come(rows, today)
    rows = _on_starts(rows, period)
    drivers = tuple(str(name) for name in frame.columns if name not in SHEET_COLUMNS)
    for name in drivers:
        rows[name] = _numbers(frame[name])
    kept = rows[~rows["unique_id"].isin(faults)].sort_values(["unique_id", "ds"], kind="stable", ignore_index=True)
    return Sheet(kept, period, drivers, tuple(Refused(name, why) for name, why in faults.items()))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    dates = frame["ds"]
    written = dates.dt.strftime("%Y-%m-%d") if pd.api.types.is_datetime64_any_dtype(dates) else dates.astype(str)
    written = written.fillna("").str.strip().str.replace(r"[ T]00:00:00$", "", regex=True)
    when = pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
    finnish = pd.to_datetime(written, format="%d.%m.%Y", errors="coerce")
    names = frame["unique_id"].astype(str).str.strip()
    given = frame["y"].notna() & (frame["y"].astype(str).str.strip() != "")
    return pd.DataFrame(
        {"unique_id": names, "ds": when.fillna(finnish), "y": _numbers(frame["y"]), "given": given, "shown": written}
    )


def _numbers(column: pd.Series) -> pd.Series:
    """Numbers, also with a decimal comma; what is none becomes NaN."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype(float)
    text = column.astype(str).str.strip().str.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True)
    return pd.to_numeric(text, errors="coerce").astype(float)


def _gaps(rows: pd.DataFrame) -> pd.Series:
    """Median days between the dates of each series that has two."""
    dated = rows.dropna(subset=["ds"]).drop_duplicates(["unique_id", "ds"]).sort_values(["unique_id", "ds"])
    days = dated.groupby("unique_id")["ds"].diff().dt.days
    return days.groupby(dated["unique_id"]).median().dropna()


def _period_of(rows: pd.DataFrame) -> Period:
    """The rhythm of most series.  Raises DataError when it is none of ours."""
    gaps = _gaps(rows)
    if gaps.empty:
        english = f"No series of the sheet has two dates like 2024-01-31, so its rhythm is not known. {ALLOWED}"
        raise DataError(Phrase(english, "no_rhythm"))
    common = float(gaps.mode().iloc[0])
    found = next((period for period, (low, high) in STEPS.items() if low <= common <= high), None)
    if found is None:
        english = f"Most series of the sheet step by {common:g} days. {ALLOWED}"
        raise DataError(Phrase(english, "other_rhythm", days=common))
    return found


def _other_rhythm(rows: pd.DataFrame, period: Period) -> list[str]:
    low, high = STEPS[period]
    gaps = _gaps(rows)
    return [str(name) for name in gaps.index[(gaps < low) | (gaps > high)]]


def _wrong_rhythm(rows: pd.DataFrame, name: str, period: Period) -> str:
    own = rows.loc[rows["unique_id"] == name].dropna(subset=["ds"]).sort_values("ds")
    first, second = own["ds"].drop_duplicates().iloc[:2]
    english = (
        f"From {first.date()} to {second.date()} is no {period}, the rhythm of most series; "
        "send it in a sheet of its own."
    )
    return Phrase(english, "series_rhythm", first=first.date(), second=second.date(), period=period)


def _to_come(rows: pd.DataFrame, today: date | None) -> dict[str, str]:
    """Series that state a value of a day that has not been yet."""
    if today is None:
        return {}
    future = rows[rows["given"] & (rows["ds"] > pd.Timestamp(today))].sort_values("ds", kind="stable")
    first = future.drop_duplicates("unique_id").set_index("unique_id")["shown"]
    return {
        str(name): Phrase(
            f"The date {shown} is still to come, but has a value; leave `y` empty.", "date_to_come", date=str(shown)
        )
        for name, shown in first.items()
    }


def _on_starts(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Weeks told by another weekday than Monday, and months by their last days, moved to the first day of the period.

    Only where every date of a series is told the same way; anything else stays and is named as a fault.
    """
    if period == "day":
        return rows
    known = rows["ds"].notna()
    starts = period_starts(rows.loc[known, "ds"], period)
    if period == "week":
        place = rows.loc[known, "ds"].dt.weekday
    else:
        place = pd.Series(
            np.where(rows.loc[known, "ds"].dt.is_month_end, -1, rows.loc[known, "ds"].dt.day), starts.index
        )
    alike = place.groupby(rows.loc[known, "unique_id"]).transform("nunique") == 1
    wanted = alike if period == "week" else alike & (place == -1)
    moved = rows["ds"].copy()
    moved.loc[wanted.index[wanted]] = starts[wanted]
    return rows.assign(ds=moved)


def split_known(sheet: Sheet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows up to each series' last value, and the rows after it (known future: drivers only)."""
    rows = sheet.rows
    last = rows[rows["given"]].groupby("unique_id")["ds"].max()
    after = (rows["ds"] > rows["unique_id"].map(last)) & ~rows["given"]
    return rows[~after], rows[after]


def periods_after(last: pd.Timestamp, horizon: int, period: Period) -> pd.DatetimeIndex:
    """The first days of the next periods."""
    return pd.date_range(last, periods=horizon + 1, freq=FREQUENCIES[period])[1:]
