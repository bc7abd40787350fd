"""Measures of who has what on a day: plans, services, checks, visits of a month, values within a target."""

import numpy as np
import pandas as pd

from evaluation.indicators.kinds import Covered, Group, LatestMean, State
from evaluation.indicators.measures.parts import nothing, parts
from evaluation.indicators.measures.world import World
from evaluation.indicators.periods import Span
from features.catalogue.families import Between
from features.known import INTERVAL_ENDS
from features.selection import column_matches, matches
from features.tables import TABLES


def covered(world: World, spec: Covered, span: Span) -> pd.DataFrame:
    """Residents who are entitled; a case when they also have."""
    people = world.residents(span.end)
    entitled = people[belongs(world, spec.entitled, people, span)].reset_index(drop=True)
    if entitled.empty:
        return nothing()
    having = belongs(world, spec.having, entitled, span)
    unknown = _unknown(world, spec.having, entitled, span)
    return parts(entitled["client_id"].to_numpy(object), having & ~unknown, ~unknown, unknown)


def latest_mean(world: World, spec: LatestMean, span: Span) -> pd.DataFrame:
    """The newest value of each resident who has one in the days before the period's end."""
    state = State(table=spec.table, of=spec.of, within_days=spec.within_days)
    rows = _rows(world, state, span)
    residents = rows["client_id"].isin(world.residents(span.end)["client_id"])
    newest = _newest(rows[residents])
    return (
        parts(newest["client_id"].to_numpy(object), newest["value"].to_numpy(np.float64)) if len(newest) else nothing()
    )


def belongs(world: World, group: Group, people: pd.DataFrame, span: Span) -> np.ndarray:
    """True for the people for whom everything of the group holds."""
    inside = np.ones(len(people), bool)
    if group.age is not None:
        inside &= matches(people, {"age": group.age})
    for state in group.holds:
        inside &= _holds(world, state, people["client_id"], span)
    return inside


def _holds(world: World, state: State, clients: pd.Series, span: Span) -> np.ndarray:
    rows = _rows(world, state, span)
    if state.latest is not None:
        return _latest(rows, state, state.latest, clients)
    number = clients.map(rows.groupby(rows["client_id"].astype(object)).size()).fillna(0).to_numpy()
    if state.at_most is not None:
        number_fits = (number >= state.at_least) & (number <= state.at_most)
    else:
        number_fits = number >= state.at_least
    return np.asarray(~number_fits if state.absent else number_fits)


def _rows(world: World, state: State, span: Span) -> pd.DataFrame:
    """The rows that speak: of the period, of the last days, or whose interval covers the period's last day."""
    rows, time = world.table(state.table), TABLES[state.table].time
    chosen = matches(rows, state.of) & (rows[time] < span.end).to_numpy()
    if state.during:
        chosen &= (rows[time] >= span.start).to_numpy()
    elif state.within_days is not None:
        recent = rows[time] >= span.end - pd.Timedelta(days=state.within_days)
        ends = INTERVAL_ENDS.get(state.table)
        if state.absent and ends and state.table == "episodes":  # an episode still open is an event all the while
            recent |= rows[ends].isna() | (rows[ends] >= span.end - pd.Timedelta(days=state.within_days))
        chosen &= recent.to_numpy()
    elif state.table in INTERVAL_ENDS:
        chosen &= ~(rows[INTERVAL_ENDS[state.table]] < span.end).to_numpy()
    return rows[chosen]


def _latest(rows: pd.DataFrame, state: State, wanted: Between, clients: pd.Series) -> np.ndarray:
    values = clients.map(_newest(rows, TABLES[state.table].time).set_index("client_id")["value"])
    return np.asarray(column_matches(values.to_numpy(np.float64), wanted))


def _newest(rows: pd.DataFrame, time: str = "time") -> pd.DataFrame:
    return rows.sort_values(time, kind="stable").drop_duplicates("client_id", keep="last")


def _unknown(world: World, group: Group, people: pd.DataFrame, span: Span) -> np.ndarray:
    """Whose records do not reach back to where the answer is looked for: unknown, not "no"."""
    reach = max((state.within_days or 0 for state in group.holds), default=0)
    needed = min(span.end - pd.Timedelta(days=reach), span.start)
    return (people["observed_from"] > needed).to_numpy(bool) if reach else np.zeros(len(people), bool)
