"""The whole way of an uploaded sheet: read, check, infer, back-test, choose, forecast, intervals."""

from collections.abc import Mapping
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
from models.demand.sheet_default.inferring import MINIMUM, default_config, horizon_of
from models.demand.sheet_default.reading import Sheet, periods_after, read_sheet, split_known
from models.demand.sheet_default.rolling import LEVEL, choose, expected, judged, quantiles_of, rolling

ENDS_EARLY = "It ends before {last}, where the other series end; send it in a sheet of its own."
TOO_SHORT = "Not enough data: {have} periods; {need} are needed to forecast {horizon} {period}s and to test it."
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
    drivers: tuple[str, ...]
    """Known-future columns that are used; others did not lower the back-test's error, or a value is missing."""
    notes: tuple[str, ...]
    forecast: pd.DataFrame
    """series_id, ds, step, value, low80, high80, low95, high95."""
    backtest: Mapping[str, Mapping[str, float]]
    """series → mase, mase_naive, wape, wape_naive, coverage80, coverage95, windows."""
    statuses: tuple[SeriesStatus, ...]
    history: pd.DataFrame
    """unique_id, ds, y of the series that were forecast."""


def forecast_sheet(frame: pd.DataFrame, horizon: int | None = None, today: date | None = None) -> SheetForecast:
    """Forecast every sound series of a table `unique_id, ds, y` and known-future columns, without configuration.

    Raises DataError when the table is no sheet, the horizon is outside 18 months, or no series can be forecast.
    """
    sheet = read_sheet(frame, today)
    ahead = horizon_of(sheet.period, horizon)
    panel, refused = _sound(sheet, ahead)
    config = default_config(panel, sheet.period, ahead)
    columns, notes = _usable(sheet, panel, config)
    table = rolling(panel, config, columns)
    choice = choose(table, columns)
    mine = table[table["with_columns"] == bool(choice.columns)]
    report = judged(mine, choice.member, ahead)
    made = _ahead(panel, sheet, config, choice.member, choice.columns)
    made = made[made["series_id"].isin(report["series_id"])]
    quantiles = quantiles_of(mine, choice.member, ahead)
    scale = series_scale(panel.rename(columns={"unique_id": "series_id"}), config.season_length)
    found = with_intervals(made, scale, quantiles, dict.fromkeys(made["series_id"], LEVEL))
    unused = [
        Phrase(f"`{name}` did not lower the back-test's error and is not used.", "column_no_help", column=name)
        for name in columns
        if not choice.columns
    ]
    return SheetForecast(
        config=config,
        member=choice.member,
        drivers=choice.columns,
        notes=(*notes, *unused),
        forecast=found[list(FORECAST_COLUMNS)].reset_index(drop=True),
        backtest=expected(report, choice.member),
        statuses=_statuses(panel, refused),
        history=panel[["unique_id", "ds", "y"]],
    )


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


def _usable(sheet: Sheet, panel: pd.DataFrame, config: DemandConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Known-future columns whose every value is known, past and future, and why the others are left out."""
    _, later = split_known(sheet)
    ahead = periods_after(panel["ds"].max(), config.horizon, config.period)
    wanted = pd.MultiIndex.from_product([list(panel["unique_id"].unique()), ahead], names=["unique_id", "ds"])
    given = later.drop_duplicates(["unique_id", "ds"]).set_index(["unique_id", "ds"]).reindex(wanted)
    good, notes = [], []
    for name in sheet.drivers:
        past, future = panel[name], given[name]
        missing = pd.concat([panel.set_index(["unique_id", "ds"])[name], future])
        gaps = missing.index[~np.isfinite(missing.to_numpy(float))]
        if len(gaps):
            series, when = gaps[0]
            english = f"The column `{name}` has no number for {series} at {when.date()} and is not used."
            notes.append(Phrase(english, "column_gap", column=name, series=str(series), date=when.date()))
        elif past.nunique() < 2:
            english = f"The column `{name}` never changed in the past, so its effect is not known; it is not used."
            notes.append(Phrase(english, "column_constant", column=name))
        else:
            good.append(name)
    return tuple(good), tuple(notes)


def _ahead(
    panel: pd.DataFrame, sheet: Sheet, config: DemandConfig, member: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    """`series_id, ds, step, value` of the chosen member."""
    if columns:
        table = members.with_columns(panel, split_known(sheet)[1], columns, config, config.horizon)
    else:
        table = members.forecast(panel[["unique_id", "ds", "y"]], config, config.horizon)
    step = table.groupby("unique_id")["ds"].rank(method="first").astype(int)
    return table.rename(columns={"unique_id": "series_id"}).assign(value=table[member], step=step)


def _statuses(panel: pd.DataFrame, refused: tuple[Refused, ...]) -> tuple[SeriesStatus, ...]:
    made = [SeriesStatus(str(name), "forecast") for name in panel["unique_id"].unique()]
    return (*made, *(SeriesStatus(one.series_id, "refused", one.reason) for one in refused))
