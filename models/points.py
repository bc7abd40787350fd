"""What a decision point asks of an answer: how many reasons are said aloud.  The numbers stay as they are."""

from dataclasses import replace
from typing import overload

from models.answers import Likelihood, NeedAnswer, Reason, SegmentAnswer


@overload
def with_reasons(answer: SegmentAnswer, most: int) -> SegmentAnswer: ...
@overload
def with_reasons(answer: NeedAnswer, most: int) -> NeedAnswer: ...
def with_reasons(answer: SegmentAnswer | NeedAnswer, most: int) -> SegmentAnswer | NeedAnswer:
    """The answer with at most `most` reasons said aloud of each estimate, both directions kept where both are there."""
    if isinstance(answer, SegmentAnswer):
        return replace(answer, axes=tuple(_shortened(one, most) for one in answer.axes))
    return replace(
        answer,
        likelihood=None if answer.likelihood is None else _shortened(answer.likelihood, most),
        likelihoods=tuple(_shortened(one, most) for one in answer.likelihoods),
    )


def _shortened(likelihood: Likelihood, most: int) -> Likelihood:
    if len(likelihood.reasons) <= most:
        return likelihood
    kept = chosen_reasons(likelihood.reasons, most)
    families = {one.family for one in kept}
    told = tuple(one if one.family in families else replace(one, sentence={}) for one in likelihood.contributions)
    return replace(likelihood, reasons=kept, contributions=told)


def chosen_reasons(reasons: tuple[Reason, ...], most: int) -> tuple[Reason, ...]:
    """The first `most` reasons; the last of several goes to the other direction when all before it point one way."""
    kept, rest = reasons[:most], reasons[most:]
    upwards = {one.contribution > 0 for one in kept}
    other = next((one for one in rest if (one.contribution > 0) not in upwards), None)
    return (*kept[:-1], other) if most > 1 and len(upwards) == 1 and other is not None else kept
