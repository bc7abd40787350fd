"""The fairness table of a model from its stored predictions: every group beside everybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from evaluation import metrics
from evaluation.fairness.comparing.figures import USUAL, Certainty, WorkingPoint, of_probabilities
from evaluation.fairness.comparing.parts import GROUP, TRAIT, Part, tabulate
from evaluation.fairness.comparing.rows import FairnessTable, Measured, known
from evaluation.held_out import draws
from evaluation.held_out.stored import checked_predictions
from models.small_cells import SMALLEST_CELL

SHAPE_DRAWS = 100
"""Draws of the area under the curve and of the calibration slope, which are told and not tested."""


def fairness_table(
    predictions: pd.DataFrame,
    points: Mapping[str, WorkingPoint],
    traits: pd.DataFrame | None = None,
    *,
    subject: str = "",
    testing: Certainty = USUAL,
    smallest: int = SMALLEST_CELL,
    asked: Sequence[str] = (),
    with_shapes: bool = True,
) -> FairnessTable:
    """Every group of every output: n, events, figures with intervals, gap to the rest, verdict.

    `predictions` are rows of predictions.parquet; `points` says per output who is offered something; outputs without a
    point are left out.  `traits` are the rows of traits.parquet (`row`, `trait_*`), whose yes-or-no traits give one
    line; `asked` are traits that should be there, so that a missing one is told by name.  The intervals of the gaps
    hold for all groups and outputs together.  `with_shapes` adds calibration slope and AUROC with their intervals.
    Raises DataError for predictions that are refused.
    """
    frame = joined(checked_predictions(predictions), traits)
    outputs = {str(output): part.reset_index(drop=True) for output, part in frame.groupby("output", observed=True)}
    wanted = {output: part for output, part in outputs.items() if output in points}
    parts = [part_of(output, part, points[output], testing) for output, part in wanted.items()]
    table = tabulate(subject, parts, testing, smallest, asked)
    if not with_shapes:
        return table
    groups = {part.output: part.groups() for part in parts}
    rows = [
        row if row.hidden else replace(row, metrics={**row.metrics, **_shapes(wanted[row.output][mask])})
        for row in table.rows
        for mask in (groups[row.output][(row.trait, row.group)],)
    ]
    return replace(table, rows=tuple(rows))


def joined(rows: pd.DataFrame, traits: pd.DataFrame | None) -> pd.DataFrame:
    """Stored rows with the traits of their people."""
    return rows if traits is None else rows.merge(traits, on="row", how="left", validate="many_to_one")


def part_of(output: str, frame: pd.DataFrame, point: WorkingPoint, testing: Certainty) -> Part:
    """One output's rows, ready to be compared."""
    label, p = frame["label"].to_numpy(np.float64), frame["p"].to_numpy(np.float64)
    event = label == 1
    return Part(
        output=output,
        client=frame["client"].to_numpy(),
        traits=traits_in(frame),
        figures=of_probabilities(label, p, point, testing),
        kinds=(event, ~event),
        events=event,
        point=point.as_json(),
    )


def traits_in(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns by which people are compared."""
    return frame[[name for name in frame.columns if str(name).startswith((GROUP, TRAIT))]]


def _shapes(part: pd.DataFrame) -> dict[str, Measured]:
    """Calibration slope (1 = right) and area under the curve (0.5 = chance) of one group."""
    label, p = part["label"].to_numpy(), part["p"].to_numpy(np.float64)
    weights = draws.client_draws(part["client"].to_numpy(), SHAPE_DRAWS)
    found = {}
    for name, point, drawn in (
        ("calibration_slope", metrics.calibration_slope, draws.calibration_slope),
        ("auroc", metrics.auroc, draws.auroc),
    ):
        value = known(point(label, p))
        interval = draws.interval_of(drawn(label, p, weights)) if value is not None else None
        found[name] = Measured(value, interval.low if interval else None, interval.high if interval else None)
    return found
