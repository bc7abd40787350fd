"""The same row delivered again: a copy is quarantined, a correction closes the earlier version, a clash is refused.

Only keys that occur more than once are looked at closely; in an ordinary delivery they are few.
"""

from collections.abc import Mapping, Sequence

from features.sources.engine import Engine, literal, quoted
from features.sources.settling.cross import parquet, reject
from features.sources.settling.parts import bucket_sql, names_of, nth_sql
from features.tables import Table

STORED = -1
"""The number of the `file` that rows already in the store are given."""

LINES_PER_BUCKET = 10**12
"""Gives stored rows line numbers that no two share."""


def settle(
    engine: Engine, table: Table, stored: Mapping[int, Sequence[str]], n_buckets: int, keyless: Sequence[str] = ()
) -> set[int]:
    """Settle copies, conflicts and corrections of the open part; needs the table `deliveries(file, delivered)`.

    `stored` names the store's files by bucket, the part's buckets only; `keyless` the sources whose equal rows are
    different events.  Returns the buckets whose stored rows were taken up into the part, because a key came again:
    their new files replace the stored ones.
    """
    reopened = _reopen(engine, table, stored, n_buckets, keyless)
    key = _key(table)
    engine.run(
        "CREATE OR REPLACE TEMP TABLE suspects AS "
        f"SELECT k FROM (SELECT {key} AS k FROM staged_{table.name}) GROUP BY k HAVING count(*) > 1"
    )
    if engine.count("SELECT count(*) FROM suspects"):
        _settle_suspects(engine, table, key)
    engine.run("DROP TABLE suspects")
    return reopened


def _reopen(
    engine: Engine, table: Table, stored: Mapping[int, Sequence[str]], n_buckets: int, keyless: Sequence[str]
) -> set[int]:
    files = [file for bucket in stored.values() for file in bucket]
    if not files:
        return set()
    numbered = f"SELECT *, {_stored_nth(table, keyless)} AS nth FROM {parquet(files)}"
    found = engine.run(
        f"SELECT DISTINCT {bucket_sql(table, n_buckets)} FROM ({numbered}) "
        f"WHERE {_key(table)} IN (SELECT {_key(table)} FROM staged_{table.name})"
    )
    names = names_of(table)
    for (bucket,) in found:
        engine.run(
            "INSERT INTO reopened "
            f"SELECT {STORED}, {bucket}::BIGINT * {LINES_PER_BUCKET} + row_number() OVER (), 0, "
            f"{_stored_nth(table, keyless)}, {bucket}, {names} FROM {parquet(stored[bucket])}"
        )
    return {int(bucket) for (bucket,) in found}


def _stored_nth(table: Table, keyless: Sequence[str]) -> str:
    if not keyless:
        return "0"
    return f"CASE WHEN source IN ({', '.join(map(literal, keyless))}) THEN {nth_sql(table)} ELSE 0 END"


def _key(table: Table) -> str:
    """One number per row identity; rows of a source without a row key are told apart by all they say and `nth`."""
    names = ", ".join(quoted(name) for name in ("source", *table.key))
    return f"hash({names}, nth, CASE WHEN nth > 0 THEN {_values(table)} END)"


def _values(table: Table) -> str:
    """What a version says: every column but its clocks."""
    clocks = {column.clock for column in table.dates} | {"recorded_at", "superseded_at"}
    return f"hash({', '.join(quoted(column.name) for column in table.columns if column.name not in clocks)})"


def _settle_suspects(engine: Engine, table: Table, key: str) -> None:
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE suspect AS SELECT s.*, {key} AS k, {_values(table)} AS said, d.delivered "
        f"FROM staged_{table.name} AS s LEFT JOIN (SELECT file, delivered FROM deliveries) AS d USING (file) "
        f"WHERE {key} IN (SELECT k FROM suspects)"
    )
    reject(engine, _copies())
    engine.run("DELETE FROM suspect USING dropped AS d WHERE suspect.file = d.file AND suspect.line = d.line")
    engine.run(f"CREATE OR REPLACE TEMP TABLE dated AS {_dated()}")
    reject(engine, "SELECT file, line, lines, 'conflict' AS reason FROM dated WHERE clashes")
    engine.run(f"INSERT INTO versions {_closed()}")
    engine.run("DROP TABLE suspect")
    engine.run("DROP TABLE dated")


def _copies() -> str:
    """A new row that says what the version before it (or a stored one after it) says."""
    return (
        "SELECT file, line, lines, 'duplicate' AS reason FROM (SELECT *, lag(said) OVER versions AS before, "
        "lead(said) OVER versions AS after, lead(file) OVER versions AS after_file FROM suspect "
        "WINDOW versions AS (PARTITION BY k ORDER BY recorded_at, file, line)) "
        f"WHERE file <> {STORED} AND (said = before OR (said = after AND after_file = {STORED}))"
    )


def _dated() -> str:
    """When each version became known.

    Versions recorded at the same time are told apart by their deliveries: the later one became known when it was
    delivered.  In one delivery they clash.
    """
    return (
        "WITH tied AS (SELECT *, count(*) OVER (PARTITION BY k, recorded_at) > 1 AS is_tied, "
        f"CASE WHEN file = {STORED} THEN TIMESTAMP '1800-01-01' ELSE delivered END AS came FROM suspect), "
        "ranked AS (SELECT *, count(*) OVER (PARTITION BY k, recorded_at, came) > 1 AS is_same_delivery, "
        "min(came) OVER (PARTITION BY k, recorded_at) AS first_came, "
        "count(*) OVER (PARTITION BY k, recorded_at) - count(came) OVER (PARTITION BY k, recorded_at) AS undated "
        "FROM tied) "
        "SELECT file, line, lines, k, superseded_at, "
        f"file <> {STORED} AND is_tied AND (is_same_delivery OR undated > 0) AS clashes, "
        "CASE WHEN is_tied AND came > first_came THEN greatest(recorded_at, came) ELSE recorded_at END AS known_at "
        "FROM ranked"
    )


def _closed() -> str:
    return (
        "SELECT file, line, known_at, least(superseded_at, lead(known_at) OVER "
        "(PARTITION BY k ORDER BY known_at, file, line)) AS closed_at FROM dated WHERE NOT clashes"
    )
