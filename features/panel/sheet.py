"""A plain sheet `unique_id, ds, y` as a panel, checked series by series."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from features.panel.periods import FREQUENCIES, STARTS, Period, following, period_starts

SHEET_COLUMNS = ("unique_id", "ds", "y")
INCOMPLETE = "Not complete: it starts later or ends earlier than the others."


@dataclass(frozen=True)
class Refused:
    """A series that gets no forecast, and why (one sentence)."""

    series_id: str
    reason: str


def sheet_panel(file: Path, period: Period, origin: str) -> pd.DataFrame:
    """A plain sheet `unique_id, ds, y`.  Raises DataError that names what is wrong with the file itself.

    `origin` is the sentence about where the file comes from, shown when it is missing.
    """
    if not file.is_file():
        raise DataError(f"The file {file.name} is missing: {origin}")
    try:
        sheet = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise DataError(f"{file.name} is not a UTF-8 CSV file with the columns unique_id, ds, y. Save it so.") from None
    absent = [name for name in SHEET_COLUMNS if name not in sheet.columns]
    if absent:
        raise DataError(f"{file.name} has no column {absent[0]}; it needs {', '.join(SHEET_COLUMNS)}.")
    when = pd.to_datetime(sheet["ds"], format="%Y-%m-%d", errors="coerce")
    value = pd.to_numeric(sheet["y"], errors="coerce")
    panel = pd.DataFrame({"unique_id": sheet["unique_id"], "ds": when, "y": value, "shown": sheet["ds"]})
    return panel.sort_values(["unique_id", "ds"], kind="stable", ignore_index=True)


def checked_series(
    panel: pd.DataFrame,
    period: Period,
    minimum: int,
    starts: pd.Timestamp | None = None,
    today: date | None = None,
) -> tuple[pd.DataFrame, tuple[Refused, ...]]:
    """The series of a sheet that can be forecast, and the others with their reasons.

    `minimum` periods are needed; `starts` asks that a series reach back to that date and forward to the last one.
    A period that has not ended on `today` is not observed yet: its series is refused (None: not checked).
    """
    if panel.empty:
        raise DataError(Phrase("The sheet has no rows. Give one row per series and period.", "sheet_empty"))
    faults = {str(name): _fault(rows, period, minimum, today) for name, rows in panel.groupby("unique_id", sort=True)}
    sound = panel[panel["unique_id"].map(faults) == ""]
    if starts is not None:
        faults |= dict.fromkeys(_incomplete(sound, starts), INCOMPLETE)
    refused = tuple(Refused(name, reason) for name, reason in faults.items() if reason)
    if len(refused) == len(faults):
        first = refused[0]
        english = f"None of the {len(refused)} series can be forecast; the first, {first.series_id}: {first.reason}"
        n, name = len(refused), first.series_id
        raise DataError(Phrase(english, "no_series_sound", n=n, name=name, why=first.reason))
    good = panel.loc[panel["unique_id"].map(faults) == "", ["unique_id", "ds", "y"]]
    return good.reset_index(drop=True), refused


def long_enough(panel: pd.DataFrame, minimum: int) -> tuple[pd.DataFrame, tuple[Refused, ...]]:
    """The series of at least `minimum` periods, and the others with their reasons.  Raises DataError if none is."""
    periods = panel.groupby("unique_id").size()
    short = periods[periods < minimum]
    if len(short) == len(periods):
        raise DataError(
            f"No series has {minimum} observed periods. Ingest a longer history or lower `minimum_periods`."
        )
    refused = tuple(Refused(str(name), _too_short(count, minimum)) for name, count in short.items())
    return panel[~panel["unique_id"].isin(short.index)].reset_index(drop=True), refused


def _too_short(periods: int, minimum: int) -> str:
    return f"Not enough data: {periods} periods, at least {minimum} are needed."


def _incomplete(sound: pd.DataFrame, starts: pd.Timestamp) -> list[str]:
    """Series that do not span `starts` … the last date of any sound series (a faulty date moves no end)."""
    spans = sound.groupby("unique_id")["ds"].agg(["min", "max"])
    return [str(name) for name in spans.index[(spans["min"] > starts) | (spans["max"] < sound["ds"].max())]]


def _fault(rows: pd.DataFrame, period: Period, minimum: int, today: date | None) -> str:
    """One sentence on the first thing that is wrong, or an empty text."""
    bad_dates = rows.loc[rows["ds"].isna(), "shown"]
    if len(bad_dates):
        english = f"The date {bad_dates.iloc[0]!r} is not a date like 2024-01-31."
        return Phrase(english, "date_wrong", date=str(bad_dates.iloc[0])[:30])
    bad_values = rows.loc[~np.isfinite(rows["y"]) | (rows["y"] < 0), "shown"]
    if len(bad_values):
        english = f"The value at {bad_values.iloc[0]} is not a number of zero or more."
        return Phrase(english, "value_at", date=str(bad_values.iloc[0]))
    double = rows.loc[rows["ds"].duplicated(), "shown"]
    if len(double):
        return Phrase(f"The date {double.iloc[0]} is given twice.", "date_twice", date=str(double.iloc[0]))
    return _fault_of_dates(rows, period, today) or _too_little(rows, minimum)


def _fault_of_dates(rows: pd.DataFrame, period: Period, today: date | None) -> str:
    """Dates that are no period starts (mixed frequency), have gaps, or have not come yet."""
    between = rows.loc[period_starts(rows["ds"], period) != rows["ds"], "shown"]
    if len(between):
        english = (
            f"The date {between.iloc[0]} lies between periods: give every {period} once, {STARTS[period]}; "
            "two frequencies cannot be mixed."
        )
        return Phrase(english, "date_between", date=str(between.iloc[0]), period=period)
    missing = pd.date_range(rows["ds"].min(), rows["ds"].max(), freq=FREQUENCIES[period]).difference(
        pd.DatetimeIndex(rows["ds"])
    )
    if len(missing):
        english = (
            f"The {period} of {missing[0].date().isoformat()} is missing; every {period} is needed, {STARTS[period]}."
        )
        return Phrase(english, "period_missing", date=missing[0].date(), period=period)
    if today is not None and following(rows["ds"].max(), period).date() > today:
        english = f"The {period} of {rows['shown'].iloc[-1]} has not ended yet; leave out what is not observed."
        return Phrase(english, "period_open", date=str(rows["shown"].iloc[-1]), period=period)
    return ""


def _too_little(rows: pd.DataFrame, minimum: int) -> str:
    """Too few periods, or values that never move."""
    if len(rows) < minimum:
        english = f"{_too_short(len(rows), minimum)} It begins {rows['shown'].iloc[0]}."
        return Phrase(english, "series_few", have=len(rows), need=minimum)
    if rows["y"].nunique() > 1:
        return ""
    span = f"from {rows['shown'].iloc[0]} to {rows['shown'].iloc[-1]}"
    if rows["y"].iloc[0] == 0:
        english = f"Every value is 0 {span}: nothing to forecast. Leave the series out, or check that it was recorded."
        return Phrase(english, "series_zero")
    english = (
        f"Every value is {rows['y'].iloc[0]:g} {span}: no error can be measured. Use that value itself, or check that "
        "it was observed and not filled in."
    )
    return Phrase(english, "series_constant")
