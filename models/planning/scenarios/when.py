"""When a scenario's changes begin, against the days that the forecast covers."""

from collections.abc import Iterator
from datetime import date

from configs.phrases import Phrase
from models.planning.scenarios.config import Scenario

Span = tuple[date, date]
"""First and last day."""


def begins_after(scenario: Scenario, span: Span) -> Phrase | None:
    """What to say of a change that begins only after the forecast's last day: it would change nothing."""
    return _outside(scenario, date.min, span[1], span)


def begins_outside(scenario: Scenario, span: Span) -> Phrase | None:
    """What to say of a change that begins before or after the days of the forecast."""
    return _outside(scenario, *span, span)


def _outside(scenario: Scenario, first: date, last: date, span: Span) -> Phrase | None:
    late = next(((where, day) for where, day in _starts(scenario) if not first <= day <= last), None)
    if late is None:
        return None
    where, day = late
    english = f"`{where}` is {day}, but the forecast goes from {span[0]} to {span[1]}. Write a day between them."
    return Phrase(english, "starts_outside", where=where, date=day, first=span[0], last=span[1])


def _starts(scenario: Scenario) -> Iterator[tuple[str, date]]:
    for kind in ("supply", "early_support", "channel_shift"):
        for row, one in enumerate(getattr(scenario, kind)):
            yield f"{kind}.{row}.starts", one.starts
