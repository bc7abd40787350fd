"""Canonical tables to demand series: one row per (cell, measure, period), zeros only where the cell was observed.

A period is kept only when it was observed to its end: after the area's `history_start` and its source's coverage, and
before the last periods that the declared reporting lag may still fill.  Inside that, a period without rows is a true
zero; outside, unknown and absent.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product

import pandas as pd

from configs.errors import DataError
from features.panel.counted import CLIENTS, Bucket, counted, current
from features.panel.periods import Period, all_between, first_whole, last_whole
from features.panel.rule import SeriesRule
from features.store import Snapshot, read_table

RESIDENT_COLUMNS = (
    "client_id",
    "birth_year",
    "municipality",
    "history_start",
    "valid_from",
    "valid_to",
    "superseded_at",
)


def series_panel(
    snapshot: Snapshot, rule: SeriesRule, areas: Sequence[str], coverage: Mapping[str, date] | None = None
) -> pd.DataFrame:
    """Returns the rule's `by` columns, `measure`, `ds` (first day of the period), `y` (in the unit that
    features.panel.rule.MEASURES says) and `clients` (different clients behind the cell).

    `coverage` is the first day from which each area's source is complete (features.source_catalogue); an area that it
    does not name is left out.  Raises DataError when no such row is in the store or an area has no resident.
    """
    residents = current(read_table(snapshot, "residents", columns=RESIDENT_COLUMNS))
    last = last_whole(snapshot.data_until, rule.reporting_lag_days, rule.period)
    buckets = [counted(Bucket(snapshot, k, residents, last), rule) for k in range(snapshot.n_buckets)]
    found = pd.concat(buckets, ignore_index=True)
    if found.empty:
        raise DataError(f"No row of {rule.table} that the series ask for is in the store. Check the mapping's codes.")
    values = [*rule.measures, CLIENTS]
    summed = found.groupby([*rule.by, "ds"], observed=True, as_index=False)[values].sum()
    wanted = [area for area in areas if coverage is None or area in coverage]
    firsts = {area: _first(residents, area, rule.period, (coverage or {}).get(area)) for area in wanted}
    others = [name for name in rule.by if name != "area"]
    cells = list(product(*(_codes(rule, name, summed) for name in others)))
    return _filled(summed, rule, [(area, *cell) for area in wanted for cell in cells], ["area", *others], firsts, last)


def _codes(rule: SeriesRule, name: str, summed: pd.DataFrame) -> Sequence[str]:
    return rule.codes[name] if name in rule.codes else sorted(summed[name].unique())


def _first(residents: pd.DataFrame, area: str, period: Period, covered_from: date | None) -> pd.Timestamp:
    """The first whole period after the area's history began and its source covered it."""
    starts = residents.loc[residents["municipality"] == area, "history_start"]
    if starts.empty:
        raise DataError(f"No resident lives in the municipality {area} of the demand config. Check its codes.")
    begin = starts.min()
    return first_whole(max(begin, pd.Timestamp(covered_from)) if covered_from else begin, period)


def _filled(
    summed: pd.DataFrame,
    rule: SeriesRule,
    cells: Sequence[tuple[str, ...]],
    names: Sequence[str],
    firsts: Mapping[str, pd.Timestamp],
    last: pd.Timestamp,
) -> pd.DataFrame:
    """Every cell on every observed period of its area; a period without rows is zero."""
    by_cell = dict(tuple(summed.groupby(list(names), observed=True)))
    nothing, values = summed.iloc[:0], [*rule.measures, CLIENTS]
    parts = []
    for cell in cells:
        periods = all_between(firsts[cell[0]], last, rule.period)
        found = by_cell.get(cell, nothing).set_index("ds")[values]
        full = found.reindex(periods, fill_value=0.0).rename_axis("ds").reset_index()
        parts.append(_long(full, rule).assign(**dict(zip(names, cell, strict=True))))
    return pd.concat(parts, ignore_index=True)


def _long(full: pd.DataFrame, rule: SeriesRule) -> pd.DataFrame:
    """`ds, clients, measure, y` of one cell."""
    columns = {"ds": full["ds"], "clients": full[CLIENTS]}
    return pd.concat([pd.DataFrame({**columns, "measure": one, "y": full[one]}) for one in rule.measures])
