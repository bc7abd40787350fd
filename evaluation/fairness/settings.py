"""configs/fairness.yaml: what is published, with which certainty, and at which working point."""

from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig
from evaluation.fairness.comparing.figures import Certainty, WorkingPoint
from evaluation.small_cells.release import PROFILES
from models.small_cells import SMALLEST_CELL


class FairnessConfig(StrictConfig):
    """What `python -m evaluation.fairness` reads."""

    var: str
    traits: str = "configs/traits.yaml"
    models: tuple[str, ...] = ()
    """Registered names; empty = every model about clients."""
    repeats: int = Field(default=500, ge=100)
    family_error: float = Field(default=0.01, gt=0, lt=0.5)
    recall_gap: float = Field(default=0.05, ge=0, lt=1)
    observed_to_expected: tuple[float, float] = (0.8, 1.25)
    fewest_events: int = Field(default=100, ge=1)
    smallest: int = Field(default=SMALLEST_CELL, ge=SMALLEST_CELL)
    """Counts of people below this are hidden; it can be raised, not lowered."""
    profile: Literal["internal", "publication"] = "internal"
    ledger: str = "fairness_releases.jsonl"
    """What was published before; a file of the published folder."""
    histories: str = "configs/histories.yaml"
    """Whose rows are held against the true need of a simulated county."""
    most_rows: int = Field(default=40_000, ge=1000)
    """Most rows of a version that are held against the truth (whole clients, drawn at random)."""
    waiting_days: int = Field(default=365, ge=30)
    """Requests so many days before the last day of data are looked at for waiting times."""

    @property
    def hidden_below(self) -> int:
        """Counts of people below this are hidden: the greater of `smallest` and the profile's."""
        return max(self.smallest, PROFILES[self.profile].smallest)

    @property
    def testing(self) -> Certainty:
        """How surely a gap must be there."""
        return Certainty(
            repeats=self.repeats,
            family_error=self.family_error,
            recall_gap=self.recall_gap,
            observed_to_expected=self.observed_to_expected,
            fewest_events=self.fewest_events,
        )


AXIS_THRESHOLD = 0.5
"""An axis level is proposed from this probability on."""


def need_point(capacity: tuple[float, ...]) -> WorkingPoint:
    """What a team can see at most: the greatest of a task's capacities."""
    return WorkingPoint(share=max(capacity))
