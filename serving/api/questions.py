"""What a caller of the API sends: strict models, nothing converted, nothing unknown."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
ClientId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Henkilotunnus = Annotated[str, StringConstraints(min_length=1, max_length=32)]
SeriesId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Question(BaseModel):
    """Why and where in the process an answer is asked for; both are registered in `configs/serving.yaml`."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    decision_point: Code = Field(description="Where in the process the answer is used")
    purpose: Code = Field(description="Why the client's data may be handled")


class ClientQuestion(Question):
    """A question about one client, named by pseudonym or by henkilötunnus."""

    client_id: ClientId | None = Field(default=None, description="Pseudonym of the client")
    henkilotunnus: Henkilotunnus | None = Field(default=None, description="Instead of `client_id`; never logged")

    @model_validator(mode="after")
    def _names_one_client(self) -> "ClientQuestion":
        if (self.client_id is None) == (self.henkilotunnus is None):
            raise ValueError("give either `client_id` or `henkilotunnus`, and only one of them")
        return self


class ByHand(BaseModel):
    """A level that a person gives on one axis, used as it is and stored nowhere but in the audit entry."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

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

    task: Code = Field(description="Id of the need task")


class CounterfactualQuestion(ClientQuestion):
    """What would change one estimate?"""

    output: Code = Field(description="Id of the estimate: an axis of a segment answer, or a likelihood of a need")


class ForecastQuestion(Question):
    """What will the demand of one series be?"""

    series_id: SeriesId = Field(description="Id of the series, as the forecast page lists it")
    model: Code | None = Field(
        default=None, description="Registered name of the demand model; else the first that fits"
    )


class ScenarioQuestion(ForecastQuestion):
    """What would the demand of one series be under a scenario, beside the forecast?"""

    scenario: dict[str, Any] | None = Field(default=None, description="A scenario as in configs/scenarios/*.yaml")
    scenario_id: Code | None = Field(default=None, description="Instead of `scenario`: one that is saved")

    @model_validator(mode="after")
    def _names_one_scenario(self) -> "ScenarioQuestion":
        if (self.scenario is None) == (self.scenario_id is None):
            raise ValueError("give either `scenario` or `scenario_id`, and only one of them")
        return self


class FlowQuestion(Question):
    """How does a service chain go on, and where is it held up?"""

    chain: Code = Field(description="Id of the service chain")


class ReviewSampleQuestion(Question):
    """What did the reviews of clients who were not selected find?  An auditor is told every unit, others their own."""
