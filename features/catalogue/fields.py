"""Which columns a declared family may name, and which conditions its columns can satisfy."""

import re
from collections.abc import Iterator

from configs.words import unknown
from features.catalogue.families import MONTH, Between, Condition, Family, Prefix, Without
from features.known import KNOWN_LATER
from features.tables import Column, Table

NEVER_FEATURES = frozenset({"non_disclosure", "client_id", "recorded_at", "superseded_at"})
IDENTIFIERS = re.compile(r"(^|_)id$")
TOLD_APART = frozenset({"distinct", "coci", "usual_provider_share", "repeat_contact_share", "entropy"})
"""Aggregates that ask only whether two values are the same."""


def column_faults(table: Table, family: Family) -> Iterator[str]:
    """Unknown columns, columns that may never be used, and conditions that cannot hold."""
    named = {"by": family.by, "value": family.value if family.value != MONTH else None}
    conditions = [("filter", family.filter), ("part", family.part)]
    asked = [(place, name) for place, held in conditions for name in held]
    for place, column in [*named.items(), *asked]:
        if column is None:
            continue
        if column not in table.by_name:
            yield unknown(f"column of {table.name} in `{place}`", column, set(table.by_name) - NEVER_FEATURES)
        elif fault := _forbidden(table, family, place, column):
            yield fault
    if family.at and family.at not in {column.name for column in table.dates}:
        yield unknown(f"date of {table.name} in `at`", family.at, {column.name for column in table.dates})
    for _, held in conditions:
        for name, condition in held.items():
            yield from condition_faults(table, name, condition)


def _forbidden(table: Table, family: Family, place: str, column: str) -> str | None:
    if column in NEVER_FEATURES or (IDENTIFIERS.search(column) and not _only_told_apart(family, place)):
        return f"`{column}` may never be used in `{place}`. Choose another column."
    later = KNOWN_LATER.get((table.name, column))
    if later and family.at != later:
        return f"`{column}` is known only from `{later}` on. Add `at: {later}`."
    is_date = table.by_name[column].kind == "time"
    if is_date:
        return f"`{column}` is a date and cannot stand in `{place}`. Use `at: {column}`."
    return None


def _only_told_apart(family: Family, place: str) -> bool:
    """Identifiers are never features; they may only be told apart from each other."""
    return place == "value" and family.aggregate in TOLD_APART


def condition_faults(table: Table, name: str, condition: Condition) -> Iterator[str]:
    """What is wrong with one condition on one column; nothing for a column that the table lacks."""
    column = table.by_name.get(name)
    if column is None:
        return
    if isinstance(condition, Prefix | Without):
        if column.kind != "text":
            word = "prefix" if isinstance(condition, Prefix) else "without"
            yield f"`{word}` needs a text column, `{name}` holds a {column.kind}."
        return
    if isinstance(condition, Between):
        yield from _between_faults(column, condition)
        return
    values = condition if isinstance(condition, tuple) else (condition,)
    if column.kind == "text" and not all(isinstance(value, str) for value in values):
        yield f"`{name}` holds text; write its codes in quotes, e.g. `{name}: '901'`."
    if column.kind != "text" and any(isinstance(value, str) for value in values):
        yield f"`{name}` holds a {column.kind}; write it without quotes, e.g. `{name}: {_example(column)}`."
    for value in values:
        if column.allowed and isinstance(value, str) and value not in column.allowed:
            yield unknown(f"code of `{name}`", value, column.allowed)


def _between_faults(column: Column, condition: Between) -> Iterator[str]:
    if column.kind not in {"number", "integer"}:
        yield f"`at_least` and `at_most` need a number column, `{column.name}` holds a {column.kind}."
    low, high = condition.at_least, condition.at_most
    if low is None and high is None:
        yield f"the condition on `{column.name}` is empty. Write `at_least`, `at_most` or both."
    elif low is not None and high is not None and low > high:
        yield f"the condition on `{column.name}` has `at_least` greater than `at_most`. Swap them."


def _example(column: Column) -> str:
    return "true" if column.kind == "flag" else "60"
