"""What would change one shown probability, as a person is told it: plain frozen records, part of the answers."""

from dataclasses import dataclass, field

from models.texts import Text


@dataclass(frozen=True)
class Change:
    """One changed feature of a counterfactual."""

    family: str
    name: Text
    feature: str
    now: float | None
    then: float
    sentence: Text


@dataclass(frozen=True)
class Counterfactual:
    """The smallest set of changes that moves one shown probability across a line: the model's behaviour, no advice."""

    id: str
    """Id of the likelihood that it is about."""
    reached: bool
    """False when no set of allowed changes within the plausible range gets there; then `changes` is empty."""
    probability_now: float
    probability_then: float
    target: float
    changes: tuple[Change, ...]
    """Every feature that moves; those of one family, and of families made of the same events, move together."""
    notice: Text
    sentence: Text = field(default_factory=dict)
    """All changes and the two probabilities in one sentence; why there is none when `reached` is False."""
