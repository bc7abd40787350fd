"""The `cold_start` section of a demand config."""

from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig

Trait = Literal["size", "aged", "rate"]


class ColdStart(StrictConfig):
    """How an area with too short a history borrows a forecast from similar areas."""

    lenders: int = Field(default=3, ge=1)
    """Similar areas whose forecasts are lent."""
    similar_by: tuple[Trait, ...] = Field(default=("size", "aged", "rate"), min_length=1)
    """size: persons of the served ages; aged: their share of all residents; rate: demand per such person in the
    area's own first periods, where it has any."""
    ages: tuple[int, int] = (75, 200)
    """The served ages: first and last."""
    prior_periods: float = Field(default=1.0, gt=0)
    """What the size of the population says of the level counts as so many own periods (1 was better than 4)."""
