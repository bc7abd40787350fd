"""The professional's decision about a shown answer: accept, change or cannot tell, with a reason where one is due."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from configs.loader import load_config
from models.answers import Text
from models.segments.routing import Routing, RoutingTable, routing_of_entry
from serving.desk.masking import masked
from serving.desk.requests import NOT_YOURS, Caller, Desk, Grounds
from serving.pages.services import Decision, NotAllowed, NotYours
from serving.records.entries import DecisionEntry
from serving.refusals import refusal

MAX_REASON = 2000
"""Characters of a free-text reason."""


class NotDecided(NotAllowed):
    """A decision that lacks something or names what is not there; `field` says where."""

    def __init__(self, field: str, sentence: Text) -> None:
        self.field = field
        super().__init__(sentence)


def decide(desk: Desk, caller: Caller, grounds: Grounds, client_id: str, decision: Decision) -> Mapping[str, Any]:
    """Record the decision; the stored entry.  Raises NotYours, NotAllowed or Unavailable, each logged where due."""
    event = desk.event(caller, "decision", grounds=grounds, client_id=client_id)
    event = desk.checked(caller, "decide", event)
    shown = desk.records.shown_answer(decision.answer_id, caller.user.user_id, client_id)
    if shown is None:
        desk.records.audit(replace(event, outcome="denied", ground="answer_not_shown"))
        raise NotYours(NOT_YOURS)
    segmentation = _segmentation(shown)
    table = routing_table(desk.settings.routing)
    suggested = routing_of_entry(table, segmentation) if segmentation else None
    _refuse_unlisted(decision, table)
    entry = DecisionEntry(
        key=decision.key,
        actor=event.actor,
        client_id=client_id,
        answer_id=decision.answer_id,
        decision_point=grounds.decision_point,
        choice=decision.choice,
        proposed=segmentation.get("proposed"),
        segment=_decided(decision, segmentation.get("proposed"), {one for one, _ in desk.engine.segments()}),
        reason=masked(decision.reason),
        seconds_from_view=_seconds_since(shown["time"], desk.records.now()),
        model=f"{segmentation.get('model', '')} {segmentation.get('version', '')}".strip(),
        routing_target=decision.routing_target,
        urgency=decision.urgency,
        legal_basis=decision.legal_basis,
        **_suggestion(suggested),
    )
    return desk.records.decide(entry, replace(event, answer_id=decision.answer_id))


@cache
def routing_table(path: str) -> RoutingTable:
    """The county's routing table, read once.  Raises ConfigError."""
    return load_config(path, RoutingTable)


def _suggestion(suggested: Routing | None) -> dict[str, Any]:
    if suggested is None:
        return {}
    targets = tuple(target.id for target in suggested.targets)
    return {"suggested_targets": targets, "suggested_urgency": suggested.urgency.id}


def _refuse_unlisted(decision: Decision, table: RoutingTable) -> None:
    chosen = {
        "routing_target": (decision.routing_target, table.targets),
        "urgency": (decision.urgency, table.urgencies),
        "legal_basis": (decision.legal_basis, table.legal_bases),
    }
    for field, (value, listed) in chosen.items():
        if value is not None and value not in listed:
            raise NotDecided(field, refusal("field_not_allowed", field=field, allowed=", ".join(listed)))


def _decided(decision: Decision, proposed: str | None, known: Collection[str]) -> str | None:
    """The segment that the decision means.  Raises NotDecided with what is missing."""
    if len(decision.reason) > MAX_REASON:
        raise NotDecided("reason", refusal("reason_too_long", limit=str(MAX_REASON)))
    if not 1 <= len(decision.key) <= 200:
        raise NotDecided("key", refusal("no_key"))
    if decision.choice != "accept" and not decision.reason.strip():
        raise NotDecided("reason", refusal("reason_needed"))
    if decision.choice == "accept":
        if proposed is None:
            raise NotDecided("choice", refusal("nothing_proposed"))
        return proposed
    if decision.choice == "cannot_tell":
        return None
    if decision.segment not in known:
        raise NotDecided("segment", refusal("choose_segment", allowed=", ".join(sorted(known))))
    return decision.segment


def _segmentation(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((said for said in shown["detail"].get("answers", ()) if said["kind"] == "segment"), {})


def _seconds_since(shown_at: str, now: datetime) -> float:
    return round((now - datetime.fromisoformat(shown_at)).total_seconds(), 3)
