"""Is a candidate good enough?  Pure rules over its metrics; the numbers are in configs/gates.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from configs.loader import StrictConfig
from evaluation.held_out.stored import BASELINE

SERVED_IS_BASELINE = "served_is_baseline"
"""Metric of a run: 1 when logistic regression is all that the candidate serves."""
NOT_SERVED = (BASELINE, "trees_", "boosting_machine_", "direct_")
"""Metrics of models that are measured beside the served one: no gate judges them."""
ROUNDING = 1e-12
"""Two equal models differ by this much when their errors are summed in another order."""
BETTER_MODEL = "Train a better candidate, or let the simpler model serve"
KEEP_CHAMPION = "Keep the champion, or find out what made the candidate worse"
MEASURE_IT = "Train the candidate again with the present code, which measures it"


class Comparison(StrictConfig):
    """Which metric is compared, in the metric's own unit.

    With the baseline: better by more than `margin`.  With the champion: not surely worse, i.e. the 95 % interval of the
    paired difference must not lie wholly below `-margin`.
    """

    metric: str
    better: Literal["higher", "lower"]
    margin: float = 0.0


class Limit(StrictConfig):
    """A metric must lie in [low, high].  Not measured = refused, unless `required: false`."""

    low: float | None = None
    high: float | None = None
    required: bool = True
    by_interval: bool = False
    """Also fulfilled when the metric's own interval (`<metric>_low`, `<metric>_high`) reaches into the limits."""
    do: str = "Train the candidate again, or leave the champion live"
    """What to do when it fails: one sentence without its full stop."""


class Gate(StrictConfig):
    """What one kind of model must fulfil."""

    beats_baseline: tuple[Comparison, ...]
    not_worse_than_champion: tuple[Comparison, ...] = ()
    limits: dict[str, Limit] = {}


class Gates(StrictConfig):
    """configs/gates.yaml: one gate per kind of model."""

    kinds: dict[str, Gate]


@dataclass(frozen=True)
class Gain:
    """Candidate and champion on the same hold-out rows."""

    candidate: float
    champion: float
    low: float | None
    """The 95 % interval of (candidate - champion), drawn by client or series; None = too few to draw."""
    high: float | None
    drawn: int
    """Clients (or series) that were drawn from."""
    how: Literal["stored", "scored again"]
    """Whether the champion's stored predictions were of the same rows, or it was asked again about the candidate's."""


@dataclass(frozen=True)
class Check:
    """One rule applied to one candidate."""

    rule: str
    passed: bool
    said: str
    """What was found and the limit, in words."""
    do: str = ""
    """What to do about it."""
    waiver: Mapping[str, Any] | None = None
    """The signed waiver that lets the candidate through although the rule failed."""

    @property
    def lets_through(self) -> bool:
        """Passed, or failed with a waiver that counts."""
        return self.passed or self.waiver is not None

    def with_waiver(self, waiver: Mapping[str, Any] | None) -> "Check":
        """The same check; a waiver is taken only where the rule failed."""
        return self if self.passed or waiver is None else replace(self, waiver=waiver)

    def as_entry(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        kept = {"rule": self.rule, "passed": self.passed, "said": self.said}
        return kept if self.waiver is None else {**kept, "waiver": dict(self.waiver)}


def judge(
    gate: Gate, metrics: Mapping[str, float], gains: Mapping[str, Gain] | None, untold: str = ""
) -> tuple[Check, ...]:
    """Every check of the gate.

    `gains` by metric are the candidate's against the champion's; None when no other version is live.  `untold` says why
    a gain is missing.
    """
    checks = [_beats_baseline(rule, metrics) for rule in gate.beats_baseline]
    if gains is not None:
        checks += [_not_worse(rule, gains.get(rule.metric), untold) for rule in gate.not_worse_than_champion]
    for name, limit in gate.limits.items():
        checks += _limits(name, limit, metrics)
    return tuple(checks)


def refusals(checks: tuple[Check, ...]) -> tuple[str, ...]:
    """One sentence per check that blocks: what was found, the limit, what to do.  Empty = may be promoted."""
    return tuple(f"{check.rule}: {check.said}. {check.do}" for check in checks if not check.lets_through)


def _beats_baseline(rule: Comparison, metrics: Mapping[str, float]) -> Check:
    name = f"{rule.metric} better than the baseline's"
    candidate, baseline = metrics.get(rule.metric), metrics.get(f"{BASELINE}{rule.metric}")
    if candidate is None or baseline is None:
        return Check(name, False, "not measured", MEASURE_IT)
    if metrics.get(SERVED_IS_BASELINE) == 1.0:
        return Check(name, True, "the baseline itself is what would answer: there is no simpler model to use instead")
    gain = _gain(rule, candidate, baseline)
    # Equal is not better: a simpler model that does as well should be used instead.
    said = f"{candidate:.4f} against {baseline:.4f}, gain {gain:.4f}, needed above {rule.margin:g}"
    return Check(name, gain > rule.margin, said, BETTER_MODEL)


def _not_worse(rule: Comparison, found: Gain | None, untold: str) -> Check:
    name = f"{rule.metric} not worse than the champion's"
    if found is None:
        return Check(name, False, untold or "not measured", MEASURE_IT)
    worst, best = _signed(rule, found)
    passed = best >= -rule.margin - ROUNDING
    least = f"{0.0 - rule.margin:g}"
    said = (
        f"{found.candidate:.4f} against {found.champion:.4f} on the same rows ({found.how}), gain "
        f"{worst:+.4f} to {best:+.4f} in 95 of 100 draws of {found.drawn}, its upper end must reach {least}"
    )
    return Check(name, passed, said, KEEP_CHAMPION)


def _signed(rule: Comparison, found: Gain) -> tuple[float, float]:
    """The interval of the gain, positive = the candidate is better; a point where nothing could be drawn."""
    low, high = found.low, found.high
    if low is None or high is None:
        low = high = found.candidate - found.champion
    return (low, high) if rule.better == "higher" else (-high, -low)


def _limits(name: str, limit: Limit, metrics: Mapping[str, float]) -> list[Check]:
    found = {key: value for key, value in metrics.items() if _is_of(name, key)}
    if not found:
        return [Check(name, not limit.required, "not measured", MEASURE_IT)]
    return [_within(key, value, limit, metrics) for key, value in found.items()]


def _is_of(name: str, key: str) -> bool:
    return not key.startswith(NOT_SERVED) and (key == name or key.endswith(f"_{name}"))


def _within(key: str, value: float, limit: Limit, metrics: Mapping[str, float]) -> Check:
    low = float("-inf") if limit.low is None else limit.low
    high = float("inf") if limit.high is None else limit.high
    said = f"{value:.3g}, allowed {_range(limit)}"
    reach = metrics.get(f"{key}_low", value), metrics.get(f"{key}_high", value)
    if limit.by_interval and not low <= value <= high:
        said += f" or an interval that reaches it, here {reach[0]:.3g} to {reach[1]:.3g}"
        return Check(key, reach[0] <= high and reach[1] >= low, said, limit.do)
    return Check(key, low <= value <= high, said, limit.do)


def _range(limit: Limit) -> str:
    if limit.low is None:
        return f"at most {limit.high:g}"
    return f"at least {limit.low:g}" if limit.high is None else f"{limit.low:g} to {limit.high:g}"


def _gain(rule: Comparison, candidate: float, other: float) -> float:
    return candidate - other if rule.better == "higher" else other - candidate
