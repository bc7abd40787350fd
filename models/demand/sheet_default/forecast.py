"""The whole way of an uploaded sheet: read, check, infer, back-test, choose, forecast, intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from features.panel import Refused, checked_series
from models.demand.config import DemandConfig
from models.demand.intervals import series_scale, with_intervals
from models.demand.sheet_default import members
from models.demand.sheet_default.apart import lacking as without_number
from models.demand.sheet_default.apart import standing_apart
from models.demand.sheet_default.inferring import MINIMUM, SEASON, default_config, horizon_of
from models.demand.sheet_default.reading import Sheet, periods_after, read_sheet, split_known
from models.demand.sheet_default.rolling import (
    LEVEL,
    SERVED,
    choose,
    expected,
    judged,
    levels_of,
    quantiles_of,
    rolling,
)

ENDS_EARLY = "It ends before {last}, where the other series end; send it in a sheet of its own."
TOO_SHORT = "Not enough data: {have} periods; {need} are needed to forecast {horizon} {period}s and to test it."
BY_SERIES = "by_series"
FORECAST_COLUMNS = ("series_id", "ds", "step", "value", "low80", "high80", "low95", "high95")


@dataclass(frozen=True)
class SeriesStatus:
    """What became of one series of the sheet."""

    series_id: str
    status: Literal["forecast", "refused"]
    reason: str = ""


@dataclass(frozen=True)
class SheetForecast:
    """The forecast of a sheet, its back-test error, and every series' status."""

    config: DemandConfig
    member: str
    """What serves the series that are forecast together; `by_series` when every one stands apart."""
    drivers: tuple[str, ...]
    """Known-future columns that are used; others did not lower the back-test's error, or a value is missing."""
    notes: tuple[str, ...]
    forecast: pd.DataFrame
    """series_id, ds, step, value, low80, high80, low95, high95."""
    backtest: Mapping[str, Mapping[str, float]]
    """series → mase, mase_naive, wape, wape_naive, coverage80, coverage95, windows."""
    statuses: tuple[SeriesStatus, ...]
    """Of a forecast series the reason says why it stands apart, if it does."""
    history: pd.DataFrame
    """unique_id, ds, y of the series that were forecast."""
    members: Mapping[str, str]
    """series → the member that serves it."""


@dataclass(frozen=True)
class Part:
    """Some series of a sheet, forecast and back-tested: `ahead` and `table` have `served` and `level`."""

    ahead: pd.DataFrame
    table: pd.DataFrame
    members: Mapping[str, str]
    columns: tuple[str, ...] = ()


def forecast_sheet(frame: pd.DataFrame, horizon: int | None = None, today: date | None = None) -> SheetForecast:
    """Forecast every sound series of a table `unique_id, ds, y` and known-future columns, without configuration.

    A series that stands apart (`apart.py`) is forecast by itself and changes no other's forecast by a bit.  Raises
    DataError when the table is no sheet, the horizon is outside 18 months, or no series can be forecast.
    """
    sheet = read_sheet(frame, today)
    ahead = horizon_of(sheet.period, horizon)
    panel, refused = _sound(sheet, ahead)
    apart = standing_apart(panel, SEASON[sheet.period])
    columns, notes, lacking = _usable(sheet, panel[~panel["unique_id"].isin(apart)], ahead)
    apart = lacking | apart
    alone = panel["unique_id"].isin(apart)
    parts = [] if alone.all() else [_together(panel[~alone], sheet, ahead, columns)]
    parts += [_apart(panel[alone], sheet, ahead)] if alone.any() else []
    shared = parts[0]
    forecast, backtest = _with_intervals(parts, panel, sheet, ahead)
    unused = [
        Phrase(f"`{name}` did not lower the back-test's error and is not used.", "column_no_help", column=name)
        for name in columns
        if not shared.columns
    ]
    return SheetForecast(
        config=default_config(panel if alone.all() else panel[~alone], sheet.period, ahead),
        member=BY_SERIES if alone.all() else next(iter(shared.members.values())),
        drivers=shared.columns,
        notes=(*notes, *unused),
        forecast=forecast,
        backtest=backtest,
        statuses=_statuses(panel, refused, apart),
        history=panel[["unique_id", "ds", "y"]],
        members={name: member for one in parts for name, member in one.members.items()},
    )


def _with_intervals(
    parts: Sequence[Part], panel: pd.DataFrame, sheet: Sheet, horizon: int
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """The forecast of every part with the intervals of its levels, and what to expect of each series."""
    table = pd.concat([one.table for one in parts], ignore_index=True)
    made = pd.concat([one.ahead for one in parts], ignore_index=True)
    report = judged(table, horizon)
    made = made[made["series_id"].isin(report["series_id"])]
    scale = series_scale(panel.rename(columns={"unique_id": "series_id"}), SEASON[sheet.period])
    found = with_intervals(made, scale, quantiles_of(table, horizon), levels_of(made))
    return found[list(FORECAST_COLUMNS)].sort_values(["series_id", "ds"], ignore_index=True), expected(report)


def _together(panel: pd.DataFrame, sheet: Sheet, horizon: int, columns: tuple[str, ...]) -> Part:
    """One choice, one set of trees and one set of interval quantiles for all these series."""
    config = default_config(panel, sheet.period, horizon)
    table = rolling(panel, config, columns)
    choice = choose(table, columns)
    mine = table[table["with_columns"] == bool(choice.columns)]
    if choice.columns:
        made = members.with_columns(panel, split_known(sheet)[1], choice.columns, config, horizon)
    else:
        made = members.forecast(panel[["unique_id", "ds", "y"]], config, horizon)
    chosen = dict.fromkeys(map(str, panel["unique_id"].unique()), choice.member)
    return Part(
        _ahead(made, chosen).assign(level=LEVEL), _served(mine, chosen).assign(level=LEVEL), chosen, choice.columns
    )


def _apart(panel: pd.DataFrame, sheet: Sheet, horizon: int) -> Part:
    """Each series with its own choice and its own interval quantiles, from its own values only."""
    parts = [_alone(str(name), rows, sheet, horizon) for name, rows in panel.groupby("unique_id", sort=True)]
    return Part(
        pd.concat([one.ahead for one in parts], ignore_index=True),
        pd.concat([one.table for one in parts], ignore_index=True),
        {name: member for one in parts for name, member in one.members.items()},
    )


def _alone(name: str, panel: pd.DataFrame, sheet: Sheet, horizon: int) -> Part:
    config = default_config(panel, sheet.period, horizon)
    table = rolling(panel, config, (), members.forecast_alone)
    chosen = {name: choose(table, (), members.LOCAL).member}
    made = members.forecast_alone(panel[["unique_id", "ds", "y"]], config, horizon)
    return Part(_ahead(made, chosen).assign(level=name), _served(table, chosen).assign(level=name), chosen)


def _sound(sheet: Sheet, horizon: int) -> tuple[pd.DataFrame, tuple[Refused, ...]]:
    """The series that can be forecast and tested (with the driver columns), and the others with their reasons."""
    known, _ = split_known(sheet)
    need = MINIMUM[sheet.period] + horizon
    if known.empty:
        first = sheet.refused[0]
        english = f"No series can be forecast; the first, {first.series_id}: {first.reason}"
        raise DataError(
            Phrase(english, "no_series_sound", n=len(sheet.refused), name=first.series_id, why=first.reason)
        )
    good, refused = checked_series(known, sheet.period, 1)
    lengths = good.groupby("unique_id").size()
    last = good.groupby("unique_id")["ds"].max()
    end = last.mode().iloc[-1]
    said = {"need": need, "horizon": horizon, "period": sheet.period}
    early = Phrase(ENDS_EARLY.format(last=end.date()), "series_ends_early", last=end.date())
    late = {str(name): early for name in last.index[last != end]}
    short = {
        str(name): Phrase(TOO_SHORT.format(have=n, **said), "series_short", have=int(n), **said)
        for name, n in lengths.items()
        if n < need
    }
    faults = {**{one.series_id: one.reason for one in (*sheet.refused, *refused)}, **late, **short}
    kept = known[~known["unique_id"].isin(faults)]
    if kept.empty:
        name, reason = next(iter(faults.items()))
        english = f"None of the {len(faults)} series can be forecast; the first, {name}: {reason}"
        raise DataError(Phrase(english, "no_series_sound", n=len(faults), name=name, why=reason))
    wanted = kept[["unique_id", "ds", "y", *sheet.drivers]].reset_index(drop=True)
    return wanted, tuple(Refused(name, why) for name, why in sorted(faults.items()))


def _usable(sheet: Sheet, panel: pd.DataFrame, horizon: int) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Known-future columns that can be used, why others cannot, and the few series that lack a number of one.

    A column that fewer than half of the series lack is used for the others; these are forecast without columns.
    """
    good: list[str] = []
    notes: list[str] = []
    lacking: dict[str, str] = {}
    if panel.empty or not sheet.drivers:
        return (), (), {}
    ahead = periods_after(panel["ds"].max(), horizon, sheet.period)
    wanted = pd.MultiIndex.from_product([list(panel["unique_id"].unique()), ahead], names=["unique_id", "ds"])
    later = split_known(sheet)[1].drop_duplicates(["unique_id", "ds"]).set_index(["unique_id", "ds"]).reindex(wanted)
    for name in sheet.drivers:
        values = pd.concat([panel.set_index(["unique_id", "ds"])[name], later[name]])
        gaps = values.index[~np.isfinite(values.to_numpy(float))]
        without = {str(series): when.date() for series, when in gaps[::-1]}
        if 2 * len(without) >= panel["unique_id"].nunique():
            series, when = gaps[0]
            english = f"The column `{name}` has no number for {series} at {when.date()} and is not used."
            notes.append(Phrase(english, "column_gap", column=name, series=str(series), date=when.date()))
        elif panel.loc[~panel["unique_id"].isin(without), name].nunique() < 2:
            english = f"The column `{name}` never changed in the past, so its effect is not known; it is not used."
            notes.append(Phrase(english, "column_constant", column=name))
        else:
            good.append(name)
            lacking |= {one: without_number(name, day) for one, day in without.items()}
    return tuple(good), tuple(notes), lacking


def _ahead(table: pd.DataFrame, chosen: Mapping[str, str]) -> pd.DataFrame:
    """`series_id, ds, step, value` of what serves."""
    step = table.groupby("unique_id")["ds"].rank(method="first").astype(int)
    told = _served(table, chosen).assign(step=step)
    return told.rename(columns={"unique_id": "series_id", SERVED: "value"})[["series_id", "ds", "step", "value"]]


def _served(table: pd.DataFrame, chosen: Mapping[str, str]) -> pd.DataFrame:
    """The table with `served`, which is one member for all its series."""
    return table.assign(**{SERVED: table[next(iter(chosen.values()))]})


def _statuses(panel: pd.DataFrame, refused: tuple[Refused, ...], apart: Mapping[str, str]) -> tuple[SeriesStatus, ...]:
    made = [SeriesStatus(name, "forecast", apart.get(name, "")) for name in map(str, panel["unique_id"].unique())]
    return (*made, *(SeriesStatus(one.series_id, "refused", one.reason) for one in refused))
