"""People for the forecast: full-time equivalents, pools, phone and chat by Erlang C, and the channel programme."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from starlette.responses import Response

from models.planning.channels.config import Channel, ChannelsConfig, Group
from models.planning.channels.waits import lasting
from models.planning.sheets.headings import ASSUMPTIONS
from models.planning.staffing.config import Assumed, Queue, Team
from models.planning.staffing.plan import QueuePlan, TeamPlan
from models.planning.staffing.sources import CHANGED, KNOWN
from serving.pages.charts import share_bar
from serving.pages.page import Page
from serving.pages.planner.reading import FormFault, fault_of, number
from serving.pages.planner.services import WrongInput
from serving.planning.kept.records import StaffingPicture

PREFIX = "n."
"""Fields that change an assumption begin so."""
COUNTY = "county"


@dataclass(frozen=True)
class Assumption:
    """One number of the form: its path, what it is, its value and where it comes from."""

    path: str
    label: str
    value: float
    source: str
    own: bool
    """True where the visitor changed it."""


@dataclass(frozen=True)
class AreaPeople:
    """One area: people on average, and those planned for the period that needs most."""

    name: str
    mean: float
    peak_planned: float
    peak_period: str
    is_sum: bool


def people(page: Page) -> Response:
    """Staffing of a live demand model, of the base or of a scenario."""
    series = page.services.series(page.who)
    if not series:
        return page.show("forecasts_none.html")
    models = list(dict.fromkeys(one.model for one in series))
    model = page.query("model") if page.query("model") in models else models[0]
    planner, (changes, fault) = page.services.planner, changes_of(page)
    try:
        found = planner.staffing(page.who, model, changes, page.query("scenario") or None)
    except WrongInput as error:
        found, fault = planner.staffing(page.who, model, {}, None), fault_of(error, page.format)
    return page.show(
        "planner/staffing.html",
        found=found,
        fault=fault,
        model=model,
        models=models,
        entries=planner.scenarios(page.who),
        teams=[(one, _areas(page, one, found.area_names), _pool(one)) for one in found.plan.teams],
        queues=[(one, _queue_rows(page, one, found.area_names)) for one in found.plan.queues],
        tried=found.tried,
        assumptions=_assumptions(page, found.config, found.plan.missing),
        period=lambda iso: page.format.period(iso, found.period),
        prefix=PREFIX,
        first_period=_first_period(found),
        registers=planner.registers_until(page.who),
    )


def channels(page: Page) -> Response:
    """The channel programme under the visitor's assumptions."""
    planner, (changes, fault) = page.services.planner, changes_of(page)
    try:
        found = planner.channels(page.who, changes)
    except WrongInput as error:
        found, fault = planner.channels(page.who, {}), fault_of(error, page.format)
    plan = found.plan
    return page.show(
        "planner/channels.html",
        found=found,
        plan=plan,
        fault=fault,
        channels=plan.channels.to_dict("records"),
        professions=[_load(row) for row in plan.professions.to_dict("records")],
        mix=_mix(plan.mix),
        waits=[row for row in plan.waits.to_dict("records") if row["until_first"] == row["until_first"]],
        lasting=lasting,
        assumptions=_channel_assumptions(page, found.config),
        prefix=PREFIX,
        bar=share_bar,
    )


def changes_of(page: Page) -> tuple[dict[str, float], FormFault | None]:
    """The assumptions that the query changes; what is no number is left as it was, and said."""
    given = {name: text for name, text in page.request.query_params.items() if name.startswith(PREFIX) and text.strip()}
    told = {name.removeprefix(PREFIX): number(text[:30]) for name, text in given.items()}
    changes = {name: value for name, value in told.items() if value is not None}
    faulty = len(changes) < len(told)
    return changes, FormFault(page.language.text("staffing.fault.number")) if faulty else None


def _first_period(found: StaffingPicture) -> str:
    """ISO first day of the forecast."""
    tables = [*(one.table for one in found.plan.teams), *(one.table for one in found.plan.queues)]
    return str(tables[0]["ds"].min())[:10] if tables else ""


def _areas(page: Page, team: TeamPlan, names: Mapping[str, Any]) -> list[AreaPeople]:
    mean = team.table.groupby("area", sort=False)["fte"].mean()
    return [
        AreaPeople(
            name=page.format.said(names.get(row["area"], {})) or str(row["area"]),
            mean=float(mean[row["area"]]),
            peak_planned=float(row["fte_planned"]),
            peak_period=row["ds"].date().isoformat(),
            is_sum=row["area"] == COUNTY,
        )
        for row in team.peaks.to_dict("records")
    ]


def _pool(team: TeamPlan) -> dict[str, Any] | None:
    """The period in which areas apart would need most."""
    if team.pool.empty:
        return None
    return dict(team.pool.loc[team.pool["apart"].idxmax()])


def _queue_rows(page: Page, queue: QueuePlan, names: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    busiest = queue.table.loc[queue.table.groupby("area", sort=False)["planned"].idxmax()].set_index("area")["ds"]
    return [
        (page.format.said(names.get(area, {})) or area, need, busiest[area].date().isoformat())
        for area, need in queue.peaks.items()
    ]


def _assumptions(page: Page, config: Any, tried: Collection[str]) -> list[tuple[str, list[Assumption]]]:
    t = page.language.text
    groups = [(t("staffing.general"), _group(page, {"service_level": config.service_level}, ""))]
    for place, team in enumerate(config.teams):
        groups.append((page.format.said(team.name.as_text()), _group(page, _team(team), f"teams.{place}.")))
    for place, queue in enumerate(config.queues):
        numbers = _queue(queue, at_once=queue.measure not in tried)
        groups.append((page.format.said(queue.name.as_text()), _group(page, numbers, f"queues.{place}.")))
    return groups


def _team(team: Team) -> dict[str, Assumed]:
    work = team.work
    named = {f"work.travel_by_area.{area}": told for area, told in work.travel_by_area.items()}
    numbers = {f"work.{name}": getattr(work, name) for name in ("weekly_hours", "absence", "travel", "direct")}
    return {"hours_per_unit": team.hours_per_unit, **numbers, **named}


def _queue(queue: Queue, at_once: bool) -> dict[str, Assumed]:
    """The numbers of a queue; contacts at once stand here unless they stand in the table of tried contacts."""
    names = ("handling_seconds", "answered_share", "answered_seconds", "max_occupancy", "shrinkage")
    last = ("concurrency",) if at_once else ()
    return {name: getattr(queue, name) for name in (*names, "open_hours_per_week", "peak_factor", *last)}


def _group(page: Page, numbers: Mapping[str, Assumed], prefix: str) -> list[Assumption]:
    found = []
    for path, told in numbers.items():
        name = next((part for part in reversed(path.split(".")) if part in ASSUMPTIONS), path)
        label = page.format.said(ASSUMPTIONS.get(name, {})) or page.language.label("assumption", name)
        source = page.format.said(told.source.as_text())
        found.append(Assumption(prefix + path, label, told.value, source, _is_changed(told)))
    return found


def _is_changed(told: Assumed) -> bool:
    """A form sends back every number; only one that differs from the file carries this source."""
    return told.source.as_text() == KNOWN[CHANGED]


def _channel_assumptions(page: Page, config: ChannelsConfig) -> list[tuple[str, list[Assumption]]]:
    said, general = page.format.said, _told(config, "smallest_digital_share", "largest_change")
    return [
        *((said(one.name.as_text()), _of_group(page, one, name)) for name, one in config.groups.items()),
        *((said(one.name.as_text()), _of_channel(page, config, name)) for name, one in config.channels.items()),
        *(
            (said(one.name.as_text()), _group(page, {"hours": one.hours}, f"professions.{name}."))
            for name, one in config.professions.items()
        ),
        (page.language.text("staffing.general"), _group(page, general, "")),
    ]


def _told(part: ChannelsConfig | Channel | Group, *names: str) -> dict[str, Assumed]:
    """The numbers of these names that the file gives."""
    return {name: getattr(part, name) for name in names if getattr(part, name) is not None}


def _of_group(page: Page, group: Group, name: str) -> list[Assumption]:
    numbers = _told(group, "matters", "digitally_excluded", "digitally_suitable", "largest_wait")
    return _group(page, numbers, f"groups.{name}.")


def _of_channel(page: Page, config: ChannelsConfig, name: str) -> list[Assumption]:
    channel = config.channels[name]
    numbers = _told(channel, "minutes", "first_contact_resolution", "wait", "contacts")
    waits = _waits_by_group(page, config, channel, f"channels.{name}.wait_by_group.")
    return [*_group(page, numbers, f"channels.{name}."), *waits]


def _waits_by_group(page: Page, config: ChannelsConfig, channel: Channel, prefix: str) -> list[Assumption]:
    """A channel's waits of single need groups, each with its group's name."""
    found = []
    for group, told in channel.wait_by_group.items():
        name = page.format.said(config.groups[group].name.as_text())
        label, source = page.language.text("assumption.wait_by_group", group=name), told.source.as_text()
        found.append(Assumption(f"{prefix}{group}", label, told.value, page.format.said(source), _is_changed(told)))
    return found


def _load(row: Mapping[Any, Any]) -> dict[Any, Any]:
    used = row["hours"] if row["hours"] == row["hours"] else row["hours_today"]
    return {**row, "share": used / row["capacity"] if row["capacity"] else 0.0}


def _mix(mix: pd.DataFrame) -> list[tuple[str, str, dict[str, float]]]:
    """Group and kind of clients → share by channel."""
    return [
        (str(group), str(clients), dict(zip(rows["channel"], rows["share"], strict=True)))
        for (group, clients), rows in mix.groupby(["group", "clients"], sort=False)
    ]
