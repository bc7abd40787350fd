"""The first day in a stretch of days on which a yes-or-no rule is fulfilled, and whether it already was before."""

from collections.abc import Sequence

import numpy as np

from features.outcomes.endings import breaks
from features.outcomes.facts import Facts
from features.outcomes.rules import OutcomeRule
from features.outcomes.runs import Completions, counted, distinct, starts
from features.outcomes.sections import CountAtLeast, DistinctAtLeast
from features.outcomes.spans import NO_STEP, Pairs, Spans, any_row, earliest, highest, known_open, pairs, spans_of
from features.windows import NEVER


def happened(rule: OutcomeRule, facts: Facts, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """int32[rows]: the first day in [first, last) on which the rule is fulfilled; NEVER without one."""
    if rule.any_of:
        return np.minimum.reduce([happened(part, facts, first, last) for part in rule.any_of])
    if rule.all_of:
        return np.maximum.reduce([happened(part, facts, first, last) for part in rule.all_of])
    if rule.heavier:
        return _stepped_up(rule, facts, first, last)
    return _completions(rule, facts).first(facts.rows.client, first, last)


def already(rule: OutcomeRule, facts: Facts, first: np.ndarray) -> np.ndarray:
    """True for the rows whose outcome was there before the window began: inside the gap, or not yet recorded."""
    if rule.any_of:
        return np.logical_or.reduce([already(part, facts, first) for part in rule.any_of])
    if rule.all_of:
        return np.logical_and.reduce([already(part, facts, first) for part in rule.all_of])
    if rule.repeatable:  # each start is an event of its own: one inside the gap neither counts nor stands in the way
        return np.zeros(len(facts.rows), bool)
    if rule.heavier:
        return _stepped_up_early(rule, facts, first)
    return happened(rule, facts, facts.rows.as_of, first) < NEVER


def open_now(facts: Facts, kinds: Sequence[str]) -> np.ndarray:
    """True where an episode of the kinds is open at `as_of`, whether that was known then or only recorded later."""
    spans, as_of = spans_of(facts, kinds), facts.rows.as_of
    found = pairs(facts.rows.client, spans.client)
    day, span = as_of[found.row], found.span
    really = spans.latest[span] & (spans.start[span] < day) & (day <= spans.end[span])
    return any_row(found, really | known_open(spans, found, as_of), len(facts.rows))


def _completions(rule: OutcomeRule, facts: Facts) -> Completions:
    if rule.episode_start:
        return starts(facts.chosen("episodes", {"kind": rule.episode_start}, "start"))
    if rule.episode_end is not None:
        return breaks(rule.episode_end, facts)
    if rule.count_at_least is not None:
        return _counted(rule.count_at_least, facts)
    assert rule.distinct_at_least is not None
    return _distinct(rule.distinct_at_least, facts)


def _counted(section: CountAtLeast, facts: Facts) -> Completions:
    events = facts.chosen(section.table, section.conditions, section.date)
    return counted(events, section.n, section.unit, section.days)


def _distinct(section: DistinctAtLeast, facts: Facts) -> Completions:
    groups, sides = section.groups, tuple(section.sides)
    place_of = {code: place for place, (_, codes) in enumerate(groups) for code in codes}
    conditions = {**section.conditions, section.value: tuple(place_of)}
    if section.value in section.conditions:  # both must hold: the filter's own condition, then the groups
        conditions = section.conditions
    events = facts.chosen(section.table, conditions, section.date)
    codes = facts.tables[section.table].text(section.value).numbered(tuple(place_of))[events.place]
    group = np.array([*place_of.values(), -1], np.int64)[codes]
    side = np.array([sides.index(one) for one, _ in groups])
    return distinct(events, group, side, section.n, tuple(sides.index(one) for one in section.across), section.days)


def _steps(rule: OutcomeRule, facts: Facts) -> tuple[Spans, Pairs, np.ndarray]:
    """(episodes, pairs, true where the episode is heavier than what was known at `as_of`)."""
    spans = spans_of(facts, rule.kinds, rule.heavier)
    found = pairs(facts.rows.client, spans.client)
    rank = spans.rank[found.span]
    known = highest(found, known_open(spans, found, facts.rows.as_of), rank, len(facts.rows))
    return spans, found, (rank > known[found.row]) & (rank > NO_STEP) & spans.latest[found.span]


def _stepped_up(rule: OutcomeRule, facts: Facts, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    spans, found, heavier = _steps(rule, facts)
    start = spans.start[found.span]
    inside = heavier & (start >= first[found.row]) & (start < last[found.row])
    return earliest(found, inside, start, len(facts.rows))


def _stepped_up_early(rule: OutcomeRule, facts: Facts, first: np.ndarray) -> np.ndarray:
    """A heavier episode began before the window and still ran at `as_of` or later."""
    spans, found, heavier = _steps(rule, facts)
    early = (spans.start[found.span] < first[found.row]) & (spans.end[found.span] >= facts.rows.as_of[found.row])
    return any_row(found, heavier & early, len(facts.rows))
