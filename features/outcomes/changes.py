"""Where home care stands at the end of the window against what was known at `as_of`: in levels and in minutes."""

from dataclasses import dataclass

import numpy as np

from features.outcomes.facts import Facts
from features.outcomes.sections import MinutesChange, OrderedChange
from features.outcomes.spans import (
    NO_STEP,
    Pairs,
    Spans,
    any_row,
    earliest,
    highest,
    in_force,
    known_open,
    pairs,
    spans_of,
)
from features.windows import NEVER

LIGHTER, STABLE, HEAVIER, BEYOND = range(4)
NOT_YET_CHANGED = "the outcome had not already happened"


@dataclass(frozen=True)
class Judged:
    """What a rule says of every row before anybody is left out."""

    level: np.ndarray
    """int8, place in the rule's levels."""
    day: np.ndarray
    """int32, the first day on which the outcome was fulfilled; NEVER without one."""
    decided: np.ndarray
    """True where the outcome stands even if the client moved away later."""
    filters: tuple[tuple[str, np.ndarray], ...]
    """What the rule asks of a row, and the rows that fulfil it."""
    amount: np.ndarray | None = None


def ordered(section: OrderedChange, facts: Facts, first: np.ndarray, last: np.ndarray) -> Judged:
    """The level of every row:

    beyond    an episode of a kind above every step starts in [first, last)
    heavier   otherwise, an episode of a step above the one known at `as_of` starts in [first, last)
    lighter   otherwise, alive on the last day of the window and then on a lower step than known, or on none
    stable    otherwise; so also those who died
    """
    state = _State.of(section, facts)
    beyond, beyond_early = _starts(facts, section.beyond, first, last)
    heavier = earliest(state.found, state.above & _inside(state, first, last), state.start, len(facts.rows))
    nothing_more = (beyond == NEVER) & (heavier == NEVER)
    lighter = nothing_more & (facts.rows.died >= last) & (state.rank_on(last - 1) < state.known)
    level = np.select([beyond < NEVER, heavier < NEVER, lighter], [BEYOND, HEAVIER, LIGHTER], STABLE).astype(np.int8)
    let_go = state.ended_before(last)
    changed = beyond_early | state.above_before(first, facts.rows.as_of) | (state.rank_on(first - 1) < state.known)
    return Judged(
        level=level,
        day=np.select([level == BEYOND, level == HEAVIER, level == LIGHTER], [beyond, heavier, let_go], NEVER),
        decided=level >= HEAVIER,
        filters=(("a step of care was known at as_of", state.known > NO_STEP), (NOT_YET_CHANGED, ~changed)),
    )


def minutes(section: MinutesChange, facts: Facts, first: np.ndarray, last: np.ndarray) -> Judged:
    """Granted minutes a week on the last day of the window minus those known at `as_of`; care that ended counts 0."""
    rows = facts.rows
    spans = spans_of(facts, (section.kind,), minutes=True)
    found = pairs(rows.client, spans.client)
    is_known = known_open(spans, found, rows.as_of)
    known, at_end = (
        _total(spans, found, is_known, len(rows)),
        _total(spans, found, in_force(spans, found, last - 1), len(rows)),
    )
    amount = at_end - known
    grown = amount >= section.yes_from
    elsewhere = _runs_between(facts, section.leave_out, last)
    before = _total(spans, found, in_force(spans, found, first - 1), len(rows))
    return Judged(
        level=grown.astype(np.int8),
        day=np.where(grown, _reached(spans, found, known + section.yes_from, first, last), NEVER),
        decided=np.zeros(len(rows), bool),
        amount=amount.astype(np.float32),
        filters=(
            ("granted minutes were known at as_of", any_row(found, is_known, len(rows)) & np.isfinite(known)),
            (NOT_YET_CHANGED, before == known),
            (f"no {', '.join(section.leave_out) or 'other care'} through the horizon", ~elsewhere),
            ("alive on the last day of the horizon", rows.died >= last),
            ("granted minutes are recorded for the last day", np.isfinite(at_end)),
        ),
    )


@dataclass(frozen=True)
class _State:
    """The rows beside the steps of their clients, and the step known at `as_of`."""

    spans: Spans
    found: Pairs
    known: np.ndarray

    @classmethod
    def of(cls, section: OrderedChange, facts: Facts) -> "_State":
        spans = spans_of(facts, tuple(step.kind for step in section.steps), section.steps)
        found = pairs(facts.rows.client, spans.client)
        held = known_open(spans, found, facts.rows.as_of)
        return cls(spans, found, highest(found, held, spans.rank[found.span], len(facts.rows)))

    @property
    def start(self) -> np.ndarray:
        return self.spans.start[self.found.span]

    @property
    def above(self) -> np.ndarray:
        """For each pair: a step above the known one, in its latest version."""
        span = self.found.span
        return self.spans.latest[span] & (self.spans.rank[span] > self.known[self.found.row])

    def rank_on(self, day: np.ndarray) -> np.ndarray:
        """For each row the highest step really in force on its day."""
        held = in_force(self.spans, self.found, day)
        return highest(self.found, held, self.spans.rank[self.found.span], len(self.known))

    def above_before(self, first: np.ndarray, as_of: np.ndarray) -> np.ndarray:
        """A higher step began before the window and still ran at `as_of` or later."""
        row, span = self.found.row, self.found.span
        early = self.above & (self.start < first[row]) & (self.spans.end[span] >= as_of[row])
        return any_row(self.found, early, len(self.known))

    def ended_before(self, last: np.ndarray) -> np.ndarray:
        """For each row the day on which the last step as high as the known one ended before the window did."""
        row, span = self.found.row, self.found.span
        end = self.spans.end[span]
        held = self.spans.latest[span] & (self.spans.rank[span] >= self.known[row]) & (end < last[row])
        latest = highest(self.found, held, end, len(self.known))
        return np.where(latest == NO_STEP, NEVER, latest)


def _inside(state: _State, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    return np.asarray((state.start >= first[state.found.row]) & (state.start < last[state.found.row]))


def _starts(facts: Facts, kinds: tuple[str, ...], first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first start of one of the kinds in the window, one ran already before it) for each row."""
    spans = spans_of(facts, kinds)
    found = pairs(facts.rows.client, spans.client)
    row, span, start = found.row, found.span, spans.start[found.span]
    inside = spans.latest[span] & (start >= first[row]) & (start < last[row])
    early = spans.latest[span] & (start < first[row]) & (spans.end[span] >= facts.rows.as_of[row])
    return earliest(found, inside, start, len(facts.rows)), any_row(found, early, len(facts.rows))


def _runs_between(facts: Facts, kinds: tuple[str, ...], last: np.ndarray) -> np.ndarray:
    """An episode of the kinds runs on some day from `as_of` to the end of the window."""
    starts, early = _starts(facts, kinds, facts.rows.as_of, last)
    return (starts < NEVER) | early


def _total(spans: Spans, found: Pairs, held: np.ndarray, rows: int) -> np.ndarray:
    """float64[rows]: minutes of the pairs that hold, 0 without one; NaN when one of them is not recorded."""
    assert spans.minutes is not None
    return np.bincount(found.row[held], weights=spans.minutes[found.span[held]], minlength=rows)


def _reached(spans: Spans, found: Pairs, wanted: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """For each row the first start in the window from which on the minutes in force are as many as wanted."""
    own = pairs(spans.client, spans.client)
    total = _total(spans, own, in_force(spans, own, spans.start), len(spans))
    row, start = found.row, spans.start[found.span]
    held = spans.latest[found.span] & (start >= first[row]) & (start < last[row]) & (total[found.span] >= wanted[row])
    return earliest(found, held, start, len(wanted))
