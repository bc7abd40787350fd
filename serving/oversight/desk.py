"""The oversight pages over the desk: every call checks the right, writes its audit entry, and only then answers."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from configs.errors import DataError
from configs.phrases import phrase_of
from models.answers import Text
from models.oversight.facts import Stopped
from serving.desk.masking import masked
from serving.desk.requests import Caller, Desk
from serving.oversight.chains import ChainMemory
from serving.oversight.disclosing import given
from serving.oversight.published import groups_report, indicators_of, plan_report
from serving.oversight.stopping import LONGEST_REASON, SHORTEST_REASON, StopList
from serving.oversight.verdicts import Verdicts
from serving.pages.oversight.services import (
    FirstScreen,
    Given,
    LiveOn,
    LogChain,
    LogForm,
    NotUnderstood,
    ReplayedAnswer,
    ReplayResult,
    StoppableModel,
)
from serving.pages.services import ChainStatus, NotYours, Visitor
from serving.records.chain.witness import Witness
from serving.records.entries import HELSINKI, local_text, utc_text
from serving.records.schema import AUDIT_LOG
from serving.records.statistics import AccessStatistics, access_statistics
from serving.refusals import refusal
from serving.replay import replay_in_process
from serving.settings import CONFIG_VARIABLE, DEFAULT_CONFIG

LEFT_TO_ANSWER = 2.0
"""Seconds of a request's time that are kept for the page around a replay."""
LARGEST_SEQ = 2**53
CallerOf = Callable[[Visitor], Caller]


class OversightDesk:
    """`serving.pages.oversight.services.OversightServices`."""

    def __init__(self, desk: Desk, witness: Witness, caller_of: CallerOf) -> None:
        self._desk, self._caller = desk, caller_of
        self._chains = ChainMemory(desk, witness)
        self._stops = StopList(desk.settings.workspace.records)
        self._verdicts = Verdicts(desk, self._chains, self._stops)

    def titles(self) -> Mapping[str, Text]:
        """The names of need tasks."""
        return self._verdicts.titles()

    def stopped(self) -> tuple[StoppableModel, ...]:
        """What everybody is told on every page: which models are stopped."""
        return self._stoppable(tuple(self._stops.all()), {}) if self._stops.all() else ()

    # The auditor

    def first_screen(self, visitor: Visitor) -> FirstScreen:
        """The verdict over every served model."""
        return self._desk.logged(self._caller(visitor), "see_models", "verdicts", self._verdicts.screen)

    def live_on(self, visitor: Visitor, day: str) -> LiveOn:
        """What was live at the end of a day."""
        return self._desk.logged(self._caller(visitor), "see_models", "live_on", lambda: self._verdicts.live_on(day))

    def statistics(self, visitor: Visitor, since: str, until: str) -> AccessStatistics:
        """How the service was used, days in Finland."""
        first, last = _day(since), _day(until)
        if first > last:
            raise NotUnderstood("statistics.backwards")
        span = _utc(first), _utc(last + timedelta(days=1))
        records = self._desk.records
        return self._desk.logged(
            self._caller(visitor),
            "see_audit_log",
            "log_statistics",
            lambda: access_statistics(records.span(AUDIT_LOG, *span)),
        )

    def replay(self, visitor: Visitor, seq: str) -> ReplayResult:
        """One entry's answers, computed in a fresh process; the act and what it found are logged."""
        caller = self._caller(visitor)
        event = self._desk.checked(caller, "see_audit_log", self._desk.event(caller, "replay"))
        if not (seq.isascii() and seq.isdigit() and 0 < int(seq) < LARGEST_SEQ):
            raise NotUnderstood("replay.not_a_number")
        config = os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG
        try:
            found = replay_in_process(config, int(seq), self._desk.settings.timeout_seconds - LEFT_TO_ANSWER)
        except DataError as fault:
            self._desk.records.audit(replace(event, outcome="error", detail={"entry": int(seq)}))
            return ReplayResult(int(seq), "", "", (), (), phrase_of(fault))
        outcomes = [one.outcome for one in found.verdicts]
        self._desk.records.audit(replace(event, detail={"entry": int(seq), "outcomes": outcomes}))
        answers = tuple(ReplayedAnswer(**vars(one)) for one in found.verdicts)
        told_at = local_text(found.time) if found.time else ""
        return ReplayResult(found.seq, found.event, told_at, answers, found.notes)

    def chain(self, visitor: Visitor) -> ChainStatus | None:
        """The audit log's chain; seeing it is part of seeing the log, which is logged."""
        caller = self._caller(visitor)
        self._desk.checked(caller, "see_audit_log", self._desk.event(caller, "audit_log"))
        return self._chains.audit_log()

    def verify(self, visitor: Visitor) -> tuple[LogChain, ...]:
        """Every log and the ledger, as a whole; what was found is logged."""
        caller = self._caller(visitor)
        event = self._desk.checked(caller, "see_audit_log", self._desk.event(caller, "chain_verified"))
        found = self._chains.verified()
        bad = {one.log: one.first_bad for one in found if one.first_bad is not None}
        self._desk.records.audit(replace(event, detail={"logs": len(found), "first_bad": bad}))
        return found

    def client_log(
        self, visitor: Visitor, henkilotunnus: str, reason: str | None, form: LogForm, language: str
    ) -> Given:
        """The log about one client."""
        return given(self._desk, self._caller(visitor), henkilotunnus, reason, form, language)

    # The stop switch

    def stoppable(self, visitor: Visitor) -> tuple[StoppableModel, ...]:
        """Every served model and whether it is stopped."""
        caller = self._caller(visitor)
        self._desk.checked(caller, "stop_model", self._desk.event(caller, "models"))
        live = {one.name: one.version for one in self._desk.engine.versions() if one.live}
        return self._stoppable(tuple(sorted({*live, *self._stops.all()})), live)

    def stop(self, visitor: Visitor, name: str, reason: str) -> None:
        """The entry first: a stop that nobody answers for is none."""
        caller, because = self._caller(visitor), self._turned(visitor, name, reason, "model_stopped")
        now = local_text(utc_text(self._desk.records.now()))
        self._stops.stop(name, Stopped(now, caller.user.user_id, because))

    def lift(self, visitor: Visitor, name: str, reason: str) -> None:
        """Serve it again."""
        if name not in self._stops.all():
            raise NotYours(refusal("not_found"))
        self._turned(visitor, name, reason, "model_lifted")
        self._stops.lift(name)

    # The manager

    def groups(self, visitor: Visitor) -> Mapping[str, Any] | None:
        """The published report of client groups."""
        workspace, engine = self._desk.settings.workspace, self._desk.engine
        return self._desk.logged(
            self._caller(visitor),
            "see_groups",
            "groups",
            lambda: groups_report(workspace.published, engine.data().snapshot_sha256),
        )

    def indicators(self, visitor: Visitor) -> tuple[Mapping[str, Any], ...]:
        """What the published files say of areas and forecasts."""
        caller = self._caller(visitor)
        self._desk.checked(caller, "see_groups", self._desk.event(caller, "groups"))
        return indicators_of(self._desk.settings.workspace.published, self._desk.engine.data().snapshot_sha256)

    def plan_indicators(self, visitor: Visitor) -> Mapping[str, Any] | None:
        """The published indicators of the county plans."""
        caller = self._caller(visitor)
        self._desk.checked(caller, "see_groups", self._desk.event(caller, "groups"))
        return plan_report(self._desk.settings.workspace.published, self._desk.engine.data().snapshot_sha256)

    def _turned(self, visitor: Visitor, name: str, reason: str, act: Any) -> str:
        """Check and log a turn of the switch; the reason without identifiers."""
        caller, because = self._caller(visitor), masked(reason).strip()
        event = self._desk.checked(caller, "stop_model", self._desk.event(caller, act))
        if not SHORTEST_REASON <= len(because) <= LONGEST_REASON:
            raise NotUnderstood("stop.reason_too_short")
        if name not in {one.name for one in self._desk.engine.versions() if one.live}:
            raise NotYours(refusal("not_found"))
        self._desk.records.audit(replace(event, free_ground=because, detail={"model": name}))
        return because

    def _stoppable(self, names: tuple[str, ...], live: Mapping[str, str]) -> tuple[StoppableModel, ...]:
        stopped, titles = self._stops.all(), self.titles()
        return tuple(StoppableModel(name, titles.get(name), live.get(name), stopped.get(name)) for name in names)


def _day(iso: str) -> date:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        raise NotUnderstood("statistics.not_a_day") from None


def _utc(day: date) -> str:
    """The beginning of a day in Finland as the log writes times."""
    return utc_text(datetime.combine(day, time.min, HELSINKI).astimezone(UTC))
