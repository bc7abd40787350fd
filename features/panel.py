"""Demand series: canonical tables, or a plain sheet, to one row per (series, period).

A period is kept only when it was observed to its end: after the area's `history_start`, and before the last periods
that the declared reporting lag may still fill.  Inside that, a period without rows is a true zero; outside, unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from configs.errors import DataError
from features.store import Snapshot, read_table

Period = Literal["week", "month"]
AgeBand = Literal["under65", "65to74", "75plus"]
BANDS: tuple[AgeBand, ...] = ("under65", "65to74", "75plus")
BAND_EDGES = (65, 75)  # years, reached during the calendar year (plans: 65+ is an older person, 75+ home care)
SHEET_COLUMNS = ("unique_id", "ds", "y")
DAYS_IN_WEEK = 7
FREQUENCIES: dict[Period, str] = {"month": "MS", "week": "W-MON"}
STARTS: dict[Period, str] = {"month": "by its first day", "week": "by its Monday"}
INCOMPLETE = "Not complete: it starts later or ends earlier than the others."


@dataclass(frozen=True)
class VisitRule:
    """Which contacts are the demand that is counted."""

    service: str
    status: str = "done"
    channel: str | None = None


@dataclass(frozen=True)
class Refused:
    """A series that gets no forecast, and why (one sentence)."""

    series_id: str
    reason: str


def visit_panel(snapshot: Snapshot, rule: VisitRule, areas: Sequence[str], lag_days: int) -> pd.DataFrame:
    """Weekly visits and hours of the rule's contacts by municipality and age band.

    Returns `area, band, measure ("visits" | "hours"), ds` (Monday) and `y` (visits a week, hours a week), complete
    weeks only.  Raises DataError when no such contact is in the store.
    """
    residents = read_table(snapshot, "residents", columns=RESIDENT_COLUMNS)
    weeks = pd.concat(
        [_bucket(snapshot, bucket, rule, residents) for bucket in range(snapshot.n_buckets)], ignore_index=True
    )
    if weeks.empty:
        raise DataError(f"No contact with service {rule.service} is in the store. Check the mapping's code list.")
    summed = weeks.groupby(["area", "band", "ds"], observed=True, as_index=False)[["visits", "hours"]].sum()
    last = last_complete_week(snapshot.data_until, lag_days)
    parts = [_filled(summed, area, band, _first_week(residents, area), last) for area in areas for band in BANDS]
    return pd.concat(parts, ignore_index=True)


RESIDENT_COLUMNS = (
    "client_id",
    "birth_year",
    "municipality",
    "history_start",
    "valid_from",
    "valid_to",
    "superseded_at",
)
CONTACT_COLUMNS = ("client_id", "time", "service", "status", "channel", "minutes", "superseded_at")


def last_complete_week(data_until: date, lag_days: int) -> pd.Timestamp:
    """Monday of the last week whose every day, and the lag after it, is inside the data."""
    closed = data_until - timedelta(days=lag_days)
    monday_after = closed + timedelta(days=1)
    return pd.Timestamp(monday_after - timedelta(days=monday_after.weekday() + DAYS_IN_WEEK))


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
    panel: pd.DataFrame, period: Period, minimum: int, starts: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, tuple[Refused, ...]]:
    """The series of a sheet that can be forecast, and the others with their reasons.

    `minimum` periods are needed; `starts` asks that a series reach back to that date and forward to the last one.
    """
    if panel.empty:
        raise DataError("The sheet has no rows. Give one row per series and period.")
    faults = {str(name): _fault(rows, period, minimum) for name, rows in panel.groupby("unique_id", sort=True)}
    sound = panel[panel["unique_id"].map(faults) == ""]
    if starts is not None:
        faults |= dict.fromkeys(_incomplete(sound, starts), INCOMPLETE)
    refused = tuple(Refused(name, reason) for name, reason in faults.items() if reason)
    if len(refused) == len(faults):
        first = refused[0]
        raise DataError(
            f"None of the {len(refused)} series can be forecast; the first, {first.series_id}: {first.reason}"
        )
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


def _fault(rows: pd.DataFrame, period: Period, minimum: int) -> str:
    """One sentence on the first thing that is wrong, or an empty text."""
    bad_dates = rows.loc[rows["ds"].isna(), "shown"]
    if len(bad_dates):
        return f"The date {bad_dates.iloc[0]!r} is not a date like 2024-01-31."
    bad_values = rows.loc[~np.isfinite(rows["y"]) | (rows["y"] < 0), "shown"]
    if len(bad_values):
        return f"The value at {bad_values.iloc[0]} is not a number of zero or more."
    double = rows.loc[rows["ds"].duplicated(), "shown"]
    if len(double):
        return f"The date {double.iloc[0]} is given twice."
    expected = pd.date_range(rows["ds"].min(), rows["ds"].max(), freq=FREQUENCIES[period])
    missing = expected.difference(pd.DatetimeIndex(rows["ds"]))
    if len(missing) or len(expected) != len(rows):
        where = missing[0].date().isoformat() if len(missing) else rows["shown"].iloc[0]
        return (
            f"The {period} of {where} is missing or lies between periods; every {period} is needed, {STARTS[period]}."
        )
    if len(rows) < minimum:
        return _too_short(len(rows), minimum)
    if rows["y"].nunique() == 1:
        return f"Every value is {rows['y'].iloc[0]:g}; there is nothing to forecast."
    return ""


def _bucket(snapshot: Snapshot, bucket: int, rule: VisitRule, residents: pd.DataFrame) -> pd.DataFrame:
    """Weekly sums of one client bucket: area, band, ds, visits, hours."""
    contacts = read_table(snapshot, "contacts", bucket, CONTACT_COLUMNS)
    wanted = (contacts["service"] == rule.service) & (contacts["status"] == rule.status)
    wanted &= contacts["superseded_at"].isna()
    if rule.channel is not None:
        wanted &= contacts["channel"] == rule.channel
    visits = contacts.loc[wanted, ["client_id", "time", "minutes"]].astype({"client_id": object})
    stays = residents[residents["superseded_at"].isna()].astype({"client_id": object, "municipality": object})
    joined = visits.merge(stays, on="client_id")
    inside = (joined["time"] >= joined["valid_from"]) & (
        joined["valid_to"].isna() | (joined["time"] < joined["valid_to"])
    )
    joined = joined[inside]
    day = joined["time"].dt.normalize()
    age = day.dt.year - joined["birth_year"]
    frame = pd.DataFrame(
        {
            "area": joined["municipality"],
            "band": np.array(BANDS, dtype=object)[np.digitize(age.fillna(0), BAND_EDGES)],
            "ds": day - pd.to_timedelta(day.dt.weekday, unit="D"),
            "visits": 1.0,
            "hours": joined["minutes"].fillna(0) / 60,
        }
    )
    return frame.groupby(["area", "band", "ds"], as_index=False, observed=True)[["visits", "hours"]].sum()


def _first_week(residents: pd.DataFrame, area: str) -> pd.Timestamp:
    """First Monday on or after the area's history began."""
    lives_there = (residents["municipality"] == area) & residents["superseded_at"].isna()
    starts = residents.loc[lives_there, "history_start"]
    if starts.empty:
        raise DataError(f"No resident lives in the municipality {area} of the demand config. Check its codes.")
    start = starts.min().normalize()
    return start + pd.Timedelta(days=-start.weekday() % DAYS_IN_WEEK)


def _filled(summed: pd.DataFrame, area: str, band: AgeBand, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Both measures of one cell on every observed week; a week without visits is zero."""
    weeks = pd.date_range(first, last, freq="7D")
    cell = summed[(summed["area"] == area) & (summed["band"] == band)]
    full = cell.set_index("ds")[["visits", "hours"]].reindex(weeks, fill_value=0.0).rename_axis("ds").reset_index()
    long = full.melt(id_vars="ds", value_vars=["visits", "hours"], var_name="measure", value_name="y")
    return long.assign(area=area, band=band)
