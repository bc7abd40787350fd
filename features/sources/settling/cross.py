"""Checks of a row against other tables: clients that nobody knows, and events outside a life."""

from collections.abc import Sequence

from features.sources.checking.plausible import OLDEST, TOO_OLD
from features.sources.engine import Engine, literal
from features.sources.settling.parts import bucket_sql
from features.tables import TABLES, Table


def prepare_lives(engine: Engine) -> None:
    """Make the empty table of what is known of every resident's life."""
    engine.run("CREATE OR REPLACE TEMP TABLE seen (client_id VARCHAR, birth_year INTEGER, died_on TIMESTAMP)")


def see_residents(engine: Engine) -> None:
    """Note the residents of the part that is open."""
    engine.run("INSERT INTO seen SELECT client_id, birth_year, died_on FROM staged_residents")


def know_lives(engine: Engine, stored_residents: Sequence[str], n_buckets: int) -> None:
    """Make the table `lives` of the residents seen and the stored ones."""
    origins = ["SELECT client_id, birth_year, died_on FROM seen"]
    if stored_residents:
        origins.append(f"SELECT client_id, birth_year, died_on FROM {parquet(stored_residents)}")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE lives AS SELECT client_id, min(birth_year) AS born, max(died_on)::DATE AS died, "
        f"{bucket_sql(TABLES['residents'], n_buckets)} AS bucket "
        f"FROM ({' UNION ALL '.join(origins)}) GROUP BY client_id"
    )
    engine.run("DROP TABLE seen")


def check_lives(engine: Engine, table: Table, part: int, n_parts: int) -> None:
    """Reject staged rows of clients that are not residents, and events before birth or after death."""
    if not table.has_client or table.name == "residents":
        return
    whens = ["WHEN l.client_id IS NULL THEN 'orphan'"]
    if not table.by_name[table.time].planned:
        time = f's."{table.time}"'
        whens += [f"WHEN year({time}) < born THEN 'before_birth'", f"WHEN {time}::DATE > died THEN 'after_death'"]
        whens.append(f"WHEN year({time}) - born > {OLDEST} THEN '{TOO_OLD}'")
    lives = f"(SELECT client_id, born, died FROM lives WHERE bucket % {n_parts} = {part})"
    reject(
        engine,
        f"SELECT * FROM (SELECT file, line, lines, CASE {' '.join(whens)} END AS reason "
        f"FROM staged_{table.name} AS s LEFT JOIN {lives} AS l USING (client_id)) WHERE reason IS NOT NULL",
    )


def reject(engine: Engine, chosen: str) -> None:
    """Take rows out of the open part; `chosen` is SQL that gives file, line, lines, reason."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE refused AS {chosen}")
    engine.run("INSERT INTO rejects SELECT file, line, lines, reason, NULL FROM refused")
    engine.run("INSERT INTO dropped SELECT file, line FROM refused")
    engine.run("DROP TABLE refused")


def parquet(files: Sequence[str]) -> str:
    """SQL that reads Parquet files."""
    return f"read_parquet([{', '.join(map(literal, files))}])"
