"""A file as a table of cells: one row per physical line, text in every cell, structural faults marked."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from configs.loader import nearest
from features.schema.rules import Rule
from features.sources.engine import Engine, cell, literal, quoted
from features.sources.mapping import SourceMapping
from features.sources.scan import BROKEN_MARK, CONTROL_MARK, Scan, as_clean_utf8, file_sha256, scan_csv

STRUCTURAL = (
    Rule("control_character", "", "1"),
    Rule("bad_encoding", "", "2"),
    Rule("unclosed_quote", "", "3"),
    Rule("too_few_fields", "", "4"),
    Rule("too_many_fields", "", "5"),
)
"""What can be wrong with a line before its cells are looked at; `broken` is the mark in column `bad`."""

NOT_A_SEPARATOR = "\x02"
"""Given to the line reader as separator: control characters were replaced, so it never occurs."""


@dataclass(frozen=True)
class Cells:
    """What was read: rows in the file, rows that the mapping's `where` left out, and whether all text was ASCII."""

    rows: int
    filtered: int
    is_ascii: bool


def look(file: Path, mapping: SourceMapping) -> Scan:
    """Checksum and shape of a file, before any row is read."""
    if mapping.format.type == "csv":
        return scan_csv(file, mapping.format.encoding)
    size = file.stat().st_size
    return Scan(file_sha256(file), size, 0, False, False, False, False, True, b"")


def read_cells(engine: Engine, file: Path, mapping: SourceMapping, scan: Scan, scratch: Path) -> Cells:
    """Fill the table `cells(line, bad, <columns>)`.  Raises DataError when the file's columns do not fit."""
    if mapping.format.type == "csv":
        rows = _csv_cells(engine, file, mapping, scan, scratch)
    else:
        rows = _parquet_cells(engine, file, mapping)
    filtered = _filter(engine, mapping)
    return Cells(rows, filtered, scan.is_ascii)


def _csv_cells(engine: Engine, file: Path, mapping: SourceMapping, scan: Scan, scratch: Path) -> int:
    header = _header(file, mapping, scan)
    _check_columns(file, header, mapping)
    clean = as_clean_utf8(file, mapping.format.encoding, scan, scratch)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE lines AS SELECT coalesce(t, '') AS t FROM read_csv({literal(clean)}, "
        f"delim={literal(NOT_A_SEPARATOR)}, quote='', escape='', comment='', header=false, skip=1, new_line='\\n', "
        "auto_detect=false, columns={'t': 'VARCHAR'})",
        what=file.name,
    )
    if clean != file:
        clean.unlink()
    rows = engine.count("SELECT count(*) FROM lines")
    if rows != scan.lines - 1:
        raise DataError(f"{file.name}: {scan.lines - 1} lines were counted and {rows} read. Report this file's shape.")
    _split(engine, mapping, header, scan)
    engine.run("DROP TABLE lines")
    return rows


def _split(engine: Engine, mapping: SourceMapping, header: Sequence[str], scan: Scan) -> None:
    separator = mapping.format.separator
    pieces = f"string_split(t, {literal(separator)})"
    if scan.has_quotes:
        pieces = f"CASE WHEN contains(t, '\"') THEN {_quoted_pieces(separator)} ELSE {pieces} END"
    places = {name: header.index(name) + 1 for name in mapping.file_columns}
    cells = ", ".join(f"nullif(trim(c[{place}]), '') AS {cell(name)}" for name, place in places.items())
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE cells AS SELECT line, {_bad(scan, separator, len(header))} AS bad, {cells} "
        f"FROM (SELECT rowid + 2 AS line, t, {pieces} AS c FROM lines)"
    )


def _quoted_pieces(separator: str) -> str:
    """Split a line that holds quotes; a doubled quote inside quotes is one quote."""
    found = f"regexp_extract_all(t || {literal(separator)}, {literal(_field_form(separator))}, 1)"
    inner = "CASE WHEN starts_with(f, '\"') THEN replace(f[2:-2], '\"\"', '\"') ELSE f END"
    return f"list_transform({found}, lambda f: {inner})"


def _field_form(separator: str) -> str:
    sep = f"\\x{{{ord(separator):x}}}"
    return f'("(?:[^"]|"")*"|[^"{sep}]*){sep}'


def _bad(scan: Scan, separator: str, width: int) -> str:
    whens = []
    if scan.has_controls:
        whens.append(f"WHEN contains(t, {literal(CONTROL_MARK)}) THEN 1")
    if not scan.is_ascii:
        whens.append(f"WHEN contains(t, {literal(BROKEN_MARK)}) THEN 2")
    if scan.has_quotes:
        form = f"({_field_form(separator)})*"
        line = f"t || {literal(separator)}"
        whens.append(f"WHEN contains(t, '\"') AND NOT regexp_full_match({line}, {literal(form)}) THEN 3")
    whens += [f"WHEN len(c) < {width} THEN 4", f"WHEN len(c) > {width} THEN 5"]
    return f"(CASE {' '.join(whens)} ELSE 0 END)::UTINYINT"


def _parquet_cells(engine: Engine, file: Path, mapping: SourceMapping) -> int:
    origin = f"read_parquet({literal(file)}, file_row_number=true)"
    described = engine.run(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {origin}", what=file.name)
    _check_columns(file, [str(row[0]) for row in described], mapping)
    cells = ", ".join(f"nullif(trim({quoted(name)}::VARCHAR), '') AS {cell(name)}" for name in mapping.file_columns)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE cells AS SELECT file_row_number + 1 AS line, 0::UTINYINT AS bad, {cells} "
        f"FROM {origin}",
        what=file.name,
    )
    return engine.count("SELECT count(*) FROM cells")


def _filter(engine: Engine, mapping: SourceMapping) -> int:
    """Leave out the rows that `where` does not name; a row whose line is broken stays, to be quarantined."""
    if mapping.where is None:
        return 0
    among = ", ".join(literal(value) for value in mapping.where.among)
    outside = f"bad = 0 AND coalesce({cell(mapping.where.column)} NOT IN ({among}), true)"
    filtered = engine.count(f"SELECT count(*) FROM cells WHERE {outside}")
    engine.run(f"DELETE FROM cells WHERE {outside}")
    return filtered


def _header(file: Path, mapping: SourceMapping, scan: Scan) -> list[str]:
    try:
        text = scan.first_line.decode(mapping.format.encoding)
        header = next(csv.reader([text], delimiter=mapping.format.separator), [])
    except (UnicodeDecodeError, csv.Error):
        raise DataError(
            f"{file.name}: the header line is not {mapping.format.encoding} text. Check the mapping."
        ) from None
    if scan.lines < 2:
        raise DataError(f"{file.name} has a header line and no rows. Deliver it again with its rows.")
    return [name.strip() for name in header]


def _check_columns(file: Path, header: Sequence[str], mapping: SourceMapping) -> None:
    """Columns are found by name, in any order; a missing, unexpected or doubled one refuses the file."""
    missing = [name for name in mapping.file_columns if name not in header]
    known = {*mapping.file_columns, *mapping.ignored_columns}
    extra = [] if "*" in mapping.ignored_columns else [name for name in header if name not in known]
    doubled = sorted({name for name in header if list(header).count(name) > 1})
    faults = [_missing(name, header) for name in missing]
    faults += [f"column `{name}` is not in the mapping (name it under `ignored_columns`)" for name in extra]
    faults += [f"column `{name}` is there twice" for name in doubled]
    if faults:
        raise DataError(f"{file.name}: {'; '.join(faults)}.")


def _missing(name: str, header: Sequence[str]) -> str:
    guess = nearest(name, header)
    return f"column `{name}` is missing" + (f" (the nearest is `{guess}`)" if guess else "")
