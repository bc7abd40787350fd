"""Tables that the demand training prints: every member beside seasonal naive, and published figures beside ours."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from evaluation.backtest import (
    Tested,
    choosing,
    coverage,
    longer_periods,
    mean_scaled_errors,
    published_errors,
    scaled_quantile_loss,
    weighted_errors,
)
from features.panel import Refused
from models.demand.coherence.stored import Sums
from models.demand.cold_start import SeriesStatus
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import SERVED, Choice
from models.demand.hierarchy import Published, aggregate
from models.demand.intervals import DECILES
from models.demand.model import DemandModel

MOST_NAMED = 3


def backtest_table(
    config: DemandConfig,
    panel: pd.DataFrame,
    refused: Sequence[Refused],
    tested: Tested,
    judged: pd.DataFrame,
    borrowed: Mapping[str, SeriesStatus] = MappingProxyType({}),
) -> str:
    """One line per member: error on the windows that chose, and on the windows that are reported."""
    judging = tested.bottom[choosing(tested.bottom, config)]
    names = [*config.members, SERVED]
    chosen_on = mean_scaled_errors(judging, names)
    scaled, wape = mean_scaled_errors(judged, names), weighted_errors(judged, names)
    inside = coverage(judged)
    lines = [
        f"Demand {config.id}: {panel['unique_id'].nunique()} series forecast, "
        f"{tested.table['series_id'].nunique()} published, horizon {config.horizon} {config.period}s",
        *_loans(borrowed),
        *_refusals(refused),
        f"  {'member':18}{'MASE, choosing':>16}{'MASE, report':>14}{'WAPE, report':>14}",
        *(f"  {name:18}{_number(chosen_on[name]):>16}{scaled[name]:14.3f}{wape[name]:14.4f}" for name in names),
        f"  {_how_chosen(judging, config)}",
        *_choices(tested.choice, judging),
        f"  served: SQL {scaled_quantile_loss(judged, DECILES):.3f}; 80 % intervals cover {inside['coverage80']:.3f}, "
        f"95 % cover {inside['coverage95']:.3f}",
        *_by_level(judged),
        *_without_regimes(config, judged),
    ]
    return "\n".join(lines)


def sums_table(config: DemandConfig, tested: Tested, sums: Sums | None) -> str:
    """How sums were made, what each candidate missed, and how the longer periods' intervals cover."""
    method = tested.coherence
    missed = ", ".join(f"{name} {error:.3f}" for name, error in method.errors.items())
    why = f"chosen on {method.windows} windows, MASE over levels: {missed}" if missed else "nothing to choose between"
    lines = [f"  sums: {method.method} ({why})"]
    if sums is not None:
        lines += [_by_period(period, found) for period, found in sums.backtest.items()]
        absent = [one for one in longer_periods(config) if one not in sums.tables]
        lines += [
            f"    by the {one}: none; stocks do not add up, and a horizon must hold a whole {one}" for one in absent
        ]
    return "\n".join(lines)


def _by_period(period: str, found: Mapping[str, Mapping[str, float]]) -> str:
    mean = {key: sum(one[key] for one in found.values()) / len(found) for key in ("coverage80", "coverage95")}
    return (
        f"    by the {period}: {len(found)} series, 80 % cover {mean['coverage80']:.3f}, "
        f"95 % cover {mean['coverage95']:.3f}"
    )


def lost(model: DemandModel, refused: Sequence[Refused]) -> tuple[Refused, ...]:
    """Every series without a forecast: published ones with what they lack, and those refused for another reason."""
    lacking = {name: one.sentence["en"] for name, one in model.lacking.items() if one.sentence}
    short = set() if model.short is None else set(model.short["unique_id"])
    others = [one for one in refused if one.series_id not in short | set(lacking)]
    return (*others, *(Refused(name, reason) for name, reason in lacking.items()))


def published_table(
    config: DemandConfig, judged: pd.DataFrame, panel: pd.DataFrame, published: Sequence[Published]
) -> str:
    """The last window alone, beside published or earlier measured figures; an empty text when none are configured."""
    if not config.published:
        return ""
    noted = [f"    {one.name}: {one.value:g} ({one.source})" for one in config.published]
    return "\n".join([*_last_window(config, judged, panel, published), "  figures to compare with:", *noted])


def _last_window(
    config: DemandConfig, judged: pd.DataFrame, panel: pd.DataFrame, published: Sequence[Published]
) -> list[str]:
    last = judged[judged["origin"] == judged["origin"].max()]
    known = aggregate(panel[panel["ds"] <= last["origin"].iloc[0]], published, ["ds"])
    names = [*config.members, SERVED]
    errors, wape = published_errors(last, known, names, config.season_length), weighted_errors(last, names)
    return [
        f"  last {config.horizon} {config.period}s, {last['series_id'].nunique()} series:",
        *(
            f"    {name:18}MASE {found.mase:.3f}   sMAPE {found.smape:5.2f} %   MAE {found.mae:8.2f}   "
            f"RMSE {found.rmse:8.2f}   WAPE {wape[name]:.4f}"
            for name, found in ((name, errors.loc[name]) for name in names)
        ),
    ]


def _how_chosen(judging: pd.DataFrame, config: DemandConfig) -> str:
    windows = judging["origin"].nunique()
    if not windows:
        return "no earlier window knows two seasons: the first of the list serves"
    if config.backtest.renew:
        return f"each report window chosen for on the windows before it, the served forecast on all {windows}"
    return f"chosen on {windows} earlier windows, reported on {config.backtest.report_windows} later"


def _choices(choice: Choice, judging: pd.DataFrame) -> list[str]:
    """One line per group that has series: who serves it, and the weights."""
    lines = []
    for group in sorted(judging["group"].unique()):
        one = choice.of(group)
        weights = ", ".join(f"{name} {weight:.2f}" for name, weight in one.weights.items())
        series = judging.loc[judging["group"] == group, "unique_id"].nunique()
        lines.append(f"  {group} ({series} series): {one.member}" + (f"; weights {weights}" if weights else ""))
    return lines


def _by_level(judged: pd.DataFrame) -> list[str]:
    levels = judged["level"].nunique()
    return [
        f"    level {level}: 80 % cover {inside['coverage80']:.3f}, 95 % cover {inside['coverage95']:.3f}"
        for level, inside in ((level, coverage(rows)) for level, rows in judged.groupby("level"))
        if levels > 1
    ]


def _without_regimes(config: DemandConfig, judged: pd.DataFrame) -> list[str]:
    """The back-test with and without the declared structural breaks."""
    if not config.regimes:
        return []
    names = ", ".join(f"{one.name} ({one.treatment})" for one in config.regimes)
    parts = {"with": judged, "without": judged[~judged["regime"]], "inside": judged[judged["regime"]]}
    lines = [f"  regimes: {names}"]
    for what, rows in parts.items():
        if rows.empty:
            lines.append(f"    {what}: no reported period")
            continue
        scaled, inside = mean_scaled_errors(rows, [SERVED])[SERVED], coverage(rows)
        lines.append(f"    {what}: {len(rows)} periods, MASE {scaled:.3f}, 80 % cover {inside['coverage80']:.3f}")
    return lines


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _loans(borrowed: Mapping[str, SeriesStatus]) -> list[str]:
    if not borrowed:
        return []
    told = [f"    {name}: {one.sentence['en']}" for name, one in borrowed.items() if one.sentence and one.lenders]
    more = [f"    … and {len(borrowed) - MOST_NAMED} more"] if len(borrowed) > MOST_NAMED else []
    return [f"  {len(borrowed)} published series borrow:", *told[:MOST_NAMED], *more]


def _refused_line(one: Refused) -> str:
    return f"    {one.series_id}: {one.reason}"


def _refusals(refused: Sequence[Refused]) -> list[str]:
    if not refused:
        return []
    more = [f"    … and {len(refused) - MOST_NAMED} more"] if len(refused) > MOST_NAMED else []
    return [f"  {len(refused)} series get no forecast:", *map(_refused_line, refused[:MOST_NAMED]), *more]
