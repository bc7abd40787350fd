"""People's own answers on the axes, which go before the model: used as they are, each respondent's kept apart.

An axis has one respondent whose assessment it is (`axis.respondent`).  Her latest recorded answer decides the axis;
without one, the answer of whoever may stand in for her (`scheme.questionnaire.stands_in`: by default a relative for
the client, nobody for the professional); without that, an answer given by hand.  What does not decide is still shown.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from configs.errors import ConfigError, DataError
from features.segment_records import RecordedAnswer
from models.answers import AxisAnswer
from models.segments.scheme import Axis, Respondent, Scheme


def recorded_answers(scheme: Scheme, records: Sequence[RecordedAnswer], as_of: date) -> tuple[AxisAnswer, ...]:
    """Each respondent's latest answer on each axis of this scheme and version, no older than its configured life.

    `records` are one client's answers known at `as_of`, oldest first.  Raises DataError, without the recorded value,
    when a level is none of the axis's.
    """
    axes = {axis.column: axis for axis in scheme.axes}
    latest: dict[tuple[str, str], AxisAnswer] = {}
    for one in records:
        if one.column in axes and _is_used(scheme, one, as_of):
            latest[one.column, one.respondent] = _recorded(axes[one.column], one)
    return settled(scheme, tuple(latest.values()))


def by_hand(scheme: Scheme, axis_id: str, level_id: str, respondent: Respondent | None = None) -> AxisAnswer:
    """A level that somebody gives by hand; without a respondent it is the axis's own.

    Raises ConfigError that names the allowed axes or levels.
    """
    axis = scheme.axis(axis_id)
    level = axis.level(level_id)
    said_by = respondent or axis.respondent
    return AxisAnswer(axis.id, level.id, level.name.as_text(), said_by, "by_hand", time=None, decides=True)


def settled(scheme: Scheme, answers: Sequence[AxisAnswer]) -> tuple[AxisAnswer, ...]:
    """The answers in the order of the axes, deciding ones first, with `decides` set anew whatever it was.

    Raises ConfigError for an unknown axis or level (naming those allowed) and for two by-hand answers on one axis.
    """
    for one in answers:
        scheme.axis(one.axis).level(one.level)
    _refuse_two_by_hand(answers)
    return tuple(answer for axis in scheme.axes for answer in _of_axis(scheme, axis, answers))


def decided_levels(answers: Sequence[AxisAnswer]) -> dict[str, str]:
    """Axis id -> level, for every axis that a person's answer decides."""
    return {one.axis: one.level for one in answers if one.decides}


def _is_used(scheme: Scheme, one: RecordedAnswer, as_of: date) -> bool:
    same = (one.scheme, one.scheme_version) == (scheme.id, scheme.version)
    return same and (as_of - one.day).days <= scheme.questionnaire.answer_life_days


def _recorded(axis: Axis, one: RecordedAnswer) -> AxisAnswer:
    if one.level not in axis.level_ids:
        raise DataError(
            f"A recorded segmentation has a level in {one.column}_level that the axis `{axis.id}` does not have; "
            f"allowed: {', '.join(axis.level_ids)}. Map the codes in the source's YAML."
        )
    name = axis.level(one.level).name.as_text()
    return AxisAnswer(axis.id, one.level, name, one.respondent, "recorded", one.day.isoformat(), decides=False)


def _of_axis(scheme: Scheme, axis: Axis, answers: Sequence[AxisAnswer]) -> list[AxisAnswer]:
    own = [one for one in answers if one.axis == axis.id]
    decider = _decider((axis.respondent, *scheme.questionnaire.stands_in.get(axis.respondent, ())), own)
    told = [replace(one, decides=one is decider) for one in own]
    return sorted(told, key=lambda one: not one.decides)


def _decider(respondents: Sequence[str], answers: Sequence[AxisAnswer]) -> AxisAnswer | None:
    """A recorded answer is never overwritten by hand: by hand decides only where no recorded one does."""
    recorded = {one.respondent: one for one in answers if one.given == "recorded"}
    for respondent in respondents:
        if respondent in recorded:
            return recorded[respondent]
    return next((one for one in answers if one.given == "by_hand"), None)


def _refuse_two_by_hand(answers: Sequence[AxisAnswer]) -> None:
    times = Counter(one.axis for one in answers if one.given == "by_hand")
    twice = [axis for axis, count in times.items() if count > 1]
    if twice:
        raise ConfigError(f"The axis `{twice[0]}` is answered by hand more than once; give one level per axis.")
