"""The store's tables under another pseudonym key: same rows, other pseudonyms, other buckets."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from configs.errors import DataError
from features.manifest import FileEntry
from features.sources.engine import Engine, literal, quoted
from features.sources.expressions import identifier_columns
from features.sources.mapping import SourceMapping
from features.sources.settling.parts import bucket_sql, names_of
from features.sources.settling.write import write_table
from features.tables import TABLES, Table

PSEUDONYM_FORM = "[0-9a-f]{32}"


def pseudonymised(mappings: Sequence[SourceMapping]) -> dict[str, tuple[str, ...]]:
    """Which columns of which table hold pseudonyms."""
    found: dict[str, set[str]] = {name: {"client_id"} for name, table in TABLES.items() if table.has_client}
    for mapping in mappings:
        found.setdefault(mapping.table, set()).update(identifier_columns(mapping))
    return {table: tuple(sorted(columns)) for table, columns in found.items()}


def know_pairs(engine: Engine, pairs: Mapping[str, str]) -> None:
    """Make the table `renamed(old, new)`."""
    frame = pa.table({"old": pa.array(pairs.keys(), pa.string()), "new": pa.array(pairs.values(), pa.string())})
    with engine.given("pairs", frame):
        engine.run("CREATE OR REPLACE TEMP TABLE renamed AS SELECT old, new FROM pairs")


def rekey_table(
    engine: Engine,
    table: Table,
    store: Path,
    entries: Sequence[FileEntry],
    columns: Collection[str],
    batch: str,
    n_buckets: int,
) -> tuple[FileEntry, ...]:
    """Write the table's rows with new pseudonyms.  Raises DataError when one of them is in no delivered file."""
    held = " UNION ALL ".join(_rows(table, store, number, entry) for number, entry in enumerate(entries))
    _refuse_strangers(engine, table, held, columns)
    engine.run(f"CREATE OR REPLACE TEMP TABLE staged_{table.name} AS {_renamed(table, held, columns, n_buckets)}")
    buckets = [int(bucket) for (bucket,) in engine.run(f"SELECT DISTINCT bucket FROM staged_{table.name} ORDER BY 1")]
    made = write_table(engine, table, store, batch, buckets)
    engine.run(f"DROP TABLE staged_{table.name}")
    return tuple(made)


def _rows(table: Table, store: Path, number: int, entry: FileEntry) -> str:
    origin = f"read_parquet({literal(store / entry.path)}, file_row_number=true)"
    return f"SELECT {number} AS file, file_row_number AS line, {names_of(table)} FROM {origin}"


def _renamed(table: Table, held: str, columns: Collection[str], n_buckets: int) -> str:
    changed = ", ".join(
        f"coalesce(new_{name}.new, held.{quoted(name)}) AS {quoted(name)}"
        if name in columns
        else f"held.{quoted(name)}"
        for name in (column.name for column in table.columns)
    )
    joins = " ".join(
        f"LEFT JOIN renamed AS new_{name} ON new_{name}.old = held.{quoted(name)}" for name in sorted(columns)
    )
    rows = f"SELECT file, line, {changed} FROM ({held}) AS held {joins}"
    return f"SELECT *, {bucket_sql(table, n_buckets)} AS bucket FROM ({rows})"


def _refuse_strangers(engine: Engine, table: Table, held: str, columns: Collection[str]) -> None:
    for name in sorted(columns):
        strangers = engine.count(
            f"SELECT count(DISTINCT {quoted(name)}) FROM ({held}) WHERE regexp_full_match({quoted(name)}, "
            f"{literal(PSEUDONYM_FORM)}) AND {quoted(name)} NOT IN (SELECT old FROM renamed)"
        )
        if strangers:
            raise DataError(
                f"{strangers} pseudonyms in `{table.name}.{name}` come from no file that is still delivered, so they "
                "cannot be made under the new key. Put the deliveries back that the store was made from."
            )
