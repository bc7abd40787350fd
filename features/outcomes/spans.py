"""Episodes and ties of the rows' clients: what was known open at `as_of`, what was really in force on a day."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from features.known import open_until, row_knowledge
from features.outcomes.facts import Facts
from features.outcomes.sections import Step
from features.tables import TABLES
from features.windows import NEVER

NO_STEP = -1
DATES = {"episodes": ("start", "end", "kind"), "relations": ("valid_from", "valid_to", "role")}
"""The table's first day, first day after, and what tells its rows apart."""


@dataclass(frozen=True)
class Spans:
    """Every version of the chosen episodes or ties, by client and start.  Day numbers; an open end is NEVER."""

    client: np.ndarray
    start: np.ndarray
    end: np.ndarray
    known_from: np.ndarray
    known_to: np.ndarray
    open_until: np.ndarray
    """The last `as_of` at which the span reads as not ended."""
    latest: np.ndarray
    """True for the version that no correction has replaced."""
    rank: np.ndarray
    """Place in the declared order; NO_STEP outside it."""
    minutes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.client)

    def part(self, chosen: np.ndarray) -> "Spans":
        """The spans where `chosen` is true."""
        held = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{name: array[chosen] for name, array in held.items() if array is not None})


@dataclass(frozen=True)
class Pairs:
    """Every row beside every span of its client: places in both."""

    row: np.ndarray
    span: np.ndarray


def spans_of(
    facts: Facts, names: Sequence[str], order: Sequence[Step] = (), table: str = "episodes", minutes: bool = False
) -> Spans:
    """The spans of the rows' clients of these kinds (or roles), ranked by `order`."""
    start, end, word = DATES[table]
    columns = facts.tables[table]
    chosen = facts.chosen(table, {word: tuple(names)}, start, latest=False)
    place = chosen.place
    knowledge = row_knowledge(TABLES[table], columns)
    return Spans(
        client=chosen.client,
        start=chosen.day,
        end=columns.days(end)[place],
        known_from=knowledge.first[place],
        known_to=knowledge.last[place],
        open_until=open_until(TABLES[table], columns)[place],
        latest=columns.days("superseded_at")[place] >= NEVER,
        rank=_ranks(facts, place, order),
        minutes=columns.values("granted_minutes_per_week")[place] if minutes else None,
    )


def _ranks(facts: Facts, place: np.ndarray, order: Sequence[Step]) -> np.ndarray:
    """Place of each episode in the order; the last step that fits, NO_STEP when none does."""
    ranks = np.full(len(place), NO_STEP, np.int32)
    if not order:
        return ranks
    columns = facts.tables["episodes"]
    kinds = tuple(dict.fromkeys(step.kind for step in order))
    intensities = tuple(dict.fromkeys(step.intensity for step in order if step.intensity is not None))
    kind, intensity = (
        columns.text("kind").numbered(kinds)[place],
        columns.text("intensity").numbered(intensities)[place],
    )
    for rank, step in enumerate(order):
        same = kind == kinds.index(step.kind)
        if step.intensity is not None:
            same &= intensity == intensities.index(step.intensity)
        ranks[same] = rank
    return ranks


def pairs(client: np.ndarray, of: np.ndarray) -> Pairs:
    """Every row beside every span of its client.  Both are given by client numbers, those of the spans in order."""
    low = np.searchsorted(of, client, side="left")
    count = np.searchsorted(of, client, side="right") - low
    row = np.repeat(np.arange(len(client)), count)
    before = np.repeat(np.cumsum(count) - count, count)
    return Pairs(row, np.arange(len(row)) - before + np.repeat(low, count))


def known_open(spans: Spans, found: Pairs, as_of: np.ndarray) -> np.ndarray:
    """For each pair: the span is known at `as_of` in this version, and no end of it is known."""
    day, span = as_of[found.row], found.span
    known = (spans.known_from[span] <= day) & (day <= spans.known_to[span])
    return known & (spans.open_until[span] >= day)


def in_force(spans: Spans, found: Pairs, day: np.ndarray) -> np.ndarray:
    """For each pair: the latest version covers the day, whenever it was recorded.  day: int[rows]."""
    on, span = day[found.row], found.span
    return spans.latest[span] & (spans.start[span] <= on) & (on < spans.end[span])


def any_row(found: Pairs, held: np.ndarray, rows: int) -> np.ndarray:
    """True for the rows one of whose pairs holds."""
    marked = np.zeros(rows, bool)
    marked[found.row[held]] = True
    return marked


def highest(found: Pairs, held: np.ndarray, value: np.ndarray, rows: int, otherwise: int = NO_STEP) -> np.ndarray:
    """For each row the greatest `value` (one per pair) among the pairs that hold."""
    best = np.full(rows, otherwise, np.int32)
    np.maximum.at(best, found.row[held], value[held])
    return best


def earliest(found: Pairs, held: np.ndarray, day: np.ndarray, rows: int) -> np.ndarray:
    """For each row the smallest `day` (one per pair) among the pairs that hold; NEVER without one."""
    first = np.full(rows, NEVER, np.int32)
    np.minimum.at(first, found.row[held], day[held])
    return first
