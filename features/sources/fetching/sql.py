"""Rows asked from a database: read only, in one consistent view, streamed into a local file in batches."""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from tqdm import tqdm

from configs.errors import ConfigError, DataError
from features.sources.fetching.cells import texts_of
from features.sources.fetching.fetched import Fetched
from features.sources.fetching.refusals import clear_errors
from features.sources.formats import Format
from features.sources.mapping import SourceMapping

BATCH = 20_000
"""Rows in memory at a time, here and on their way."""

SUM_BITS = 256

Texts = list[list[str | None]]


@dataclass
class Databases:
    """The databases of one run.  Each is asked in one read-only transaction, so that its tables agree."""

    _open: dict[str, sa.Connection] = field(default_factory=dict)

    def fetch(self, mapping: SourceMapping, target: Path) -> Fetched:
        """The answer of the mapping's query as Parquet.  Its checksum is of the rows, in whatever order they came."""
        form, name = mapping.format, f"{mapping.source} (sql)"
        with clear_errors(name, form.url_variable):
            connection = self._connected(form)
            rows = _stream(connection, form, target, name)
            until = _asked_day(connection, form, name) if form.covers_until_is_query else rows.last_day
        return Fetched(target, "parquet", name, rows.sha256(until), until, rows.count)

    def close(self) -> None:
        """End the transactions; nothing was written in them."""
        for connection in self._open.values():
            connection.close()
            connection.engine.dispose()
        self._open.clear()

    def _connected(self, form: Format) -> sa.Connection:
        url = database_url(form.url_variable)
        if url not in self._open:
            self._open[url] = _connect(sa.make_url(url))
        return self._open[url]


@dataclass
class Rows:
    """What was streamed so far: how many rows, a sum of their checksums, the last day of the column that says it."""

    columns: Sequence[str]
    day_column: str | None
    count: int = 0
    row_sum: int = 0
    last_day: date | None = None

    def take(self, texts: Texts, name: str) -> None:
        """Count one batch, column by column."""
        rows = list(zip(*texts, strict=True))
        sums = (int.from_bytes(hashlib.sha256(repr(row).encode()).digest()) for row in rows)
        self.row_sum = (self.row_sum + sum(sums)) % (1 << SUM_BITS)
        self.count += len(rows)
        if self.day_column is not None:
            days = [text for text in texts[self.columns.index(self.day_column)] if text]
            found = [_day(max(days), name)] if days else []
            self.last_day = max([*found, *([self.last_day] if self.last_day else [])], default=None)

    def sha256(self, until: date | None) -> str:
        """The same for the same rows in another order; another last day makes it another delivery."""
        said = repr((list(self.columns), self.count, self.row_sum, str(until)))
        return hashlib.sha256(said.encode()).hexdigest()


def database_url(variable: str) -> str:
    """The URL that the environment holds.  Raises ConfigError; the URL is never shown, it holds a password."""
    url = os.environ.get(variable, "")
    if not url:
        raise ConfigError(
            f"The variable {variable} is not set. Set it to the database's URL, e.g. "
            "postgresql+psycopg://reader:PASSWORD@host:5432/name."
        )
    return url


def _connect(url: sa.URL) -> sa.Connection:
    _refuse_missing_file(url)
    engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    if engine.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
    elif engine.dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.commit()
    return connection


def _refuse_missing_file(url: sa.URL) -> None:
    """SQLite would make an empty database of a mistyped name."""
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    if is_file and not Path(str(url.database)).is_file():
        raise DataError(f"There is no SQLite file {Path(str(url.database)).name}. Check the path in the URL.")


def _stream(connection: sa.Connection, form: Format, target: Path, name: str) -> Rows:
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        connection.execute(_as_written(form.query), execution_options={"stream_results": True}) as result,
        _progress(name) as progress,
    ):
        rows = Rows(list(result.keys()), None if form.covers_until_is_query else form.covers_until)
        _check_columns(rows, name)
        schema = pa.schema([(column, pa.string()) for column in rows.columns])
        with pq.ParquetWriter(target, schema) as writer:
            for batch in result.partitions(BATCH):
                cells = zip(rows.columns, zip(*batch, strict=True), strict=True)
                texts = [texts_of(column, values, name) for column, values in cells]
                rows.take(texts, name)
                writer.write_table(pa.table(texts, schema=schema))
                progress.update(len(batch))
    return rows


def _as_written(query: str | None) -> sa.TextClause:
    """The query as its author wrote it: a colon in it never begins a parameter."""
    return sa.text((query or "").replace(":", r"\:"))


def _check_columns(rows: Rows, name: str) -> None:
    doubled = sorted({column for column in rows.columns if list(rows.columns).count(column) > 1})
    if doubled:
        raise DataError(f"{name}: the query gives `{doubled[0]}` twice. Name each of them with AS.")
    if rows.day_column is not None and rows.day_column not in rows.columns:
        raise DataError(f"{name}: `covers_until` names `{rows.day_column}`, which the query does not give.")


def _asked_day(connection: sa.Connection, form: Format, name: str) -> date:
    found = connection.execute(_as_written(form.covers_until)).fetchmany(2)
    if len(found) != 1 or len(found[0]) != 1 or found[0][0] is None:
        raise DataError(f"{name}: `covers_until` must give one day. Write e.g. SELECT max(...) FROM ...")
    return _day(texts_of("covers_until", [found[0][0]], name)[0] or "", name)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise DataError(f"{name}: `covers_until` gave no date. Let it be a date, written 2024-12-31.") from None


def _progress(name: str) -> tqdm:  # type: ignore[type-arg]
    return tqdm(desc=name, unit=" rows", file=sys.stderr, disable=None, leave=False, delay=1)
