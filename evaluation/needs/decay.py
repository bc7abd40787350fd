"""How does a frozen model age?  Its figures some months later: scored again, and with the score left as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.needs.bands import everyone
from evaluation.needs.draws import REPEATS, figures
from evaluation.needs.ranked import Ranked

RESCORED, RESCORED_SAME, LEFT = "rescored", "rescored_same_clients", "left"
FIGURES = ("auroc", "calibration_slope", "observed_to_expected")


@dataclass(frozen=True)
class StepRows:
    """One later date: the cohort's clients (each once), what happened to them, and their probability that day."""

    months: int
    as_of: date
    complete_until: date
    """The day up to which the data must reach for every label to be known."""
    complete: bool
    """Whether it does; without it the arrays are empty."""
    client: np.ndarray
    label: np.ndarray
    p: np.ndarray


def decay_steps(
    steps: Sequence[StepRows], *, repeats: int = REPEATS, smallest: int = SMALLEST_CELL
) -> list[dict[str, Any]]:
    """The decay table, one entry per step, ready for JSON; the first step is the one that scores are left from.

    months, as_of, complete, complete_until, and (for complete steps) rows:
    rescored               everyone in the cohort that day, features of that day, the frozen model
    rescored_same_clients  the same, of those only who also had a score at the first date
    left                   those clients with the score of the first date, and the label of the later window
    Each: clients, events, hidden, auroc, calibration_slope, observed_to_expected with value, low, high (client
    bootstrap).  The last two rows differ by nothing but the age of the score.  Rows with fewer than `smallest` clients
    with or without the outcome have no figure; counts from which so few newcomers could be found are None.
    """
    if not steps:
        return []
    return [_step(steps[0], step, repeats, smallest) for step in steps]


def _step(first: StepRows, step: StepRows, repeats: int, smallest: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "months": step.months,
        "as_of": str(step.as_of),
        "complete": step.complete,
        "complete_until": str(step.complete_until),
    }
    if not step.complete:
        return found
    _, then, now = np.intersect1d(first.client, step.client, assume_unique=True, return_indices=True)
    same, left = (_row(step.client[now], step.label[now], p, repeats, smallest) for p in (step.p[now], first.p[then]))
    if _few_new(step, now, smallest):
        same, left = ({**row, "clients": None, "events": None} for row in (same, left))
    whole = _row(step.client, step.label, step.p, repeats, smallest)
    return found | {"rows": {RESCORED: whole, RESCORED_SAME: same, LEFT: left}}


def _few_new(step: StepRows, same: np.ndarray, smallest: int) -> bool:
    """Whether subtracting the same clients from all would tell of fewer than `smallest` people."""
    new = np.delete(step.label, same)
    return any(0 < count < smallest for count in (int(new.sum()), len(new) - int(new.sum())))


def _row(client: np.ndarray, label: np.ndarray, p: np.ndarray, repeats: int, smallest: int) -> Mapping[str, Any]:
    empty = {name: {"value": None, "low": None, "high": None} for name in FIGURES}
    if not len(client):
        return {"clients": 0, "events": 0, "hidden": False, **empty}
    group = everyone(client, label == 1, smallest)
    if group.hidden:
        return {"clients": group.clients, "events": None, "hidden": True, **empty}
    ranked = Ranked(label, p)
    found = figures(lambda weights: ranked.figures(weights), client, repeats)
    return {
        "clients": group.clients,
        "events": int(label.sum()),
        "hidden": False,
        **{name: found[name] for name in FIGURES},
    }
