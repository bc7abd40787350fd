"""What a canonical row must keep to, as rules with a reason.  The ingest runs them as SQL, the tests as pandera."""

from collections.abc import Iterator
from dataclasses import dataclass

from features.schema.scales import load_scales, outside
from features.tables import Column, Table

FIRST_YEAR, LAST_YEAR = 1880, 2200
"""Years a date may lie in: the oldest living person was born after the first, no plan reaches the last."""


@dataclass(frozen=True)
class Rule:
    """One way a row can be wrong: the quarantine's word, the column, and SQL that is true for a wrong row."""

    reason: str
    column: str
    broken: str


def rules_of(table: Table) -> tuple[Rule, ...]:
    """Every rule of the table, in the order in which a wrong row is named."""
    columns = [column for column in table.columns if column.name not in ("source", "legacy_org")]
    return (
        *(rule for column in columns for rule in _column_rules(column)),
        *_scale_rules(table),
        *_order_rules(table),
        *_future_rules(table),
    )


def _column_rules(column: Column) -> Iterator[Rule]:
    name = f'"{column.name}"'
    if not column.nullable:
        yield Rule("missing_value", column.name, f"{name} IS NULL")
    if column.allowed:
        allowed = ", ".join(f"'{value}'" for value in column.allowed)
        yield Rule("not_allowed_value", column.name, f"{name} NOT IN ({allowed})")
    low, high = (FIRST_YEAR, LAST_YEAR) if column.kind == "time" else (column.low, column.high)
    measured = f"year({name})" if column.kind == "time" else name
    if low is not None:
        yield Rule("out_of_range", column.name, f"{measured} < {low:g}")
    if high is not None:
        yield Rule("out_of_range", column.name, f"{measured} > {high:g}")


def _scale_rules(table: Table) -> Iterator[Rule]:
    """A value that its instrument's scale cannot have."""
    if table.name == "assessments":
        yield Rule("out_of_range", "value", outside(load_scales()))


def _order_rules(table: Table) -> Iterator[Rule]:
    """A later date of the row, one with its own clock, never lies on a day before the row's own date."""
    for column in table.dates:
        if column.clock != "recorded_at":
            yield Rule("end_before_start", column.name, f'"{column.name}"::DATE < "{table.time}"::DATE')


def _future_rules(table: Table) -> Iterator[Rule]:
    """What happened cannot have been recorded on an earlier day, unless the date is one that is planned ahead."""
    unless = " AND \"status\" IS DISTINCT FROM 'planned'" if "status" in table.by_name else ""
    for column in table.dates:
        if not column.planned:
            yield Rule("future_event", column.name, f'"{column.name}"::DATE > "{column.clock}"::DATE{unless}')


def happened_columns(table: Table) -> tuple[str, ...]:
    """The dates of the table that cannot lie after the last day its file covers."""
    return tuple(column.name for column in table.dates if not column.planned)
