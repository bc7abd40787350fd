"""The coordinator's part of `configs/serving.yaml`: rules, names, the own view first, and the random sample."""

from pydantic import Field

from configs.loader import StrictConfig


class RuleFiles(StrictConfig):
    """Which alerts and target groups the pages tell, and the catalogue that says what is sensitive."""

    rules: str = "configs/rules.yaml"
    catalogue: str = "configs/features.yaml"


class NameDirectory(StrictConfig):
    """Where names come from.  In production a county connects its own client system by an adapter."""

    csv: str | None = None
    """In the data folder, header `henkilotunnus,name,birth_year`; for invented persons: read in development only."""
    wait_ms: int = Field(default=400, ge=1, le=10_000)
    """A page waits this long for names; later it is shown without them."""


class OwnViewFirst(StrictConfig):
    """In which share of cases the professional's own view is asked before the proposal is shown."""

    share: float = Field(default=0.0, ge=0, le=1)
    seed: int = 0


class RandomSample(StrictConfig):
    """How clients who were not selected are drawn for a review, once in a calendar month of the data."""

    rate: float = Field(default=0.02, ge=0, le=1)
    seed: int = 0
    at_least: int = Field(default=3, ge=0)
    """Of each reason, where there are so many."""


class CoordinatorSettings(StrictConfig):
    """Everything that the coordinator's pages are told."""

    rules: RuleFiles | None = None
    """None = neither alerts nor history nor overview: without a catalogue nobody can say what is sensitive."""
    names: NameDirectory = NameDirectory()
    own_view: OwnViewFirst = OwnViewFirst()
    sample: RandomSample = RandomSample()
