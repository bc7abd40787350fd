"""What happens for one request: access check, then the answer, then its audit entry, and only then the answer is shown.

The API and the pages both come through here, so that neither can skip a step.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from configs.errors import LuotainError
from features.catalogue.families import Sensitivity
from models.answers import AxisAnswer, NeedAnswer, SegmentAnswer, json_values
from serving.desk.access import EMERGENCY_ACTIONS, Action, ClientTies, User, Verdict, may
from serving.desk.asked import NOT_YOURS as NOT_YOURS
from serving.desk.asked import Asked as Asked
from serving.desk.asked import Caller as Caller
from serving.desk.asked import ClientAnswer, as_told
from serving.desk.asked import Grounds as Grounds
from serving.desk.asked import Shown as Shown
from serving.desk.asked import WorkedOut as WorkedOut
from serving.desk.asking import Explored
from serving.engine.contract import ClientCase, Engine
from serving.pages.services import NotAllowed, NotYours, Refused, Unavailable
from serving.records.emergencies import live_emergency
from serving.records.entries import Actor, AuditEvent, Event
from serving.records.evidence import evidence, evidence_of_explored
from serving.records.logs import Records, new_id
from serving.refusals import refusal
from serving.settings import MOST_REASONS, ServingSettings

T = TypeVar("T")
Compute = Callable[[ClientCase], Sequence[ClientAnswer] | None]
"""What is asked of a client's case; None when the client has no such estimate."""
NO_RIGHT = refusal("forbidden")
AT_ONCE = 2
"""Answers about clients that one worker computes at the same time: more take turns at the same interpreter, and each
comes later."""


@dataclass(frozen=True)
class Desk:
    """Takes every request of the service."""

    settings: ServingSettings
    engine: Engine
    records: Records
    computing: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    """Passed by whoever computes; the other threads read, commit and write answers meanwhile."""

    def segment(
        self, caller: Caller, grounds: Grounds, client_id: str, by_hand: Sequence[AxisAnswer] = ()
    ) -> tuple[str, SegmentAnswer]:
        """The answer's id and the proposed segment of one client, with levels given by hand if there are any."""
        shown = self.about_client(caller, grounds, client_id, lambda case: (case.segment(by_hand),))
        return shown.answer_id, _only(shown, SegmentAnswer)

    def need(self, caller: Caller, grounds: Grounds, client_id: str, task: str) -> tuple[str, NeedAnswer]:
        """The answer's id and one need task's likelihood for one client."""
        shown = self.about_client(caller, grounds, client_id, lambda case: (case.need(task),))
        return shown.answer_id, _only(shown, NeedAnswer)

    def everything(self, caller: Caller, grounds: Grounds, client_id: str, by_hand: Sequence[AxisAnswer] = ()) -> Shown:
        """The client page: the segment and every need that has a live model."""
        return self.about_client(caller, grounds, client_id, lambda case: self._segment_and_needs(case, by_hand))

    def explore(self, caller: Caller, grounds: Grounds, client_id: str, output: str) -> tuple[str, Explored]:
        """The answer's id and what would change one estimate.  Raises NotYours when the client has no such estimate."""
        event = self.event(caller, "counterfactual", grounds=grounds, client_id=client_id)
        event = self.checked(caller, "see_answer", event)
        data = self.engine.data()
        case = self._or_logged(event, lambda: self.engine.open(client_id))
        explored = self._or_logged(event, lambda: case.explore(output))
        if explored is None:
            self.records.audit(replace(event, detail={"found": False}))
            raise NotYours(refusal("no_such_estimate"))
        answer_id = new_id()
        detail = evidence_of_explored(explored, self.engine, data, case.stamp())
        self.records.audit(replace(event, answer_id=answer_id, detail=detail))
        return answer_id, explored

    def about_client(self, caller: Caller, grounds: Grounds, client_id: str, compute: Compute) -> Shown:
        """The one way to an answer about a client.  Raises NotYours, NotAllowed or Unavailable."""
        return self.shown([self.worked_out(caller, grounds, lambda: client_id, compute)])[0].told()

    def about_clients(
        self,
        caller: Caller,
        grounds: Grounds,
        asked: Sequence[tuple[Callable[[], str], Compute]],
    ) -> tuple[WorkedOut, ...]:
        """Several answers in the order asked, good and refused; all their audit entries are committed as one.

        Raises NotAllowed when the role has no right to any answer about a client.
        """
        verdict = may(caller.user, "see_answer", None, date.min)
        if not verdict.is_hidden and not verdict.allowed:  # the role, not a client
            self.checked(caller, "see_answer", self.event(caller, "answer", grounds=grounds))
        return self.shown([self.worked_out(caller, grounds, client, compute) for client, compute in asked])

    def worked_out(
        self,
        caller: Caller,
        grounds: Grounds,
        client: Callable[[], str],
        compute: Compute,
    ) -> WorkedOut:
        """One answer about a client with the audit entry that is to be written before it is shown."""
        event = self.event(caller, "answer", grounds=grounds)
        try:
            event = replace(event, client_id=client())
        except Refused as refused:  # a search that found nobody is in the log already
            return WorkedOut(None, refused=refused)
        ties = self._client(event)
        verdict = self._verdict(caller.user, "see_answer", ties)
        event = replace(event, ground=verdict.ground, relationship=_relationship(caller.user, ties, verdict))
        if not verdict.allowed:
            return WorkedOut(replace(event, outcome="denied"), refused=_refusal(verdict))
        try:
            data = self.engine.data()
            case = self.engine.open(str(event.client_id))
            with self.computing:
                found = compute(case)
        except Unavailable as refused:
            return WorkedOut(replace(event, outcome="error"), refused=refused)
        if found is None:
            return WorkedOut(replace(event, detail={"found": False}), refused=NotYours(refusal("no_such_estimate")))
        answers = self.fitted(caller, grounds, found)
        values = tuple(json_values(one) for one in answers)
        detail = evidence(answers, self.engine, data, case.stamp(), *self._fitting(caller, grounds), values=values)
        return WorkedOut(replace(event, answer_id=new_id(), detail=detail), answers, values=values)

    def shown(self, worked_out: Sequence[WorkedOut]) -> tuple[WorkedOut, ...]:
        """The same, once every entry is committed.  Raises Unavailable when they cannot be."""
        events = [one.event for one in worked_out if one.event is not None]
        if len(events) == 1:
            self.records.audit(events[0])
        elif events:
            self.records.audit_all(events)
        return tuple(worked_out)

    def about_rows(
        self,
        caller: Caller,
        grounds: Grounds,
        detail: Mapping[str, Any],
        compute: Callable[[], Sequence[ClientAnswer]],
    ) -> Shown:
        """An answer from rows that came with the question; the log keeps their hash in `detail` and none of them."""
        event = self.checked(caller, "assess_rows", self.event(caller, "rows_answer", grounds=grounds))
        answers = self.fitted(caller, grounds, self._or_logged(event, compute))
        answer_id = new_id()
        told, most = self._fitting(caller, grounds)
        said = {**evidence(answers, self.engine, told=told, most_reasons=most), **detail}
        self.records.audit(replace(event, answer_id=answer_id, detail=said))
        return Shown(answer_id, answers)

    def fitted(self, caller: Caller, grounds: Grounds, answers: Sequence[ClientAnswer]) -> tuple[ClientAnswer, ...]:
        """The answers as this role may see them and as the decision point wants them told."""
        told, most = self._fitting(caller, grounds)
        return tuple(as_told(answer, told, most) for answer in answers)

    def _fitting(self, caller: Caller, grounds: Grounds) -> tuple[Sequence[Sensitivity], int]:
        """The sensitivities that the role is told, and how many reasons the decision point lets be said."""
        point = self.settings.decision_points.get(grounds.decision_point)
        return self.settings.sensitive.get(caller.user.role, ()), point.reasons if point else MOST_REASONS

    def told(
        self,
        caller: Caller,
        asked: Asked,
        compute: Callable[[], T],
        detail: Callable[[T], Mapping[str, Any]],
    ) -> tuple[str, T]:
        """The answer's id and an answer that concerns no client; an attempt that fails is logged as one."""
        entry = self.checked(caller, asked.action, self.event(caller, asked.event, grounds=asked.grounds))
        try:
            result = compute()
        except LuotainError:
            self.records.audit(replace(entry, outcome="error"))
            raise
        answer_id = new_id()
        self.records.audit(replace(entry, answer_id=answer_id, detail=detail(result)))
        return answer_id, result

    def search(self, caller: Caller, henkilotunnus: str) -> str:
        """The client id behind a henkilötunnus, only when the caller may see that client."""
        event = self.checked(caller, "search_client", self.event(caller, "client_search"))
        client_id = self._or_logged(event, lambda: self.engine.identify(henkilotunnus))
        if client_id is None:
            self.records.audit(replace(event, outcome="denied", ground="not_a_henkilotunnus"))
            raise NotYours(NOT_YOURS)
        event = self.checked(caller, "see_answer", replace(event, client_id=client_id))
        self.records.audit(event)
        return client_id

    def own_clients(self, caller: Caller) -> tuple[str, ...]:
        """Every client that the caller may see, by the same rule as each single one; the list shown is logged apart."""
        self.checked(caller, "list_clients", self.event(caller, "client_list"))
        at = self.engine.data().as_of
        unit = self.engine.clients_of(caller.user.unit)
        return tuple(client.client_id for client in unit if may(caller.user, "see_answer", client, at).allowed)

    def event(
        self, caller: Caller, event: Event, grounds: Grounds | None = None, client_id: str | None = None
    ) -> AuditEvent:
        """The beginning of an audit entry: who asks for what, and why."""
        user = caller.user
        actor = Actor(user.user_id, user.role, self.settings.county, user.unit, caller.authority, caller.session)
        point = grounds.decision_point if grounds else None
        purpose = grounds.purpose if grounds else None
        return AuditEvent(event, "ok", actor, caller.request_id, "role", purpose, point, client_id)

    def checked(self, caller: Caller, action: Action, event: AuditEvent) -> AuditEvent:
        """The event with the ground on which it is allowed; a refusal is logged and raised."""
        client = self._client(event)
        verdict = self._verdict(caller.user, action, client)
        if not verdict.allowed:
            self.records.audit(replace(event, outcome="denied", ground=verdict.ground))
            raise _refusal(verdict)
        return replace(event, ground=verdict.ground, relationship=_relationship(caller.user, client, verdict))

    def logged(self, caller: Caller, action: Action, event: Event, compute: Callable[[], T]) -> T:
        """Something that concerns no client: checked, computed, logged, returned."""
        entry = self.checked(caller, action, self.event(caller, event))
        result = self._or_logged(entry, compute)
        self.records.audit(entry)
        return result

    def _verdict(self, user: User, action: Action, client: ClientTies | None) -> Verdict:
        """The rule; only where a care relationship is missing is it asked whether an emergency was opened."""
        today = self._today(client)
        verdict = may(user, action, client, today)
        if client is None or verdict.ground != "no_care_relationship" or action not in EMERGENCY_ACTIONS:
            return verdict
        emergency = live_emergency(self.records, user.user_id, client.client_id)
        return may(user, action, client, today, emergency, self.records.now()) if emergency else verdict

    def _client(self, event: AuditEvent) -> ClientTies | None:
        return self.engine.ties(event.client_id) if event.client_id else None

    def _today(self, client: ClientTies | None) -> date:
        """Care relationships are judged on the first day that the registers do not know yet."""
        return self.engine.data().as_of if client else date.min

    def _segment_and_needs(self, case: ClientCase, by_hand: Sequence[AxisAnswer]) -> tuple[ClientAnswer, ...]:
        missing, live = self.engine.missing(), self.engine.task_names()
        tasks = [task for task in self.engine.tasks() if f"need_{task}" not in missing and task in live]
        return (case.segment(by_hand), *(case.need(task) for task in tasks))

    def _or_logged(self, event: AuditEvent, compute: Callable[[], T]) -> T:
        """What `compute` gives; when it cannot, the attempt is logged."""
        try:
            return compute()
        except Unavailable:
            self.records.audit(replace(event, outcome="error"))
            raise


def _relationship(user: User, client: ClientTies | None, verdict: Verdict) -> str | None:
    """The care relationship that is the ground: unit and service task."""
    if client is None or verdict.ground != "care_relationship":
        return None
    own = sorted({str(tie.service_task) for tie in client.ties if tie.unit == user.unit} & set(user.service_tasks))
    return f"{user.unit}/{','.join(own)}"


def _refusal(verdict: Verdict) -> NotYours | NotAllowed:
    return NotYours(NOT_YOURS) if verdict.is_hidden else NotAllowed(NO_RIGHT)


def _only(shown: Shown, kind: type[T]) -> T:
    (answer,) = shown.answers
    if not isinstance(answer, kind):
        raise TypeError(f"Expected one {kind.__name__}.")
    return answer
