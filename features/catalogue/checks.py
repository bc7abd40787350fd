"""What a declared family may say: every fault is one sentence with the nearest allowed word."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from configs.loader import nearest
from features.catalogue.families import AGGREGATES, WINDOWED, Condition, Family, Prefix, Without
from features.known import INTERVAL_ENDS, KNOWN_LATER
from features.tables import TABLES, Table

NEVER_FEATURES = frozenset({"non_disclosure", "client_id", "recorded_at", "superseded_at"})
IDENTIFIERS = re.compile(r"(^|_)id$")
MONTH = "month"
"""A column every table has without storing it: the calendar month of the row's date (for `distinct`)."""
NEEDS_VALUE = frozenset({"sum", "distinct", "last", "valid_sum", "age_years", "is"})
NEEDS_NUMBER = frozenset({"sum", "last", "valid_sum", "age_years"})
NO_BY = frozenset({"age_years", "is", "observed_days"})


def unknown(kind: str, word: str, allowed: Iterable[str]) -> str:
    """The sentence about an unknown name."""
    names = sorted(allowed)
    guess = nearest(word, names)
    hint = f"Did you mean `{guess}`?" if guess else f"Allowed: {', '.join(names)}."
    return f"unknown {kind} `{word}`. {hint}"


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
        yield from _column_faults(TABLES[family.table], family)
        yield from _shape_faults(TABLES[family.table], family)


def _column_faults(table: Table, family: Family) -> Iterator[str]:
    named = {"by": family.by, "value": family.value if family.value != MONTH else None}
    for place, column in [*named.items(), *(("filter", name) for name in family.filter)]:
        if column is None:
            continue
        if column not in table.by_name:
            yield unknown(f"column of {table.name} in `{place}`", column, set(table.by_name) - NEVER_FEATURES)
        elif fault := _forbidden(table, family, place, column):
            yield fault
    if family.at and family.at not in {column.name for column in table.dates}:
        yield unknown(f"date of {table.name} in `at`", family.at, {column.name for column in table.dates})
    for name, condition in family.filter.items():
        yield from _condition_faults(table, name, condition)


def _forbidden(table: Table, family: Family, place: str, column: str) -> str | None:
    if column in NEVER_FEATURES or (IDENTIFIERS.search(column) and family.aggregate != "distinct"):
        return f"`{column}` may never be used in `{place}`. Choose another column."
    later = KNOWN_LATER.get((table.name, column))
    if later and family.at != later:
        return f"`{column}` is known only from `{later}` on. Add `at: {later}`."
    is_date = table.by_name[column].kind == "time"
    if is_date:
        return f"`{column}` is a date and cannot stand in `{place}`. Use `at: {column}`."
    return None


def _condition_faults(table: Table, name: str, condition: Condition) -> Iterator[str]:
    column = table.by_name.get(name)
    if column is None:
        return
    if isinstance(condition, Prefix | Without):
        if column.kind != "text":
            word = "prefix" if isinstance(condition, Prefix) else "without"
            yield f"`{word}` needs a text column, `{name}` holds a {column.kind}."
        return
    values = condition if isinstance(condition, tuple) else (condition,)
    if column.kind == "text" and not all(isinstance(value, str) for value in values):
        yield f"`{name}` holds text; write its codes in quotes, e.g. `{name}: '901'`."
    for value in values:
        if column.allowed and isinstance(value, str) and value not in column.allowed:
            yield unknown(f"code of `{name}`", value, column.allowed)


def _shape_faults(table: Table, family: Family) -> Iterator[str]:
    if family.aggregate in WINDOWED and not family.windows:
        yield f"`{family.aggregate}` needs windows, e.g. `windows: [90, 365]`."
    if family.aggregate not in WINDOWED | {"days_since", "last"} and family.windows:
        yield f"`{family.aggregate}` takes no windows. Remove `windows`."
    if list(family.windows) != sorted(set(family.windows)) or any(days < 1 for days in family.windows):
        yield "`windows` must be different whole days from 1 up, shortest first."
    yield from _value_faults(table, family)
    if family.aggregate.startswith("valid") and (table.name not in INTERVAL_ENDS or family.at):
        yield f"`{family.aggregate}` needs a table with intervals ({', '.join(sorted(INTERVAL_ENDS))}) and no `at`."
    if family.by and family.aggregate in NO_BY:
        yield f"`{family.aggregate}` takes no `by`. Remove it."
    if family.aggregate == "is" and not family.codes:
        yield "`is` needs codes, e.g. `codes: [female]`."
    if family.codes and family.aggregate != "is" and not family.by:
        yield "`codes` belong to `by`. Add `by: <column>` or remove them."
    if family.aggregate in {"age_years", "observed_days"} and family.table != "residents":
        yield f"`{family.aggregate}` is made of residents. Write `table: residents`."


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
    if column and family.aggregate in {"is", "distinct"} and column.kind != "text":
        yield f"`{family.aggregate}` needs a text column, `{column.name}` holds a {column.kind}."
