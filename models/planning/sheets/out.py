"""The planning workbook: one sheet per question, people as live formulas over an assumptions sheet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from models.exchange import Cell, Formula, Sheet
from models.planning.base import Base
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.plan import ChannelPlan
from models.planning.channels.waits import MEASURES
from models.planning.overrides import Overridden
from models.planning.scenarios.applied import ScenarioResult
from models.planning.scenarios.compared import BASE, compare
from models.planning.sheets.assumptions import assumptions_of
from models.planning.sheets.headings import CLIENTS, HEADINGS, ROLES, SHEETS
from models.planning.staffing.config import StaffingConfig
from models.planning.staffing.plan import QueuePlan, StaffingPlan, TeamPlan
from models.texts import Text


@dataclass(frozen=True)
class Planned:
    """What a workbook is made of; what is None has no sheet.  `about` are lines (label, value) of the last sheet."""

    base: Base
    results: tuple[ScenarioResult, ...] = ()
    staffing: tuple[StaffingConfig, StaffingPlan] | None = None
    channels: tuple[ChannelsConfig, ChannelPlan] | None = None
    by_scenario: Mapping[str, StaffingPlan] = field(default_factory=dict)
    """Scenario id → the people that it needs."""
    overridden: Overridden | None = None
    about: tuple[tuple[Text, str], ...] = ()
    said: tuple[Text, ...] = ()
    area_names: Mapping[str, Text] | None = None


def planning_sheets(planned: Planned, language: str) -> tuple[Sheet, ...]:
    """The sheets in one language (fi, sv or en), for `models.exchange.workbook` or `csv_text`."""
    made = _Sheets(planned, language)
    return tuple(sheet for sheet in made.all() if sheet is not None)


class _Sheets:
    """The sheets of one workbook in one language."""

    def __init__(self, planned: Planned, language: str) -> None:
        self.planned, self.language = planned, language
        self.assumed = assumptions_of(planned.staffing[0], planned.base.period, language) if planned.staffing else None

    def all(self) -> list[Sheet | None]:
        p = self.planned
        return [
            self._forecast(),
            self._compared() if p.results else None,
            self._periods() if p.results else None,
            *(self._staffing(p.staffing[1]) if p.staffing else []),
            *(self._channels(*p.channels) if p.channels else []),
            self._overrides(p.overridden) if p.overridden else None,
            self.assumed.sheet if self.assumed else None,
            self._about(),
        ]

    def _head(self, *names: str) -> tuple[Cell, ...]:
        return tuple(HEADINGS[name][self.language] for name in names)

    def _sheet(self, name: str, head: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> Sheet:
        return Sheet(SHEETS[name][self.language], (tuple(head), *(tuple(row) for row in rows)), name)

    def _names(self) -> dict[str, tuple[str, str]]:
        return {one.series_id: (one.name[self.language], one.unit[self.language]) for one in self.planned.base.series}

    def _area(self, area: str) -> str:
        names = self.planned.area_names or {}
        return names[area][self.language] if area in names else area

    def _forecast(self) -> Sheet:
        names = self._names()
        numbers = ["value", "low80", "high80", "low95", "high95"]
        table = self.planned.base.forecast.sort_values(["series_id", "ds"])
        rows = [
            (*names[str(row.series_id)], row.ds.date(), *(float(getattr(row, name)) for name in numbers))
            for row in _lines(table)
        ]
        head = self._head("series", "unit", "begins", "forecast", "low80", "high80", "low95", "high95")
        return self._sheet("forecast", head, rows)

    def _compared(self) -> Sheet:
        names, told = (
            self._names(),
            {one.id: one.scenario.name.as_text()[self.language] for one in self.planned.results},
        )
        table = compare(self.planned.base, self.planned.results)
        sums = ["total", "difference", "difference_low80", "difference_high80"]
        table[sums] = table[sums] / int(self.planned.base.forecast["step"].max())
        whole = table[table["scenario"] == BASE].set_index("series_id")["total"]
        rows: list[tuple[Cell, ...]] = []
        for row in _lines(table[table["scenario"] != BASE]):
            at = len(rows) + 2
            rows.append(
                (
                    *names[str(row.series_id)],
                    told[str(row.scenario)],
                    float(whole[row.series_id]),
                    float(row.total),
                    Formula(f"=E{at}-D{at}", float(row.difference)),
                    Formula(f'=IF(D{at}>0,F{at}/D{at},"")', float(row.share)),
                    *(float(row.difference_low80), float(row.difference_high80), float(row.peak), row.peak_ds.date()),
                )
            )
        head = ("series", "unit", "scenario", "base_total", "total", "difference", "share")
        tail = ("difference_low80", "difference_high80", "peak", "peak_ds")
        return self._sheet("compared", self._head(*head, *tail), rows)

    def _periods(self) -> Sheet:
        names = self._names()
        rows: list[tuple[Cell, ...]] = []
        for one in self.planned.results:
            name = one.scenario.name.as_text()[self.language]
            for row in _lines(one.table.sort_values(["series_id", "ds"])):
                at = len(rows) + 2
                numbers = (float(row.base), float(row.value), Formula(f"=F{at}-E{at}", float(row.difference)))
                ends = (float(row.difference_low80), float(row.difference_high80), float(row.low80), float(row.high80))
                rows.append((name, *names[str(row.series_id)], row.ds.date(), *numbers, *ends))
        head = ("scenario", "series", "unit", "begins", "base", "value", "difference")
        ends_ = ("difference_low80", "difference_high80", "low80", "high80")
        return self._sheet("periods", self._head(*head, *ends_), rows)

    def _staffing(self, plan: StaffingPlan) -> list[Sheet | None]:
        return [
            self._people(plan.teams) if plan.teams else None,
            self._by_scenario(plan) if plan.teams and self.planned.by_scenario else None,
            self._pool(plan.teams) if any(len(one.pool) for one in plan.teams) else None,
            self._queues(plan.queues) if plan.queues else None,
        ]

    def _people(self, teams: Sequence[TeamPlan]) -> Sheet:
        assert self.assumed is not None
        rows: list[tuple[Cell, ...]] = []
        for place, one in enumerate(teams):
            name = one.team.name.as_text()[self.language]
            for row in _lines(one.table):
                at = len(rows) + 2
                travel = Formula(
                    f"={self.assumed.travel(place, str(row.area))}", one.team.work.travel_of(str(row.area))
                )
                per_person = self.assumed.direct_hours(place, f"F{at}")
                fte = (("D", float(row.fte)), ("E", float(row.fte_planned)))
                people = [Formula(f"={column}{at}/({per_person})", told) for column, told in fte]
                hours = (float(row.hours), float(row.hours_planned))
                rows.append((name, self._area(str(row.area)), row.ds.date(), *hours, travel, *people))
        head = self._head("team", "area", "begins", "hours", "hours_planned", "travel", "fte", "fte_planned")
        return self._sheet("staffing", head, rows)

    def _by_scenario(self, plan: StaffingPlan) -> Sheet:
        """The base first, then every scenario: mean and peak, as people."""
        assert self.assumed is not None
        names = {one.id: one.scenario.name.as_text()[self.language] for one in self.planned.results}
        plans = [
            (HEADINGS["base"][self.language], plan),
            *((names[id_], one) for id_, one in self.planned.by_scenario.items()),
        ]
        rows: list[tuple[Cell, ...]] = []
        for scenario, told in plans:
            for place, team in enumerate(told.teams):
                mean = team.table.groupby("area", sort=False)[["hours", "fte"]].mean()
                for peak in _lines(team.peaks):
                    at, area = len(rows) + 2, str(peak.area)
                    per_person = self.assumed.direct_hours(place, f"F{at}")
                    fte = (("D", float(mean["fte"][area])), ("E", float(peak.fte_planned)))
                    people = [Formula(f"={column}{at}/({per_person})", one) for column, one in fte]
                    travel = Formula(f"={self.assumed.travel(place, area)}", team.team.work.travel_of(area))
                    hours = (float(mean["hours"][area]), float(peak.hours_planned))
                    rows.append(
                        (scenario, team.team.name.as_text()[self.language], self._area(area), *hours, travel, *people)
                    )
        head = self._head("scenario", "team", "area", "hours_mean", "hours_peak", "travel", "fte", "fte_planned")
        return self._sheet("by_scenario", head, rows)

    def _pool(self, teams: Sequence[TeamPlan]) -> Sheet:
        rows: list[tuple[Cell, ...]] = []
        for one in teams:
            for row in _lines(one.pool):
                at = len(rows) + 2
                numbers = (
                    float(row.apart),
                    float(row.together),
                    Formula(f"=C{at}-D{at}", float(row.gain)),
                    float(row.correlation),
                )
                rows.append((one.team.name.as_text()[self.language], row.ds.date(), *numbers))
        return self._sheet("pool", self._head("team", "begins", "apart", "together", "gain", "correlation"), rows)

    def _queues(self, queues: Sequence[QueuePlan]) -> Sheet:
        assert self.assumed is not None
        rows: list[tuple[Cell, ...]] = []
        for place, one in enumerate(queues):
            for row in _lines(one.table):
                at = len(rows) + 2
                busiest = Formula(f"={self.assumed.busiest_hour(place, f'D{at}')}", float(row.busiest_hour))
                roster = Formula(f"=ROUNDUP(F{at}/(1-{self.assumed.queue(place, 'shrinkage')}),0)", float(row.rostered))
                name, area = one.queue.name.as_text()[self.language], self._area(str(row.area))
                people = (int(row.agents), roster, float(row.service_level))
                rows.append((name, area, row.ds.date(), float(row.planned), busiest, *people))
        head = ("queue", "area", "begins", "planned", "busiest_hour", "agents", "rostered", "service_level")
        return self._sheet("queues", self._head(*head), rows)

    def _channels(self, config: ChannelsConfig, plan: ChannelPlan) -> list[Sheet | None]:
        said = [(text[self.language],) for text in (*plan.in_the_way, *plan.waited, *plan.prices, *plan.apart)]
        rows: list[tuple[Cell, ...]] = []
        for row in _lines(plan.channels):
            at, name = len(rows) + 2, config.channels[str(row.channel)].name.as_text()[self.language]
            numbers = (row.matters_today, row.matters, row.contacts_today, row.contacts, row.hours_today, row.hours)
            moved, waits = Formula(f"=G{at}-F{at}", float(row.hours - row.hours_today)), (row.wait_today, row.wait)
            rows.append((name, *(float(one) for one in numbers), moved, *(float(one) for one in waits)))
        rows += [(), self._head("profession", "hours_today", "hours_plan", "moved", "capacity")]
        for row in _lines(plan.professions):
            at, name = len(rows) + 2, config.professions[str(row.profession)].name.as_text()[self.language]
            change = Formula(f"=C{at}-B{at}", float(row.moved))
            rows.append((name, float(row.hours_today), float(row.hours), change, float(row.capacity)))
        rows += [*self._waits(config, plan.waits), (), self._head("said"), *said]
        counts = ("matters_today", "matters", "contacts_today", "contacts", "hours_today", "hours_plan")
        head = ("channel", *counts, "moved", "wait_today", "wait")
        return [self._sheet("channels", self._head(*head), rows), self._mix(config, plan.mix) if plan.solved else None]

    def _waits(self, config: ChannelsConfig, waits: pd.DataFrame) -> list[tuple[Cell, ...]]:
        names = {id_: one.name.as_text() for id_, one in config.groups.items()}
        rows: list[tuple[Cell, ...]] = [
            (),
            self._head("group", "clients", "wait_today", "wait", "until_solved_today", "until_solved"),
        ]
        for row in _lines(waits):
            name = names.get(str(row.group), HEADINGS["all_groups"])[self.language]
            means = (float(getattr(row, measure)) for measure in MEASURES)
            rows.append((name, CLIENTS[str(row.clients)][self.language], *means))
        return rows

    def _mix(self, config: ChannelsConfig, mix: pd.DataFrame) -> Sheet:
        rows = [
            (
                config.groups[str(row.group)].name.as_text()[self.language],
                CLIENTS[str(row.clients)][self.language],
                config.channels[str(row.channel)].name.as_text()[self.language],
                float(row.matters),
                float(row.share),
            )
            for row in _lines(mix)
        ]
        return self._sheet("mix", self._head("group", "clients", "channel", "matters", "group_share"), rows)

    def _overrides(self, told: Overridden) -> Sheet:
        names = self._names()
        before = told.table.set_index(["series_id", "ds"])["original"]
        rows = [
            (
                *names[one.series_id],
                one.ds,
                float(before[one.series_id, pd.Timestamp(one.ds)]),
                one.value,
                ROLES.get(one.author_role, {}).get(self.language, one.author_role),
                one.reason,
                one.time.isoformat(timespec="minutes"),
            )
            for one in told.used
        ]
        head = ("series", "unit", "begins", "original", "override", "author_role", "reason", "time")
        return self._sheet("overrides", self._head(*head), rows)

    def _about(self) -> Sheet:
        p = self.planned
        said = [*p.said, *(text for one in p.results for text in one.said)]
        said += list(p.overridden.said) if p.overridden else []
        once = [text for place, text in enumerate(said) if text not in said[:place]]
        rows: list[tuple[Cell, ...]] = [(label[self.language], value) for label, value in p.about]
        rows += [(HEADINGS["said"][self.language], text[self.language]) for text in once]
        return self._sheet("about", (SHEETS["about"][self.language], ""), rows)


def _lines(table: pd.DataFrame) -> Iterator[Any]:
    """Rows with their columns as attributes."""
    return table.itertuples()
