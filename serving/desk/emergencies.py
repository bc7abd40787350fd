"""Emergency access ("breaking the glass"): another unit's client, for a written reason, for an hour, and reviewed.

Start and stop are audit entries after the pattern of FHIR's AuditEvent: a security alert (DICOM 110113) of subtype
110127 or 110137, purpose of use ETREAT.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from serving.desk.access import ClientTies, Emergency, may
from serving.desk.masking import masked
from serving.desk.requests import NOT_YOURS, Caller, Desk
from serving.pages.emergency import MAX_REASON, MIN_REASON, MINUTES, REVIEW_DAYS, EmergencyCase, Finding
from serving.pages.services import NotAllowed, NotYours, Visitor
from serving.records.emergencies import EmergencyAct, EmergencyStory, every_story, live_emergency, record, stories
from serving.records.entries import Actor, AuditEvent, local_text, utc_text
from serving.records.logs import new_id
from serving.records.schema import EMERGENCY_LOG
from serving.refusals import refusal
from serving.users.handles import client_of, handle_of

SWEEP_SECONDS = 60.0
"""How often each worker looks for accesses that ran out, so that their end is recorded too."""
LOGGER = logging.getLogger("luotain.serving")
ALERT = {"type": "110113", "purpose_of_use": "ETREAT"}
STARTED, STOPPED = {**ALERT, "subtype": "110127"}, {**ALERT, "subtype": "110137"}


class EmergencyDesk:
    """Opens, ends, lists and reviews.  `caller` and `key` say who a visitor is and under which key her handles are."""

    def __init__(self, desk: Desk, caller: Callable[[Visitor], Caller], key: Callable[[Visitor], bytes]) -> None:
        self._desk = desk
        self._caller = caller
        self._key = key
        self._swept = 0.0

    def open(self, visitor: Visitor, client: str, reason: str, key: str) -> str:
        """The handle of the client (a henkilötunnus or a handle), after start and reason are in the log.

        Raises NotAllowed for a role without the right or a short reason, NotYours when there is no such client: each
        attempt is logged before anything is told.
        """
        caller, because = self._caller(visitor), masked(reason)
        event = self._desk.checked(caller, "break_glass", self._desk.event(caller, "break_glass_started"))
        if not MIN_REASON <= len(because) <= MAX_REASON or not 1 <= len(key) <= 100:
            self._desk.records.audit(replace(event, outcome="denied", ground="no_reason"))
            raise NotAllowed(refusal("reason_too_short"))
        client_id = client_of(client, self._key(visitor)) or self._desk.engine.identify(client)
        ties = self._desk.engine.ties(client_id) if client_id else None
        if client_id is None or ties is None:
            self._desk.records.audit(replace(event, outcome="denied", ground="no_such_client"))
            raise NotYours(NOT_YOURS)
        if not self._sees_already(caller, ties):
            self._start(caller, replace(event, client_id=client_id), because, key)
        return handle_of(client_id, self._key(visitor))

    def end(self, visitor: Visitor, handle: str) -> None:
        """End the visitor's own access to this client; nothing happens when there is none."""
        caller, client_id = self._caller(visitor), client_of(handle, self._key(visitor))
        event = self._desk.checked(caller, "break_glass", self._desk.event(caller, "break_glass_ended"))
        live = live_emergency(self._desk.records, visitor.user_id, client_id) if client_id else None
        if live is not None:
            self._stop(live, event.actor, event, "by_hand", self._desk.records.now())

    def until(self, visitor: Visitor, client_id: str) -> str | None:
        """When the access by which the visitor sees this client ends; None for an own client."""
        user, ties = self._caller(visitor).user, self._desk.engine.ties(client_id)
        if may(user, "see_answer", ties, self._desk.engine.data().as_of).allowed:
            return None
        live = live_emergency(self._desk.records, user.user_id, client_id)
        return local_text(utc_text(live.until)) if live else None

    def cases(self, visitor: Visitor) -> tuple[EmergencyCase, ...]:
        """Every emergency access; those that wait for a review first, the oldest of them first."""
        caller = self._caller(visitor)
        self._close_lapsed()
        event = self._desk.checked(caller, "review_break_glass", self._desk.event(caller, "break_glass_list"))
        found = [_case(story, self._desk.records.now()) for story in every_story(self._desk.records)]
        self._desk.records.audit(event)
        waiting = [case for case in found if case.finding is None]
        return (*waiting, *(case for case in reversed(found) if case.finding is not None))

    def review(self, visitor: Visitor, emergency_id: str, finding: str, note: str) -> None:
        """Record what the review found; one review each.  Raises NotAllowed, NotYours."""
        caller, said = self._caller(visitor), masked(note)
        event = self._desk.checked(caller, "review_break_glass", self._desk.event(caller, "break_glass_reviewed"))
        if finding not in get_args(Finding) or not MIN_REASON <= len(said) <= MAX_REASON:
            raise NotAllowed(refusal("reason_too_short"))
        story = next((one for one in every_story(self._desk.records) if _id(one) == emergency_id), None)
        if story is None or story.reviewed is not None:
            raise NotYours(refusal("not_found"))
        detail = {"finding": finding, "note": said}
        act = self._act("reviewed", story.emergency, event.actor, self._desk.records.now(), detail)
        record(self._desk.records, act, replace(event, detail={"emergency_id": emergency_id, "finding": finding}))

    def close_lapsed(self) -> None:
        """Record the end of accesses that ran out; looked for once a minute."""
        now = self._desk.records.now().timestamp()
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self._close_lapsed()

    def _sees_already(self, caller: Caller, client: ClientTies) -> bool:
        """An own client needs no emergency, and an open one is not opened twice."""
        records, user = self._desk.records, caller.user
        live = live_emergency(records, user.user_id, client.client_id)
        return may(user, "see_answer", client, self._desk.engine.data().as_of, live, records.now()).allowed

    def _start(self, caller: Caller, event: AuditEvent, reason: str, key: str) -> None:
        records, now = self._desk.records, self._desk.records.now()
        for story in stories(records.kept(EMERGENCY_LOG, actor_id=caller.user.user_id)):
            if story.ended is None:  # one at a time: opening the next one ends the one before
                self._stop(story.emergency, event.actor, replace(event, event="break_glass_ended"), "replaced", now)
        emergency_id, until = new_id(), now + timedelta(minutes=MINUTES)
        emergency = Emergency(emergency_id, caller.user.user_id, event.client_id or "", now, until)
        act = self._act("started", emergency, event.actor, now, {"reason": reason, "until": until.isoformat()})
        detail = {"emergency_id": emergency_id, "until": utc_text(until), "alert": True, "fhir": STARTED}
        record(records, replace(act, key=f"form:{key}"), replace(event, ground="emergency", detail=detail))
        LOGGER.warning("Emergency access %s was opened; review it within %d days.", emergency_id, REVIEW_DAYS)

    def _close_lapsed(self) -> None:
        now = self._desk.records.now()
        for story in every_story(self._desk.records):
            if story.ended is None and story.emergency.until <= now:
                row = story.started
                actor = Actor(row["actor_id"], row["role"], row["organisation"], row["unit"], "none")
                event = AuditEvent("break_glass_ended", "ok", actor, new_id(), "emergency")
                self._stop(story.emergency, actor, event, "lapsed", story.emergency.until)

    def _stop(self, emergency: Emergency, actor: Actor, event: AuditEvent, how: str, at: datetime) -> None:
        detail = {"emergency_id": emergency.emergency_id, "how": how, "ended": utc_text(at), "fhir": STOPPED}
        said = replace(event, ground="emergency", client_id=emergency.client_id, detail=detail)
        record(self._desk.records, self._act("ended", emergency, actor, at, {"how": how}), said)

    def _act(
        self,
        act: Literal["started", "ended", "reviewed"],
        emergency: Emergency,
        actor: Actor,
        at: datetime,
        detail: dict[str, str],
    ) -> EmergencyAct:
        return EmergencyAct(act, emergency.emergency_id, emergency.client_id, actor, at, detail)


def _id(story: EmergencyStory) -> str:
    return str(story.started["emergency_id"])


def _case(story: EmergencyStory, now: datetime) -> EmergencyCase:
    started, ended, reviewed = story.started, story.ended, story.reviewed
    due = story.emergency.started + timedelta(days=REVIEW_DAYS)
    found = reviewed["detail"] if reviewed else {}
    return EmergencyCase(
        emergency_id=_id(story),
        started=local_text(started["at"]),
        ended=local_text(ended["at"]) if ended else None,
        lapsed=bool(ended and ended["detail"]["how"] == "lapsed"),
        actor=started["actor_id"],
        role=started["role"],
        unit=started["unit"],
        reason=started["detail"]["reason"],
        review_by=local_text(utc_text(due)),
        overdue=reviewed is None and now > due,
        finding=found.get("finding"),
        note=found.get("note", ""),
        reviewed=local_text(reviewed["at"]) if reviewed else None,
        reviewer=reviewed["actor_id"] if reviewed else "",
    )
