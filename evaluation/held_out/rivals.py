"""The served model beside every baseline on the same hold-out rows: figures with intervals, differences paired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from configs.errors import ModelError
from evaluation.held_out.draws import PROBABILITY, Confusion, client_draws, interval_of, macro_log_loss

SERVED = "served"
CLASSES = ("macro_f1", "kappa", "macro_log_loss")


@dataclass(frozen=True)
class Target:
    """What was recorded on the hold-out: per output yes/no, and the class number of the rows that have one."""

    labels: Mapping[str, np.ndarray]
    clients: Mapping[str, np.ndarray]
    """Per output, whose rows its labels are."""
    segments: np.ndarray
    segment_clients: np.ndarray


@dataclass(frozen=True)
class Rival:
    """One way of answering: probabilities of the outputs it has, class probabilities, out-of-fold losses."""

    name: str
    outputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    segments: np.ndarray | None = None
    """Rows x classes; None = it proposes none."""
    out_of_fold: Mapping[str, float] = field(default_factory=dict)
    """Log loss of training rows by models that saw none of their clients: per output, and `segment` (macro)."""

    @property
    def proposing(self) -> np.ndarray:
        """The class probabilities.  Raises ModelError when it has none."""
        if self.segments is None:
            raise ModelError(f"The model {self.name} proposes no segment. Leave it out of this comparison.")
        return self.segments


def compared(target: Target, rivals: Sequence[Rival], repeats: int) -> dict[str, Any]:
    """JSON-ready: {"outputs": {output: {rival: {figure: ...}}}, "segment": {rival: {...}}}.

    A figure is {"value", "low", "high"}; of every rival but the first `difference` holds the first minus that rival.
    """
    outputs = {name: _output(name, target, rivals, repeats) for name in target.labels}
    return {"repeats": repeats, "outputs": outputs, "segment": _segment(target, rivals, repeats)}


def _output(name: str, target: Target, rivals: Sequence[Rival], repeats: int) -> dict[str, Any]:
    label = target.labels[name].astype(np.int8)
    weights = _with_whole(client_draws(target.clients[name], repeats), len(label))
    drawn = {
        one.name: {key: compute(label, one.outputs[name], weights) for key, compute in PROBABILITY.items()}
        for one in rivals
        if name in one.outputs
    }
    return _described(drawn, {one.name: one.out_of_fold.get(name) for one in rivals})


def _segment(target: Target, rivals: Sequence[Rival], repeats: int) -> dict[str, Any]:
    label = target.segments
    weights = _with_whole(client_draws(target.segment_clients, repeats), len(label))
    drawn = {}
    for one in rivals:
        if one.segments is not None:
            table = Confusion.of(label, one.segments.argmax(axis=1), one.segments.shape[1], weights)
            loss = macro_log_loss(label, one.segments, weights)
            drawn[one.name] = dict(zip(CLASSES, (table.macro_f1(), table.kappa(), loss), strict=True))
    return _described(drawn, {one.name: one.out_of_fold.get("segment") for one in rivals})


def _with_whole(weights: np.ndarray, rows: int) -> np.ndarray:
    """The draws with the hold-out itself, every row once, before them."""
    return np.concatenate([np.ones((1, rows)), weights])


def _described(drawn: Mapping[str, Mapping[str, np.ndarray]], losses: Mapping[str, float | None]) -> dict[str, Any]:
    """The figures of every rival; the first entry of each array is the hold-out itself."""
    found: dict[str, Any] = {}
    first = next(iter(drawn), "")
    for name, figures in drawn.items():
        found[name] = {key: _figure(values) for key, values in figures.items()}
        found[name]["out_of_fold_log_loss"] = losses[name]
        if name != first:
            found[name]["difference"] = {key: _figure(drawn[first][key] - values) for key, values in figures.items()}
    return found


def _figure(values: np.ndarray) -> dict[str, float | None]:
    bounds = interval_of(values[1:])
    value = float(values[0]) if np.isfinite(values[0]) else None
    return {"value": value, "low": bounds.low if bounds else None, "high": bounds.high if bounds else None}


def direct_is_better(comparison: Mapping[str, Any]) -> bool | None:
    """Whether the direct model's out-of-fold macro log loss is below the product's; None when one is not known."""
    rivals = comparison["segment"]
    losses = [rivals.get(name, {}).get("out_of_fold_log_loss") for name in (SERVED, "direct")]
    return None if None in losses else losses[1] < losses[0]


def rows_of(comparison: Mapping[str, Any]) -> dict[str, float]:
    """Flat metrics for the run: `<rival>_<output>_<figure>` of the rivals that no other metric tells."""
    told = {SERVED, "logistic", "lightgbm"}
    found: dict[str, float] = {}
    for output, rivals in {**comparison["outputs"], "segment": comparison["segment"]}.items():
        for name, figures in rivals.items():
            if name not in told:
                values = {
                    key: one["value"] for key, one in figures.items() if isinstance(one, Mapping) and "value" in one
                }
                found |= {f"{name}_{output}_{key}": value for key, value in values.items() if value is not None}
    return found
