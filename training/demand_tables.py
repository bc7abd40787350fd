"""Tables that the demand training prints: every member beside seasonal naive, and published figures beside ours."""

import math
from collections.abc import Sequence

import pandas as pd

from evaluation.backtest import choosing, coverage, mean_scaled_errors, published_errors, weighted_errors
from features.panel import Refused
from models.demand.config import DemandConfig
from models.demand.members import forecast_members

MOST_NAMED = 3


def backtest_table(
    config: DemandConfig,
    panel: pd.DataFrame,
    refused: Sequence[Refused],
    table: pd.DataFrame,
    judged: pd.DataFrame,
    member: str,
) -> str:
    """One line per member: error on the windows it was chosen on, and on the windows nobody looked at."""
    judging = table[choosing(table, config)]
    chosen_on = mean_scaled_errors(judging, config.members)
    scaled, wape = mean_scaled_errors(judged, config.members), weighted_errors(judged, config.members)
    inside = coverage(judged)
    lines = [
        f"Demand {config.id}: {panel['unique_id'].nunique()} series forecast, "
        f"{table['series_id'].nunique()} published, horizon {config.horizon} {config.period}s",
        *_refusals(refused),
        f"  {'member':18}{'MASE, choosing':>16}{'MASE, report':>14}{'WAPE, report':>14}",
        *(
            f"  {_starred(name, member):18}{_number(chosen_on[name]):>16}{scaled[name]:14.3f}{wape[name]:14.4f}"
            for name in config.members
        ),
        f"  * served; {_how_chosen(judging)}, reported on {config.backtest.report_windows} later",
        f"  intervals of the served member: 80 % cover {inside['coverage80']:.3f}, "
        f"95 % cover {inside['coverage95']:.3f}",
    ]
    return "\n".join(lines)


def published_table(config: DemandConfig, panel: pd.DataFrame) -> str:
    """The last window alone, beside published or earlier measured figures; an empty text when none are configured."""
    lines = [_last_window(config, panel, horizon) for horizon in config.published_horizons]
    noted = [f"    {one.name}: {one.value:g} ({one.source})" for one in config.published]
    return "\n".join([*lines, *(["  figures to compare with:", *noted] if noted else [])])


def _last_window(config: DemandConfig, panel: pd.DataFrame, horizon: int) -> str:
    dates = sorted(panel["ds"].unique())
    known, ahead = panel[panel["ds"] <= dates[-horizon - 1]], panel[panel["ds"] > dates[-horizon - 1]]
    table = forecast_members(known, config, horizon).merge(ahead, on=["unique_id", "ds"])
    errors = published_errors(table, known, config.members, config.season_length)
    wape = weighted_errors(table, config.members)
    rows = [
        f"    {name:18}MASE {found.mase:.3f}   sMAPE {found.smape:5.2f} %   WAPE {wape[name]:.4f}"
        for name, found in ((name, errors.loc[name]) for name in config.members)
    ]
    return "\n".join([f"  last {horizon} {config.period}s, {known['unique_id'].nunique()} series:", *rows])


def _how_chosen(judging: pd.DataFrame) -> str:
    windows = judging["origin"].nunique()
    return (
        f"chosen on {windows} earlier windows" if windows else "no earlier window knows two seasons: first of the list"
    )


def _starred(name: str, member: str) -> str:
    return f"{name} *" if name == member else name


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _refused_line(one: Refused) -> str:
    return f"    {one.series_id}: {one.reason}"


def _refusals(refused: Sequence[Refused]) -> list[str]:
    if not refused:
        return []
    more = [f"    … and {len(refused) - MOST_NAMED} more"] if len(refused) > MOST_NAMED else []
    return [f"  {len(refused)} series get no forecast:", *map(_refused_line, refused[:MOST_NAMED]), *more]
