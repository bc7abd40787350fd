"""Intervals of many figures at once: clients are drawn anew as weights of rows, so that nothing is sorted twice.

A drawn sample is a weight per row (how often its client was drawn).  The draws are those of
`evaluation.metrics.bootstrap` with the same seed, so both give the same interval.
"""

from collections.abc import Callable, Mapping

import numpy as np

from evaluation.held_out.draws import drawn_weights, interval_of

REPEATS = 100

Compute = Callable[[np.ndarray], Mapping[str, float]]
"""Weights of the rows → figures by name."""
Figure = dict[str, float | None]
"""value, low, high: the figure and its 95 % interval; None = undefined (or undefined in most draws)."""
Sides = dict[str, Figure]
"""model, baseline, difference (model - baseline on the same drawn clients)."""


def figures(compute: Compute, client: np.ndarray, repeats: int = REPEATS) -> dict[str, Figure]:
    """Every figure of `compute` with its client-level interval."""
    value = compute(np.ones(len(client)))
    drawn = [compute(weights) for weights in drawn_weights(client, repeats)]
    return {name: _figure(value[name], np.array([one[name] for one in drawn])) for name in value}


def sides(model: Compute, baseline: Compute, client: np.ndarray, repeats: int = REPEATS) -> dict[str, Sides]:
    """Every figure of the model, of its baseline, and their difference, all three from the same draws."""

    def both(weights: np.ndarray) -> dict[str, float]:
        ours, theirs = model(weights), baseline(weights)
        found = {f"model {name}": value for name, value in ours.items()}
        found |= {f"baseline {name}": value for name, value in theirs.items()}
        return found | {f"difference {name}": ours[name] - theirs[name] for name in ours if name in theirs}

    found: dict[str, Sides] = {}
    for key, figure in figures(both, client, repeats).items():
        side, name = key.split(" ", 1)
        found.setdefault(name, {})[side] = figure
    return found


def _figure(value: float, drawn: np.ndarray) -> Figure:
    bounds = interval_of(drawn) if np.isfinite(value) else None
    return {
        "value": float(value) if np.isfinite(value) else None,
        "low": bounds.low if bounds else None,
        "high": bounds.high if bounds else None,
    }
