"""What would change an estimate, in whole numbers of a hundred similar clients."""

from dataclasses import dataclass

from models.answers import Counterfactual
from models.explaining.supposing.counterfactual import NOT_STORED
from serving.pages.format import in_hundred


@dataclass(frozen=True)
class ChangePicture:
    """The estimate now, the line asked about, and the estimate after the changes."""

    now: int
    target: int
    then: int
    tried: bool
    """False for a model version that holds nothing of what may change."""


def change_of(found: Counterfactual) -> ChangePicture:
    """The three numbers as the page writes them."""
    now, target, then = (in_hundred(one) for one in (found.probability_now, found.target, found.probability_then))
    return ChangePicture(now, target, then, tried=found.notice != NOT_STORED)
