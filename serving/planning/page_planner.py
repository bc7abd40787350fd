"""What the planner's pages ask, answered through the same desk as the API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from configs.errors import LuotainError
from configs.phrases import phrase_of
from models.answers import Text
from models.demand.sheet_default import SheetForecast
from models.exchange import Sheet, workbook
from models.flow.whatif import WhatIf
from models.names import DEMAND_PREFIX
from models.planning.base import AREA
from models.planning.scenarios.config import Scenario, as_json
from models.planning.sheets.out import Planned, planning_sheets
from models.planning.sheets.overrides_in import overrides_template, read_overrides
from models.planning.sheets.scenarios_in import read_scenario, scenario_template
from models.planning.staffing.plan import StaffingPlan, staff
from serving.desk.access import may
from serving.desk.requests import Caller, Grounds
from serving.engine.clients.case import no_model
from serving.pages.planner.services import Correction, Upload, WrongInput
from serving.pages.services import Unavailable, Visitor
from serving.planning.comparing import applied, of_series, span_of
from serving.planning.desk import PlanningDesk
from serving.planning.ground import people_of
from serving.planning.kept.keeping import Keeper
from serving.planning.kept.published import JUDGED_FILE, REALISED_FILE, Judged, Realised, judged_of, realised_of
from serving.planning.kept.records import (
    ChannelPicture,
    Comparison,
    FlowPicture,
    ScenarioEntry,
    SeriesPicture,
    StaffingPicture,
)
from serving.planning.sheets import Sheets, read_sheets


@dataclass(frozen=True)
class CorePlanner:
    """`serving.pages.planner.services.PlannerServices` over the planning desk."""

    planning: PlanningDesk
    caller: Callable[[Visitor], Caller]

    @property
    def _grounds(self) -> Grounds:
        pages = self.planning.desk.settings.pages
        return Grounds(pages.forecast_decision_point, pages.forecast_purpose)

    @property
    def _keeper(self) -> Keeper:
        return Keeper(self.planning)

    def picture(self, visitor: Visitor, model: str, series_id: str, period: str | None = None) -> SeriesPicture:
        """One series."""
        return self.planning.picture(self.caller(visitor), self._grounds, model, series_id, period)[1]

    def workbook(self, visitor: Visitor, model: str, series_id: str, language: str) -> tuple[Sheet, ...]:
        """Scenarios, staffing, overrides and assumptions of one series, logged as a forecast that was taken away."""
        desk = self.planning.desk
        caller = self.caller(visitor)
        return desk.logged(caller, "see_forecast", "forecast", lambda: self._sheets(model, series_id, language))

    def may_plan(self, visitor: Visitor) -> bool:
        """By the role alone."""
        at = self.planning.desk.records.now().date()
        return may(self.caller(visitor).user, "plan", None, at).allowed

    def correct(self, visitor: Visitor, correction: Correction) -> None:
        """Keep one override."""
        live = self.planning.live(correction.model, correction.series_id)
        self._keeper.correct(self.caller(visitor), self._grounds, live, [replace(correction, model=live.name)])

    def correct_by_sheet(self, visitor: Visitor, model: str, upload: Upload, key: str) -> int:
        """Keep the overrides of a sheet."""
        caller, live = self.caller(visitor), self.planning.live(model)
        now = self.planning.desk.records.now()
        found = _read(upload, lambda sheets: read_overrides(sheets, live.base, now, caller.user.role))
        told = [
            Correction(live.name, one.series_id, one.ds.isoformat(), one.value, one.reason, f"{key}/{number}")
            for number, one in enumerate(found)
        ]
        return self._keeper.correct(caller, self._grounds, live, told)

    def registers_until(self, visitor: Visitor) -> str:
        """The registers' last day; a forecast may rest on fewer whole periods."""
        try:
            return self.planning.desk.engine.data().data_until.isoformat()
        except Unavailable:
            return ""

    def judged(self, visitor: Visitor) -> Judged | None:
        """Whether overriding helped, over every model."""
        return judged_of(self.planning.desk.engine.published(JUDGED_FILE))

    def realised(self, visitor: Visitor, model: str, series_id: str) -> Realised | None:
        """Earlier forecasts of the series beside what came."""
        report = self.planning.desk.engine.published(REALISED_FILE)
        return realised_of(report, model.removeprefix(DEMAND_PREFIX), series_id)

    def corrections_sheet(self, visitor: Visitor, model: str, series_id: str) -> bytes:
        """The sheet to fill in."""
        desk = self.planning.desk

        def compute() -> bytes:
            return workbook([overrides_template(self.planning.live(model, series_id).base, series_id)])

        return desk.logged(self.caller(visitor), "see_forecast", "forecast", compute)

    def scenarios(self, visitor: Visitor) -> tuple[ScenarioEntry, ...]:
        """Every scenario to choose."""
        desk = self.planning.desk
        return desk.logged(self.caller(visitor), "see_forecast", "scenario", self._keeper.scenarios)

    def compare(self, visitor: Visitor, model: str, series_id: str, ids: Sequence[str]) -> Comparison:
        """The chosen scenarios on one series."""
        chosen = self._keeper.chosen(ids)
        return self.planning.compare(self.caller(visitor), self._grounds, model, series_id, chosen)[1]

    def save_scenario(self, visitor: Visitor, values: Mapping[str, Any], key: str) -> str:
        """Keep a scenario."""
        return self._keeper.save(self.caller(visitor), self._grounds, values, key)

    def upload_scenario(self, visitor: Visitor, upload: Upload, key: str) -> str:
        """Keep the scenario of a sheet."""
        scenario = _read(upload, read_scenario)
        return self._keeper.save(self.caller(visitor), self._grounds, as_json(scenario), key)

    def dimensions(self, visitor: Visitor) -> Mapping[str, Mapping[str, Text]]:
        """By what the parts of the live forecasts are divided."""
        found: dict[str, dict[str, Text]] = {}
        for live in self.planning.desk.engine.demands():
            for name, values in live.base.dimensions.items():
                found.setdefault(name, {}).update({value: live.name_of(name, value) for value in values})
        return found

    def span(self, visitor: Visitor) -> tuple[date, date]:
        """The days that the live forecasts cover."""
        found = span_of(live.base for live in self.planning.desk.engine.demands())
        if found is None:
            raise no_model(DEMAND_PREFIX.rstrip("_"))
        return found

    def remove_scenario(self, visitor: Visitor, scenario_id: str, key: str) -> None:
        """Take a saved scenario away."""
        self._keeper.remove(self.caller(visitor), self._grounds, scenario_id, key)

    def scenario_sheet(self, visitor: Visitor) -> bytes:
        """The empty workbook."""
        return workbook(scenario_template())

    def staffing(
        self, visitor: Visitor, model: str, changes: Mapping[str, float], scenario: str | None
    ) -> StaffingPicture:
        """People for a forecast."""
        chosen = self._keeper.chosen([scenario]) if scenario else ()
        one = chosen[0] if chosen else None
        return self.planning.staffing(self.caller(visitor), self._grounds, model, changes, one)[1]

    def channels(self, visitor: Visitor, changes: Mapping[str, float]) -> ChannelPicture:
        """The channel programme."""
        return self.planning.channels(self.caller(visitor), self._grounds, changes)[1]

    def forecast_sheet(self, visitor: Visitor, upload: Upload, horizon: int | None) -> SheetForecast:
        """The forecast of a sheet."""
        return self.planning.sheet(self.caller(visitor), self._grounds, upload.name, upload.content, horizon)[1]

    def flows(self, visitor: Visitor) -> tuple[FlowPicture, ...]:
        """Every service chain."""
        return self.planning.flows(self.caller(visitor), self._grounds)[1]

    def what_if(self, visitor: Visitor, chain: str, stage: str, hours: float) -> WhatIf:
        """More staffed hours at one stage."""
        return self.planning.what_if(self.caller(visitor), self._grounds, chain, stage, hours)[1]

    def _sheets(self, model: str, series_id: str, language: str) -> tuple[Sheet, ...]:
        live = self.planning.live(model, series_id)
        stored = self.planning.stored(live)
        base = stored.base(live.base)
        people = people_of(self.planning.desk.engine.population(), live.areas)
        every: tuple[Scenario, ...] = self._keeper.chosen([one.id for one in self._keeper.scenarios()])
        found = applied(every, base, self.planning.ground, people)
        rows = base.forecast[base.forecast["series_id"] == series_id]
        config = self.planning.ground.staffing
        planned = Planned(
            base=base.with_forecast(rows),
            results=tuple(of_series(one, series_id) for one in found.results),
            staffing=(config, _of_area(staff(base, config), base.one(series_id).dimensions.get(AREA, ""))),
            overridden=_of_series(stored.overridden, series_id),
            said=(live.notice, *self.planning.ground.said()),
            area_names=live.area_names,
        )
        return planning_sheets(planned, language)[1:]  # the forecast's own sheet is written by the page


def _of_area(plan: StaffingPlan, area: str) -> StaffingPlan:
    teams = tuple(
        replace(one, table=one.table[one.table["area"] == area], peaks=one.peaks[one.peaks["area"] == area])
        for one in plan.teams
    )
    queues = tuple(replace(one, table=one.table[one.table["area"] == area]) for one in plan.queues)
    return replace(plan, teams=teams, queues=queues)


def _of_series(overridden: Any, series_id: str) -> Any:
    if overridden is None:
        return None
    used = tuple(one for one in overridden.used if one.series_id == series_id)
    return replace(overridden, used=used) if used else None


def _read(upload: Upload, read: Callable[[Sheets], Any]) -> Any:
    try:
        return read(read_sheets(upload.name, upload.content))
    except LuotainError as error:
        raise WrongInput(phrase_of(error), getattr(error, "faults", ())) from None
