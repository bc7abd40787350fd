"""A file as cells, piece by piece: one row per physical line, text in every cell, structural faults marked."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from configs.errors import DataError
from features.schema.rules import Rule
from features.sources.engine import Engine, cell, literal, quoted
from features.sources.fetching.fetch import Fetched
from features.sources.mapping import SourceMapping
from features.sources.reading.columns import check_columns
from features.sources.reading.lines import Lines, split_lines
from features.sources.reading.pieces import BROKEN_MARK, CONTROL_MARK, PIECE_BYTES, ahead, csv_pieces
from features.sources.reading.scan import Scan, file_sha256, scan_csv

STRUCTURAL = (
    Rule("control_character", "", "1"),
    Rule("bad_encoding", "", "2"),
    Rule("unclosed_quote", "", "3"),
    Rule("too_few_fields", "", "4"),
    Rule("too_many_fields", "", "5"),
)
"""What can be wrong with a line before its cells are looked at; `broken` is the mark in column `bad`."""

BYTES_PER_CELL = 10
"""Turns the size of a piece into rows of a Parquet file, which has no lines."""


@dataclass(frozen=True)
class Read:
    """One piece in the table `cells`: its rows, how many of them `where` left out, and whether all text was ASCII."""

    rows: int
    filtered: int
    is_ascii: bool


def look(fetched: Fetched) -> Scan:
    """Checksum and shape of a file, before any row is read."""
    if fetched.kind == "csv":
        return scan_csv(fetched.file)
    return Scan(file_sha256(fetched.file), fetched.file.stat().st_size)


def read_pieces(
    engine: Engine, fetched: Fetched, mapping: SourceMapping, scan: Scan, piece_bytes: int = PIECE_BYTES
) -> Iterator[Read]:
    """Fill the table `cells(line, bad, <columns>)` with one piece after the other.

    Raises DataError when the file's columns do not fit, or when it holds no row and is not optional.
    """
    is_csv = fetched.kind == "csv"
    rows = 0
    for read in (_csv if is_csv else _parquet)(engine, fetched, mapping, scan, piece_bytes):
        rows += read.rows
        yield read
        engine.run("DROP TABLE IF EXISTS cells")
    if not rows and (is_csv or not mapping.optional):
        found = "a header line and no rows" if is_csv else "no rows"
        raise DataError(f"{fetched.name} has {found}. Deliver it again with its rows.")


def _csv(engine: Engine, fetched: Fetched, mapping: SourceMapping, scan: Scan, piece_bytes: int) -> Iterator[Read]:
    form = mapping.format
    header = _header(fetched.name, mapping, scan)
    check_columns(fetched.name, header, mapping)
    pieces = csv_pieces(fetched.file, fetched.name, form.encoding, scan.sha256, piece_bytes)
    split = ((piece, split_lines(piece, header, mapping.file_columns, form.separator)) for piece in pieces)
    for piece, lines in ahead(split):
        _fill(engine, lines, header, mapping)
        rows = engine.count("SELECT count(*) FROM cells")
        if rows != piece.n_lines:
            raise DataError(f"{fetched.name}: {piece.n_lines} lines were counted and {rows} read. Nothing was kept.")
        yield Read(rows, _filter(engine, mapping), piece.is_ascii)


def _fill(engine: Engine, lines: Lines, header: Sequence[str], mapping: SourceMapping) -> None:
    columns = mapping.file_columns
    trimmed = "nullif(trim({}), '')" if lines.has_edges else "{}"
    plain = ", ".join(f"{trimmed.format(quoted(name))} AS {cell(name)}" for name in columns)
    _make_cells(engine, lines.plain, f"SELECT line, 0::UTINYINT AS bad{_after(plain)} FROM piece")
    if not lines.odd.num_rows:
        return
    separator = mapping.format.separator
    odd = ", ".join(f"nullif(trim(c[{header.index(name) + 1}]), '')" for name in columns)
    with engine.given("piece", lines.odd):
        engine.run(
            f"INSERT INTO cells SELECT line, {_bad(separator, len(header))}{_after(odd)} FROM (SELECT line, t, "
            f"CASE WHEN contains(t, '\"') THEN {_quoted_pieces(separator)} "
            f"ELSE string_split(t, {literal(separator)}) END AS c FROM piece)"
        )


def _make_cells(engine: Engine, piece: pa.Table, select: str) -> None:
    with engine.given("piece", piece):
        engine.run(f"CREATE OR REPLACE TEMP TABLE cells AS {select}")


def _after(columns: str) -> str:
    return f", {columns}" if columns else ""


def _quoted_pieces(separator: str) -> str:
    """Split a line that holds quotes; a doubled quote inside quotes is one quote."""
    found = f"regexp_extract_all(t || {literal(separator)}, {literal(_field_form(separator))}, 1)"
    inner = "CASE WHEN starts_with(f, '\"') THEN replace(f[2:-2], '\"\"', '\"') ELSE f END"
    return f"list_transform({found}, lambda f: {inner})"


def _field_form(separator: str) -> str:
    sep = f"\\x{{{ord(separator):x}}}"
    return f'("(?:[^"]|"")*"|[^"{sep}]*){sep}'


def _bad(separator: str, width: int) -> str:
    form = f"({_field_form(separator)})*"
    whens = [
        f"WHEN contains(t, {literal(CONTROL_MARK)}) THEN 1",
        f"WHEN contains(t, {literal(BROKEN_MARK)}) THEN 2",
        f"WHEN contains(t, '\"') AND NOT regexp_full_match(t || {literal(separator)}, {literal(form)}) THEN 3",
        f"WHEN len(c) < {width} THEN 4",
        f"WHEN len(c) > {width} THEN 5",
    ]
    return f"(CASE {' '.join(whens)} ELSE 0 END)::UTINYINT AS bad"


def _parquet(engine: Engine, fetched: Fetched, mapping: SourceMapping, scan: Scan, piece_bytes: int) -> Iterator[Read]:
    origin = f"read_parquet({literal(fetched.file)}, file_row_number=true)"
    described = engine.run(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {origin}", what=fetched.name)
    check_columns(fetched.name, [str(row[0]) for row in described], mapping)
    cells = ", ".join(f"nullif(trim({quoted(name)}::VARCHAR), '') AS {cell(name)}" for name in mapping.file_columns)
    step = max(1, piece_bytes // (BYTES_PER_CELL * max(1, len(mapping.file_columns))))
    rows = engine.count(f"SELECT sum(num_rows) FROM parquet_file_metadata({literal(fetched.file)})")
    for start in range(0, rows, step):
        engine.run(
            f"CREATE OR REPLACE TEMP TABLE cells AS SELECT file_row_number + 1 AS line, 0::UTINYINT AS bad"
            f"{_after(cells)} FROM {origin} WHERE file_row_number >= {start} AND file_row_number < {start + step}",
            what=fetched.name,
        )
        yield Read(engine.count("SELECT count(*) FROM cells"), _filter(engine, mapping), is_ascii=False)
    if file_sha256(fetched.file) != scan.sha256:
        raise DataError(f"{fetched.name} changed while it was being read. Deliver it again, with its marker last.")


def _filter(engine: Engine, mapping: SourceMapping) -> int:
    """Leave out the rows that `where` does not name; a row whose line is broken stays, to be quarantined."""
    if mapping.where is None:
        return 0
    among = ", ".join(literal(value) for value in mapping.where.among)
    outside = f"bad = 0 AND coalesce({cell(mapping.where.column)} NOT IN ({among}), true)"
    filtered = engine.count(f"SELECT count(*) FROM cells WHERE {outside}")
    engine.run(f"DELETE FROM cells WHERE {outside}")
    return filtered


def _header(name: str, mapping: SourceMapping, scan: Scan) -> list[str]:
    try:
        text = scan.first_line.decode(mapping.format.encoding)
        header = next(csv.reader([text], delimiter=mapping.format.separator), [])
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{name}: the header line is not {mapping.format.encoding} text. Check the mapping.") from None
    return [column.strip() for column in header]
