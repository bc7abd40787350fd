"""The professional's decision about a shown answer: accept, change or cannot tell, with a reason where one is due."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from serving.masking import masked
from serving.pages.services import Decision, NotAllowed, NotYours
from serving.records.entries import DecisionEntry
from serving.requests import NOT_YOURS, Caller, Desk, Grounds

MAX_REASON = 2000
"""Characters of a free-text reason."""


def decide(desk: Desk, caller: Caller, grounds: Grounds, client_id: str, decision: Decision) -> Mapping[str, Any]:
    """Record the decision; the stored entry.  Raises NotYours, NotAllowed or Unavailable, each logged where due."""
    event = desk.event(caller, "decision", grounds=grounds, client_id=client_id)
    event = desk.checked(caller, "decide", event)
    shown = desk.records.shown_answer(decision.answer_id, caller.user.user_id, client_id)
    if shown is None:
        desk.records.audit(replace(event, outcome="denied", ground="answer_not_shown"))
        raise NotYours(NOT_YOURS)
    segmentation = _segmentation(shown)
    segment = _decided(decision, segmentation.get("proposed"), {one for one, _ in desk.engine.segments()})
    entry = DecisionEntry(
        key=decision.key,
        actor=event.actor,
        client_id=client_id,
        answer_id=decision.answer_id,
        decision_point=grounds.decision_point,
        choice=decision.choice,
        proposed=segmentation.get("proposed"),
        segment=segment,
        reason=masked(decision.reason),
        seconds_from_view=_seconds_since(shown["time"], desk.records.now()),
        model=f"{segmentation.get('model', '')} {segmentation.get('version', '')}".strip(),
    )
    return desk.records.decide(entry, replace(event, answer_id=decision.answer_id))


def _decided(decision: Decision, proposed: str | None, known: set[str]) -> str | None:
    """The segment that the decision means.  Raises NotAllowed with what is missing."""
    if len(decision.reason) > MAX_REASON:
        raise NotAllowed(f"The reason is longer than {MAX_REASON} characters. Shorten it.")
    if not 1 <= len(decision.key) <= 200:
        raise NotAllowed("The form has no key. Open the client again.")
    if decision.choice != "accept" and not decision.reason.strip():
        raise NotAllowed("A reason is needed. Write in a few words why.")
    if decision.choice == "accept":
        if proposed is None:
            raise NotAllowed("Nothing was proposed, so nothing can be accepted. Choose another alternative.")
        return proposed
    if decision.choice == "cannot_tell":
        return None
    if decision.segment not in known:
        raise NotAllowed("Choose the segment that fits better.")
    return decision.segment


def _segmentation(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((said for said in shown["detail"].get("answers", ()) if said["kind"] == "segment"), {})


def _seconds_since(shown_at: str, now: datetime) -> float:
    return round((now - datetime.fromisoformat(shown_at)).total_seconds(), 3)
