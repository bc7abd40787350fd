"""Questions about one client, and about several: grounds checked, asked at the desk, told as JSON or FHIR."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.responses import Response

from models.answers import NeedAnswer, SegmentAnswer, json_values
from models.segments.routing import suggested_routing
from serving.api.fhir import Subject, bundle, risk_assessment
from serving.api.questions import (
    ByHand,
    ClientQuestion,
    CounterfactualQuestion,
    ExplainQuestion,
    NeedBatch,
    NeedItem,
    NeedQuestion,
    SegmentBatch,
    SegmentItem,
    SegmentQuestion,
)
from serving.api.replies import FHIR, Counter, FieldRefused, Named, fault_of, told, wants_fhir
from serving.desk.asking import GivenAnswer, axis_answers
from serving.desk.deciding import routing_table
from serving.desk.requests import Caller, Desk, Grounds, Shown, WorkedOut
from serving.engine.clients.case import likelihood_of
from serving.engine.contract import ClientCase
from serving.middleware.context import LANGUAGE
from serving.middleware.errors import Fault, fault_of_details
from serving.records.evidence import proposed
from serving.refusals import refusal
from serving.settings import Answer

ClientAnswer = SegmentAnswer | NeedAnswer
Compute = Callable[[ClientCase], Sequence[ClientAnswer]]
"""What always gives answers, none at all when the decision point asks none."""
Item = TypeVar("Item", SegmentItem, NeedItem)
ALL = "all"


class ClientApi:
    """One method per address; each returns the finished HTTP answer."""

    def __init__(self, desk: Desk, subject: Subject) -> None:
        self._desk, self._counter, self._subject = desk, Counter(desk), subject

    def segment(self, question: SegmentQuestion, accept: str = "") -> Response:
        """The proposed segment of one client, with suggested routing."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            compute = self.segment_compute(question.answers)
            client_id = self._client(caller, question)
            return self._told(caller, grounds, client_id, compute, accept)

        return self._counter.answered("segment", question, ask)

    def need(self, question: NeedQuestion, accept: str = "") -> Response:
        """The likelihood of one need task for one client, or of every task of the decision point."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            compute = self.need_compute(grounds, question.task)
            client_id = self._client(caller, question)
            return self._told(caller, grounds, client_id, compute, accept, several=question.task == ALL)

        return self._counter.answered("need", question, ask)

    def explain(self, question: ExplainQuestion) -> Response:
        """One estimate about one client, with every contribution."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            self._require_output(question.output)
            client_id = self._client(caller, question)
            shown = self._desk.about_client(
                caller, grounds, client_id, lambda case: _some(case.holding(question.output))
            )
            return told({**self._head(caller, grounds, shown), **explained(shown.answers[0], question.output)})

        return self._counter.answered("explain", question, ask)

    def counterfactual(self, question: CounterfactualQuestion) -> Response:
        """What would change one estimate about one client."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            self._require_output(question.output)
            client_id = self._client(caller, question)
            answer_id, explored = self._desk.explore(caller, grounds, client_id, question.output)
            head = {
                "answer_id": answer_id,
                "request_id": caller.request_id,
                "decision_point": self._counter.point(grounds),
            }
            return told({**head, **json_values(explored)})

        return self._counter.answered("counterfactual", question, ask)

    def segment_batch(self, question: SegmentBatch) -> Response:
        """Several clients' segments, item by item."""
        return self._batch("segment", question, SegmentItem, lambda _, item: self.segment_compute(item.answers))

    def need_batch(self, question: NeedBatch) -> Response:
        """Several clients' needs, item by item."""
        return self._batch("need", question, NeedItem, lambda grounds, item: self.need_compute(grounds, item.task))

    def segment_compute(self, given: Sequence[ByHand]) -> Compute:
        """What computes a segment with levels given by hand.  Raises NotAsked."""
        by_hand = [GivenAnswer(one.axis, one.level, one.respondent) for one in given]
        answers = axis_answers(by_hand, self._desk.engine.questions()) if by_hand else ()
        return lambda case: (case.segment(answers),)

    def need_compute(self, grounds: Grounds, task: str) -> Compute:
        """What computes a task, or all of a decision point.  Raises FieldRefused for one that does not belong there."""
        most = self._desk.settings.decision_points[grounds.decision_point].horizon_days
        days, tasks = self._desk.engine.horizons(), self._desk.engine.tasks()
        fitting = [one for one in tasks if most is None or days.get(one, 0) <= most]
        if task == ALL:
            return lambda case: tuple(case.need(one) for one in fitting if one in days)
        if task not in tasks:
            raise FieldRefused("task", refusal("field_not_allowed", field="task", allowed=", ".join((*fitting, ALL))))
        if task not in fitting:
            raise FieldRefused("task", refusal("horizon_too_long", limit=str(most)))
        return lambda case: (case.need(task),)

    def answer_values(self, answer: Any, written: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """An answer as JSON (`written` when it is there already), a segment with its suggested routing."""
        values: dict[str, Any] = dict(json_values(answer) if written is None else written)
        if isinstance(answer, SegmentAnswer):
            table = routing_table(self._desk.settings.routing)
            values["routing"] = json_values(suggested_routing(table, proposed(answer), answer.credible))
        return values

    def _told(
        self,
        caller: Caller,
        grounds: Grounds,
        client_id: str,
        compute: Compute,
        accept: str,
        several: bool = False,
    ) -> Response:
        shown = self._desk.about_client(caller, grounds, client_id, compute)
        if wants_fhir(accept):
            return self._told_as_fhir(caller, client_id, shown, several)
        return told(self._values(caller, grounds, shown, several))

    def _told_as_fhir(self, caller: Caller, client_id: str, shown: Shown, several: bool) -> Response:
        when, whom = self._desk.records.now(), self._subject(caller, client_id)
        resources = [
            risk_assessment(answer, f"{shown.answer_id}-{place}", whom, when, LANGUAGE.get())
            for place, answer in enumerate(shown.answers)
            if isinstance(answer, SegmentAnswer | NeedAnswer)
        ]
        return told(bundle(shown.answer_id, when, resources) if several else resources[0], FHIR)

    def _head(self, caller: Caller, grounds: Grounds, shown: Shown) -> dict[str, Any]:
        ids = {"answer_id": shown.answer_id, "request_id": caller.request_id}
        return {**ids, "decision_point": self._counter.point(grounds)}

    def _values(self, caller: Caller, grounds: Grounds, shown: Shown, several: bool) -> dict[str, Any]:
        values = [self.answer_values(*one) for one in shown.as_json]
        return {**self._head(caller, grounds, shown), **({"answers": values} if several else values[0])}

    def _client(self, caller: Caller, named: ClientQuestion | SegmentItem | NeedItem) -> str:
        """The pseudonym of the client asked about; a search by henkilötunnus is checked and logged as one."""
        if named.henkilotunnus is not None:
            return self._desk.search(caller, named.henkilotunnus)
        return named.client_id or ""

    def _require_output(self, output: str) -> None:
        outputs = self._desk.engine.outputs()
        if output not in outputs:
            raise FieldRefused("output", refusal("field_not_allowed", field="output", allowed=", ".join(outputs)))

    def _batch(
        self,
        kind: Answer,
        question: SegmentBatch | NeedBatch,
        form: type[Item],
        compute: Callable[[Grounds, Item], Compute],
    ) -> Response:
        most = self._desk.settings.api.batch_items

        def ask(caller: Caller, grounds: Grounds) -> Response:
            if len(question.items) > most:
                raise FieldRefused("items", refusal("too_many_items", field="items", limit=str(most)))
            read = [self._item(grounds, item, form, compute) for item in question.items]
            asked = [self._asked(caller, *one) for one in read if not isinstance(one, Fault)]
            found = iter(self._desk.about_clients(caller, grounds, asked))
            results = [
                self._item_said(one if isinstance(one, Fault) else next(found), place) for place, one in enumerate(read)
            ]
            point = self._counter.point(grounds)
            return told({"request_id": caller.request_id, "decision_point": point, "results": results})

        return self._counter.answered(kind, question, ask)

    def _asked(
        self, caller: Caller, item: SegmentItem | NeedItem, compute: Compute
    ) -> tuple[Callable[[], str], Compute]:
        return (lambda: self._client(caller, item)), compute

    def _item(
        self, grounds: Grounds, sent: Mapping[str, Any], form: type[Item], compute: Callable[[Grounds, Item], Compute]
    ) -> tuple[Item, Compute] | Fault:
        """One item read, or why it cannot be."""
        item = read_or_fault(sent, form)
        if isinstance(item, Fault):
            return item
        try:
            return item, compute(grounds, item)
        except Named as error:
            return fault_of(error)

    def _item_said(self, found: WorkedOut | Fault, place: int) -> dict[str, Any]:
        fault = found if isinstance(found, Fault) else fault_of(found.refused) if found.refused else None
        if fault is not None:
            said = {"code": fault.code, "message": fault.message[LANGUAGE.get()], "field": fault.field}
            return {"index": place, "status": fault.status, "answer": None, "answer_id": None, "error": said}
        assert isinstance(found, WorkedOut)
        shown = found.told()
        values = [self.answer_values(*one) for one in shown.as_json]
        answered = {"index": place, "status": 200, "answer_id": shown.answer_id, "error": None}
        return {**answered, "answer": values[0] if len(values) == 1 else {"answers": values}}


def read_or_fault(sent: Mapping[str, Any], form: type[Item]) -> Item | Fault:
    """An item of a batch as its form; the same fault that a whole request would get."""
    try:
        return form.model_validate(sent)
    except ValidationError as error:
        return fault_of_details(error.errors(include_context=False, include_input=False, include_url=False))


def explained(answer: Any, output: str) -> dict[str, Any]:
    """One estimate of an answer by itself, with what it rests on."""
    estimate = likelihood_of(answer, output)
    shared = ("stamp", "status", "status_reason", "missing", "sources", "freshness", "notice")
    return {"estimate": json_values(estimate), **{name: json_values(getattr(answer, name)) for name in shared}}


def _some(answer: ClientAnswer | None) -> tuple[ClientAnswer, ...] | None:
    return None if answer is None else (answer,)
