"""Settings of one flow model: the chain, how far ahead, and how it is judged."""

from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig
from features.flow.chain import Chain
from models.owners import Owners
from models.texts import Texts

Chances = Literal["counted", "lightgbm"]


class FlowBacktest(StrictConfig):
    """Rolling origins, weeks apart; whatever is chosen is chosen on the earlier ones and reported on the later ones."""

    selection_windows: int = Field(default=6, ge=2)
    report_windows: int = Field(default=4, ge=1)
    step: int = Field(default=4, ge=1)
    """Weeks between origins."""
    samples: int = Field(default=200, ge=50)


class FlowConfig(StrictConfig):
    """configs/flows/*.yaml."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    notice: Texts
    chain: Chain
    horizon: int = Field(default=12, ge=1, le=78)
    """Weeks."""
    samples: int = Field(default=500, ge=50)
    """Drawn futures behind the forecast."""
    seed: int = 20260101
    country: str | None = "FI"
    """Whose public holidays arrivals follow; null = none."""
    recent_weeks: int = Field(default=26, ge=4)
    """The weeks that bottlenecks, breakdowns and conformance look at."""
    hazard_weeks: tuple[int, ...] = Field(default=(26, 52, 104), min_length=1)
    """How far back transitions may be learned from; the back-test chooses."""
    chances: tuple[Chances, ...] = Field(default=("counted", "lightgbm"), min_length=1)
    """Which transition chances are compared: shares counted by days in the stage, and LightGBM's correction of them."""
    fewest_weeks: int = Field(default=52, ge=8)
    """Weeks of history before the first origin."""
    bootstrap: int = Field(default=500, ge=100)
    block_weeks: int = Field(default=13, ge=1)
    """Weeks drawn together when the ranking's intervals are drawn; a quarter, because a busy line remembers long."""
    backtest: FlowBacktest = FlowBacktest()
    owners: Owners | None = None
    """Who answers for the model; without them no version goes live."""
