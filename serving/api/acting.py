"""What is done through the API besides asking: a professional's decision, and an auditor's look at the logs."""

import re
from typing import Any

from starlette.responses import Response

from models.answers import json_values
from serving.api.questions import (
    AlertDecisionQuestion,
    ClientQuestion,
    DecisionQuestion,
    LogQuestion,
    ReviewSampleQuestion,
)
from serving.api.replies import Counter, FieldRefused, told
from serving.coordinator.alerts import Alerts
from serving.coordinator.services import counts_for
from serving.desk.deciding import decide
from serving.desk.requests import Asked, Caller, Desk, Grounds
from serving.engine.clients.posted import PostedRowError, posted_day
from serving.pages.coordinator.decided_alerts import AlertDecision
from serving.pages.services import Decision, LogPage
from serving.records.log_pages import AUDIT, DECISIONS, log_page
from serving.refusals import refusal

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,200}")
RECORDED = (
    *("decision_id", "time", "answer_id", "choice", "proposed", "segment", "reason"),
    *("routing_target", "urgency", "legal_basis"),
)
"""What is told of a recorded decision: the same every time the same key is sent."""
ALERT_RECORDED = ("time", "alert", "choice", "reason_code", "reason", "as_of")
"""The same of a decision about an alert."""


class ActingApi:
    """One method per address; each returns the finished HTTP answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._counter = desk, Counter(desk)

    def decision(self, question: DecisionQuestion, key: str) -> Response:
        """Record a decision once, however often it is sent under the same `Idempotency-Key`."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            if not _KEY.fullmatch(key):
                raise FieldRefused("Idempotency-Key", refusal("header_wrong"))
            decision = Decision(
                question.answer_id,
                question.choice,
                question.segment,
                question.reason,
                key,
                question.routing_target,
                question.urgency,
                question.legal_basis,
            )
            client_id = self._client(caller, question)
            entry = decide(self._desk, caller, grounds, client_id, decision)
            return told({name: entry.get(name) for name in RECORDED})

        return self._counter.answered("decision", question, ask)

    def alert_decision(self, question: AlertDecisionQuestion, key: str) -> Response:
        """Record what was decided about one alert, once, however often it is sent under the same key."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            if not _KEY.fullmatch(key):
                raise FieldRefused("Idempotency-Key", refusal("header_wrong"))
            code = question.reason_code or ""
            given = AlertDecision(question.alert, question.choice, code, question.reason, key)
            stored = Alerts(self._desk).decide(caller, grounds, self._client(caller, question), given)
            return told({name: stored.get(name) for name in ALERT_RECORDED})

        return self._counter.answered("decision", question, ask)

    def _client(self, caller: Caller, question: ClientQuestion) -> str:
        hetu = question.henkilotunnus
        return self._desk.search(caller, hetu) if hetu is not None else question.client_id or ""

    def log(self, question: LogQuestion) -> Response:
        """One page of a log, without client ids."""
        view = AUDIT if question.log == "audit" else DECISIONS

        def ask(caller: Caller, grounds: Grounds) -> Response:
            self._refuse_unknown(question, view.filters)
            asked = Asked(
                "see_audit_log" if question.log == "audit" else "see_decisions",
                "audit_log" if question.log == "audit" else "decision_log",
                grounds,
            )
            filters = {**question.filters, "from": question.since or "", "to": question.until or ""}

            def look() -> LogPage:
                return log_page(self._desk.records, view, question.page, filters, question.size)

            def logged(found: LogPage) -> dict[str, Any]:
                return {"kind": "log", "filters": filters, "page": question.page, "rows": len(found.rows)}

            answer_id, found = self._desk.told(caller, asked, look, logged)
            head = {"answer_id": answer_id, "request_id": caller.request_id}
            return told({**head, "log": question.log, **_page(found)})

        return self._counter.answered("log", question, ask)

    def review_sample(self, question: ReviewSampleQuestion) -> Response:
        """The random samples of clients who were not selected, in numbers."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            samples = [json_values(one) for one in counts_for(self._desk, caller, grounds)]
            return told({"request_id": caller.request_id, "samples": samples})

        return self._counter.answered("review_sample", question, ask)

    def _refuse_unknown(self, question: LogQuestion, known: tuple[str, ...]) -> None:
        most = self._desk.settings.api.log_page
        if question.size > most:
            raise FieldRefused("size", refusal("too_many_items", field="size", limit=str(most)))
        if set(question.filters) - set(known):
            raise FieldRefused("filters", refusal("field_not_allowed", field="filters", allowed=", ".join(known)))
        for field, day in (("since", question.since), ("until", question.until)):
            if day is not None:
                _require_day(field, day)


def _require_day(field: str, day: str) -> None:
    try:
        posted_day(day)
    except PostedRowError:
        raise FieldRefused(field, refusal("field_wrong_form", field=field)) from None


def _page(found: LogPage) -> dict[str, Any]:
    return {
        "columns": list(found.columns),
        "entries": [
            {"seq": row.seq, **{name: json_values(value) for name, value in row.cells.items()}} for row in found.rows
        ],
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
    }
