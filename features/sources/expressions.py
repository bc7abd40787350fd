"""A mapping as SQL: for every canonical column its typed value, and the faults its cell can have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from features.schema.rules import Rule
from features.sources.checking.codes import dated_code, load_codes
from features.sources.engine import cell, literal
from features.sources.mapping import ColumnMapping, SourceMapping
from features.tables import Column, Table

SQL_TYPES = {"text": "VARCHAR", "integer": "INTEGER", "number": "DOUBLE", "time": "TIMESTAMP", "flag": "BOOLEAN"}
ISO_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
NUMBER_FORMS = {"number": "-?[0-9]+(SIGN[0-9]+)?", "integer": "-?[0-9]+(SIGN0+)?"}


@dataclass(frozen=True)
class Expression:
    """One canonical column: SQL over the cells, and what can be wrong with the cell."""

    name: str
    value: str
    faults: tuple[Rule, ...] = ()


def expressions_of(mapping: SourceMapping, is_ascii: bool) -> tuple[Expression, ...]:
    """The columns of the mapping's table, in the table's order, clocks still as they were given."""
    table = mapping.canonical
    given = {**mapping.columns, "source": ColumnMapping(value=mapping.source), "legacy_org": mapping.legacy_org}
    made = []
    for column in table.columns:
        if column.name in given:
            made.append(_expression(column, given[column.name], mapping, is_ascii))
        else:
            made.append(Expression(column.name, f"NULL::{SQL_TYPES[column.kind]}"))
    return tuple(made)


def identifier_columns(mapping: SourceMapping) -> dict[str, ColumnMapping]:
    """The canonical columns that are pseudonymised."""
    given = {**mapping.columns, "legacy_org": mapping.legacy_org}
    return {name: column for name, column in given.items() if column.pseudonymise}


def raw_cell(given: ColumnMapping) -> str:
    """The text of the cell; cells of several columns are joined by a space."""
    origins = given.origins[:-1] if given.age_on else given.origins
    return " || ' ' || ".join(cell(name) for name in origins)


def clocked(table: Table, delay_days: int) -> dict[str, str]:
    """For every clock column: its given value, else its date plus the declared delay; empty when the date is."""
    clocks: dict[str, str] = {}
    for date in table.dates:
        if date.clock and date.clock != "recorded_at":
            clocks[date.clock] = _clock(f'"{date.name}"', date.clock, delay_days)
    clocks["recorded_at"] = _clock(_own_date(table), "recorded_at", delay_days)
    return clocks


def _own_date(table: Table) -> str:
    if table.by_name[table.time].kind == "time":
        return f'"{table.time}"'
    return f'make_timestamp("{table.time}" + 1, 1, 1, 0, 0, 0)'


def _clock(date: str, clock: str, delay_days: int) -> str:
    return f'CASE WHEN {date} IS NOT NULL THEN coalesce("{clock}", {date} + INTERVAL {delay_days} DAY) END'


def _expression(column: Column, given: ColumnMapping, mapping: SourceMapping, is_ascii: bool) -> Expression:
    if given.value is not None:
        return Expression(column.name, f"CAST({literal(given.value)} AS {SQL_TYPES[column.kind]})")
    raw = raw_cell(given)
    value, faults = _parsed(column, given, raw, mapping, is_ascii)
    if given.empty is not None:
        empty = f"CAST({literal(given.empty)} AS {SQL_TYPES[column.kind]})"
        value = f"CASE WHEN {raw} IS NULL THEN {empty} ELSE {value} END"
    return Expression(column.name, value, tuple(faults))


def _parsed(
    column: Column, given: ColumnMapping, raw: str, mapping: SourceMapping, is_ascii: bool
) -> tuple[str, list[Rule]]:
    if given.pseudonymise:
        return _identifier(column)
    text = raw if is_ascii else f"nfc_normalize({raw})"
    faults: list[Rule] = []
    if given.codes is not None:
        text = _coded(text, given)
        if given.unknown is None:
            faults.append(Rule("unknown_code", column.name, f"{raw} IS NOT NULL AND {text} IS NULL"))
    if given.code_table is not None:
        day = day_of(mapping, given.code_on or mapping.canonical.time)
        text = dated_code(load_codes(given.code_table), text, day, given.unknown)
    if column.kind == "text":
        return text, faults
    value, wrong = _typed(column, given, text, mapping)
    return value, [*faults, *(Rule(reason, column.name, f"{text} IS NOT NULL AND ({sql})") for reason, sql in wrong)]


def _identifier(column: Column) -> tuple[str, list[Rule]]:
    alias = identity_alias(column.name)
    reasons = ("bad_identifier", "test_range_identifier")
    return f"{alias}.id", [Rule(reason, column.name, f"{alias}.reason = '{reason}'") for reason in reasons]


def identity_alias(column: str) -> str:
    """The name under which a column's pseudonyms are joined."""
    return f"id_of_{column}"


def _coded(text: str, given: ColumnMapping) -> str:
    codes = {key: _code_text(code) for key, code in (given.codes or {}).items()}
    whens = " ".join(f"WHEN {literal(key)} THEN {literal(code)}" for key, code in codes.items())
    unknown = f"CASE WHEN {text} IS NOT NULL THEN {literal(given.unknown)} END" if given.unknown else "NULL"
    return f"(CASE {text} {whens} ELSE {unknown} END)" if whens else f"({unknown})"


def _code_text(code: object) -> str:
    return str(code).lower() if isinstance(code, bool) else str(code)


def _typed(
    column: Column, given: ColumnMapping, text: str, mapping: SourceMapping
) -> tuple[str, list[tuple[str, str]]]:
    if column.kind == "time":
        return _time(text, given.formats)
    if given.part == "year":
        time, wrong = _time(text, given.formats)
        return f"year({time})", wrong
    if column.kind == "flag":
        flag = f"CASE WHEN lower({text}) IN ('1', 'true') THEN true WHEN lower({text}) IN ('0', 'false') THEN false END"
        return flag, [("not_allowed_value", f"({flag}) IS NULL")]
    return _number(column, given, text, mapping)


def day_of(mapping: SourceMapping, name: str) -> str:
    """SQL: the day that a date column of the row says, from its cell; of a year, its last day; NULL when unreadable."""
    given = mapping.columns[name]
    text = literal(given.value) if given.value is not None else raw_cell(given)
    if mapping.canonical.by_name[name].kind == "integer":
        return f"try_strptime({text} || '-12-31', '%Y-%m-%d')::DATE"
    return f"{_time(text, given.formats)[0]}::DATE"


def _number(
    column: Column, given: ColumnMapping, text: str, mapping: SourceMapping
) -> tuple[str, list[tuple[str, str]]]:
    dotted = f"replace({text}, ',', '.')" if mapping.format.decimal == "," else text
    form = NUMBER_FORMS["number" if given.age_on else column.kind].replace("SIGN", f"[{mapping.format.decimal}]")
    number = f"TRY_CAST({dotted} AS DOUBLE)"
    fault = f"NOT regexp_full_match({text}, '{form}') OR ({number} = 0 AND starts_with({text}, '-'))"
    if given.age_on:
        age_day, _ = _time(cell(given.age_on), ())
        return f"TRY_CAST(year({age_day}) - floor({number}) AS INTEGER)", [("bad_number", fault)]
    value = f"TRY_CAST({number} AS {SQL_TYPES[column.kind]})"
    return value, [("bad_number", f"{fault} OR {value} IS NULL")]


def _time(text: str, formats: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    used = formats or ISO_FORMATS
    value = f"try_strptime({text}, {_format_list(used)})"
    wrong = f"{value} IS NULL"
    if any("%H" in form for form in used):
        wrong += f" OR {skipped_hour(value)}"
    return value, [("bad_time", wrong)]


def _format_list(formats: Sequence[str]) -> str:
    return literal(formats[0]) if len(formats) == 1 else "[" + ", ".join(map(literal, formats)) + "]"


def skipped_hour(time: str) -> str:
    """SQL: the time does not exist in Europe/Helsinki, because the clock went from 03:00 to 04:00."""
    return f"(month({time}) = 3 AND hour({time}) = 3 AND day({time}) >= 25 AND isodow({time}) = 7)"


def all_faults(expressions: Sequence[Expression]) -> Iterator[Rule]:
    """Every fault of every cell, identifiers first."""
    faults = [fault for expression in expressions for fault in expression.faults]
    yield from (fault for fault in faults if fault.reason.endswith("identifier"))
    yield from (fault for fault in faults if not fault.reason.endswith("identifier"))
