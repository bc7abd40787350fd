"""One file into the scratch pad: good rows typed and staged, bad rows noted with their reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from configs.errors import DataError
from features.schema.rules import Rule, happened_columns, rules_of
from features.sources.engine import Engine, literal, quoted
from features.sources.expressions import SQL_TYPES, all_faults, clocked, expressions_of
from features.sources.identities import Identities, joins
from features.sources.mapping import SourceMapping
from features.sources.merging import merge_rows
from features.sources.read import STRUCTURAL, Cells, read_cells
from features.sources.scan import Scan
from features.tables import TABLES, Table

LINEAGE = "file INTEGER, line BIGINT, lines INTEGER, nth INTEGER, bucket SMALLINT"
"""Columns of a staged row beside the canonical ones.

`lines` counts the physical lines it stands for; `nth` counts equal rows of a source that has no row key, else 0.
"""


@dataclass(frozen=True)
class Delivery:
    """One file to ingest: its number in this run, its mapping, its place and what its marker promises."""

    number: int
    file: Path
    mapping: SourceMapping
    scan: Scan
    covers_until: date | None = None
    promised_rows: int | None = None


def prepare(engine: Engine) -> None:
    """Make the empty scratch tables."""
    for table in TABLES.values():
        columns = ", ".join(f"{quoted(column.name)} {SQL_TYPES[column.kind]}" for column in table.columns)
        engine.run(f"CREATE TEMP TABLE staged_{table.name} ({LINEAGE}, {columns})")
    engine.run("CREATE TEMP TABLE rejects (file INTEGER, line BIGINT, lines INTEGER, reason VARCHAR, col VARCHAR)")


def stage(engine: Engine, delivery: Delivery, identities: Identities, n_buckets: int, scratch: Path) -> Cells:
    """Read, check and stage one file.  Every row lands in `staged_<table>` or in `rejects`, or was filtered."""
    mapping = delivery.mapping
    cells = read_cells(engine, delivery.file, mapping, delivery.scan, scratch)
    _compare_rows(delivery, cells)
    identities.learn(mapping)
    expressions = expressions_of(mapping, cells.is_ascii)
    rules = (*rules_of(mapping.canonical), *coverage_rules(mapping.canonical, delivery.covers_until))
    cell_faults = (*STRUCTURAL, *all_faults(expressions))
    typed = ", ".join(f"{expression.value} AS {quoted(expression.name)}" for expression in expressions)
    engine.run(
        "CREATE OR REPLACE TEMP TABLE checked AS "
        f"WITH typed AS (SELECT line, {_cell_fault(cell_faults)} AS cell_fault, {typed} FROM cells {joins(mapping)}), "
        f"timed AS (SELECT * REPLACE ({_clocks(mapping)}) FROM typed) "
        f"SELECT *, {_row_fault(rules, len(cell_faults))} AS fault FROM timed",
        what=delivery.file.name,
    )
    engine.run("DROP TABLE cells")
    _keep(engine, delivery, n_buckets)
    _reject(engine, delivery, (*cell_faults, *rules))
    engine.run("DROP TABLE checked")
    merge_rows(engine, delivery.number, mapping)
    return cells


def coverage_rules(table: Table, covers_until: date | None) -> tuple[Rule, ...]:
    """What happened cannot lie after the last day that the delivery covers."""
    if covers_until is None:
        return ()
    end = literal((covers_until + timedelta(days=1)).isoformat())
    unless = " AND \"status\" IS DISTINCT FROM 'planned'" if "status" in table.by_name else ""
    return tuple(Rule("future_event", name, f'"{name}" >= TIMESTAMP {end}{unless}') for name in happened_columns(table))


def bucket_sql(table: Table, n_buckets: int) -> str:
    """SQL of `features.store.bucket_of`."""
    if not table.has_client:
        return "0::SMALLINT"
    return f"((('0x' || client_id[1:8])::UBIGINT) % {n_buckets})::SMALLINT"


def nth_sql(table: Table) -> str:
    """SQL that numbers equal rows."""
    return f"row_number() OVER (PARTITION BY {', '.join(quoted(column.name) for column in table.columns)})"


def _compare_rows(delivery: Delivery, cells: Cells) -> None:
    if delivery.promised_rows not in (None, cells.rows):
        raise DataError(
            f"{delivery.file.name} has {cells.rows} rows, its marker promised {delivery.promised_rows}. Fetch it again."
        )


def _cell_fault(faults: Sequence[Rule]) -> str:
    structural = len(STRUCTURAL)
    whens = " ".join(
        f"WHEN {fault.broken} THEN {structural + place}" for place, fault in enumerate(faults[structural:], 1)
    )
    return f"(CASE WHEN bad > 0 THEN bad {whens} ELSE 0 END)::SMALLINT"


def _row_fault(rules: Sequence[Rule], before: int) -> str:
    whens = " ".join(f"WHEN {rule.broken} THEN {before + place}" for place, rule in enumerate(rules, 1))
    return f"(CASE WHEN cell_fault > 0 THEN cell_fault {whens} ELSE 0 END)::SMALLINT"


def _clocks(mapping: SourceMapping) -> str:
    clocks = clocked(mapping.canonical, mapping.recording_delay_days)
    return ", ".join(f"{sql} AS {quoted(name)}" for name, sql in clocks.items())


def _keep(engine: Engine, delivery: Delivery, n_buckets: int) -> None:
    table = delivery.mapping.canonical
    names = ", ".join(quoted(column.name) for column in table.columns)
    nth = nth_sql(table) if delivery.mapping.repeats == "keep" else "0"
    engine.run(
        f"INSERT INTO staged_{table.name} SELECT {delivery.number}, line, 1, {nth}, {bucket_sql(table, n_buckets)}, "
        f"{names} FROM checked WHERE fault = 0"
    )


def _reject(engine: Engine, delivery: Delivery, faults: Sequence[Rule]) -> None:
    words = ", ".join(f"({n}, {literal(f.reason)}, {literal(f.column or None)})" for n, f in enumerate(faults, 1))
    engine.run(
        f"INSERT INTO rejects SELECT {delivery.number}, line, 1, w.word, w.col FROM checked "
        f"JOIN (VALUES {words}) AS w(number, word, col) ON w.number = fault WHERE fault > 0"
    )
