"""Is a candidate good enough?  Pure rules over two sets of metrics; the numbers are in configs/gates.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from configs.loader import StrictConfig
from evaluation.stored import BASELINE

SERVED_IS_BASELINE = "served_is_baseline"
"""Metric of a run: 1 when logistic regression is all that the candidate serves."""


class Comparison(StrictConfig):
    """Which metric must be better than the other one's by at least `margin`, in the metric's own unit."""

    metric: str
    better: Literal["higher", "lower"]
    margin: float = 0.0


class Limit(StrictConfig):
    """A metric must lie in [low, high].  Not measured = refused, unless `required: false`."""

    low: float | None = None
    high: float | None = None
    required: bool = True


class Gate(StrictConfig):
    """What one kind of model must fulfil."""

    beats_baseline: tuple[Comparison, ...]
    not_worse_than_champion: tuple[Comparison, ...] = ()
    limits: dict[str, Limit] = {}


class Gates(StrictConfig):
    """configs/gates.yaml: one gate per kind of model."""

    kinds: dict[str, Gate]


@dataclass(frozen=True)
class Check:
    """One rule applied to one candidate."""

    rule: str
    passed: bool
    said: str
    """The figures and the limit, in words."""


def judge(gate: Gate, metrics: Mapping[str, float], champion: Mapping[str, float] | None) -> tuple[Check, ...]:
    """Every check of the gate.  `champion` is None when none is live or it was measured on other data."""
    checks = [_beats_baseline(rule, metrics) for rule in gate.beats_baseline]
    if champion is not None:
        checks += [_not_worse(rule, metrics, champion) for rule in gate.not_worse_than_champion]
    for name, limit in gate.limits.items():
        checks += _limits(name, limit, metrics)
    return tuple(checks)


def refusals(checks: tuple[Check, ...]) -> tuple[str, ...]:
    """What the failed checks say; empty when the candidate may be promoted."""
    return tuple(f"{check.rule}: {check.said}" for check in checks if not check.passed)


def _beats_baseline(rule: Comparison, metrics: Mapping[str, float]) -> Check:
    name = f"{rule.metric} better than the baseline's"
    candidate, baseline = metrics.get(rule.metric), metrics.get(f"{BASELINE}{rule.metric}")
    if candidate is None or baseline is None:
        return Check(name, False, "not measured")
    if metrics.get(SERVED_IS_BASELINE) == 1.0:
        return Check(name, True, "the baseline itself is what would answer: there is no simpler model to use instead")
    gain = _gain(rule, candidate, baseline)
    # Equal is not better: a simpler model that does as well should be used instead.
    passed = gain > rule.margin
    return Check(name, passed, f"{candidate:.4f} against {baseline:.4f}, gain {gain:.4f}, needed above {rule.margin:g}")


def _not_worse(rule: Comparison, metrics: Mapping[str, float], champion: Mapping[str, float]) -> Check:
    name = f"{rule.metric} not worse than the champion's"
    candidate, live = metrics.get(rule.metric), champion.get(rule.metric)
    if candidate is None or live is None:
        return Check(name, False, "not measured")
    loss = -_gain(rule, candidate, live)
    return Check(name, loss <= rule.margin, f"{candidate:.4f} against {live:.4f}, allowed loss {rule.margin:g}")


def _limits(name: str, limit: Limit, metrics: Mapping[str, float]) -> list[Check]:
    found = {key: value for key, value in metrics.items() if _is_of(name, key)}
    if not found:
        return [Check(name, not limit.required, "not measured")]
    return [Check(key, _within(limit, value), f"{value:.3g}, allowed {_range(limit)}") for key, value in found.items()]


def _is_of(name: str, key: str) -> bool:
    return not key.startswith(BASELINE) and (key == name or key.endswith(f"_{name}"))


def _within(limit: Limit, value: float) -> bool:
    low = limit.low is None or value >= limit.low
    return low and (limit.high is None or value <= limit.high)


def _range(limit: Limit) -> str:
    if limit.low is None:
        return f"at most {limit.high:g}"
    return f"at least {limit.low:g}" if limit.high is None else f"{limit.low:g} to {limit.high:g}"


def _gain(rule: Comparison, candidate: float, other: float) -> float:
    return candidate - other if rule.better == "higher" else other - candidate
