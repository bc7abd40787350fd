"""Measures of waiting: from one date of a matter to another, and matters that still wait."""

import numpy as np
import pandas as pd

from evaluation.indicators.kinds import Clock, Wait, Waiting
from evaluation.indicators.measures.clocks import days_between, deadlines
from evaluation.indicators.measures.parts import by_client, nothing, parts, summed
from evaluation.indicators.measures.world import World
from evaluation.indicators.periods import Span
from features.known import INTERVAL_ENDS
from features.selection import matches


def wait(world: World, spec: Wait, span: Span, clock: Clock) -> pd.DataFrame:
    """The days themselves, or rows (clients) within or over the limit."""
    rows = world.table(spec.table)
    rows = rows[matches(rows, spec.of)]
    if spec.say == "days":
        return _days(rows, spec, span, clock)
    judged = _judged(rows, spec, span, clock, world.as_of)
    return summed(judged) if spec.per == "row" else by_client(judged)


def _days(rows: pd.DataFrame, spec: Wait, span: Span, clock: Clock) -> pd.DataFrame:
    """One row per matter that reached `stop` in the period; a stop before its start cannot be judged."""
    done = rows[(rows[spec.stop] >= span.start) & (rows[spec.stop] < span.end)]
    if done.empty:
        return nothing()
    sound = (done[spec.stop].dt.normalize() >= done[spec.start].dt.normalize()).to_numpy()
    days = days_between(done[spec.start], done[spec.stop], clock)
    return parts(done["client_id"].to_numpy(), np.where(sound, days, 0.0), sound, ~sound)


def _judged(rows: pd.DataFrame, spec: Wait, span: Span, clock: Clock, as_of: pd.Timestamp) -> pd.DataFrame:
    """Matters begun in the period.  Done: judged by its day.  Not done: late once the deadline is over, else unjudged.

    A matter that ended before its deadline without the step (withdrawn) is nobody's success or failure.
    """
    asked = rows[(rows[spec.start] >= span.start) & (rows[spec.start] < span.end)]
    if asked.empty:
        return nothing()
    last = deadlines(asked[spec.start], int(spec.limit or 0), clock, spec.months)
    done = asked[spec.stop].dt.normalize()
    end = INTERVAL_ENDS.get(spec.table)
    ended = asked[end].dt.normalize() if end and end != spec.stop else pd.Series(pd.NaT, index=asked.index)
    left = done.isna() & (ended <= last)
    open_still = done.isna() & ~left & (last >= as_of)
    within = done <= last
    judged = ~left & ~open_still
    case = judged & (within if spec.say == "within" else ~within)
    return parts(asked["client_id"].to_numpy(), case.to_numpy(), judged.to_numpy(), open_still.to_numpy())


def waiting(world: World, spec: Waiting, span: Span, clock: Clock) -> pd.DataFrame:
    """Living clients with a matter open on the eve of the period's end; a case when one has waited over the limit."""
    rows = world.table("requests")
    rows = rows[matches(rows, spec.of) & (rows["requested_at"] < span.end).to_numpy()]
    gone = (rows[spec.stop] < span.end) | (rows["ended_at"] < span.end)
    still = rows[~gone & ~rows["client_id"].isin(world.dead(span.end))]  # nobody closes the matter of the dead
    if spec.age is not None:
        homes = world.homes(span.end)
        old = homes.loc[matches(homes, {"age": spec.age}), "client_id"]
        still = still[still["client_id"].isin(old)]
    if still.empty:
        return nothing()
    eve = pd.Series(span.end - pd.Timedelta(days=1), index=still.index)
    over = days_between(still["requested_at"], eve, clock) > (-1 if spec.limit is None else spec.limit)
    return by_client(parts(still["client_id"].to_numpy(), over))
