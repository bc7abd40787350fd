"""A version against true need, by group: whom does it miss, and for whom does it foretell too little?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.fairness.comparing.figures import RECALL, Certainty, Figure, WorkingPoint
from evaluation.fairness.comparing.parts import Part, tabulate
from evaluation.fairness.comparing.rows import FairnessTable
from evaluation.fairness.needed.need import TrueNeed

NEED_TO_PREDICTED, CHANCE_TO_PREDICTED = "need_to_predicted", "chance_to_predicted"
MARGIN = 1.1
"""A tenth more need per prediction than elsewhere is no finding (our choice, as for service at true need)."""


@dataclass(frozen=True, eq=False)
class Foretold:
    """One output of a version beside the true need."""

    output: str
    p: np.ndarray
    point: WorkingPoint
    need: TrueNeed


def true_need_table(
    name: str,
    client: np.ndarray,
    traits: pd.DataFrame,
    outputs: Sequence[Foretold],
    testing: Certainty,
    smallest: int,
    asked: Sequence[str] = (),
) -> FairnessTable:
    """Every group beside everybody else: recall and false-negative rate among those with true need, and need over
    prediction (1 = all need is foretold; above = too little is).

    `client` and each output's arrays have one entry per row of `traits`.  Its level says little, because a model
    foretells use; what is tested is a group against the rest.
    """
    parts = [_part(one, client, traits, testing) for one in outputs]
    return tabulate(subject_of(name), parts, testing, smallest, asked)


def subject_of(name: str) -> str:
    """What the table is called, in files and in the ledger of releases."""
    return f"{name} against true need"


def figures_of(p: np.ndarray, need: TrueNeed, point: WorkingPoint, testing: Certainty) -> list[Figure]:
    """Figures of the rows that the truth tells of; who is offered something was decided among all rows."""
    offered = point.selected(p)[need.known]
    p, needs = p[need.known], need.needs[need.known]
    ones, there, kinds = np.ones(len(p)), needs.astype(np.float64), (needs & (offered > 0.5), needs & (offered <= 0.5))
    found = [
        Figure(RECALL, there * offered, there, margin=testing.recall_gap, kinds=kinds),
        Figure("false_negative_rate", there * (1 - offered), there, worse="higher", tested=False, kinds=kinds),
        Figure("true_need", there, ones, worse="either", tested=False),
        Figure("predicted", p, ones, worse="either", tested=False),
        Figure(NEED_TO_PREDICTED, there, p, "ratio", "higher", MARGIN),
    ]
    if need.chance is not None:
        found.append(Figure(CHANCE_TO_PREDICTED, need.chance[need.known], p, "ratio", "higher", MARGIN))
    return found


def _part(one: Foretold, client: np.ndarray, traits: pd.DataFrame, testing: Certainty) -> Part:
    known, needs = one.need.known, one.need.needs[one.need.known]
    return Part(
        output=one.output,
        client=client[known],
        traits=traits[known].reset_index(drop=True),
        figures=figures_of(one.p, one.need, one.point, testing),
        kinds=(needs, ~needs),
        events=needs,
        point=one.point.as_json(),
    )
