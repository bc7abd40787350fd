"""Canonical tables to demand series: one row per (cell, measure, period), zeros only where the cell was observed.

A period is kept only when it was observed to its end: after the area's `history_start` and its source's coverage, and
before the last periods that the declared reporting lag may still fill.  Inside that, a period without rows is a true
zero; outside, unknown and absent.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from configs.errors import DataError
from configs.loader import StrictConfig
from features.catalogue.checks import unknown
from features.catalogue.families import Condition
from features.panel import dimensions
from features.panel.periods import Period, all_between, first_whole, last_whole, period_starts
from features.selection import matches
from features.store import Snapshot, read_table
from features.tables import TABLES

Measure = Literal["count", "hours", "clients"]
RESIDENT_COLUMNS = (
    "client_id",
    "birth_year",
    "municipality",
    "history_start",
    "valid_from",
    "valid_to",
    "superseded_at",
)
EPISODE_COLUMNS = ("client_id", "start", "end", "intensity", "kind", "superseded_at")
HOME_CARE = "home_care_regular"


class SeriesRule(StrictConfig):
    """Which rows are counted, divided by what, per which period."""

    table: str = "contacts"
    filter: Mapping[str, Condition] = Field(default_factory=dict)
    by: tuple[str, ...] = ("area",)
    """`area`, `band`, `intensity` (of home care), `time_of_day`, or any text column of the table."""
    codes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Declared codes of a dimension: each gets a series even when nothing happened, others are left out."""
    measures: tuple[Measure, ...] = ("count",)
    period: Period
    reporting_lag_days: int = Field(ge=0)

    @model_validator(mode="after")
    def _fits(self) -> "SeriesRule":
        table = TABLES.get(self.table)
        if table is None or not table.has_client:
            raise ValueError(unknown("table", self.table, [name for name, one in TABLES.items() if one.has_client]))
        texts = [column.name for column in table.columns if column.kind == "text"]
        for name in (*self.by, *self.filter):
            if name not in {*texts, *dimensions.DERIVED, *table.by_name}:
                raise ValueError(unknown(f"dimension of {table.name}", name, {*texts, *dimensions.DERIVED}))
        if "area" not in self.by:
            raise ValueError("`by` needs `area`: observation begins area by area")
        if "hours" in self.measures and "minutes" not in table.by_name:
            raise ValueError(f"`hours` needs minutes, which {table.name} has not")
        return self


def series_panel(
    snapshot: Snapshot, rule: SeriesRule, areas: Sequence[str], coverage: Mapping[str, date] | None = None
) -> pd.DataFrame:
    """Returns the rule's `by` columns, `measure`, `ds` (first day of the period) and `y` (rows, hours or clients).

    `coverage` is the first day from which each area's source is complete (features.source_catalogue); an area that it
    does not name is left out.  Raises DataError when no such row is in the store or an area has no resident.
    """
    residents = _current(read_table(snapshot, "residents", columns=RESIDENT_COLUMNS))
    buckets = [_bucket(snapshot, bucket, rule, residents) for bucket in range(snapshot.n_buckets)]
    counted = pd.concat(buckets, ignore_index=True)
    if counted.empty:
        raise DataError(f"No row of {rule.table} that the series ask for is in the store. Check the mapping's codes.")
    keys = [*rule.by, "ds"]
    summed = counted.groupby(keys, observed=True, as_index=False)[list(rule.measures)].sum()
    last = last_whole(snapshot.data_until, rule.reporting_lag_days, rule.period)
    wanted = [area for area in areas if coverage is None or area in coverage]
    firsts = {area: _first(residents, area, rule.period, (coverage or {}).get(area)) for area in wanted}
    cells = list(product(*(_codes(rule, name, summed) for name in rule.by if name != "area")))
    others = [name for name in rule.by if name != "area"]
    return _filled(summed, rule, [(area, *cell) for area in wanted for cell in cells], ["area", *others], firsts, last)


def _codes(rule: SeriesRule, name: str, summed: pd.DataFrame) -> Sequence[str]:
    return rule.codes[name] if name in rule.codes else sorted(summed[name].unique())


def _current(frame: pd.DataFrame) -> pd.DataFrame:
    """The versions that stand today, texts as plain objects."""
    current = frame[frame["superseded_at"].isna()]
    texts = current.select_dtypes("category").columns
    return current.assign(**{str(name): current[name].astype(object) for name in texts})


def _bucket(snapshot: Snapshot, bucket: int, rule: SeriesRule, residents: pd.DataFrame) -> pd.DataFrame:
    """The sums of one client bucket."""
    table = TABLES[rule.table]
    minutes = ["minutes"] if "hours" in rule.measures else []
    own = [name for name in rule.by if name in table.by_name]
    names = dict.fromkeys(["client_id", table.time, *own, *rule.filter, *minutes, "superseded_at"])
    rows = read_table(snapshot, rule.table, bucket, tuple(names))
    rows = _current(rows[matches(rows, rule.filter)])
    events = dimensions.stays_at(rows, residents, table.time)
    divided = {name: _dimension(name, events, table.time, snapshot, bucket) for name in rule.by}
    values = {measure: _measured(measure, events) for measure in rule.measures}
    starts = period_starts(events[table.time], rule.period)
    frame = pd.DataFrame(divided | {"ds": starts.to_numpy()} | values)
    if "clients" in rule.measures:
        first = ~frame.assign(client=events["client_id"]).duplicated(["client", *rule.by, "ds"])
        frame["clients"] = first.to_numpy(np.float64)
    return frame.groupby([*rule.by, "ds"], as_index=False, observed=True)[list(rule.measures)].sum()


def _dimension(name: str, events: pd.DataFrame, when: str, snapshot: Snapshot, bucket: int) -> np.ndarray:
    if name == "area":
        return events["municipality"].to_numpy()
    if name == "band":
        return dimensions.band_of(events[when].dt.year, events["birth_year"])
    if name == "time_of_day":
        return dimensions.time_of_day(events[when])
    if name == "intensity" and "intensity" not in events:
        episodes = _current(read_table(snapshot, "episodes", bucket, EPISODE_COLUMNS))
        return dimensions.intensity_of(events, when, episodes[episodes["kind"] == HOME_CARE])
    return events[name].fillna(dimensions.UNKNOWN).to_numpy()


def _measured(measure: Measure, events: pd.DataFrame) -> np.ndarray:
    if measure == "hours":
        return events["minutes"].fillna(0).to_numpy() / 60
    return np.ones(len(events))


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
    nothing = summed.iloc[:0]
    parts = []
    for cell in cells:
        periods = all_between(firsts[cell[0]], last, rule.period)
        found = by_cell.get(cell, nothing).set_index("ds")[list(rule.measures)]
        full = found.reindex(periods, fill_value=0.0).rename_axis("ds").reset_index()
        long = full.melt(id_vars="ds", value_vars=list(rule.measures), var_name="measure", value_name="y")
        parts.append(long.assign(**dict(zip(names, cell, strict=True))))
    return pd.concat(parts, ignore_index=True)
