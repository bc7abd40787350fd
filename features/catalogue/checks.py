"""What a declared family may say: every fault is one sentence with the nearest allowed word."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date

from configs.words import unknown
from features.catalogue.families import AGGREGATES, MONTH, WINDOWED, Family
from features.catalogue.fields import column_faults
from features.known import INTERVAL_ENDS
from features.tables import TABLES, Table

NEEDS_VALUE = frozenset(
    {
        *("sum", "mean", "trend", "distinct", "last", "valid_sum", "age_years", "is", "coci", "usual_provider_share"),
        *("repeat_contact_share", "change_between_assessments", "entropy"),
    }
)
NEEDS_NUMBER = frozenset({"sum", "mean", "trend", "last", "valid_sum", "age_years", "change_between_assessments"})
NEEDS_TEXT = frozenset({"is", "distinct", "coci", "usual_provider_share", "repeat_contact_share", "entropy"})
NEEDS_WITHIN = {"repeat_contact_share": 14, "overdue": 365}
"""Aggregates that need `within_days`, with an example."""
TAKES_AT_LEAST = frozenset({"coci", "usual_provider_share", "count_within"})
MAY_HAVE_WINDOWS = WINDOWED | {"days_since", "last", "change_between_assessments"}
NO_BY = frozenset({"age_years", "is", "observed_days"})
ONLY_ON = {
    "age_years": "residents",
    "observed_days": "residents",
    "named_share": "contacts",
    "first_contact_is_emergency": "contacts",
}
MASKED = WINDOWED | {"overdue"}
"""Aggregates that a source's coverage can make unknown."""


def catalogue_faults(families: Mapping[str, Family], dimensions: Collection[str], observed_from: str) -> list[str]:
    """Everything wrong with a catalogue, family by family."""
    faults = list(_observed_faults(observed_from))
    for key, family in families.items():
        faults += [f"family `{key}`: {fault}" for fault in _family_faults(key, family)]
        if family.dimension not in dimensions:
            faults.append(f"family `{key}`: the dimension `{family.dimension}` has no name; add it to `dimensions`.")
    return faults


def _observed_faults(observed_from: str) -> Iterator[str]:
    if observed_from == "residents":
        return
    try:
        date.fromisoformat(observed_from)
    except ValueError:
        yield f"`observed_from` is `{observed_from}`; write `residents` or a date such as '2022-07-01'."


def _family_faults(key: str, family: Family) -> Iterator[str]:
    if family.id != key or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", key):
        yield "its id must be snake_case and equal to its key, e.g. `gp_visits`."
    if family.aggregate not in AGGREGATES:
        yield unknown("aggregate", family.aggregate, AGGREGATES)
    with_client = [name for name, table in TABLES.items() if table.has_client]
    if family.table not in with_client:
        yield unknown("table", family.table, with_client)
    else:
        yield from column_faults(TABLES[family.table], family)
        yield from _shape_faults(TABLES[family.table], family)


def _shape_faults(table: Table, family: Family) -> Iterator[str]:
    if family.aggregate in WINDOWED and not family.windows:
        yield f"`{family.aggregate}` needs windows, e.g. `windows: [90, 365]`."
    if family.aggregate not in MAY_HAVE_WINDOWS and family.windows:
        yield f"`{family.aggregate}` takes no windows. Remove `windows`."
    if list(family.windows) != sorted(set(family.windows)) or any(days < 1 for days in family.windows):
        yield "`windows` must be different whole days from 1 up, shortest first."
    yield from _value_faults(table, family)
    yield from _setting_faults(family)
    lasts = family.aggregate.startswith("valid") or family.aggregate == "lapsed"
    if lasts and (table.name not in INTERVAL_ENDS or family.at):
        yield f"`{family.aggregate}` needs a table with intervals ({', '.join(sorted(INTERVAL_ENDS))}) and no `at`."
    if family.by and family.aggregate in NO_BY:
        yield f"`{family.aggregate}` takes no `by`. Remove it."
    if family.aggregate == "is" and not family.codes:
        yield "`is` needs codes, e.g. `codes: [female]`."
    if family.codes and family.aggregate != "is" and not family.by:
        yield "`codes` belong to `by`. Add `by: <column>` or remove them."
    only = ONLY_ON.get(family.aggregate, family.table)
    if family.table != only:
        yield f"`{family.aggregate}` is made of {only}. Write `table: {only}`."


def _setting_faults(family: Family) -> Iterator[str]:
    """The settings that belong to some aggregates only."""
    aggregate = family.aggregate
    if aggregate == "share" and not family.part:
        yield "`share` needs what is counted above the line: add `part`, e.g. `part: {channel: digital}`."
    if aggregate != "share" and family.part:
        yield f"`{aggregate}` takes no `part`. Remove it, or write `aggregate: share`."
    if aggregate in NEEDS_WITHIN and family.within_days is None:
        yield f"`{aggregate}` needs `within_days`, e.g. `within_days: {NEEDS_WITHIN[aggregate]}`."
    if aggregate not in NEEDS_WITHIN and family.within_days is not None:
        yield f"`{aggregate}` takes no `within_days`. Remove it."
    if family.coverage and aggregate not in MASKED:
        yield f"`{aggregate}` has no window that `coverage` could make unknown. Remove `coverage`."
    yield from _limit_faults(family)


def _limit_faults(family: Family) -> Iterator[str]:
    low, high = family.at_least, family.at_most
    if family.aggregate not in TAKES_AT_LEAST and low is not None:
        yield f"`{family.aggregate}` takes no `at_least`. Remove it."
    if family.aggregate != "count_within":
        if high is not None:
            yield f"`{family.aggregate}` takes no `at_most`. Remove it."
        if low is not None and low < 2:
            yield f"`{family.aggregate}` needs `at_least` from 2 up: one visit says nothing about continuity."
    elif low is None and high is None:
        yield "`count_within` needs `at_least`, `at_most` or both, e.g. `at_least: 60`."
    elif low is not None and high is not None and low > high:
        yield "`at_least` is greater than `at_most`. Swap them."


def _value_faults(table: Table, family: Family) -> Iterator[str]:
    if family.aggregate in NEEDS_VALUE and family.value is None:
        yield f"`{family.aggregate}` needs a column: add `value: <column of {table.name}>`."
    if family.aggregate not in NEEDS_VALUE and family.value is not None:
        yield f"`{family.aggregate}` takes no `value`. Remove it."
    if family.value == MONTH and family.aggregate != "distinct":
        yield "`month` can only be counted with `aggregate: distinct`."
    column = table.by_name.get(family.value or "")
    if column and family.aggregate in NEEDS_NUMBER and column.kind not in {"number", "integer"}:
        yield f"`{family.aggregate}` needs a number, `{column.name}` holds a {column.kind}."
    if column and family.aggregate in NEEDS_TEXT and column.kind != "text":
        yield f"`{family.aggregate}` needs a text column, `{column.name}` holds a {column.kind}."
