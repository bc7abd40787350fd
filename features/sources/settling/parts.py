"""Accepted rows wait in scratch files, divided into parts by client, and are settled one part at a time.

Whatever is compared with each other (equal keys, runs of days, a life) lies in one part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from features.sources.engine import Engine, literal, quoted
from features.sources.expressions import SQL_TYPES
from features.sources.mapping import SourceMapping
from features.sources.settling.merging import merge_rows
from features.tables import TABLES, Table

MOST_PARTS = 16
"""Parts of one table at most; every piece of a file is divided into as many scratch files."""

TOGETHER = 200_000
"""Rows of a table that are settled at once, undivided."""

SMALL = 20_000
"""Rows of a piece that are not worth dividing: every part reads all of them and keeps its own."""

LINEAGE = "file INTEGER, line BIGINT, lines INTEGER, nth INTEGER, bucket SMALLINT"
"""Columns of a staged row beside the canonical ones.

`lines` counts the physical lines it stands for; `nth` counts equal rows of a source that has no row key, else 0.
"""
NAMES = "file, line, lines, nth, bucket"

WHOLE = "whole"


@dataclass
class Staged:
    """The accepted rows of one table so far: into how many parts they are divided, and their scratch files."""

    table: Table
    n_parts: int
    folder: Path
    pieces: list[Path] = field(default_factory=list)
    rows: int = 0

    @property
    def n_open(self) -> int:
        """The parts in which it is settled: one when it is small."""
        return 1 if self.rows <= TOGETHER else self.n_parts

    def parts(self) -> list[int]:
        """The parts that have rows, or may have."""
        return [part for part in range(self.n_open) if self.files_of(part)]

    def files_of(self, part: int) -> list[Path]:
        """The scratch files that the part's rows lie in."""
        own = "part=*/*" if self.n_open == 1 else f"part={part}/*"
        found = [file for place in self.pieces for file in (place / WHOLE, *sorted(place.glob(own)))]
        return [file for file in found if file.exists()]

    def add(self, engine: Engine, select: str, rows: int) -> None:
        """Keep the rows of one piece; `select` gives LINEAGE and the table's columns."""
        if not rows:
            return
        place = self.folder / f"{len(self.pieces):06d}"
        place.mkdir(parents=True)
        if self.n_parts == 1 or rows <= SMALL:
            engine.run(f"COPY ({select}) TO {literal(place / WHOLE)} (FORMAT parquet, COMPRESSION lz4)")
        else:
            divided = f"SELECT *, bucket % {self.n_parts} AS part FROM ({select})"
            engine.run(f"COPY ({divided}) TO {literal(place)} (FORMAT parquet, COMPRESSION lz4, PARTITION_BY (part))")
        self.pieces.append(place)
        self.rows += rows

    def rows_of(self, part: int) -> str:
        """SQL that reads the rows of one part."""
        files = ", ".join(map(literal, self.files_of(part)))
        return (
            f"SELECT {NAMES}, {names_of(self.table)} FROM read_parquet([{files}], hive_partitioning=false) "
            f"WHERE bucket % {self.n_open} = {part}"
        )


def staged_of(mappings: Sequence[SourceMapping], n_buckets: int, scratch: Path) -> dict[str, Staged]:
    """An empty store of accepted rows for every table that the mappings fill."""
    given = {name: [mapping for mapping in mappings if mapping.table == name] for name in TABLES}
    return {
        name: Staged(TABLES[name], _n_parts(TABLES[name], of_table, n_buckets), scratch / "staged" / name)
        for name, of_table in given.items()
        if of_table
    }


def open_part(engine: Engine, staged: Staged, part: int, mappings: Mapping[int, SourceMapping]) -> None:
    """Show the part as the view `staged_<table>`: delivered and taken up again rows, without those that were dropped.

    `mappings` are those of the table's files, by number.  Equal rows of a source without a row key are numbered, and
    rows that stand for one thing are merged, before anything is compared.
    """
    name = staged.table.name
    rows = _numbered(staged, part, [number for number, mapping in mappings.items() if mapping.repeats == "keep"])
    merging = [number for number, mapping in mappings.items() if mapping.merge]
    engine.run(f"CREATE OR REPLACE TEMP {'TABLE' if merging else 'VIEW'} part_{name} AS {rows}")
    for number in merging:
        merge_rows(engine, number, mappings[number], f"part_{name}")
    _make_empty(engine, staged.table)
    engine.run(f"CREATE OR REPLACE TEMP VIEW staged_{name} AS {_live(staged.table)}")


def _make_empty(engine: Engine, table: Table) -> None:
    """The tables that say what became of the part's rows."""
    columns = ", ".join(f"{quoted(column.name)} {SQL_TYPES[column.kind]}" for column in table.columns)
    engine.run(f"CREATE OR REPLACE TEMP TABLE reopened ({LINEAGE}, {columns})")
    engine.run("CREATE OR REPLACE TEMP TABLE dropped (file INTEGER, line BIGINT)")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE versions (file INTEGER, line BIGINT, known_at TIMESTAMP, closed_at TIMESTAMP)"
    )


def names_of(table: Table) -> str:
    """The table's columns as SQL."""
    return ", ".join(quoted(column.name) for column in table.columns)


def bucket_sql(table: Table, n_buckets: int) -> str:
    """SQL of `features.store.bucket_of`."""
    if not table.has_client:
        return "0::SMALLINT"
    return f"((('0x' || client_id[1:8])::UBIGINT) % {n_buckets})::SMALLINT"


def nth_sql(table: Table, within: str = "", order: str = "") -> str:
    """SQL that numbers equal rows."""
    return f"row_number() OVER (PARTITION BY {within}{names_of(table)}{order})"


def _n_parts(table: Table, mappings: Sequence[SourceMapping], n_buckets: int) -> int:
    """Clients divide a table only where they are part of every identity that is compared."""
    identities = [table.key, *(mapping.merge.by for mapping in mappings if mapping.merge)]
    is_by_client = table.has_client and all("client_id" in names for names in identities)
    return min(n_buckets, MOST_PARTS) if is_by_client else 1


def _numbered(staged: Staged, part: int, keyless: Sequence[int]) -> str:
    rows = staged.rows_of(part)
    if not keyless:
        return rows
    files = ", ".join(map(str, keyless))
    nth = f"CASE WHEN file IN ({files}) THEN {nth_sql(staged.table, 'file, ', ' ORDER BY line')} ELSE 0 END"
    return f"SELECT * REPLACE (({nth})::INTEGER AS nth) FROM ({rows})"


def _live(table: Table) -> str:
    names = [column.name for column in table.columns]
    clocks = {"recorded_at": "known_at", "superseded_at": "closed_at"}
    columns = ", ".join(
        f"CASE WHEN v.file IS NULL THEN s.{name} ELSE v.{clocks[name]} END AS {name}"
        if name in clocks
        else f"s.{quoted(name)}"
        for name in names
    )
    return (
        f"SELECT s.file, s.line, s.lines, s.nth, s.bucket, {columns} "
        f"FROM (SELECT * FROM part_{table.name} UNION ALL SELECT * FROM reopened) AS s "
        "ANTI JOIN dropped AS d ON s.file = d.file AND s.line = d.line "
        "LEFT JOIN versions AS v ON s.file = v.file AND s.line = v.line"
    )
