"""What a role may not see: reasons of restricted sensitivity become one neutral line, and the sum stays.

Pure; who may see what is decided by the caller (role x right).  Nothing that tells which family it was is kept: not its
name, value, comparison, date, register, dimension or sentence.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from models.answers import Alternative, Evidence, Expected, Likelihood, NeedAnswer, Reason, SegmentAnswer, Text
from models.explaining.dimensions import by_dimension

RESTRICTED = "restricted"
"""Family, feature, dimension, role and sensitivity of the neutral line."""
RESTRICTED_NAME: Text = {"fi": "rajattu tieto", "sv": "begränsad uppgift", "en": "restricted information"}
RESTRICTED_SENTENCE: Text = {
    "fi": "Rajattu tieto, jota käyttöoikeutesi ei kata",
    "sv": "Begränsad uppgift som din behörighet inte omfattar",
    "en": "Restricted information that your rights do not cover",
}
OPEN = frozenset({"normal"})
"""Sensitivities that everybody who may see the answer sees."""

Answer = TypeVar("Answer", SegmentAnswer, NeedAnswer)


def hide_sensitive(answer: Answer, allowed: Collection[str]) -> Answer:
    """The answer for a role that may see the sensitivities in `allowed` (besides normal).

    base + sum of contributions stays the shown number; several hidden families become one line.  A hidden family that
    is missing is left out, and so is a register that only hidden families rest on.
    """
    seen = OPEN | set(allowed)
    told = _facts(answer)
    away = {one.source for one in told} - {one.source for one in told if one.sensitivity in seen}
    shared: dict[str, Any] = {
        "missing": tuple(one for one in answer.missing if one.sensitivity in seen),
        "sources": tuple(one for one in answer.sources if one not in away),
        "freshness": tuple(one for one in answer.freshness if one.source not in away),
    }
    return replace(answer, **shared, **_explained(answer, seen))


def _explained(answer: SegmentAnswer | NeedAnswer, seen: Collection[str]) -> dict[str, Any]:
    """The parts of an answer that hold contributions, hidden."""
    if isinstance(answer, SegmentAnswer):
        return {"axes": tuple(_likelihood(one, seen) for one in answer.axes)}
    return {
        "likelihood": None if answer.likelihood is None else _likelihood(answer.likelihood, seen),
        "likelihoods": tuple(_likelihood(one, seen) for one in answer.likelihoods),
        "expected": None if answer.expected is None else _expected(answer.expected, seen),
        "alternatives": tuple(_alternative(one, seen) for one in answer.alternatives),
    }


def _facts(answer: SegmentAnswer | NeedAnswer) -> list[Reason | Evidence]:
    """Everything in an answer that rests on a register."""
    found: list[Reason | Evidence] = [one for each in _likelihoods(answer) for one in each.contributions]
    if isinstance(answer, NeedAnswer):
        found += answer.expected.contributions if answer.expected else ()
        found += [one for alternative in answer.alternatives for one in alternative.evidence]
    return found


def _likelihoods(answer: SegmentAnswer | NeedAnswer) -> tuple[Likelihood, ...]:
    if isinstance(answer, SegmentAnswer):
        return answer.axes
    return answer.likelihoods if answer.likelihood is None else (answer.likelihood, *answer.likelihoods)


def _likelihood(likelihood: Likelihood, seen: Collection[str]) -> Likelihood:
    if all(one.sensitivity in seen for one in likelihood.contributions):
        return likelihood
    line = neutral_line(likelihood.contributions, seen)
    contributions = _ordered([*_seen(likelihood.contributions, seen), line])
    is_said = any(one.sensitivity not in seen for one in likelihood.reasons)
    return replace(
        likelihood,
        contributions=contributions,
        reasons=_ordered([*_seen(likelihood.reasons, seen), *([line] if is_said else [])]),
        dimensions=by_dimension(contributions),
    )


def _expected(expected: Expected, seen: Collection[str]) -> Expected:
    if all(one.sensitivity in seen for one in expected.contributions):
        return expected
    hidden = neutral_line(expected.contributions, seen)
    return replace(expected, contributions=_ordered([*_seen(expected.contributions, seen), hidden]))


def _alternative(alternative: Alternative, seen: Collection[str]) -> Alternative:
    """Evidence of a hidden family is left out: no sum depends on it, and even `unknown` would name the family."""
    return replace(alternative, evidence=tuple(one for one in alternative.evidence if one.sensitivity in seen))


def neutral_line(contributions: Sequence[Reason], seen: Collection[str]) -> Reason:
    """One reason in place of all that may not be seen, with their summed contribution."""
    return Reason(
        family=RESTRICTED,
        name=RESTRICTED_NAME,
        dimension=RESTRICTED,
        role=RESTRICTED,
        contribution=math.fsum(one.contribution for one in contributions if one.sensitivity not in seen),
        feature=RESTRICTED,
        value=None,
        comparison=None,
        source=RESTRICTED,
        sentence=RESTRICTED_SENTENCE,
        sensitivity=RESTRICTED,
    )


def _seen(reasons: Sequence[Reason], seen: Collection[str]) -> list[Reason]:
    return [one for one in reasons if one.sensitivity in seen]


def _ordered(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.contribution), reason.family)))
