"""Keeps planners' scenarios and overrides: append-only, by role and time, each with its audit entry."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from configs.errors import DataError, LuotainError
from models.planning.base import Base
from models.planning.scenarios.config import Scenario, as_json, scenario_of
from serving.masking import holds_identity_code, masked
from serving.pages.planner.services import Correction, WrongInput
from serving.planning.corrections import stored_of
from serving.planning.desk import PlanningDesk
from serving.planning.live import LiveDemand
from serving.planning.records import ScenarioEntry
from serving.records.entries import AuditEvent, local_text
from serving.records.schema import OVERRIDE_LOG, SCENARIO_LOG
from serving.requests import Caller, Grounds

MOST_REASON = 2000
MOST_SCENARIOS = 500


@dataclass(frozen=True)
class Keeper:
    """Writes and reads what planners keep."""

    planning: PlanningDesk

    def scenarios(self) -> tuple[ScenarioEntry, ...]:
        """Those that come with the service, then the saved ones, newest first."""
        own = [
            ScenarioEntry(one.id, one.name.as_text(), one.description.as_text())
            for one in self.planning.ground.scenarios
        ]
        saved = [(scenario_of(row["scenario"]), row) for row in self._saved()]
        kept = [
            ScenarioEntry(
                one.id, one.name.as_text(), one.description.as_text(), str(row["role"]), local_text(str(row["time"]))
            )
            for one, row in saved
        ]
        return (*own, *kept[::-1])

    def chosen(self, ids: Sequence[str]) -> tuple[Scenario, ...]:
        """The scenarios of some ids, in their order; unknown ids are left out."""
        saved = {str(row["scenario_id"]): row for row in self._saved()}
        own = {one.id: one for one in self.planning.ground.scenarios}
        known = [own.get(name) or (scenario_of(saved[name]["scenario"]) if name in saved else None) for name in ids]
        return tuple(one for one in known if one is not None)

    def save(self, caller: Caller, grounds: Grounds, values: Mapping[str, Any], key: str) -> str:
        """Keep a scenario; its id.  Raises WrongInput."""
        event = self._allowed(caller, grounds, "scenario_saved")
        _check_key(key)
        scenario = _scenario(values)
        taken = [row for row in self._saved() if row["scenario_id"] == scenario.id]
        again = any(row["key"] == key and row["actor_id"] == caller.user.user_id for row in taken)
        if (taken and not again) or scenario.id in {one.id for one in self.planning.ground.scenarios}:
            raise WrongInput(f"The id `{scenario.id}` is in use already. Give the scenario another one.")
        if len(self._saved()) >= MOST_SCENARIOS:
            raise WrongInput(f"There are {MOST_SCENARIOS} saved scenarios already; no more are kept.")
        row = {
            "key": key,
            "actor_id": caller.user.user_id,
            "role": caller.user.role,
            "scenario_id": scenario.id,
            "scenario": as_json(scenario),
        }
        self.planning.desk.records.keep(SCENARIO_LOG, [row], replace(event, detail={"scenario": scenario.id}))
        return scenario.id

    def correct(self, caller: Caller, grounds: Grounds, live: LiveDemand, corrections: Sequence[Correction]) -> int:
        """Keep overrides, all or none; how many they are.  Raises WrongInput when they do not fit the forecast."""
        event = self._allowed(caller, grounds, "override")
        rows = [self._row(caller, live.base, one) for one in corrections]
        if not rows:
            raise WrongInput("No row of the sheet has a value. Fill in the column `value`.")
        records = self.planning.desk.records
        before = records.kept(OVERRIDE_LOG, model=live.name)
        now = records.now().isoformat()
        fault = stored_of((*before, *({**row, "time": now} for row in rows)), live.base).fault
        if fault:
            raise WrongInput(fault)
        detail = {"model": live.name, "series": sorted({row["series_id"] for row in rows}), "numbers": len(rows)}
        records.keep(OVERRIDE_LOG, rows, replace(event, detail=detail))
        return len(rows)

    def _row(self, caller: Caller, base: Base, one: Correction) -> dict[str, Any]:
        _check_key(one.key)
        reason = masked(one.reason)
        if not reason or len(reason) > MOST_REASON:
            raise WrongInput(f"A reason of 1 to {MOST_REASON} characters is needed. Write in a few words why.")
        told = base.forecast[base.forecast["series_id"] == one.series_id]
        rows = told[told["ds"].dt.strftime("%Y-%m-%d") == one.period]
        if rows.empty:
            raise WrongInput("There is no such series and period in the forecast. Choose one of the listed periods.")
        return {
            "key": one.key,
            "actor_id": caller.user.user_id,
            "role": caller.user.role,
            "model": one.model,
            "series_id": one.series_id,
            "ds": one.period,
            "value": one.value,
            "original": float(rows["value"].iloc[0]),
            "reason": reason,
        }

    def _saved(self) -> tuple[Mapping[str, Any], ...]:
        return self.planning.desk.records.kept(SCENARIO_LOG)

    def _allowed(self, caller: Caller, grounds: Grounds, event: Any) -> AuditEvent:
        desk = self.planning.desk
        return desk.checked(caller, "plan", desk.event(caller, event, grounds=grounds))


def _scenario(values: Mapping[str, Any]) -> Scenario:
    try:
        return about_nobody(scenario_of(values))
    except LuotainError as error:
        raise WrongInput(str(error)) from None


def about_nobody(scenario: Scenario) -> Scenario:
    """The scenario, unless something in it looks like an identity code: it is kept, named and listed for all planners.

    Raises DataError.
    """
    if holds_identity_code(json.dumps(as_json(scenario), ensure_ascii=False)):
        raise DataError("A scenario is about no one person. Take the personal identity code out of its texts.")
    return scenario


def _check_key(key: str) -> None:
    if not 1 <= len(key) <= 200:
        raise WrongInput("The form has no key. Open the page again.")
