"""A professional confirms or dismisses one alert of one client; what she said holds while the evidence is the same."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from models.small_cells import hidden_cells
from serving.coordinator.counting import small
from serving.desk.deciding import MAX_REASON, NotDecided
from serving.desk.masking import masked
from serving.desk.requests import Caller, Desk, Grounds
from serving.pages.coordinator.decided_alerts import AlertChoice, AlertCount, AlertDecision, AlertState, DismissReason
from serving.pages.coordinator.services import Alert
from serving.records.logs import KeyUsed, Records
from serving.records.schema import ALERT_LOG
from serving.refusals import refusal

CHOICES: tuple[str, ...] = get_args(AlertChoice)
REASONS: tuple[str, ...] = get_args(DismissReason)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Alerts:
    """Keeps and tells what was decided about alerts."""

    desk: Desk

    def decide(self, caller: Caller, grounds: Grounds, client_id: str, given: AlertDecision) -> Row:
        """Keep the decision; the stored row.  Raises NotDecided for what is lacking, NotYours, NotAllowed, KeyUsed."""
        event = self.desk.event(caller, "alert_decision", grounds=grounds, client_id=client_id)
        event = self.desk.checked(caller, "decide", event)
        alert = self._fired(caller, client_id, given.alert)
        _require(given)
        row = {
            "key": given.key,
            "actor_id": caller.user.user_id,
            "role": caller.user.role,
            "unit": caller.user.unit,
            "client_id": client_id,
            "alert": alert.id,
            "choice": given.choice,
            "reason_code": given.reason_code or None,
            "reason": masked(given.reason),
            "evidence": evidence_of(alert),
            "as_of": self.desk.engine.data().as_of.isoformat(),
        }
        told = {"alert": alert.id, "choice": given.choice, "reason_code": given.reason_code or None}
        (stored,) = self.desk.records.keep(ALERT_LOG, [row], replace(event, detail=told))
        if any(stored[name] != row[name] for name in ("client_id", "alert", "choice", "reason_code")):
            raise KeyUsed(refusal("key_used"))
        return stored

    def states(self, client_id: str, alerts: Sequence[Alert]) -> dict[str, AlertState]:
        """Alert id → the latest decision, of those whose evidence has not changed since."""
        latest = {str(row["alert"]): row for row in self.desk.records.kept(ALERT_LOG, client_id=client_id)}
        return {
            one.id: AlertState(row["choice"], row["reason_code"], row["reason"], row["role"], row["time"])
            for one in alerts
            if (row := latest.get(one.id)) is not None and row["evidence"] == evidence_of(one)
        }

    def _fired(self, caller: Caller, client_id: str, alert: str) -> Alert:
        seen = self.desk.settings.sensitive.get(caller.user.role, ())
        fired = {one.id: one for one in self.desk.engine.client_records(client_id, seen).alerts if one.kind == "alert"}
        if alert not in fired:
            raise NotDecided("alert", refusal("field_not_allowed", field="alert", allowed=", ".join(sorted(fired))))
        return fired[alert]


def alert_counts(records: Records) -> tuple[AlertCount, ...]:
    """Per alert and unit: confirmed and dismissed, the latest decision of each client; small cells hidden."""
    latest = {(str(row["alert"]), str(row["client_id"])): row for row in records.kept(ALERT_LOG)}
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(CHOICES, 0))
    for row in latest.values():
        found[str(row["alert"]), str(row["unit"])][str(row["choice"])] += 1
    return tuple(_told(alert, unit, counts) for (alert, unit), counts in sorted(found.items()))


def evidence_of(alert: Alert) -> list[list[Any]]:
    """What the alert rests on, without a value: of each condition the number of records and the newest day."""
    return [[proof.source, proof.events, max(proof.days, default=None)] for proof in alert.proofs]


def _require(given: AlertDecision) -> None:
    if given.choice not in CHOICES:
        raise NotDecided("choice", refusal("field_not_allowed", field="choice", allowed=", ".join(CHOICES)))
    if given.choice == "dismiss" and given.reason_code not in REASONS:
        raise NotDecided("reason_code", refusal("field_not_allowed", field="reason_code", allowed=", ".join(REASONS)))
    if given.reason_code and given.reason_code not in REASONS:
        raise NotDecided("reason_code", refusal("field_not_allowed", field="reason_code", allowed=", ".join(REASONS)))
    if given.reason_code == "other" and not given.reason.strip():
        raise NotDecided("reason", refusal("reason_needed"))
    if len(given.reason) > MAX_REASON:
        raise NotDecided("reason", refusal("reason_too_long", limit=str(MAX_REASON)))
    if not 1 <= len(given.key) <= 200:
        raise NotDecided("key", refusal("no_key"))


def _told(alert: str, unit: str, counts: Mapping[str, int]) -> AlertCount:
    values = [counts[choice] for choice in CHOICES]
    confirmed, dismissed = (None if hide else count for count, hide in zip(values, hidden_cells(values), strict=True))
    return AlertCount(alert, unit, confirmed, dismissed, small(sum(values)))
