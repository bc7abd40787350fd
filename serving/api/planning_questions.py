"""What a caller asks about demand, scenarios and service chains."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from serving.api.questions import Code, Question

SeriesId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SeriesQuestion(Question):
    """About one forecast series."""

    series_id: SeriesId = Field(description="Id of the series, as the forecast page lists it")
    model: Code | None = Field(
        default=None, description="Registered name of the demand model; else the first that fits"
    )


class ForecastQuestion(SeriesQuestion):
    """What will the demand of one series be?"""

    period: Code | None = Field(
        default=None, description="day, week or month: the series' own period, or a longer one that it adds up to"
    )


class ScenarioQuestion(SeriesQuestion):
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
