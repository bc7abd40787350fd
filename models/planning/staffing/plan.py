"""People needed: by area and period, at the peak, and for a pool of areas."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.demand.hierarchy import COUNTY
from models.planning.base import AREA, MEASURE, Base, PlanSeries
from models.planning.staffing.config import PERIOD_WEEKS, Queue, StaffingConfig, Team, WorkTime
from models.planning.staffing.erlang import QueueNeed, agents_needed
from models.planning.staffing.quantiles import implied_correlation, pool, quantile


@dataclass(frozen=True)
class TeamPlan:
    """Full-time equivalents of one team.

    `table`: `area, ds, hours, hours_planned, fte, fte_planned`: direct hours as forecast and at the service level, and
    the people for them.  `peaks`: the same on each area's highest period.  `pool`: `ds, apart, together, gain,
    correlation` in people, for all areas together; empty with fewer than two areas.
    """

    team: Team
    table: pd.DataFrame
    peaks: pd.DataFrame
    pool: pd.DataFrame


@dataclass(frozen=True)
class QueuePlan:
    """People on one phone line or chat in the busiest hour of each period: `area, ds, contacts, planned, …`."""

    queue: Queue
    table: pd.DataFrame
    peaks: Mapping[str, QueueNeed]


@dataclass(frozen=True)
class StaffingPlan:
    """Every team and queue whose measure the forecast has; `missing` names the measures that it lacks."""

    teams: tuple[TeamPlan, ...]
    queues: tuple[QueuePlan, ...]
    missing: tuple[str, ...]


def fte(direct_hours: float, work: WorkTime, area: str, period: str) -> float:
    """Full-time equivalents that give so many direct hours in one period."""
    return direct_hours / work.direct_hours(area, PERIOD_WEEKS[period])


def staff(base: Base, config: StaffingConfig, forecast: pd.DataFrame | None = None) -> StaffingPlan:
    """People for a forecast, or for another table of the same series (a scenario's): see `TeamPlan`, `QueuePlan`."""
    table = base.forecast if forecast is None else forecast
    known = {one.dimensions.get(MEASURE) for one in base.series}
    asked = [one.measure for one in config.teams] + [one.measure for one in config.queues]
    return StaffingPlan(
        teams=tuple(_team(one, base, table, config) for one in config.teams if one.measure in known),
        queues=tuple(_queue(one, base, table, config) for one in config.queues if one.measure in known),
        missing=tuple(dict.fromkeys(one for one in asked if one not in known)),
    )


def _areas(base: Base, measure: str, table: pd.DataFrame) -> dict[str, PlanSeries]:
    """The widest series of the measure in every area, the county's sum among them."""
    known = set(table["series_id"])
    found: dict[str, PlanSeries] = {}
    for one in base.series:
        area = one.dimensions.get(AREA, "")
        wanted = one.dimensions.get(MEASURE) == measure and one.series_id in known
        if wanted and (area not in found or len(one.parts) > len(found[area].parts)):
            found[area] = one
    return found


def _team(team: Team, base: Base, table: pd.DataFrame, config: StaffingConfig) -> TeamPlan:
    level, per_unit = config.service_level.value, team.hours_per_unit.value
    series = _areas(base, team.measure, table)
    rows = {area: _rows(table, one.series_id) for area, one in series.items()}
    found = []
    for area, one in rows.items():
        hours, planned = one["value"].to_numpy(float) * per_unit, quantile(one, level) * per_unit
        per_person = team.work.direct_hours(area, PERIOD_WEEKS[base.period])
        found.append(
            pd.DataFrame(
                {
                    "area": area,
                    "ds": one["ds"].to_numpy(),
                    "hours": hours,
                    "hours_planned": planned,
                    "fte": hours / per_person,
                    "fte_planned": planned / per_person,
                }
            )
        )
    people = pd.concat(found, ignore_index=True)
    peaks = people.loc[people.groupby("area", sort=False)["fte_planned"].idxmax()].reset_index(drop=True)
    return TeamPlan(team, people, peaks, _pool(team, rows, base, config))


def _rows(table: pd.DataFrame, series_id: str) -> pd.DataFrame:
    return table[table["series_id"] == series_id].sort_values("ds").reset_index(drop=True)


def _pool(team: Team, rows: Mapping[str, pd.DataFrame], base: Base, config: StaffingConfig) -> pd.DataFrame:
    """People for all areas apart and as one pool (groups of areas not twice); hours become people area by area."""
    period, own = base.period, set(base.dimensions.get(AREA, ()))
    areas = {area: one for area, one in rows.items() if area in own}
    columns = ["ds", "apart", "together", "gain", "correlation"]
    if len(areas) < 2:
        return pd.DataFrame(columns=columns)
    level = config.service_level.value
    assumed: float | np.ndarray = config.correlation.value
    if COUNTY in rows:
        assumed = implied_correlation(list(areas.values()), rows[COUNTY], level)
    people = [_people(one, team, area, period) for area, one in areas.items()]
    found = pool(people, level, None, assumed)
    ds = next(iter(areas.values()))["ds"].to_numpy()
    values = (ds, found.apart, found.together, found.gain, found.correlation)
    return pd.DataFrame(dict(zip(columns, values, strict=True)))


def _people(rows: pd.DataFrame, team: Team, area: str, period: str) -> pd.DataFrame:
    numbers = ["value", "low80", "high80", "low95", "high95"]
    per_person = team.work.direct_hours(area, PERIOD_WEEKS[period]) / team.hours_per_unit.value
    return rows[numbers] / per_person


def busiest_hour(contacts: float, queue: Queue, period: str) -> float:
    """Contacts in the busiest hour of a period with so many contacts."""
    return contacts / (queue.open_hours_per_week.value * PERIOD_WEEKS[period]) * queue.peak_factor.value


def queue_need(queue: Queue, contacts: float, period: str) -> QueueNeed:
    """People for the busiest hour of a period with so many contacts."""
    return agents_needed(
        busiest_hour(contacts, queue, period),
        queue.handling_seconds.value,
        queue.answered_share.value,
        queue.answered_seconds.value,
        queue.max_occupancy.value,
        queue.shrinkage.value,
        int(queue.concurrency.value),
    )


def _queue(queue: Queue, base: Base, table: pd.DataFrame, config: StaffingConfig) -> QueuePlan:
    rows, peaks = [], {}
    for area, one in _areas(base, queue.measure, table).items():
        contacts = _rows(table, one.series_id)
        planned = quantile(contacts, config.service_level.value)
        needs = [queue_need(queue, float(count), base.period) for count in planned]
        peaks[area] = needs[int(np.argmax(planned))]
        rows += [
            (
                area,
                ds,
                float(value),
                float(count),
                need.contacts_per_hour,
                need.agents,
                need.rostered,
                need.service_level,
            )
            for ds, value, count, need in zip(contacts["ds"], contacts["value"], planned, needs, strict=True)
        ]
    columns = ["area", "ds", "contacts", "planned", "busiest_hour", "agents", "rostered", "service_level"]
    return QueuePlan(queue, pd.DataFrame(rows, columns=columns), peaks)
