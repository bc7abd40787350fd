"""What a caller of the API sends: strict models, nothing converted, nothing unknown."""

from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
ClientId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Henkilotunnus = Annotated[str, StringConstraints(min_length=1, max_length=32)]
AnswerId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class StrictBody(BaseModel):
    """Nothing converted, nothing unknown, nothing of what was sent repeated."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class Question(StrictBody):
    """Why and where in the process an answer is asked for; both are registered in `configs/serving.yaml`."""

    decision_point: Code = Field(description="Where in the process the answer is used")
    purpose: Code = Field(description="Why the client's data may be handled")


class NamesClient(Protocol):
    """Whatever names a client in one of two ways."""

    client_id: str | None
    henkilotunnus: str | None


N = TypeVar("N", bound=NamesClient)


def names_one_client(named: N) -> N:
    """The same.  Raises ValueError unless exactly one of the two names is given."""
    if (named.client_id is None) == (named.henkilotunnus is None):
        raise ValueError("give either `client_id` or `henkilotunnus`, and only one of them")
    return named


class ClientQuestion(Question):
    """A question about one client, named by pseudonym or by henkilötunnus."""

    client_id: ClientId | None = Field(default=None, description="Pseudonym of the client")
    henkilotunnus: Henkilotunnus | None = Field(default=None, description="Instead of `client_id`; never logged")

    _one_client = model_validator(mode="after")(names_one_client)


class ByHand(StrictBody):
    """A level that a person gives on one axis, used as it is and stored nowhere but in the audit entry."""

    axis: Code = Field(description="Id of the axis in the live scheme")
    level: Code = Field(description="Id of a level of that axis")
    respondent: Literal["client", "professional", "relative", "unknown"] | None = Field(
        default=None, description="Who answers; without it the axis's own respondent"
    )


class SegmentQuestion(ClientQuestion):
    """Which segment is proposed for the client?"""

    answers: list[ByHand] = Field(default=[], max_length=10, description="Levels given by hand, for this answer only")


class NeedQuestion(ClientQuestion):
    """How likely is the outcome of a need task for the client?"""

    task: Code = Field(description="Id of the need task, or `all`: every task of the decision point")


class CounterfactualQuestion(ClientQuestion):
    """What would change one estimate?"""

    output: Code = Field(description="Id of the estimate: an axis of a segment answer, or a likelihood of a need")


class ExplainQuestion(ClientQuestion):
    """Why is one estimate what it is?  Every contribution, in the order of its weight."""

    output: Code = Field(description="Id of the estimate: an axis of a segment answer, or a likelihood of a need")


class SegmentItem(StrictBody):
    """One client of a batch."""

    client_id: ClientId | None = None
    henkilotunnus: Henkilotunnus | None = None
    answers: list[ByHand] = Field(default=[], max_length=10)

    _one_client = model_validator(mode="after")(names_one_client)


class NeedItem(StrictBody):
    """One client and task of a batch."""

    client_id: ClientId | None = None
    henkilotunnus: Henkilotunnus | None = None
    task: Code

    _one_client = model_validator(mode="after")(names_one_client)


class SegmentBatch(Question):
    """Segments of several clients; each item is answered or refused by itself, in the order sent."""

    items: list[dict[str, Any]] = Field(min_length=1, description="Each a SegmentItem")


class NeedBatch(Question):
    """Needs of several clients; each item is answered or refused by itself, in the order sent."""

    items: list[dict[str, Any]] = Field(min_length=1, description="Each a NeedItem")


class RowsQuestion(Question):
    """One client's rows of the canonical tables, answered as if they lay in the registers; they are not kept."""

    as_of: Day = Field(description="The midnight before which everything known was recorded, YYYY-MM-DD")
    tables: dict[str, Any] = Field(description="Table name to rows, as in docs/data-contract.md, without `client_id`")


class SegmentRowsQuestion(RowsQuestion):
    """Which segment is proposed for a client of whom these rows are known?"""

    answers: list[ByHand] = Field(default=[], max_length=10, description="Levels given by hand, for this answer only")


class NeedRowsQuestion(RowsQuestion):
    """How likely is a need for a client of whom these rows are known?"""

    task: Code = Field(description="Id of the need task, or `all`")


class DecisionQuestion(ClientQuestion):
    """What the professional decided about an answer that was shown.  The header `Idempotency-Key` makes it one."""

    answer_id: AnswerId = Field(description="Of the segment answer that was shown to this person about this client")
    choice: Literal["accept", "change", "cannot_tell"]
    segment: Code | None = Field(default=None, description="With `change`: the segment that fits better")
    reason: str = Field(default="", max_length=2000, description="Required unless the proposal is accepted")
    routing_target: Code | None = Field(default=None, description="Where the client is guided")
    urgency: Code | None = Field(default=None, description="How soon")
    legal_basis: Code | None = Field(default=None, description="The law the decision rests on: recorded, never used")


class AlertDecisionQuestion(ClientQuestion):
    """Confirm or dismiss one alert that fires for the client.  The header `Idempotency-Key` makes it one."""

    alert: Code = Field(description="Id of the alert")
    choice: Literal["confirm", "dismiss"]
    reason_code: Literal["known_already", "handled", "records_wrong", "not_relevant", "other"] | None = Field(
        default=None, description="Required with `dismiss`"
    )
    reason: str = Field(default="", max_length=2000, description="In words; required with the reason code `other`")


class LogQuestion(Question):
    """One page of a log, newest first; looking is logged, too."""

    log: Literal["audit", "decisions"]
    filters: dict[Code, Code] = Field(default={}, max_length=5, description="Column to value, as in `columns`")
    since: Day | None = Field(default=None, description="First day, Finnish time")
    until: Day | None = Field(default=None, description="Last day, Finnish time")
    page: int = Field(default=1, ge=1, le=1_000_000)
    size: int = Field(default=50, ge=1, le=1000)


class ReviewSampleQuestion(Question):
    """What did the reviews of clients who were not selected find?  An auditor is told every unit, others their own."""
