"""The planning of one forecast as a dict, for JSON and for the screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.demand.hierarchy import COUNTY
from models.planning.base import AREA, MEASURE, Base, PlanSeries
from models.planning.channels.plan import ChannelPlan
from models.planning.scenarios.applied import ScenarioResult
from models.planning.scenarios.compared import BASE, chart, compare
from models.planning.scenarios.config import as_json
from models.planning.staffing.plan import StaffingPlan
from models.planning.thl_need import NeedChange
from models.texts import Text

MOST_CHARTS = 200


@dataclass(frozen=True)
class Skipped:
    """A scenario that does not fit the forecast, and why."""

    scenario: str
    why: str


def report(
    base: Base,
    stamp: Mapping[str, str],
    results: Sequence[ScenarioResult],
    needs: Mapping[str, NeedChange],
    staffing: StaffingPlan | None,
    by_scenario: Mapping[str, StaffingPlan],
    channels: ChannelPlan | None,
    skipped: Sequence[Skipped],
    said: Sequence[Text],
) -> dict[str, Any]:
    """Everything that was planned, as plain values."""
    table = compare(base, results)
    return {
        "stamp": dict(stamp),
        "period": base.period,
        "periods": int(base.forecast["step"].max()),
        "said": list(said),
        "scenarios": [_scenario(one, table, needs.get(one.id)) for one in results],
        "skipped": [{"id": one.scenario, "why": one.why} for one in skipped],
        "charts": [chart(base, results, one.series_id) for one in charted(base)],
        "staffing": None if staffing is None else _staffing(staffing),
        "staffing_by_scenario": [
            row
            for id_, one in ({BASE: staffing, **by_scenario} if staffing else {}).items()
            for row in _people(id_, one)
        ],
        "channels": None if channels is None else _channels(channels),
    }


def widest(base: Base) -> list[PlanSeries]:
    """The widest series of each measure: what a summary speaks of."""
    found: dict[str, PlanSeries] = {}
    for one in base.series:
        name = one.dimensions.get(MEASURE, "")
        if name not in found or len(one.parts) > len(found[name].parts):
            found[name] = one
    return list(found.values())


def charted(base: Base) -> list[PlanSeries]:
    """Every series, or the county's where there are very many."""
    if len(base.series) <= MOST_CHARTS:
        return list(base.series)
    county = [one for one in base.series if one.dimensions.get(AREA) == COUNTY]
    return county[:MOST_CHARTS] or widest(base)


def _scenario(one: ScenarioResult, table: pd.DataFrame, need: NeedChange | None) -> dict[str, Any]:
    rows = table[table["scenario"] == one.id]
    whole = table[table["scenario"] == BASE].set_index("series_id")["total"]
    outside = one.outside.groupby(["measure", "change", "what"])["value"].sum().reset_index()
    return {
        "id": one.id,
        "name": one.scenario.name.as_text(),
        "scenario": as_json(one.scenario),
        "changes": list(one.changes),
        "said": list(one.said),
        "need": None if need is None else dict(vars(need)),
        "compared": _records(rows.assign(base=rows["series_id"].map(whole)).drop(columns=["scenario"])),
        "outside": _records(outside),
        "capacity": _records(one.capacity),
    }


def _staffing(found: StaffingPlan) -> dict[str, Any]:
    return {
        "teams": [
            {
                "name": one.team.name.as_text(),
                "measure": one.team.measure,
                "people": _records(one.table),
                "peaks": _records(one.peaks),
                "pool": _records(one.pool),
            }
            for one in found.teams
        ],
        "queues": [
            {
                "name": one.queue.name.as_text(),
                "measure": one.queue.measure,
                "people": _records(one.table),
                "peaks": {area: dict(vars(need)) for area, need in one.peaks.items()},
            }
            for one in found.queues
        ],
        "missing": list(found.missing),
    }


def _people(scenario: str, plan: StaffingPlan) -> list[dict[str, Any]]:
    """Team and area: mean full-time equivalents over the horizon, and those planned for on the highest period."""
    rows = []
    for one in plan.teams:
        mean = one.table.groupby("area", sort=False)["fte"].mean()
        for area, planned in zip(one.peaks["area"], one.peaks["fte_planned"], strict=True):
            people = {"fte": float(mean[area]), "fte_planned": float(planned)}
            rows.append({"scenario": scenario, "team": one.team.name.as_text(), "area": str(area), **people})
    return rows


def _channels(found: ChannelPlan) -> dict[str, Any]:
    return {
        "solved": found.solved,
        "mix": _records(found.mix),
        "channels": _records(found.channels),
        "professions": _records(found.professions),
        "waits": _records(found.waits),
        "waited": list(found.waited),
        "prices": list(found.prices),
        "in_the_way": list(found.in_the_way),
        "apart": list(found.apart),
        "excluded_kept": found.excluded_kept,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: ISO dates, and None for what is unknown."""
    return [{str(name): _value(value) for name, value in row.items()} for row in table.to_dict("records")]


def _value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return None if isinstance(value, float) and value != value else value
