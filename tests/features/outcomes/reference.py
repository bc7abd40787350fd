"""The counting rules again, slow and readable: every run of days of one client is tried.  Shares no code with them."""

from collections.abc import Sequence
from datetime import date, timedelta

Event = tuple[date, str]
"""The day, and the group of what was counted."""


def first_day(
    events: Sequence[Event], first: date, last: date, days: int | None, fulfilled, tried: int = 400
) -> date | None:
    """The first day in [first, last) by which some run of `days` days (or the whole window) fulfils the rule."""
    for end in (first + timedelta(days=n) for n in range(tried)):
        if end >= last:
            return None
        begin = first if days is None else max(first, end - timedelta(days=days - 1))
        if fulfilled([event for event in events if begin <= event[0] <= end]):
            return end
    return None


def count(n: int, unit: str):
    def fulfilled(events: Sequence[Event]) -> bool:
        kinds = {
            "events": events,
            "days": {day for day, _ in events},
            "months": {(day.year, day.month) for day, _ in events},
        }
        return len(kinds[unit]) >= n

    return fulfilled


def breadth(n: int, sides: dict[str, str], across: Sequence[str]):
    def fulfilled(events: Sequence[Event]) -> bool:
        groups = {group for _, group in events if group in sides}
        return len(groups) >= n and set(across) <= {sides[group] for group in groups}

    return fulfilled
