"""Measures of events: shares, counts, visits per client, repeats, continuity."""

import numpy as np
import pandas as pd

from evaluation.indicators.kinds import Continuity, Filter, PerClient, Repeat, RowCount, RowShare, Shortfall
from evaluation.indicators.measures.parts import by_client, nothing, parts, summed
from evaluation.indicators.measures.world import World
from evaluation.indicators.periods import Span
from features.selection import matches
from features.tables import TABLES

YEAR = pd.DateOffset(years=1)


def chosen(world: World, table: str, of: Filter, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The known rows that satisfy the filter and happened in [start, end)."""
    rows, time = world.table(table), TABLES[table].time
    inside = (rows[time] >= start) & (rows[time] < end)
    return rows[inside.to_numpy() & matches(rows, of)]


def row_share(world: World, spec: RowShare, span: Span) -> pd.DataFrame:
    """Rows (or clients) with `where` among those with `of`."""
    rows = chosen(world, spec.table, spec.of, span.start, span.end)
    found = parts(rows["client_id"].to_numpy(), matches(rows, spec.where))
    return summed(found) if spec.per == "row" else by_client(found)


def row_count(world: World, spec: RowCount, span: Span) -> pd.DataFrame:
    """Rows per client, or 1 per client."""
    rows = chosen(world, spec.table, spec.of, span.start, span.end)
    found = parts(rows["client_id"].to_numpy(), 1.0)
    return summed(found) if spec.per == "row" else by_client(found)


def per_client(world: World, spec: PerClient, span: Span) -> pd.DataFrame:
    """Rows over clients."""
    rows = chosen(world, spec.table, spec.of, span.start, span.end)
    return summed(parts(rows["client_id"].to_numpy(), 1.0)).assign(den=1.0)


def repeats(world: World, spec: Repeat, span: Span) -> pd.DataFrame:
    """A row is a repeat when the client's row of the same kind before it lies within the days (same day included)."""
    table = TABLES[spec.table]
    before = span.start - pd.Timedelta(days=spec.within_days + 1)
    rows = chosen(world, spec.table, spec.of, before, span.end)
    if rows.empty:
        return nothing()
    keys = ["client_id", *spec.same]
    unclear = rows[list(spec.same)].isna().any(axis=1) if spec.same else pd.Series(False, index=rows.index)
    ordered = rows[~unclear].sort_values([*keys, table.time], kind="stable")
    day = ordered[table.time].dt.normalize()
    gap = day.groupby([ordered[key].astype(object) for key in keys], sort=False).diff().dt.days
    inside = ordered[table.time] >= span.start
    judged = parts(ordered.loc[inside, "client_id"].to_numpy(), (gap[inside] <= spec.within_days).to_numpy())
    left_out = rows.loc[unclear & (rows[table.time] >= span.start), "client_id"]
    return summed(pd.concat([judged, parts(left_out.to_numpy(), 0.0, 0.0, 1.0)], ignore_index=True))


def continuity(world: World, spec: Continuity, span: Span) -> pd.DataFrame:
    """(Σ n_j² − n) / (n (n − 1)) per client over the year that ends with the period; 1 = always the same person."""
    rows = chosen(world, "contacts", spec.of, span.end - YEAR, span.end)
    known = rows[rows[spec.by].notna()]
    if known.empty:
        return nothing()
    who = known["client_id"].astype(object)
    seen = known.groupby([who, known[spec.by].astype(object)], sort=True).size().rename("n").reset_index()
    total = seen.groupby("client_id")["n"].sum()
    squares = (seen["n"] ** 2).groupby(seen["client_id"]).sum()
    enough = (total >= spec.least).to_numpy()
    index = (squares - total) / (total * (total - 1)).where(total > 1)
    return parts(total.index[enough].to_numpy(object), index[enough].to_numpy())


def contacts_of_residents(world: World, spec: Shortfall, span: Span) -> pd.DataFrame:
    """Contacts of each resident (num) and 1 (den); the expected number comes from the reference year's rates."""
    rows = chosen(world, spec.table, spec.of, span.start, span.end)
    people = world.residents(span.end)["client_id"]
    made = rows.groupby(rows["client_id"].astype(object)).size()
    return parts(people.to_numpy(object), people.map(made).fillna(0).to_numpy(np.float64))
