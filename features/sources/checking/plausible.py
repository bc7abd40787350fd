"""What a row may say given its delivery and its mapping: not later than delivered, not too far ahead, in its time."""

from datetime import date, timedelta

from features.schema.rules import Rule, happened_columns
from features.sources.checking.validity import outside_rules
from features.sources.engine import literal
from features.sources.mapping import SourceMapping
from features.tables import Table

OLDEST = 120
"""Years that nobody is assumed to have outlived."""

TOO_OLD = "older_than_120"
TOO_FAR = "too_far_ahead"


def delivery_rules(mapping: SourceMapping, covers_until: date | None) -> tuple[Rule, ...]:
    """The rules that one delivery adds to those of its table."""
    table = mapping.canonical
    return (
        *outside_rules(mapping),
        *coverage_rules(table, covers_until),
        *_horizon_rules(mapping, covers_until),
        *_birth_rules(table, covers_until),
    )


def coverage_rules(table: Table, covers_until: date | None) -> tuple[Rule, ...]:
    """What happened cannot lie after the last day that the delivery covers: the tolerance is zero days."""
    if covers_until is None:
        return ()
    end = literal((covers_until + timedelta(days=1)).isoformat())
    unless = " AND \"status\" IS DISTINCT FROM 'planned'" if "status" in table.by_name else ""
    return tuple(Rule("future_event", name, f'"{name}" >= TIMESTAMP {end}{unless}') for name in happened_columns(table))


def _horizon_rules(mapping: SourceMapping, covers_until: date | None) -> tuple[Rule, ...]:
    """A beginning that is planned lies at most some years after the delivery, or after it was recorded.

    Ends are free: a date far ahead is how many registers write "until further notice".
    """
    table, years = mapping.canonical, mapping.planned_years_ahead
    has_status = "status" in table.by_name
    rules = []
    for column in table.dates:
        if column.nullable or not (column.planned or has_status):
            continue
        base = f"TIMESTAMP {literal(covers_until.isoformat())}" if covers_until else f'"{column.clock}"'
        rules.append(Rule(TOO_FAR, column.name, f'"{column.name}" > {base} + INTERVAL {years} YEAR'))
    return tuple(rules)


def _birth_rules(table: Table, covers_until: date | None) -> tuple[Rule, ...]:
    if table.name != "residents":
        return ()
    rules = [Rule(TOO_OLD, "birth_year", f'coalesce(year("died_on"), year("valid_from")) - "birth_year" > {OLDEST}')]
    rules.append(Rule("before_birth", "died_on", 'year("died_on") < "birth_year"'))
    if covers_until is not None:
        rules.append(Rule("future_event", "birth_year", f'"birth_year" > {covers_until.year}'))
    return tuple(rules)
