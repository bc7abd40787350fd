"""The leak alarm of a training: measured on training rows before anything is fitted, stored, printed, and refused.

A feature above the bound stops the training until somebody writes into the config why it is honest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from configs.command import say
from configs.errors import ConfigError, GateError
from configs.loader import StrictConfig, nearest
from evaluation.leaks import FeatureLeak, OutcomeLeaks, find_leaks
from training.tracking import TrackedRun

LEAKS_FILE = "leaks.json"
FORMAT = 1
NAMED = 8
PRINTED = 5
TITLES = {"AUC": 7, "unknown": 9, "bits": 7, "share": 7, "known": 7}
REPORTED = 15
SHORTEST_REASON = 10


class Waiver(StrictConfig):
    """Somebody answers for a feature that the alarm stops: it knew the answer for an honest reason."""

    feature: str = Field(min_length=1)
    reason: str
    by: str
    """Who decided: a role or an initial, not a client."""

    @model_validator(mode="after")
    def _written(self) -> "Waiver":
        if len(self.reason.strip()) < SHORTEST_REASON:
            raise ValueError(f"a waiver needs a `reason` of at least {SHORTEST_REASON} characters")
        if not self.by.strip():
            raise ValueError("a waiver needs `by`: who decided")
        return self


class LeakAlarm(StrictConfig):
    """When one feature alone knows too much of the outcome."""

    bound: float = Field(default=0.90, gt=0.5, le=1)
    """Largest area under the curve (share) of one feature, or of its being unknown."""
    information_bound: float = Field(default=0.60, gt=0, le=1)
    """Largest share of the outcome's entropy that one binned feature may tell: sees leaks without a direction."""
    waivers: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> "LeakAlarm":
        named = [waiver.feature for waiver in self.waivers]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"the feature `{twice[0]}` is waived twice; keep one waiver")
        return self


@dataclass(frozen=True)
class Question:
    """One outcome with its training rows; `names` are the columns the model may see."""

    outcome: str
    rows: np.ndarray
    label: np.ndarray


@dataclass(frozen=True)
class Alarm:
    """What was measured, what the bound stopped, and what was waived."""

    settings: LeakAlarm
    outcomes: tuple[OutcomeLeaks, ...] = ()
    stopped: tuple[tuple[str, FeatureLeak], ...] = ()
    """(outcome, feature) above the bound and not waived."""
    waived: tuple[tuple[str, FeatureLeak], ...] = ()
    unneeded: tuple[str, ...] = field(default=())
    """Waivers whose feature is below the bound everywhere."""

    @property
    def strongest(self) -> tuple[str, float]:
        """The feature that alone tells an outcome best, waived ones aside, and its area."""
        waived = {waiver.feature for waiver in self.settings.waivers}
        left = [leak for one in self.outcomes for leak in one.features if leak.feature not in waived]
        best = max(left, key=lambda leak: leak.strongest, default=None)
        return (best.feature, best.strongest) if best else ("", 0.5)

    @property
    def metrics(self) -> dict[str, float]:
        """For the run and its gates: a feature that the config waives still needs a signed waiver to go live."""
        found = {"one_feature_max_auroc": self.strongest[1]}
        if not self.waived:
            return found
        return {
            **found,
            "waived_feature_max_auc": max(leak.strongest for _, leak in self.waived),
            "waived_feature_max_information": max(leak.information_share for _, leak in self.waived),
        }

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """leaks.json; the report shows the `most` strongest features of each outcome."""
        return {
            "format": FORMAT,
            "bound": self.settings.bound,
            "information_bound": self.settings.information_bound,
            "outcomes": [one.as_dict(most) for one in self.outcomes],
            "stopped": [{"outcome": outcome, "feature": leak.feature} for outcome, leak in self.stopped],
            "waived": [_waived(self.settings, outcome, leak) for outcome, leak in self.waived],
            "unneeded_waivers": list(self.unneeded),
        }


def sound(
    run: TrackedRun, settings: LeakAlarm, questions: Iterable[Question], names: Sequence[str], seed: int
) -> Alarm:
    """Measure, store leaks.json, print the table; the first thing of a run.

    Raises GateError that names every feature above the bound, and ConfigError for a waiver of an unknown feature.
    """
    alarm = judged(settings, questions, names, seed)
    run.log_json(LEAKS_FILE, alarm.as_dict())
    say(table(alarm))
    if alarm.stopped:
        raise GateError(refusal(alarm))
    return alarm


def judged(settings: LeakAlarm, questions: Iterable[Question], names: Sequence[str], seed: int) -> Alarm:
    """Every question measured and held against the bounds."""
    _check_waivers(settings, names)
    outcomes = tuple(find_leaks(one.outcome, one.rows, one.label, names, seed=seed) for one in questions)
    above = [(one.outcome, leak) for one in outcomes for leak in one.features if _is_above(leak, settings)]
    named = {waiver.feature for waiver in settings.waivers}
    waived = tuple(pair for pair in above if pair[1].feature in named)
    stopped = tuple(pair for pair in above if pair[1].feature not in named)
    needed = {leak.feature for _, leak in waived}
    return Alarm(settings, outcomes, stopped, waived, tuple(sorted(named - needed)))


def refusal(alarm: Alarm) -> str:
    """One sentence: which features, which figures, what to type."""
    found = "; ".join(
        f"`{leak.feature}` against {outcome}: {_figures(leak)}" for outcome, leak in alarm.stopped[:NAMED]
    )
    more = f"; and {len(alarm.stopped) - NAMED} more (leaks.json)" if len(alarm.stopped) > NAMED else ""
    feature = alarm.stopped[0][1].feature
    return (
        f"The leak alarm stopped the training: {found}{more}; allowed are AUC {alarm.settings.bound:g} and "
        f"{alarm.settings.information_bound:.0%} of the outcome's information. Leave the family out "
        "(`without_families`) or, when it was honestly known before the outcome, write into the config "
        f'`leak_alarm: {{waivers: [{{feature: {feature}, reason: "why it is honest", by: "who decided"}}]}}`.'
    )


def table(alarm: Alarm) -> str:
    """What the command prints: the strongest features of each outcome, then every waiver with its reason."""
    titles = "".join(f"{title:>{width}}" for title, width in TITLES.items())
    lines = [f"  {'leak alarm: strongest single features':<46}{titles}"]
    for one in alarm.outcomes:
        lines.append(f"  {one.outcome} ({one.rows} training rows, {one.with_outcome} with the outcome)")
        lines += [_line(leak) for leak in one.features[:PRINTED]]
    for waived in alarm.as_dict()["waived"]:
        lines.append(f"  waived: {waived['feature']} against {waived['outcome']}: {waived['reason']} ({waived['by']})")
    lines += [f"  waiver not needed: {feature} is below the bounds; remove it." for feature in alarm.unneeded]
    return "\n".join(lines)


def _line(leak: FeatureLeak) -> str:
    copy = f"  {leak.copy} copy of the outcome" if leak.copy else ""
    return (
        f"    {leak.feature:<44}{leak.auc:7.3f}{leak.missing_auc:9.3f}{leak.information:7.3f}"
        f"{leak.information_share:7.1%}{leak.known:7.1%}{copy}"
    )


def _is_above(leak: FeatureLeak, settings: LeakAlarm) -> bool:
    return bool(leak.copy) or leak.strongest > settings.bound or leak.information_share > settings.information_bound


def _figures(leak: FeatureLeak) -> str:
    parts = [f"AUC {leak.auc:.3f}", f"AUC of being unknown {leak.missing_auc:.3f}"]
    parts.append(f"{leak.information_share:.0%} of the information")
    return ", ".join([f"{leak.copy} copy of the outcome", *parts] if leak.copy else parts)


def _waived(settings: LeakAlarm, outcome: str, leak: FeatureLeak) -> dict[str, Any]:
    waiver = next(one for one in settings.waivers if one.feature == leak.feature)
    figures = {"auc": leak.auc, "missing_auc": leak.missing_auc, "information_share": leak.information_share}
    return {"outcome": outcome, "feature": leak.feature, "reason": waiver.reason, "by": waiver.by, **figures}


def _check_waivers(settings: LeakAlarm, names: Sequence[str]) -> None:
    unknown = [waiver.feature for waiver in settings.waivers if waiver.feature not in names]
    if unknown:
        guess = nearest(unknown[0], names)
        hint = f"Did you mean `{guess}`?" if guess else "Remove the waiver."
        raise ConfigError(f"leak_alarm.waivers: the model sees no feature called `{unknown[0]}`. {hint}")
