"""Sums over longer periods of a back-test's windows and of a served forecast, with intervals made after summing."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.backtest.covered import Calibration, by_series, calibrate, known_before
from features.panel.periods import FREQUENCIES, Period
from models.demand.coherence.intervals import Widths, bounds, fit_widths
from models.demand.coherence.temporal import WITHIN, Bucket, buckets, over_table
from models.demand.coherence.windows import Windows
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import NAIVE, SERVED
from models.demand.intervals import LEVELS

KEPT = ("wape", "wape_naive", "coverage80", "coverage95", "windows")


def longer_periods(config: DemandConfig) -> tuple[Period, ...]:
    """What the config's own period adds up to."""
    return WITHIN[config.period][1:]


def whole_periods(config: DemandConfig, ahead: pd.DatetimeIndex, period: Period) -> tuple[Bucket, ...]:
    """The periods that lie wholly in the base periods `ahead`."""
    return buckets(ahead, period, config.period)


def longer_widths(
    past: pd.DataFrame,
    config: DemandConfig,
    calibration: Calibration,
    levels: Mapping[str, str],
    found: Sequence[Bucket],
) -> Widths:
    """Half-widths of every level and bucket, from the residual paths of a back-test table."""
    return fit_widths(_windows(past, config, calibration), levels, found)


def summed_over(
    rows: pd.DataFrame,
    found: tuple[Bucket, ...],
    widths: Widths,
    scale: pd.Series,
    levels: Mapping[str, str],
    columns: Sequence[str] = ("value",),
) -> pd.DataFrame:
    """`series_id, ds, step, <columns>, low80 … high95` of one origin's rows; a level without widths is left out."""
    summed = over_table(rows, found, ["series_id"], list(columns))
    summed = summed[summed["series_id"].map(levels).isin(widths)].reset_index(drop=True)
    places = zip(summed["series_id"].map(levels), summed["step"], strict=True)
    wanted = [(level, int(step) - 1) for level, step in places]
    each = summed["series_id"].map(scale).to_numpy(float)
    half = {cover: np.array([widths[level][cover][place] for level, place in wanted]) * each for cover in LEVELS}
    return summed.assign(**bounds(summed["value"].to_numpy(float), half))


def judged_over(
    table: pd.DataFrame, config: DemandConfig, levels: Mapping[str, str], period: Period
) -> pd.DataFrame | None:
    """The report windows by a longer period: `series_id, origin, ds, step, y, served, seasonal_naive, low80 … high95`.

    Intervals are made from the windows that may calibrate each; None where no such period lies in the horizon.
    """
    parts = []
    for origin, rows in table[table["reported"]].groupby("origin"):
        when = pd.Timestamp(str(origin))
        ahead = pd.date_range(when, periods=config.horizon + 1, freq=FREQUENCIES[config.period])[1:]
        past, found = known_before(table, when, config.backtest.renew), whole_periods(config, ahead, period)
        if not found or past.empty:
            continue
        seasonal = rows.groupby("series_id")["scale"].first()
        calibration = calibrate(past, SERVED, config.horizon, config.backtest.calibration_windows, seasonal)
        widths = longer_widths(past, config, calibration, levels, found)
        scale = calibration.scale(rows.groupby("series_id")[calibration.yardstick].first())
        made = summed_over(rows.assign(value=rows[SERVED]), found, widths, scale, levels, ("value", "y", SERVED, NAIVE))
        parts.append(made.assign(origin=when, level=made["series_id"].map(levels)))
    return pd.concat(parts, ignore_index=True) if parts and sum(map(len, parts)) else None


def expected_over(judged: pd.DataFrame) -> dict[str, dict[str, float]]:
    """What to expect of each series by a longer period: WAPE of what is served and of the naive forecast, coverage."""
    found = by_series(judged.assign(scale=1.0), SERVED)
    return {name: {key: one[key] for key in KEPT} for name, one in found.items()}


def _windows(past: pd.DataFrame, config: DemandConfig, calibration: Calibration) -> Windows:
    """Residual paths [series, origin, step]; unknown inside a declared regime."""
    newest, plan = sorted(past["origin"].unique()), config.backtest
    kept = past[past["origin"].isin(newest[-(plan.calibration_windows or len(newest)) :])]
    kept = kept[~kept["regime"]] if "regime" in kept else kept
    ids, origins = pd.Index(sorted(kept["series_id"].unique())), pd.Index(sorted(kept["known"].unique()))
    at = ids.get_indexer(pd.Index(kept["series_id"])), origins.get_indexer(pd.Index(kept["known"]))
    shape = (len(ids), len(origins), config.horizon)
    forecast, actual = (np.full(shape, np.nan) for _ in range(2))
    place = (*at, kept["step"].to_numpy(int) - 1)
    forecast[place], actual[place] = kept[SERVED].to_numpy(float), kept["y"].to_numpy(float)
    scale = np.full(shape[:2], np.nan)
    scale[at] = kept[calibration.yardstick].to_numpy(float)
    own = calibration.factors.reindex(ids).fillna(1.0).to_numpy(float)
    return Windows(ids.to_numpy(), origins.to_numpy(int), forecast, actual, scale * own[:, None])
