"""Months of a log: which entries each holds, when a month is over, and which may be removed.

An entry belongs to the latest month that any entry up to it was written in, so that a clock that goes back reopens no
month.  A month is closed by a signed statement, and removed (later, when its time is over) by another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from serving.records.chain.checkpoints import Closing, Statements
from serving.records.databases.settings import RetentionSettings
from serving.records.entries import keep_until

MONTH = 7
"""Characters of a time's year and month."""


@dataclass(frozen=True)
class Stored:
    """What a month's borders are found from: an entry's number, hash, time and content."""

    seq: int
    hash: str
    time: str
    entry: Mapping[str, Any]


def closings(entries: Iterable[Stored], this_month: str, keep: RetentionSettings, log: str) -> list[Closing]:
    """The months that are over, oldest first.  `entries` in order, from the first that no closing covers."""
    found: list[Closing] = []
    month, first, due = "", 0, ""
    last: Stored | None = None
    for one in entries:
        if one.time[:MONTH] > month:
            if last is not None:
                found.append(Closing(month, first, last.seq, last.hash, due))
            month, first, due = one.time[:MONTH], one.seq, ""
        due, last = max(due, _due(one, keep, log)), one
    if last is not None:
        found.append(Closing(month, first, last.seq, last.hash, due))
    return [one for one in found if one.month < this_month]


def due(said: Statements, today: date) -> list[Closing]:
    """The closed months whose every entry's time is over, oldest first, without a gap behind the removed ones."""
    gone = max((one.last for one in said.removals), default=0)
    found: list[Closing] = []
    for closing in _later_than(said.closings, gone):
        if closing.first != gone + 1 or closing.keep_until >= today.isoformat():
            break
        found.append(closing)
        gone = closing.last
    return found


def _later_than(closed: Sequence[Closing], gone: int) -> list[Closing]:
    """Each closed month once, in order; two workers may have stated the same one."""
    return sorted({one for one in closed if one.first > gone}, key=lambda one: one.first)


def _due(one: Stored, keep: RetentionSettings, log: str) -> str:
    """The later of what the entry itself promises and what the settings ask for now."""
    kind = str(one.entry.get("retention") or ("planning" if log in ("scenario_log", "override_log") else "client"))
    asked = keep_until(date.fromisoformat(one.time[:10]), getattr(keep, kind)).isoformat()
    return max(asked, str(one.entry.get("keep_until") or ""))
