"""What the client's letter says, taken from one answer: role of the model, main elements, what would change it."""

from collections.abc import Iterable, Sequence

from models.answers import Counterfactual, SegmentAnswer, Text
from models.explaining.restricted import RESTRICTED
from serving.pages.coordinator.services import Letter
from serving.pages.services import Person

MOST_REASONS = 3
"""Of each direction and axis; a letter is read, not studied."""


def letter_of(
    handle: str,
    person: Person | None,
    answer: SegmentAnswer,
    explored: Sequence[Counterfactual],
    county: str,
    unit_name: Text,
    day: str,
) -> Letter:
    """The letter's contents.  Reasons that the writer may not see are not in it either."""
    proposed = next((one for one in answer.segments if one.proposed), None)
    asked = answer.axes if answer.basis != "answers" else ()
    names = {axis.id: axis.name for axis in answer.axes}
    reasons = [one for axis in asked for one in axis.reasons if one.sentence and one.family != RESTRICTED]
    return Letter(
        handle=handle,
        person=person,
        day=day,
        data_until=answer.stamp.data_until,
        county=county,
        unit_name=unit_name,
        segment=proposed.name if proposed else None,
        description=proposed.description if proposed else None,
        status_reason=answer.status_reason,
        raises=_once(one.sentence for one in reasons if one.contribution > 0),
        lowers=_once(one.sentence for one in reasons if one.contribution <= 0),
        basis=answer.basis,
        answers=tuple(
            (names.get(one.axis, {}), one.level_name, one.respondent) for one in answer.answers if one.decides
        ),
        changes=_once(change.sentence for found in explored if found.reached for change in found.changes),
        sources=answer.sources,
        missing=tuple(one.name for one in answer.missing),
        model=answer.stamp.name,
        version=answer.stamp.version,
    )


def _once(sentences: Iterable[Text]) -> tuple[Text, ...]:
    found: dict[str, Text] = {}
    for one in sentences:
        found.setdefault(one["fi"], one)
    return tuple(found.values())[: 2 * MOST_REASONS]
