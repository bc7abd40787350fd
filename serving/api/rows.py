"""Answers from rows that come with the question: nothing is read from the registers and nothing of the rows is kept."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response

from models.answers import NeedAnswer, SegmentAnswer, json_values
from serving.api.clients import ALL, ClientApi, Compute
from serving.api.questions import NeedRowsQuestion, RowsQuestion, SegmentRowsQuestion
from serving.api.replies import Counter, told
from serving.desk.requests import Caller, Desk, Grounds
from serving.engine.clients.posted import posted_day, posted_tables
from serving.records.evidence import sha256_of
from serving.settings import Answer


class RowsApi:
    """One method per address; each returns the finished HTTP answer."""

    def __init__(self, desk: Desk, clients: ClientApi) -> None:
        self._desk, self._clients, self._counter = desk, clients, Counter(desk)

    def segment(self, question: SegmentRowsQuestion) -> Response:
        """The proposed segment of a client of whom these rows are known."""
        return self._answered("segment", question, lambda _: self._clients.segment_compute(question.answers), False)

    def need(self, question: NeedRowsQuestion) -> Response:
        """The likelihood of a need, or of every need of the decision point."""
        several = question.task == ALL
        return self._answered("need", question, lambda at: self._clients.need_compute(at, question.task), several)

    def _answered(
        self, kind: Answer, question: RowsQuestion, compute: Callable[[Grounds], Compute], several: bool
    ) -> Response:
        def ask(caller: Caller, grounds: Grounds) -> Response:
            work, as_of = compute(grounds), posted_day(question.as_of)
            tables = posted_tables(question.tables, self._desk.settings.api.rows)
            # Of what was sent the log keeps a hash, so that a copy can be recognised, and how many rows there were.
            sent = {"as_of": question.as_of, "tables": question.tables}
            detail = {"input_sha256": sha256_of(sent), "rows": sum(len(table) for table in tables.values())}

            def computed() -> Sequence[SegmentAnswer | NeedAnswer]:
                return work(self._desk.engine.posted(tables, as_of))

            shown = self._desk.about_rows(caller, grounds, detail, computed)
            values = [self._values(one) for one in shown.answers]
            head = {"answer_id": shown.answer_id, "request_id": caller.request_id}
            point = {"decision_point": self._counter.point(grounds), "input_sha256": detail["input_sha256"]}
            return told({**head, **point, **({"answers": values} if several else values[0])})

        return self._counter.answered(kind, question, ask)

    def _values(self, answer: Any) -> dict[str, Any]:
        is_client = isinstance(answer, SegmentAnswer | NeedAnswer)
        return self._clients.answer_values(answer) if is_client else json_values(answer)
