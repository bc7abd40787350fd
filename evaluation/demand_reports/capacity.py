"""Demand against capacity by unit and period: forecast hours, staffed hours, the gap and what drives the demand."""

from collections.abc import Mapping

import pandas as pd

from evaluation.demand_reports.beside import points_of, rows_of
from evaluation.demand_reports.section import Line, Section
from evaluation.demand_reports.settings import CapacitySettings, ServedUnit
from evaluation.demand_reports.words import note
from features.panel.periods import following
from models.demand.model import DemandModel
from models.texts import Text

TOP_DRIVERS = 3
NOT_DRIVERS = frozenset({"series_id", "ds", "step", "value", "base", "remainder", "reference"})


def daily_hours(capacity: pd.DataFrame, unit: str, months: int) -> float | None:
    """Staffed hours a day of a unit, all channels, over its last recorded months; None when nothing is recorded.

    `capacity`: unit, period_start, period_end, staffed_hours (current rows).
    """
    own = capacity[(capacity["unit"] == unit) & capacity["staffed_hours"].notna()]
    last = sorted(own["period_start"].unique())[-months:]
    recent = own[own["period_start"].isin(last)]
    if recent.empty:
        return None
    spans = recent.drop_duplicates("period_start")
    days = (spans["period_end"] - spans["period_start"]).dt.days.sum()
    return float(recent["staffed_hours"].sum() / days)


def against_capacity(models: Mapping[str, DemandModel], capacity: pd.DataFrame, settings: CapacitySettings) -> Section:
    """One line per unit and period ahead: hours needed (forecast ÷ direct share), staffed, gap with 80 % interval."""
    lines: list[Line] = []
    share = f"{settings.direct_share * 100:g} %"
    notes = [note("staffed", months=settings.recent_months, share=share, source=settings.source)]
    for unit, served in settings.units.items():
        staffed = daily_hours(capacity, unit, settings.recent_months)
        why = _problem(unit, served, models, staffed)
        if why is not None:
            notes.append(why)
        elif staffed is not None:
            lines += _lines(unit, served.series, models[served.model], staffed, settings.direct_share)
    return Section("capacity", tuple(lines), tuple(notes))


def _problem(unit: str, served: ServedUnit, models: Mapping[str, DemandModel], staffed: float | None) -> Text | None:
    if served.model not in models:
        return note("missing_model", models=served.model)
    if rows_of(models[served.model], served.series).empty:
        return note("unpublished", unit=unit, model=served.model, series=served.series)
    return note("unstaffed", unit=unit) if staffed is None else None


def _lines(unit: str, series: str, model: DemandModel, staffed: float, direct: float) -> list[Line]:
    drivers = ", ".join(f"{name} {value:+.0f}" for name, value in top_drivers(model, series))
    found: list[Line] = []
    for row in points_of(rows_of(model, series)):
        available = staffed * (following(row.start, model.config.period) - row.start).days
        needed = {"value": row.value / direct, "low80": row.low80 / direct, "high80": row.high80 / direct}
        found.append(
            {
                "unit": unit,
                "period": row.day,
                "needed": needed["value"],
                "staffed": available,
                "gap": needed["value"] - available,
                "gap_low80": needed["low80"] - available,
                "gap_high80": needed["high80"] - available,
                "utilisation": needed["value"] / available if available else None,
                "short": needed["value"] > available,
                "drivers": drivers,
            }
        )
    return found


def top_drivers(model: DemandModel, series: str) -> list[tuple[str, float]]:
    """The largest groups of a series' explanation, mean over the horizon, in its unit; none without one."""
    if model.reasons is None:
        return []
    table = model.reasons.table
    rows = table[table["series_id"] == series]
    if rows.empty:  # a borrowed series has no explanation of its own
        return []
    groups = rows[[name for name in table.columns if name not in NOT_DRIVERS]].mean()
    largest = groups.abs().sort_values(ascending=False).index[:TOP_DRIVERS]
    return [(str(name), float(groups[name])) for name in largest]
