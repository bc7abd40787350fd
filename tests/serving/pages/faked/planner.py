"""FakePlanner: the planning side of the service core over a made-up county; what it computes is computed for real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from configs.errors import LuotainError
from configs.phrases import Phrase, phrase_of
from models.answers import Text
from models.demand.cold_start import SeriesStatus
from models.demand.sheet_default import SheetForecast, forecast_sheet
from models.exchange import Sheet, workbook
from models.flow.whatif import WhatIf
from models.planning.channels.plan import plan
from models.planning.scenarios.config import Scenario, scenario_of
from models.planning.sheets.overrides_in import overrides_template, read_overrides
from models.planning.sheets.scenarios_in import read_scenario, scenario_template
from models.planning.staffing.plan import staff
from serving.pages.planner.services import Correction, Upload, WrongInput
from serving.pages.services import NotAllowed, NotYours, Unavailable, Visitor
from serving.planning.assumptions import changed, tried_queues
from serving.planning.comparing import applied, compared_lines, fits_nowhere, periods_of
from serving.planning.ground import Ground
from serving.planning.kept.corrections import stored_of
from serving.planning.kept.published import Judged, Realised
from serving.planning.kept.records import (
    ChannelPicture,
    Comparison,
    FlowPicture,
    ScenarioEntry,
    SeriesPicture,
    StaffingPicture,
)
from serving.planning.sheets import read_sheets, sheet_frame
from serving.settings import PlanningFiles
from tests.serving.pages.faked.answers import forecast_answer, stamp, words
from tests.serving.pages.faked.chains import flow_picture
from tests.serving.pages.faked.planned import AGES, NAMES, base, explanation, own_series, people

MODEL = "demand_home_care"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
GROUND = Ground(PlanningFiles())
PERIODS = ("week", "month")


@dataclass
class FakePlanner:
    """Keeps scenarios and overrides in lists.  `plans` False: a manager, who only looks."""

    down: bool = False
    empty: bool = False
    saved: dict[str, tuple[Scenario, str]] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    judgement: Judged | None = None
    asked: str = ""
    """The series of the last picture."""

    def picture(self, visitor: Visitor, model: str, series_id: str, period: str | None = None) -> SeriesPicture:
        self._check(visitor)
        if period not in (None, *PERIODS):
            raise WrongInput("There is no such period.")
        self.asked = series_id
        area, age, measure = series_id.split("|")
        answer = replace(forecast_answer(area=area), series_id=series_id)
        if period == "month":
            answer = replace(answer, period="month", points=answer.points[:2], history=answer.history[::4])
        if area == "Itä":
            short = SeriesStatus(
                "not_enough_data", 8, 52, "2025-11-03", (), words("Liian lyhyt.", "För kort.", "Too short.")
            )
            return SeriesPicture(replace(answer, points=(), history=answer.history[:8]), short)
        told = stored_of(tuple(self.entries), base())
        own = f"{area}|{measure}|{age}"
        periods = [point.period_start for point in answer.points]
        return SeriesPicture(
            answer, SeriesStatus("forecast", 130, 52), explanation(answer.points, series_id), told.corrected(own),
            told.notes(own, periods), told.overridden.said if told.overridden else (), parts=3,
            fault=told.fault, periods=PERIODS,
        )  # fmt: skip

    def workbook(self, visitor: Visitor, model: str, series_id: str, language: str) -> tuple[Sheet, ...]:
        self._check(visitor)
        return (Sheet("Skenaariot", (("Sarja",), ("Länsi",))), Sheet("Tietoja", (("Tietoja", ""), ("Huom", "x"))))

    def may_plan(self, visitor: Visitor) -> bool:
        return visitor.role == "planner"

    def correct(self, visitor: Visitor, correction: Correction) -> None:
        self._plan(visitor)
        self._keep([correction])

    def correct_by_sheet(self, visitor: Visitor, model: str, upload: Upload, key: str) -> int:
        self._plan(visitor)
        found = _accepted(lambda: read_overrides(read_sheets(upload.name, upload.content), base(), NOW, visitor.role))
        self._keep([Correction(model, o.series_id, o.ds.isoformat(), o.value, o.reason, key) for o in found])
        return len(found)

    def corrections_sheet(self, visitor: Visitor, model: str, series_id: str) -> bytes:
        self._check(visitor)
        return workbook([overrides_template(base(), base().series[0].series_id)])

    def scenarios(self, visitor: Visitor) -> tuple[ScenarioEntry, ...]:
        self._check(visitor)
        own = [ScenarioEntry(one.id, one.name.as_text(), one.description.as_text()) for one in self._shipped()]
        kept = [
            ScenarioEntry(one.id, one.name.as_text(), one.description.as_text(), role, "2026-11-23T09:30:00")
            for one, role in self.saved.values()
        ]
        return (*own, *kept[::-1])

    def compare(self, visitor: Visitor, model: str, series_id: str, ids: Sequence[str]) -> Comparison:
        self._check(visitor)
        area, age, measure = series_id.split("|")
        own = f"{area}|{measure}|{age}"
        known = {one.id: one for one in (*self._shipped(), *(one for one, _ in self.saved.values()))}
        found = applied([known[name] for name in ids if name in known], base(), GROUND, people())
        first, lines = compared_lines(base(), found.results, own)
        one = base().one(own)
        return Comparison(
            stamp(MODEL), series_id, one.name, one.unit, "week", periods_of(base(), own), first, lines, found.skipped,
            False, words("Huom.", "Obs.", "Note."),
        )  # fmt: skip

    def save_scenario(self, visitor: Visitor, values: Mapping[str, Any], key: str) -> str:
        self._plan(visitor)
        return self._fitting(_accepted(lambda: scenario_of(values)), visitor)

    def upload_scenario(self, visitor: Visitor, upload: Upload, key: str) -> str:
        self._plan(visitor)
        return self._fitting(_accepted(lambda: read_scenario(read_sheets(upload.name, upload.content))), visitor)

    def dimensions(self, visitor: Visitor) -> Mapping[str, Mapping[str, Text]]:
        names = {**NAMES, **AGES}
        return {
            name: {value: names.get(value, words(value, value, value)) for value in values}
            for name, values in base().dimensions.items()
        }

    def span(self, visitor: Visitor) -> tuple[date, date]:
        return base().span

    def remove_scenario(self, visitor: Visitor, scenario_id: str, key: str) -> None:
        self._plan(visitor)
        if self.saved.pop(scenario_id, None) is None:
            raise NotYours("Unknown.")

    def registers_until(self, visitor: Visitor) -> str:
        return "2024-12-31"

    def judged(self, visitor: Visitor) -> Judged | None:
        self._check(visitor)
        return self.judgement

    def realised(self, visitor: Visitor, model: str, series_id: str) -> Realised | None:
        self._check(visitor)
        return None

    def scenario_sheet(self, visitor: Visitor) -> bytes:
        return workbook(scenario_template())

    def staffing(
        self, visitor: Visitor, model: str, changes: Mapping[str, float], scenario: str | None
    ) -> StaffingPicture:
        self._check(visitor)
        config = _accepted(lambda: changed(GROUND.staffing, changes))
        chosen = next((one for one in self._shipped() if one.id == scenario), None)
        results = applied([chosen], base(), GROUND, people()).results if chosen else ()
        table = results[0].table if results else None
        made = staff(base(), config, table)
        name = chosen.name.as_text() if chosen else None
        tried = _accepted(lambda: tried_queues(config, made, changes, "week"))
        return StaffingPicture(stamp(MODEL), "week", config, made, NAMES, name, words("Huom.", "Obs.", "Note."), tried)

    def channels(self, visitor: Visitor, changes: Mapping[str, float]) -> ChannelPicture:
        self._check(visitor)
        config = _accepted(lambda: changed(GROUND.channels, changes))
        return ChannelPicture(config, plan(config))

    def forecast_sheet(self, visitor: Visitor, upload: Upload, horizon: int | None) -> SheetForecast:
        self._check(visitor)
        return _accepted(lambda: forecast_sheet(sheet_frame(upload.name, upload.content), horizon, date(2026, 11, 23)))

    def flows(self, visitor: Visitor) -> tuple[FlowPicture, ...]:
        self._check(visitor)
        return () if self.empty else (flow_picture(),)

    def what_if(self, visitor: Visitor, chain: str, stage: str, hours: float) -> WhatIf:
        self._check(visitor)
        if stage == "decision":
            raise WrongInput(Phrase("The staffed hours of the stage `decision` are not known.", "stage_hours"))
        if stage not in ("assessment", "home_care"):
            raise NotYours("Unknown.")
        return WhatIf(stage, hours, 0.4 * hours, 3.1 * hours, 1.2 * hours, 1.0 * hours, 150.0 * hours)

    def _fitting(self, made: Scenario, visitor: Visitor) -> str:
        why = fits_nowhere(made, [(base(), people())], GROUND)
        if why is not None:
            raise WrongInput(why)
        self.saved[made.id] = (made, visitor.role)
        return made.id

    def _shipped(self) -> tuple[Scenario, ...]:
        return () if self.empty else GROUND.scenarios

    def _keep(self, corrections: Sequence[Correction]) -> None:
        rows = [
            {
                "series_id": own_series(one.series_id), "ds": one.period, "value": one.value, "role": "planner",
                "reason": one.reason, "time": "2026-11-23T09:30:00.000Z",
            }
            for one in corrections
        ]  # fmt: skip
        known = set(base().forecast["ds"].dt.strftime("%Y-%m-%d"))
        if any(row["ds"] not in known for row in rows):
            raise WrongInput(Phrase("There is no such series and period in the forecast.", "no_period"))
        fault = stored_of((*self.entries, *rows), base()).fault
        if fault:
            raise WrongInput(fault)
        self.entries += rows

    def _plan(self, visitor: Visitor) -> None:
        self._check(visitor)
        if visitor.role != "planner":
            raise NotAllowed("Wrong role.")

    def _check(self, visitor: Visitor) -> None:
        if visitor.role not in ("planner", "manager"):
            raise NotAllowed("Wrong role.")
        if self.down:
            raise Unavailable("No model is live.")


def _accepted(compute: Any) -> Any:
    try:
        return compute()
    except LuotainError as error:
        raise WrongInput(phrase_of(error), getattr(error, "faults", ())) from None
