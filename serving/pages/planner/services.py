"""What the planner's pages ask of the service core.  Every call checks the right and is logged before it answers.

A call raises NotAllowed, NotYours or Unavailable as the other pages' do; `WrongInput` (shown beside the form) for what
the visitor gave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from configs.errors import LuotainError
from models.answers import Text
from models.demand.sheet_default import SheetForecast
from models.exchange import Sheet
from models.flow.whatif import WhatIf
from models.planning.sheets.columns import SheetFault
from serving.pages.services import Visitor
from serving.planning.kept.published import Judged, Realised
from serving.planning.kept.records import (
    ChannelPicture,
    Comparison,
    FlowPicture,
    ScenarioEntry,
    SeriesPicture,
    StaffingPicture,
)


class WrongInput(LuotainError):
    """What a visitor gave cannot be used; `faults` are those of a sheet, place by place."""

    def __init__(self, sentence: str, faults: Sequence[SheetFault] = ()) -> None:
        super().__init__(sentence)
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Upload:
    """A file that a visitor sent; held in memory only."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Correction:
    """One number that a planner gives (None takes the earlier one back).  `key` makes a form sent twice one entry."""

    model: str
    series_id: str
    period: str
    value: float | None
    reason: str
    key: str


class PlannerServices(Protocol):
    """The planning side of the service core.  Every method may be called from several threads."""

    def picture(self, visitor: Visitor, model: str, series_id: str, period: str | None = None) -> SeriesPicture:
        """One series with its explanation, status and overrides.  Raises NotYours for an unknown one.

        `period`: day, week or month; None = the series' own.  Raises WrongInput for one that it has no table of.
        """

    def workbook(self, visitor: Visitor, model: str, series_id: str, language: str) -> tuple[Sheet, ...]:
        """The sheets of scenarios, staffing, overrides and assumptions of one series."""

    def may_plan(self, visitor: Visitor) -> bool:
        """Whether the visitor may save scenarios and override forecasts."""

    def correct(self, visitor: Visitor, correction: Correction) -> None:
        """Store an override.  Raises WrongInput."""

    def correct_by_sheet(self, visitor: Visitor, model: str, upload: Upload, key: str) -> int:
        """Store the overrides of a sheet, all or none; how many they are.  Raises WrongInput."""

    def registers_until(self, visitor: Visitor) -> str:
        """ISO last day of the registers that are served; empty without registers."""

    def judged(self, visitor: Visitor) -> Judged | None:
        """Whether overriding helped, where that was published."""

    def realised(self, visitor: Visitor, model: str, series_id: str) -> Realised | None:
        """Earlier forecasts of a series beside what came, where that was published."""

    def corrections_sheet(self, visitor: Visitor, model: str, series_id: str) -> bytes:
        """The workbook to fill in with overrides of one series."""

    def scenarios(self, visitor: Visitor) -> tuple[ScenarioEntry, ...]:
        """The scenarios that come with the service, then the saved ones, newest first."""

    def compare(self, visitor: Visitor, model: str, series_id: str, ids: Sequence[str]) -> Comparison:
        """The chosen scenarios on one series; unknown ids are left out."""

    def save_scenario(self, visitor: Visitor, values: Mapping[str, Any], key: str) -> str:
        """Keep a scenario; its id.  Raises WrongInput."""

    def upload_scenario(self, visitor: Visitor, upload: Upload, key: str) -> str:
        """Keep the scenario of a sheet; its id.  Raises WrongInput."""

    def dimensions(self, visitor: Visitor) -> Mapping[str, Mapping[str, Text]]:
        """By what the parts of the live forecasts are divided: dimension → value → name."""

    def remove_scenario(self, visitor: Visitor, scenario_id: str, key: str) -> None:
        """Take a saved scenario away; its history stays in the log.  Raises NotYours for one that is not saved."""

    def span(self, visitor: Visitor) -> tuple[date, date]:
        """The first and the last day that the live forecasts cover: a scenario's changes begin between them."""

    def scenario_sheet(self, visitor: Visitor) -> bytes:
        """The empty workbook to fill in with a scenario."""

    def staffing(
        self, visitor: Visitor, model: str, changes: Mapping[str, float], scenario: str | None
    ) -> StaffingPicture:
        """People for a forecast under changed assumptions (`models.planning`'s own where none is changed)."""

    def channels(self, visitor: Visitor, changes: Mapping[str, float]) -> ChannelPicture:
        """The channel programme under changed assumptions.  Raises WrongInput for impossible ones."""

    def forecast_sheet(self, visitor: Visitor, upload: Upload, horizon: int | None) -> SheetForecast:
        """The forecast of a plain sheet; nothing is stored.  Raises WrongInput."""

    def flows(self, visitor: Visitor) -> tuple[FlowPicture, ...]:
        """Every live service chain."""

    def what_if(self, visitor: Visitor, chain: str, stage: str, hours: float) -> WhatIf:
        """What more staffed hours a week at one stage change.  Raises WrongInput or NotYours."""
