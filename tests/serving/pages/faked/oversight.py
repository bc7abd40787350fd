"""The auditor's, the manager's and the administrator's part of the made-up service core."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.answers import Text
from models.oversight.facts import CARE, NOTE, STOP, Point, Stopped, Verdict
from serving.pages.oversight.services import (
    FirstScreen,
    Given,
    Judged,
    LiveOn,
    LiveThen,
    LogChain,
    LogForm,
    NotUnderstood,
    ReplayedAnswer,
    ReplayResult,
    StoppableModel,
)
from serving.pages.services import NotAllowed, Unavailable, Visitor
from serving.records.statistics import AccessStatistics, UnitUse, Widely
from tests.serving.pages.faked.answers import SHA, words

NEED = "need_frequent_emergency"
TITLES = {NEED: words("Toistuva päivystyksen käyttö", "Upprepade jourbesök", "Frequent emergency use")}
SIGNED = ("anna.arvioija", "2026-11-20T10:21:00", "scheduled retraining")
STOPPED = Stopped("2026-11-22T09:00:00", "antti", "Rekisteri on rikki <script>alert(1)</script>")


def judged(name: str, outcome: Any, *points: Point) -> Judged:
    verdict = Verdict(outcome, points[:3], len(points), *SIGNED)
    return Judged(name, TITLES.get(name), "3", name.startswith("seg"), verdict)


MODELS = (
    judged(NEED, "not_to_be_used", Point(STOP, "wrong_size", {"slope": 0.612}), Point(NOTE, "own_county")),
    judged(
        "segmentation_suuntima_like",
        "with_conditions",
        Point(CARE, "under_predicted", {"grouping": "age_band", "group": "85+", "ratio": 1.312}),
        Point(CARE, "gain_by_chance", {"gain": 0.0057}, words("Voimavarat", "Resurser", "Resources")),
        Point(NOTE, "families_off", {"n": 9}),
        Point(NOTE, "own_county"),
    ),
    judged(
        "demand_home_care_weekly", "may_be_used", Point(NOTE, "interval_coverage_good", {"seen": 0.77, "promised": 0.8})
    ),
)
STATISTICS = AccessStatistics(
    events=1234,
    denied=12,
    errors=1,
    by_event={"answer": 900, "client_list": 322},
    denied_by_ground={"no_care_relationship": 12},
    denied_by_role={"coordinator": 12},
    by_month=(("2026-11", 1234, 12),),
    by_unit=(UnitUse("asiakasohjaus_lansi", 1000, 12, 4, 321), UnitUse("kotihoito", 234, 0, 2, None)),
    break_glass=3,
    out_of_hours=40,
    clock_jumps=0,
    wide=(Widely("aino", "coordinator", "asiakasohjaus_lansi", 250, 31.5),),
)
GROUPS: dict[str, Any] = {
    "format": 1,
    "names": {
        "segments": {
            "network": words("Verkosto", "Nätverk", "Network"),
            "none": words("Ei ryhmää", "Ingen grupp", "No group"),
        },
        "areas": {"901": words("Kuusivaara", "Kuusivaara", "Kuusivaara")},
    },
    "data_until": "2026-10-31",
    "earlier": "2026-09-30",
    "segments": [
        {
            "segment": "network",
            "n": 1620,
            "share": 0.25,
            "change": -12,
            "expected": {"asked": 900, "value": 61.4, "low": 47.2, "high": 75.6, "share": 0.068},
        },
        {
            "segment": "none",
            "n": None,
            "share": None,
            "change": None,
            "expected": {"asked": None, "value": None, "low": None, "high": None, "share": None},
        },
    ],
    "multi_service": "need_multi_service_12m",
    "cells": [{"area": "901", "band": "75plus", "segment": "network", "n": 77, "share": 0.5, "change": None}],
    "without_events": [
        {"area": "901", "residents": 800, "silent": 12, "share": 0.015},
        {"area": None, "residents": 800, "silent": 12, "share": 0.015},
    ],
}
INDICATOR = {
    "service": "referral",
    "level": "seven_days",
    "lately": 0.61,
    "share": 0.64,
    "low80": 0.6,
    "high80": 0.7,
    "target": 0.8,
    "meets_target": False,
}


def plan_line(by: str, group: str, value: float | None, n: int | None, why: str = "") -> dict[str, Any]:
    """A published line of an indicator."""
    ends = (None, None) if value is None else (value - 0.02, value + 0.02)
    named = {"id": "light", "version": 1, "period": "2026-09", "by": by, "group": group}
    return {**named, "n": n, "value": value, "low": ends[0], "high": ends[1], "completeness": 0.9, "why": why}


def plan_indicator(id: str, unit: str, latest: Any, **more: Any) -> dict[str, Any]:
    """A published indicator."""
    named = {"id": id, "name": words(f"{id} fi", f"{id} sv", f"{id} en"), "unit": unit, "latest": latest}
    return {**named, "readiness": "computable", "reads": "episodes", "targets": None, "trend": None, **more}


COUNTY_LINE = plan_line("county", "", 0.355, 966)
PLAN: dict[str, Any] = {
    "format": 1,
    "as_of": "2026-11-01",
    "names": {"areas": {"901": words("Kuusivaara", "Kuusivaara", "Kuusivaara")}},
    "indicators": [
        plan_indicator(
            "light",
            "share",
            COUNTY_LINE,
            targets=[{"value": 0.15, "by": "2025Q4", "scope": "", "met": False}],
            trend={"since": "2026-08", "change": -0.012, "apart": False},
        ),
        plan_indicator("t3", "working_days", {**plan_line("county", "", 3.2, 5), "id": "t3"}),
        plan_indicator("debt", "count", {**plan_line("county", "", None, None, "few"), "id": "debt"}),
        plan_indicator("youth", "count", None, readiness="needs", reads="requests (service = youth)"),
    ],
    "lines": [COUNTY_LINE, plan_line("area", "901", None, None, "few")],
}


@dataclass
class FakeOversight:
    """Fixed answers; what was done is kept in `acts`."""

    down: bool = False
    empty: bool = False
    acts: list[tuple[str, ...]] = field(default_factory=list)
    is_stopped: bool = False

    def titles(self) -> Mapping[str, Text]:
        return TITLES

    def stopped(self) -> tuple[StoppableModel, ...]:
        return (StoppableModel(NEED, TITLES[NEED], None, STOPPED),) if self.is_stopped else ()

    def first_screen(self, visitor: Visitor) -> FirstScreen:
        self._check(visitor, "auditor")
        if self.empty:
            return FirstScreen((), ("registers", "segmentation_suuntima_like"), None)
        return FirstScreen(MODELS, (), "2026-11-23T08:15:00")

    def live_on(self, visitor: Visitor, day: str) -> LiveOn:
        self._check(visitor, "auditor")
        if day == "x":
            raise NotUnderstood("live_on.not_a_day")
        name = "segmentation_suuntima_like"
        known = LiveThen(name, None, "3", SIGNED[1], SIGNED[0], SIGNED[2], "promote", SHA)
        models = () if self.empty else (known, LiveThen(NEED, TITLES[NEED], None, None, "", "", "", ""))
        return LiveOn(day, models, None)

    def statistics(self, visitor: Visitor, since: str, until: str) -> AccessStatistics:
        self._check(visitor, "auditor")
        if since > until:
            raise NotUnderstood("statistics.backwards")
        return STATISTICS

    def replay(self, visitor: Visitor, seq: str) -> ReplayResult:
        self._check(visitor, "auditor")
        if not seq.isdigit():
            raise NotUnderstood("replay.not_a_number")
        if seq == "9":
            return ReplayResult(9, "", "", (), (), "Entry 9 (sign_in) holds no answer of a model.")
        outcome: Any = "differs" if seq == "7" else "same"
        answer = ReplayedAnswer("segment", "", "segmentation_suuntima_like 3", outcome, "The same.", SHA, SHA)
        return ReplayResult(int(seq), "answer", "2026-11-23T08:15:00", (answer,), ("The code is not the one of then.",))

    def verify(self, visitor: Visitor) -> tuple[LogChain, ...]:
        self._check(visitor, "auditor")
        self.acts.append(("verify",))
        bad = 778 if self.empty else None
        at = "2026-11-23T08:15:00"
        return (LogChain("audit_log", 12345, 0, 0, bad, 12000, at), LogChain("promotions", 9, 0, 0, None, 9, at))

    def client_log(
        self, visitor: Visitor, henkilotunnus: str, reason: str | None, form: LogForm, language: str
    ) -> Given:
        self._check(visitor, "auditor")
        if henkilotunnus != "010594Y9032":
            raise NotUnderstood("own_log.not_an_id")
        self.acts.append(("client_log", reason or "", form, language))
        return Given(f"client-log.{language}.{form}", "text/csv; charset=utf-8", b"a;b")

    def stoppable(self, visitor: Visitor) -> tuple[StoppableModel, ...]:
        self._check(visitor, "admin")
        if self.empty:
            return ()
        stopped = STOPPED if self.is_stopped else None
        return (StoppableModel(NEED, TITLES[NEED], "3", stopped), StoppableModel("flow_home_care", None, "1", None))

    def stop(self, visitor: Visitor, name: str, reason: str) -> None:
        self._turn(visitor, "stop", name, reason)

    def lift(self, visitor: Visitor, name: str, reason: str) -> None:
        self._turn(visitor, "lift", name, reason)

    def groups(self, visitor: Visitor) -> Mapping[str, Any] | None:
        self._check(visitor, "manager")
        return None if self.empty else GROUPS

    def indicators(self, visitor: Visitor) -> tuple[Mapping[str, Any], ...]:
        self._check(visitor, "manager")
        return () if self.empty else (INDICATOR,)

    def plan_indicators(self, visitor: Visitor) -> Mapping[str, Any] | None:
        self._check(visitor, "manager")
        return None if self.empty else PLAN

    def _turn(self, visitor: Visitor, act: str, name: str, reason: str) -> None:
        self._check(visitor, "admin")
        if len(reason) < 10:
            raise NotUnderstood("stop.reason_too_short")
        self.acts.append((act, name, reason))

    def _check(self, visitor: Visitor, *roles: str) -> None:
        if visitor.role not in roles:
            raise NotAllowed("Wrong role.")
        if self.down:
            raise Unavailable("The log cannot be written.")
