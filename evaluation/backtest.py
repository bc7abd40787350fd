"""Rolling-origin back-test of demand forecasts: members are chosen on earlier windows, reported on later ones.

Selection windows see no period of the report windows: their horizons are cut at the first report origin.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm
from utilsforecast.losses import mase, smape

from configs.errors import ModelError
from models.demand.config import DemandConfig
from models.demand.hierarchy import Published, aggregate, level_of
from models.demand.intervals import Quantiles, fit_quantiles, series_scale, with_intervals

Forecaster = Callable[[pd.DataFrame, DemandConfig, int], pd.DataFrame]
NAIVE = "seasonal_naive"
SEASONS_TO_CHOOSE = 2


@dataclass(frozen=True)
class Window:
    """One origin: the number of periods known, how many ahead are judged, and what the window is for."""

    known: int
    horizon: int
    reported: bool


def windows(periods: int, config: DemandConfig) -> tuple[Window, ...]:
    """The origins, earliest first.  Raises ModelError when the series are too short for them."""
    plan = config.backtest
    first_report = periods - config.horizon - (plan.report_windows - 1) * config.backtest.step
    made = []
    for k in range(plan.windows):
        known = periods - config.horizon - (plan.windows - 1 - k) * plan.step
        reported = k >= plan.selection_windows
        made.append(Window(known, config.horizon if reported else min(config.horizon, first_report - known), reported))
    if made[0].known < config.minimum_periods:
        raise ModelError(
            f"The longest series has {periods} periods; the first back-test window would know {made[0].known}, "
            f"at least {config.minimum_periods} are needed. Lower `backtest.selection_windows` or `horizon`."
        )
    return tuple(made)


def rolling_forecasts(
    panel: pd.DataFrame, published: Sequence[Published], config: DemandConfig, forecaster: Forecaster
) -> pd.DataFrame:
    """Every window's forecasts at the published level.

    Returns `origin, known, reported, series_id, ds, step, y, scale, level`, one column per member.  Series that are
    too short at an origin are left out of that window.
    """
    dates = pd.DatetimeIndex(sorted(panel["ds"].unique()))
    parts = []
    for window in tqdm(windows(len(dates), config), desc="back-test", disable=None):
        origin, last = dates[window.known - 1], dates[window.known + window.horizon - 1]
        parts.append(_one(panel, published, config, forecaster, window, origin, last))
    return pd.concat(parts, ignore_index=True)


def _one(
    panel: pd.DataFrame,
    published: Sequence[Published],
    config: DemandConfig,
    forecaster: Forecaster,
    window: Window,
    origin: pd.Timestamp,
    last: pd.Timestamp,
) -> pd.DataFrame:
    known = panel[panel["ds"] <= origin]
    lengths = known.groupby("unique_id")["ds"].transform("size")
    known = known[lengths >= config.minimum_periods]
    ahead = panel[(panel["ds"] > origin) & (panel["ds"] <= last)]
    bottom = forecaster(known, config, window.horizon).merge(ahead, on=["unique_id", "ds"])
    summed = aggregate(bottom, published, ["ds"])
    scale = series_scale(aggregate(known, published, ["ds"]), config.season_length)
    steps = {when: k + 1 for k, when in enumerate(sorted(ahead["ds"].unique()))}
    return summed.assign(
        origin=origin,
        known=window.known,
        reported=window.reported,
        step=summed["ds"].map(steps),
        scale=summed["series_id"].map(scale),
        level=summed["series_id"].map(level_of(published)),
    )


def choose_member(table: pd.DataFrame, config: DemandConfig) -> str:
    """The member with the lowest scaled error on the selection windows; the report windows are not looked at.

    A window that knows fewer than two seasons has seen no season repeat and chooses nobody.  Where no window can
    choose, the first member of the config is served.
    """
    judged = table[choosing(table, config)]
    if judged.empty:
        return config.members[0]
    errors = mean_scaled_errors(judged, config.members)
    return min(config.members, key=lambda name: (errors[name], config.members.index(name)))


def choosing(table: pd.DataFrame, config: DemandConfig) -> pd.Series:
    """Which rows of a back-test table choose the member."""
    return ~table["reported"] & (table["known"] >= SEASONS_TO_CHOOSE * config.season_length)


def mean_scaled_errors(table: pd.DataFrame, members: Sequence[str]) -> dict[str, float]:
    """MASE: mean |error| / mean |y_t − y_{t−s}| of what was known, mean over series and origins.

    Range 0 …; 0 = perfect, 1 = as wrong as the seasonal difference.  Source: Hyndman & Koehler 2006.
    """
    return {
        name: float(((table[name] - table["y"]).abs() / table["scale"]).groupby(_key(table)).mean().mean())
        for name in members
    }


def weighted_errors(table: pd.DataFrame, members: Sequence[str]) -> dict[str, float]:
    """WAPE: Σ|error| / Σ|y|.  Range 0 …; 0 = perfect, 0.1 = wrong by a tenth of all demand."""
    total = table["y"].abs().sum()
    return {name: float((table[name] - table["y"]).abs().sum() / total) for name in members}


def published_errors(table: pd.DataFrame, history: pd.DataFrame, members: Sequence[str], season: int) -> pd.DataFrame:
    """MASE and sMAPE (%) per member by utilsforecast's own losses: the check of the metrics above."""
    frame = table.rename(columns={"series_id": "unique_id"})
    known = history.rename(columns={"series_id": "unique_id"})
    scaled = mase(frame, list(members), season, known)[list(members)].mean()
    symmetric = smape(frame, list(members))[list(members)].mean() * 200
    return pd.DataFrame({"mase": scaled, "smape": symmetric})


def quantiles_of(table: pd.DataFrame, member: str, horizon: int) -> Quantiles:
    """Interval quantiles from a back-test table's residuals."""
    scaled = (table[member] - table["y"]).abs() / table["scale"]
    return fit_quantiles(table[["level", "step"]].assign(scaled=scaled), horizon)


def covered(table: pd.DataFrame, member: str, horizon: int, levels: Mapping[str, str]) -> pd.DataFrame:
    """The report windows with intervals made from the selection windows only; a level without those is left out."""
    quantiles = quantiles_of(table[~table["reported"]], member, horizon)
    shown = table[table["reported"] & table["level"].isin(quantiles)].assign(value=lambda rows: rows[member])
    parts = [
        with_intervals(rows, rows.groupby("series_id")["scale"].first(), quantiles, levels)
        for _, rows in shown.groupby("origin")
    ]
    return pd.concat(parts, ignore_index=True)


def coverage(table: pd.DataFrame) -> dict[str, float]:
    """Share of actuals inside the 80 % and 95 % intervals.  Range 0–1; aim .80 and .95."""
    return {
        f"coverage{level}": float(table["y"].between(table[f"low{level}"], table[f"high{level}"]).mean())
        for level in (80, 95)
    }


def by_series(table: pd.DataFrame, member: str) -> dict[str, dict[str, float]]:
    """What the planner should expect of each series: MASE of member and naive, WAPE, coverage, over report windows."""
    return {str(series): _expect(rows, member) for series, rows in table.groupby("series_id")}


def _expect(rows: pd.DataFrame, member: str) -> dict[str, float]:
    errors = mean_scaled_errors(rows, [member, NAIVE])
    total = float(rows["y"].abs().sum())
    wape = {f"wape_{name}": float((rows[name] - rows["y"]).abs().sum() / total) if total else 0.0 for name in errors}
    return {
        "mase": errors[member],
        "mase_naive": errors[NAIVE],
        "wape": wape[f"wape_{member}"],
        "wape_naive": wape[f"wape_{NAIVE}"],
        **coverage(rows),
        "windows": float(rows["origin"].nunique()),
    }


def _key(table: pd.DataFrame) -> list[pd.Series]:
    return [table["origin"], table["series_id"]]
