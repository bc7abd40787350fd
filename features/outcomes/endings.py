"""A service or tie that breaks: it ends in the client's lifetime and heavier care starts around the end."""

import numpy as np

from features.outcomes.facts import Facts, Rows, joined
from features.outcomes.runs import Completions
from features.outcomes.sections import EpisodeEnd
from features.outcomes.spans import NO_STEP, Spans, any_row, highest, in_force, pairs, spans_of
from features.windows import NEVER

Days = tuple[np.ndarray, np.ndarray]
"""Clients' numbers and days, side by side, in the order of the clients."""


def breaks(section: EpisodeEnd, facts: Facts) -> Completions:
    """The days by which an end and the start of heavier care are both there: the later of the two."""
    ends, begun = _ends(section, facts), _heavier_starts(section, facts)
    found = pairs(ends[0], begun[0])
    end, start = ends[1][found.row], begun[1][found.span]
    near = (start >= end - section.before_days) & (start < end + section.within_days)
    client, day = ends[0][found.row][near], np.maximum(end, start)[near]
    order = np.argsort(joined(client, day), kind="stable")
    return Completions(client[order], day[order], day[order])


def _ends(section: EpisodeEnd, facts: Facts) -> Days:
    """Every end that is neither a death nor a move nor taken over by another tie that lasts."""
    sources = [("episodes", section.kinds), ("relations", section.roles)]
    latest = [
        spans.part(spans.latest) for table, names in sources if names for spans in [spans_of(facts, names, table=table)]
    ]
    client = np.concatenate([spans.client for spans in latest])
    end = np.concatenate([spans.end for spans in latest])
    lives_on = (end < NEVER) & _lives_on(facts.rows, client, end)
    client, end = client[lives_on], end[lives_on]
    goes_on = np.zeros(len(client), bool)
    for spans in latest:
        found = pairs(client, spans.client)
        goes_on |= any_row(found, in_force(spans, found, end), len(client))
    order = np.argsort(joined(client[~goes_on], end[~goes_on]), kind="stable")
    return client[~goes_on][order], end[~goes_on][order]


def _lives_on(rows: Rows, client: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The client was alive and lived in the county on the day."""
    return (day < rows.client_died[client]) & (day < rows.client_left[client])


def _heavier_starts(section: EpisodeEnd, facts: Facts) -> Days:
    """Starts of the named kinds, and of steps above the one in force on the day before."""
    plain = spans_of(facts, section.then_starts)
    plain = plain.part(plain.latest)
    steps = spans_of(facts, tuple(step.kind for step in section.then_heavier), section.then_heavier)
    steps = steps.part(steps.latest)
    steps = steps.part(steps.rank > _rank_before(steps))
    client, start = np.concatenate([plain.client, steps.client]), np.concatenate([plain.start, steps.start])
    order = np.argsort(joined(client, start), kind="stable")
    return client[order], start[order]


def _rank_before(steps: Spans) -> np.ndarray:
    """For each span the highest step of its client on the day before it starts."""
    found = pairs(steps.client, steps.client)
    held = in_force(steps, found, steps.start - 1)
    return highest(found, held, steps.rank[found.span], len(steps), NO_STEP)
