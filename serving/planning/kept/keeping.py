"""Keeps planners' scenarios and overrides: append-only, by role and time, each with its audit entry.

A removal is one more entry.  The log takes each `scenario_id` once, so an id that is used again is written `id@2`, and
its removal `id@2/removed`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from configs.errors import DataError, LuotainError
from configs.phrases import Phrase, phrase_of
from models.planning.base import Base
from models.planning.scenarios.config import Scenario, as_json, scenario_of
from serving.desk.masking import holds_identity_code, masked
from serving.desk.requests import Caller, Grounds
from serving.pages.planner.services import Correction, WrongInput
from serving.pages.services import NotYours
from serving.planning.comparing import fits_nowhere
from serving.planning.desk import PlanningDesk
from serving.planning.kept.corrections import stored_of
from serving.planning.kept.records import ScenarioEntry
from serving.planning.live import LiveDemand
from serving.records.entries import AuditEvent, local_text
from serving.records.schema import OVERRIDE_LOG, SCENARIO_LOG
from serving.refusals import refusal

MOST_REASON = 2000
MOST_SCENARIOS = 500
MOST_ID = 48
"""Letters of an id; the log's column has room for its number and its removal, too."""
REMOVED = "/removed"


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
        saved = {_own_id(row): row for row in self._saved()}
        own = {one.id: one for one in self.planning.ground.scenarios}
        known = [own.get(name) or (scenario_of(saved[name]["scenario"]) if name in saved else None) for name in ids]
        return tuple(one for one in known if one is not None)

    def save(self, caller: Caller, grounds: Grounds, values: Mapping[str, Any], key: str) -> str:
        """Keep a scenario; its id.  Raises WrongInput, also for one that fits no live forecast."""
        event = self._allowed(caller, grounds, "scenario_saved")
        _check_key(key)
        scenario = _scenario(values)
        taken = [row for row in self._saved() if _own_id(row) == scenario.id]
        if any(row["key"] == key and row["actor_id"] == caller.user.user_id for row in taken):
            return scenario.id
        self._check_new(scenario, taken)
        row = {**_by_whom(caller, key), "scenario_id": self._place(scenario.id), "scenario": as_json(scenario)}
        self.planning.desk.records.keep(SCENARIO_LOG, [row], replace(event, detail={"scenario": scenario.id}))
        return scenario.id

    def remove(self, caller: Caller, grounds: Grounds, scenario_id: str, key: str) -> None:
        """Take a saved scenario out of every list; the log keeps it.  Raises NotYours for one that is not saved."""
        event = self._allowed(caller, grounds, "scenario_removed")
        _check_key(key)
        found = next((row for row in self._saved() if _own_id(row) == scenario_id), None)
        if found is None:
            raise NotYours(refusal("not_found"))
        row = {**_by_whom(caller, key), "scenario_id": f"{found['scenario_id']}{REMOVED}", "scenario": None}
        self.planning.desk.records.keep(SCENARIO_LOG, [row], replace(event, detail={"scenario": scenario_id}))

    def _check_new(self, scenario: Scenario, taken: Sequence[Mapping[str, Any]]) -> None:
        """Raises WrongInput when the id is taken, the shelf is full or no live forecast can carry the scenario."""
        if taken or scenario.id in {one.id for one in self.planning.ground.scenarios}:
            english = f"The id `{scenario.id}` is in use already. Give the scenario another one."
            raise WrongInput(Phrase(english, "id_taken", id=scenario.id))
        if len(scenario.id) > MOST_ID:
            english = f"The id of a scenario has at most {MOST_ID} characters. Write a shorter one."
            raise WrongInput(Phrase(english, "id_long", most=MOST_ID))
        if len(self._saved()) >= MOST_SCENARIOS:
            english = f"There are {MOST_SCENARIOS} saved scenarios already; no more are kept. Remove one first."
            raise WrongInput(Phrase(english, "scenarios_full", most=MOST_SCENARIOS))
        why = fits_nowhere(scenario, self.planning.forecasts(), self.planning.ground)
        if why is not None:
            raise WrongInput(why)

    def _place(self, scenario_id: str) -> str:
        """The id as the log takes it: once, and with a number when it is used again."""
        used = sum(1 for row in self._log() if row["scenario"] is not None and _own_id(row) == scenario_id)
        return f"{scenario_id}@{used + 1}" if used else scenario_id

    def correct(self, caller: Caller, grounds: Grounds, live: LiveDemand, corrections: Sequence[Correction]) -> int:
        """Keep overrides, all or none; how many they are.  Raises WrongInput when they do not fit the forecast."""
        event = self._allowed(caller, grounds, "override")
        rows = [self._row(caller, live.base, one) for one in corrections]
        if not rows:
            english = "No row of the sheet has a value. Fill in the column `value`."
            raise WrongInput(Phrase(english, "no_values"))
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
            english = f"A reason of 1 to {MOST_REASON} characters is needed. Write in a few words why."
            raise WrongInput(Phrase(english, "reason", most=MOST_REASON))
        told = base.forecast[base.forecast["series_id"] == one.series_id]
        rows = told[told["ds"].dt.strftime("%Y-%m-%d") == one.period]
        if rows.empty:
            english = "There is no such series and period in the forecast. Choose one of the listed periods."
            raise WrongInput(Phrase(english, "no_period"))
        return {
            **_by_whom(caller, one.key),
            "model": one.model,
            "series_id": one.series_id,
            "ds": one.period,
            "value": one.value,
            "original": float(rows["value"].iloc[0]),
            "reason": reason,
        }

    def _saved(self) -> tuple[Mapping[str, Any], ...]:
        """What is saved and not removed, oldest first."""
        rows = self._log()
        gone = {str(row["scenario_id"]).removesuffix(REMOVED) for row in rows if row["scenario"] is None}
        return tuple(row for row in rows if row["scenario"] is not None and row["scenario_id"] not in gone)

    def _log(self) -> tuple[Mapping[str, Any], ...]:
        return self.planning.desk.records.kept(SCENARIO_LOG)

    def _allowed(self, caller: Caller, grounds: Grounds, event: Any) -> AuditEvent:
        desk = self.planning.desk
        return desk.checked(caller, "plan", desk.event(caller, event, grounds=grounds))


def _scenario(values: Mapping[str, Any]) -> Scenario:
    try:
        return about_nobody(scenario_of(values))
    except LuotainError as error:
        raise WrongInput(phrase_of(error)) from None


def _own_id(row: Mapping[str, Any]) -> str:
    """The id as the planner knows it."""
    return str(row["scenario_id"]).partition("@")[0]


def _by_whom(caller: Caller, key: str) -> dict[str, Any]:
    return {"key": key, "actor_id": caller.user.user_id, "role": caller.user.role}


def about_nobody(scenario: Scenario) -> Scenario:
    """The scenario, unless something in it looks like an identity code: it is kept, named and listed for all planners.

    Raises DataError.
    """
    if holds_identity_code(json.dumps(as_json(scenario), ensure_ascii=False)):
        english = "A scenario is about no one person. Take the personal identity code out of its texts."
        raise DataError(Phrase(english, "about_person"))
    return scenario


def _check_key(key: str) -> None:
    if not 1 <= len(key) <= 200:
        raise WrongInput(Phrase("The form has no key. Open the page again.", "no_key"))
