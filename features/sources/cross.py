"""Checks of a row against other tables: clients that nobody knows, and events outside a life."""

from collections.abc import Sequence

from features.sources.engine import Engine, literal
from features.tables import TABLES, Table


def check_lives(engine: Engine, stored_residents: Sequence[str]) -> None:
    """Reject staged rows of clients that are not residents, and events before birth or after death."""
    origins = ["SELECT client_id, birth_year, died_on FROM staged_residents"]
    if stored_residents:
        origins.append(f"SELECT client_id, birth_year, died_on FROM {parquet(stored_residents)}")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE lives AS SELECT client_id, min(birth_year) AS born, max(died_on)::DATE AS died "
        f"FROM ({' UNION ALL '.join(origins)}) GROUP BY client_id"
    )
    for table in TABLES.values():
        if table.has_client and table.name != "residents":
            _check_table(engine, table)
    engine.run("DROP TABLE lives")


def reject(engine: Engine, table: Table, chosen: str) -> None:
    """Move rows out of `staged_<table>`; `chosen` is SQL that gives file, line, lines, reason."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE dropped AS {chosen}")
    if engine.count("SELECT count(*) FROM dropped"):
        engine.run("INSERT INTO rejects SELECT file, line, lines, reason, NULL FROM dropped")
        engine.run(f"DELETE FROM staged_{table.name} AS s USING dropped AS d WHERE s.file = d.file AND s.line = d.line")
    engine.run("DROP TABLE dropped")


def parquet(files: Sequence[str]) -> str:
    """SQL that reads Parquet files."""
    return f"read_parquet([{', '.join(map(literal, files))}])"


def _check_table(engine: Engine, table: Table) -> None:
    whens = ["WHEN l.client_id IS NULL THEN 'orphan'"]
    if not table.by_name[table.time].planned:
        time = f's."{table.time}"'
        whens += [f"WHEN year({time}) < born THEN 'before_birth'", f"WHEN {time}::DATE > died THEN 'after_death'"]
    reject(
        engine,
        table,
        f"SELECT * FROM (SELECT file, line, lines, CASE {' '.join(whens)} END AS reason "
        f"FROM staged_{table.name} AS s LEFT JOIN lives AS l USING (client_id)) WHERE reason IS NOT NULL",
    )
