"""Which rows are learned from when there are too many: the rare outcome is kept, the common one is sampled.

Sampling the common class shifts every log-odds by a known amount, which is put back (King & Zeng 2001, Political
Analysis 9:137: prior correction).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from configs.loader import StrictConfig

HELD_OUT = 5
"""One of so many clients is held out for calibration."""


class Bounds(StrictConfig):
    """How many rows of a task are used for what.  Below `folds_until` nothing is sampled."""

    folds_until: int = Field(default=60_000, ge=1)
    """Up to so many training rows: calibration on folds; above: on a fifth of the clients, held out."""
    max_rows: int = Field(default=400_000, ge=100)
    """Most rows that LightGBM learns from."""
    max_comparison_rows: int = Field(default=50_000, ge=100)
    """Most rows that logistic regression learns from."""
    max_calibration_rows: int = Field(default=100_000, ge=100)
    max_holdout_rows: int = Field(default=40_000, ge=100)
    """Most hold-out rows that are scored and stored (whole clients, drawn at random)."""
    max_alarm_rows: int = Field(default=50_000, ge=100)
    """Most training rows that the leak alarm and the comparison values look at."""


@dataclass(frozen=True)
class Chosen:
    """Row numbers to learn from, and how far the sample's log-odds lie above the true ones."""

    fit: np.ndarray
    fit_shift: float
    line: np.ndarray
    line_shift: float
    calibrate: np.ndarray
    """Rows of held-out clients, unsampled by outcome: the share of yes is the true one."""


def chosen_rows(labels: np.ndarray, clients: np.ndarray, bounds: Bounds, seed: int) -> Chosen:
    """Split by client into learning and calibration, then sample the learning rows by outcome."""
    rng = np.random.default_rng(seed)
    client, people = pd.factorize(clients, sort=True)
    held = (rng.permutation(len(people)) % HELD_OUT == 0)[client]
    fit, fit_shift = by_outcome(np.flatnonzero(~held), labels, bounds.max_rows, rng)
    line, more = by_outcome(fit, labels, bounds.max_comparison_rows, rng)
    return Chosen(
        fit, fit_shift, line, fit_shift + more, at_random(np.flatnonzero(held), bounds.max_calibration_rows, rng)
    )


def by_outcome(rows: np.ndarray, labels: np.ndarray, most: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """(at most `most` of the rows, sorted; shift of their log-odds).  The rarer outcome is kept up to half of them."""
    if len(rows) <= most:
        return rows, 0.0
    yes, no = rows[labels[rows] == 1], rows[labels[rows] == 0]
    few, many = (yes, no) if len(yes) <= len(no) else (no, yes)
    kept_few = at_random(few, most // 2, rng)
    kept_many = at_random(many, most - len(kept_few), rng)
    rates = {id(few): len(kept_few) / len(few), id(many): len(kept_many) / len(many)}
    shift = float(np.log(rates[id(yes)] / rates[id(no)]))
    return np.sort(np.concatenate([kept_few, kept_many])), shift


def at_random(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """At most `most` of the rows, in their order."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def whole_clients(clients: np.ndarray, mask: np.ndarray, most: int, seed: int) -> np.ndarray:
    """The part of a mask with at most `most` rows, whole clients drawn at random; the mask itself when it is small."""
    if int(mask.sum()) <= most:
        return mask
    client, people = pd.factorize(clients[mask], sort=True)
    rows = np.bincount(client)
    order = np.random.default_rng(seed).permutation(len(people))
    drawn = order[: int(np.searchsorted(np.cumsum(rows[order]), most, side="right"))]
    kept = mask.copy()
    kept[mask] = np.isin(client, drawn)
    return kept
