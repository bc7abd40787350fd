"""What would change an estimate, in whole numbers of a hundred similar clients."""

from dataclasses import dataclass

from models.answers import Counterfactual
from serving.pages.format import in_hundred


@dataclass(frozen=True)
class ChangePicture:
    """The estimate now, the line asked about, and the estimate after the changes."""

    now: int
    target: int
    then: int


def change_of(found: Counterfactual) -> ChangePicture:
    """The three numbers as the page writes them."""
    return ChangePicture(
        in_hundred(found.probability_now), in_hundred(found.target), in_hundred(found.probability_then)
    )
