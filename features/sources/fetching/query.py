"""One SELECT over delivered files, answered by an engine that can read those files and nothing else."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from configs.errors import DataError
from features.sources.engine import literal, quoted
from features.sources.fetching.fetched import ROW_GROUP
from features.sources.formats import Format
from features.sources.reading.scan import FIRST_LINE

Files = Mapping[str, Sequence[Path]]

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_NAMED_BEFORE_READING = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
"""Errors of the query's own words: no row was read yet, so their first line holds no value of a client."""


@dataclass(frozen=True)
class Answer:
    """How many rows a query gave, and the last day that they cover."""

    rows: int
    covers_until: date | None


@dataclass(frozen=True)
class Power:
    """What a query may use before it spills to disk."""

    threads: int
    memory_mb: int


def answer(form: Format, inputs: Files, target: Path, power: Power, name: str) -> Answer:
    """Write the answer of the format's query into `target`, every cell as text.  Raises DataError."""
    with _only_these(inputs, target, power) as engine, _clear_errors(name):
        for view, files in inputs.items():
            engine.execute(f"CREATE VIEW {quoted(view)} AS {_reading(files, form)}")
        query = _one_select(engine, form.query or "", name)
        engine.execute(
            f"COPY (SELECT * FROM (SELECT {_as_text(engine, query)} FROM ({query})) ORDER BY ALL) TO {literal(target)} "
            f"(FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        rows = engine.execute(f"SELECT count(*) FROM read_parquet({literal(target)})").fetchall()[0][0]
        return Answer(int(rows), _covers_until(engine, form, query, name))


@contextmanager
def _only_these(inputs: Files, target: Path, power: Power) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can open the inputs and write the answer, and whose settings cannot be changed."""
    engine = duckdb.connect(
        ":memory:",
        config={
            "threads": power.threads,
            "memory_limit": f"{power.memory_mb}MB",
            "temp_directory": str(target.parent / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        allowed = ", ".join(literal(file) for file in [*(file for files in inputs.values() for file in files), target])
        engine.execute(f"SET allowed_paths = [{allowed}]")
        engine.execute("SET enable_external_access = false")
        engine.execute("SET python_enable_replacements = false")
        engine.execute("SET lock_configuration = true")
        yield engine
    finally:
        engine.close()


def _reading(files: Sequence[Path], form: Format) -> str:
    names = f"[{', '.join(map(literal, files))}]"
    if files[0].suffix == ".parquet":
        return f"SELECT * FROM read_parquet({names})"
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in _header(files, form.separator))
    return (
        f"SELECT * FROM read_csv({names}, auto_detect=false, header=true, delim={literal(form.separator)}, "
        f"quote='\"', escape='\"', columns={{{columns}}})"
    )


def _header(files: Sequence[Path], separator: str) -> list[str]:
    headers = []
    for file in files:
        with file.open("rb") as stream:
            first = stream.readline(FIRST_LINE).decode("utf-8-sig", errors="replace")
        headers.append([name.strip() for name in next(csv.reader([first], delimiter=separator), [])])
        if not headers[-1]:
            raise DataError(f"{file.name} is empty. Deliver it again with its header line and rows.")
        if headers[-1] != headers[0]:
            raise DataError(f"{file.name} has other columns than {files[0].name}. Give each its own input.")
    return headers[0]


def _one_select(engine: duckdb.DuckDBPyConnection, query: str, name: str) -> str:
    statements = engine.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise DataError(f"{name}: the query must be one SELECT and nothing else. Mend `format.query` of the mapping.")
    return query.strip().rstrip(";")


def _as_text(engine: duckdb.DuckDBPyConnection, query: str) -> str:
    described = engine.execute(f"DESCRIBE SELECT * FROM ({query})").fetchall()
    return ", ".join(f"{_text_of(quoted(row[0]), str(row[1]))} AS {quoted(row[0])}" for row in described)


def _text_of(column: str, kind: str) -> str:
    """Times to the second, as the data contract has them."""
    return f"strftime({column}, '%Y-%m-%d %H:%M:%S')" if kind.startswith("TIMESTAMP") else f"{column}::VARCHAR"


def _covers_until(engine: duckdb.DuckDBPyConnection, form: Format, query: str, name: str) -> date | None:
    if form.covers_until is None:
        return None
    if form.covers_until_is_query:
        asked = _one_select(engine, form.covers_until, name)
        found = engine.execute(f"SELECT CAST(last_day AS DATE) FROM ({asked}) AS asked(last_day)").fetchall()
    else:
        column = quoted(form.covers_until)
        found = engine.execute(f"SELECT max(CAST({column} AS DATE)) FROM ({query})").fetchall()
    if len(found) != 1 or not isinstance(found[0][0], date):
        raise DataError(f"{name}: `covers_until` gave no day. Let it be a date column, or a SELECT of one day.")
    return found[0][0]


@contextmanager
def _clear_errors(name: str) -> Iterator[None]:
    """DuckDB's own message may quote a cell; what is said here does not."""
    try:
        yield
    except _NAMED_BEFORE_READING as error:
        said = str(error).splitlines()[0].rstrip(".!")
        raise DataError(f"{name}: {said}. Mend `format.query` of the mapping.") from None
    except duckdb.PermissionException:
        raise DataError(
            f"{name}: the query reaches for something that is not among its inputs. Name the file under `inputs`."
        ) from None
    except duckdb.OutOfMemoryException:
        raise DataError(f"{name}: out of memory or scratch space. Raise `memory_mb` or free disk space.") from None
    except duckdb.IOException:
        raise DataError(f"{name}: a file cannot be read or written. Check permissions and free space.") from None
    except duckdb.Error as error:
        line = _LINE.search(str(error))
        where = f" at line {line[1]} of an input" if line else ""
        raise DataError(
            f"{name}: a value or a line{where} is not what the query expects ({type(error).__name__}). Mend the file, "
            "or write TRY_CAST in the query."
        ) from None
