"""The table of a need task: model beside logistic regression, overall and by age band, with intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.held_out.stored import checked_predictions
from evaluation.metrics import INTERVAL_LEVEL
from evaluation.needs.bands import Group, age_groups, everyone
from evaluation.needs.draws import REPEATS, Figure, Sides, figures, sides
from evaluation.needs.lead_time import EVENT_DAYS, lead_time_table
from evaluation.needs.ranked import Ranked, treat_all

FORMAT = 1


def need_report(
    predictions: pd.DataFrame,
    capacity: Sequence[float],
    lead_days: Sequence[int],
    thresholds: Sequence[float],
    *,
    repeats: int = REPEATS,
    smallest: int = SMALLEST_CELL,
) -> dict[str, Any]:
    """Everything that a need task's report says of its stored predictions, ready for JSON.

    `predictions`: rows of predictions.parquet; with the column `event_days` (days from as_of to the outcome's first
    day, NaN without one) also the early warning.  `capacity`: shares of rows a team can see; `lead_days`: days before
    the event; `thresholds`: probabilities from which on something is offered (each below 1).

    outputs.<output>.all and .age_bands.<band>: clients, rows, events (rows with the outcome), hidden, figures.<name>.
    {model, baseline, difference}.{value, low, high}, treat_all.<threshold> (treat-none is 0).  None = hidden or
    undefined.  Raises DataError for a frame that is no prediction.
    """
    checked_predictions(predictions)
    report: dict[str, Any] = {
        "format": FORMAT,
        "repeats": repeats,
        "level": INTERVAL_LEVEL,
        "capacity": [float(share) for share in capacity],
        "lead_days": [int(days) for days in lead_days],
        "thresholds": [float(threshold) for threshold in thresholds],
        "outputs": {},
    }
    for output, part in predictions.groupby("output", observed=True):
        report["outputs"][str(output)] = _output(part, capacity, lead_days, thresholds, repeats, smallest)
    return report


def _output(
    part: pd.DataFrame,
    capacity: Sequence[float],
    lead_days: Sequence[int],
    thresholds: Sequence[float],
    repeats: int,
    smallest: int,
) -> dict[str, Any]:
    event = part["label"].to_numpy() == 1
    whole = everyone(part["client"].to_numpy(), event, smallest)
    dated = EVENT_DAYS in part and bool(part[EVENT_DAYS].notna().any())
    early = lead_time_table(part, capacity, lead_days, repeats=repeats, smallest=smallest) if dated else []
    return {
        "all": _group(part, whole, capacity, thresholds, repeats),
        "age_bands": {
            group.name: _group(part, group, capacity, thresholds, repeats)
            for group in age_groups(part, event, smallest)
        },
        "lead_time": early,
    }


def _group(
    part: pd.DataFrame, group: Group, capacity: Sequence[float], thresholds: Sequence[float], repeats: int
) -> dict[str, Any]:
    """One group's block; a hidden one has no figure."""
    own = part.iloc[group.rows]
    label = own["label"].to_numpy(np.float64)
    shown = not group.hidden
    return {
        "clients": group.clients,
        "rows": None if group.clients is None else len(own),
        "events": int(label.sum()) if shown else None,
        "hidden": group.hidden,
        "figures": probability_sides(own, capacity, thresholds, repeats) if shown else {},
        "treat_all": _treat_all(own, thresholds, repeats) if shown else {},
    }


def probability_sides(
    part: pd.DataFrame, capacity: Sequence[float] = (), thresholds: Sequence[float] = (), repeats: int = REPEATS
) -> dict[str, Sides]:
    """Every figure of one output's rows: model, baseline and difference."""
    label = part["label"].to_numpy()
    ours, theirs = (Ranked(label, part[column].to_numpy()) for column in ("p", "baseline_p"))
    return sides(
        lambda weights: ours.figures(weights, capacity, thresholds),
        lambda weights: theirs.figures(weights, capacity, thresholds),
        part["client"].to_numpy(),
        repeats,
    )


def _treat_all(part: pd.DataFrame, thresholds: Sequence[float], repeats: int) -> dict[str, Figure]:
    label = part["label"].to_numpy(np.float64)
    return figures(
        lambda weights: {f"{threshold:g}": treat_all(label, weights, threshold) for threshold in thresholds},
        part["client"].to_numpy(),
        repeats,
    )
