"""Is the spread of the probabilities right in every municipality?  Calibration slope with its interval."""

from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.held_out.stored import checked_predictions
from evaluation.needs.bands import UNKNOWN, Group, groups
from evaluation.needs.draws import Figure, figures
from evaluation.needs.ranked import Ranked

MUNICIPALITY = "group_municipality"
LEAST_EVENTS = 100
"""Rows with the outcome below which a slope says too little (as in evaluation/held_out/groups.py)."""
GOOD_SLOPE = (0.9, 1.1)
SMALLER = "smaller"
"""The name of the line of all municipalities with fewer events."""
REPEATS = 200


def municipality_slopes(
    predictions: pd.DataFrame,
    *,
    column: str = MUNICIPALITY,
    least_events: int = LEAST_EVENTS,
    repeats: int = REPEATS,
    smallest: int = SMALLEST_CELL,
) -> dict[str, list[dict[str, Any]]]:
    """Per output the lines of its municipalities (predictions of a need task or of a segmentation), ready for JSON.

    A municipality with at least `least_events` rows with the outcome has its own line, by name; all others together
    are the last one, `smaller` (`municipalities` says how many it pools).

    Each line: municipality, municipalities, clients, events, slope.{value, low, high} (client bootstrap), meets: True
    when the 95 % interval and GOOD_SLOPE have a value in common, None without an interval.  Slope: log-odds per
    log-odds, 1 = spread as it should be, below 1 = too extreme.  Lines of too few clients with or without the outcome
    have None.  Source: Van Calster et al. 2019, BMC Medicine 17:230.  Raises DataError when `column` is missing.
    """
    checked_predictions(predictions)
    if column not in predictions:
        raise DataError(f"The stored predictions lack {column}. Ingest the residents' municipality and train again.")
    return {
        str(output): _lines(part, column, least_events, repeats, smallest)
        for output, part in predictions.groupby("output", observed=True)
    }


def _lines(part: pd.DataFrame, column: str, least_events: int, repeats: int, smallest: int) -> list[dict[str, Any]]:
    names = part[column].astype(object).where(part[column].notna(), UNKNOWN).astype(str)
    events = part["label"].groupby(names).sum()
    large = names.isin(events.index[events >= least_events])
    pooled = names.where(large, SMALLER)
    found = groups(part["client"].to_numpy(), pooled, part["label"].to_numpy() == 1, smallest)
    ordered = sorted(found, key=lambda group: (group.name == SMALLER, group.name))
    return [_line(part, group, names.iloc[group.rows].nunique(), repeats) for group in ordered]


def _line(part: pd.DataFrame, group: Group, municipalities: int, repeats: int) -> dict[str, Any]:
    own = part.iloc[group.rows]
    slope: Figure = {"value": None, "low": None, "high": None}
    if not group.hidden:
        slope = slope_figure(own["label"].to_numpy(), own["p"].to_numpy(), own["client"].to_numpy(), repeats)
    return {
        "municipality": group.name,
        "municipalities": municipalities,
        "clients": group.clients,
        "events": None if group.hidden else int(own["label"].sum()),
        "slope": slope,
        "meets": meets(slope),
    }


def slope_figure(label: np.ndarray, p: np.ndarray, client: np.ndarray, repeats: int = REPEATS) -> Figure:
    """The calibration slope with its client-level interval."""
    ranked = Ranked(label, p)
    return figures(lambda weights: ranked.figures(weights), client, repeats)["calibration_slope"]


def meets(slope: Figure) -> bool | None:
    """Whether the interval of a slope reaches into GOOD_SLOPE; None without an interval."""
    low, high = slope["low"], slope["high"]
    if low is None or high is None:
        return None
    return low <= GOOD_SLOPE[1] and high >= GOOD_SLOPE[0]
