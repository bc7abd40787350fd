"""configs/feedback.yaml."""

from datetime import date

from pydantic import Field

from configs.loader import StrictConfig
from training.rows.decision_labels import Source


class LabelSettings(StrictConfig):
    """What is asked about decisions as labels."""

    segmentation: str
    sources: tuple[Source, ...] = ("own_view_first", "all")
    within_days: int = Field(default=365, ge=1)
    trained: bool = True


class FeedbackConfig(StrictConfig):
    """How answers are joined with what came after them."""

    var: str
    as_of: date | None = None
    """Only what was known before this midnight counts; None = the day after the registers end."""
    segment_days: int = Field(default=365, ge=1)
    scheme: str
    least_rows: int = Field(default=20, ge=5)
    repeats: int = Field(default=1000, ge=20, le=10_000)
    seed: int = 1
    unmatched_limit: float = Field(default=0.05, ge=0, le=1)
    labels: LabelSettings | None = None
