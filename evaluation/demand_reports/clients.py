"""Cost per event and per client, and the quality of assessment (RAI), by area beside the forecast.  Few are hidden."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.demand_reports.beside import rows_of
from evaluation.demand_reports.section import Line, Section
from evaluation.demand_reports.settings import EventCost, PerClient, UnitCost
from evaluation.demand_reports.words import note
from evaluation.small_cells.hiding import hidden_areas
from features.panel.dimensions import stays_at
from models.demand.hierarchy import places_of
from models.demand.model import DemandModel

YEAR_DAYS = 365


def recent(contacts: pd.DataFrame, residents: pd.DataFrame, until: pd.Timestamp, days: int) -> pd.DataFrame:
    """Contacts that took place in the last `days` days before `until`, with the client's municipality then."""
    inside = (contacts["time"] < until) & (contacts["time"] >= until - pd.Timedelta(days=days))
    return stays_at(contacts[inside & (contacts["status"] == "done")], residents, "time")


def event_costs(events: pd.DataFrame, costs: Sequence[EventCost], areas: Sequence[str]) -> Section:
    """Per service and area over a year: events, euros per event and per client.  The first fitting cost counts."""
    priced = events[events["municipality"].isin(areas)].assign(euros=lambda frame: euros_of(frame, costs))
    lines: list[Line] = []
    for service, own in priced.groupby("service", sort=True):
        parts = {area: own[own["municipality"] == area] for area in areas}
        clients = [int(part["client_id"].nunique()) for part in parts.values()]
        few = hidden_areas(clients, [len(part) for part in parts.values()])
        for (area, part), n, hide in zip(parts.items(), clients, few, strict=True):
            lines.append({"service": str(service), "area": area, **_costed(part, n, hide)})
    notes = [note("event_cost", service=one.service, euros=f"{one.euros:g}", year=one.price_year, source=one.source)
             for one in costs]  # fmt: skip
    return Section("event_costs", tuple(lines), tuple(notes))


def euros_of(events: pd.DataFrame, costs: Sequence[EventCost]) -> np.ndarray:
    """What each event costs; NaN where no cost is written for it."""
    found = np.full(len(events), np.nan)
    for one in reversed(costs):
        fits = (events["service"] == one.service).to_numpy(bool)
        if one.channels:
            fits &= events["channel"].isin(one.channels).to_numpy(bool)
        found[fits] = one.euros
    return found


def _costed(part: pd.DataFrame, clients: int, hide: bool) -> dict[str, float | int | None]:
    names = ("events", "costed", "euros_per_event", "euros_per_client")
    if hide or part.empty:
        return dict.fromkeys(names)
    known = part["euros"].notna()
    mean = float(part["euros"].mean()) if known.any() else None
    whole = bool(known.all())
    per_client = float(part["euros"].sum()) / clients if whole else None
    return dict(zip(names, (len(part), float(known.mean()), mean, per_client), strict=True))


def per_client(
    model: DemandModel, asked: PerClient, cost: UnitCost | None, visits: pd.DataFrame, assessments: pd.DataFrame
) -> Section:
    """Per place: clients now, forecast units and euros per client and period, and how current and how high RAI is.

    `visits`: the recent contacts of the services, with municipality; `assessments`: client_id, time, value of the
    scale, known and of the last `assessed_within_days`.
    """
    own = visits[visits["service"].isin(asked.services)]
    newest = assessments.sort_values("time", kind="stable").drop_duplicates("client_id", keep="last")
    value = newest.set_index("client_id")["value"]
    areas = places_of(model.config)
    people = {place: own.loc[own["municipality"].isin(inside), "client_id"].unique() for place, inside in areas.items()}
    held = {place: [one for one in clients if one in value.index] for place, clients in people.items()}
    few = _few(people, held, areas)
    lines = [_client_line(place, model, asked, cost, people[place], value[held[place]], few[place]) for place in areas]
    return Section(
        "per_client", tuple(lines), (note("per_client", scale=asked.scale, days=asked.assessed_within_days),)
    )


def _few(
    people: Mapping[str, np.ndarray], held: Mapping[str, list[str]], areas: Mapping[str, tuple[str, ...]]
) -> dict[str, bool]:
    """Places to hide: areas together, then every sum that holds exactly one hidden area."""
    single = [place for place, inside in areas.items() if inside == (place,)]
    counts = [len(people[place]) for place in single]
    assessed = [len(held[place]) for place in single]
    rest = [n - m for n, m in zip(counts, assessed, strict=True)]
    marks = dict(zip(single, hidden_areas(counts, assessed, rest), strict=True))
    return {
        place: marks[place] if place in marks else sum(marks.get(one, False) for one in inside) == 1
        for place, inside in areas.items()
    }


def _client_line(
    place: str, model: DemandModel, asked: PerClient, cost: UnitCost | None,
    clients: np.ndarray, values: pd.Series, hide: bool,
) -> Line:  # fmt: skip
    rows, n = rows_of(model, f"{place}|{asked.measure}|{asked.group}"), len(clients)
    units = float(rows["value"].mean()) if len(rows) else None
    shown = bool(n) and not hide
    each = units / n if units is not None and shown else None
    return {
        "area": place,
        "clients": n if shown else None,
        "value": units,
        "units_per_client": each,
        "euros_per_client": each * cost.euros if each is not None and cost else None,
        "rai_current": len(values) / n if shown else None,
        "rai_mean": float(values.mean()) if shown and len(values) else None,
    }
