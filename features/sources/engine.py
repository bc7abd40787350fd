"""The DuckDB engine: an in-memory scratch pad with bounded memory.  It never holds the store."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from configs.errors import DataError

Row = tuple[Any, ...]


class Engine:
    """One connection.  A failure becomes one sentence without DuckDB's own message, which may quote a value."""

    def __init__(self, scratch: Path, threads: int, memory_mb: int) -> None:
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": str(scratch / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        # Else a written file's schema would depend on which columns happened to hold no empty value.
        self._connection.execute("SET disabled_optimizers = 'statistics_propagation'")

    def run(self, sql: str, values: Sequence[Any] = (), what: str = "The ingest") -> list[Row]:
        """Run one statement and return its rows.  Raises DataError naming `what`."""
        try:
            return list(self._connection.execute(sql, list(values)).fetchall())
        except duckdb.OutOfMemoryException:
            raise DataError(f"{what}: out of memory or scratch space. Raise `memory_mb` or free disk space.") from None
        except (duckdb.IOException, duckdb.HTTPException):
            raise DataError(f"{what}: a file cannot be read or written. Check permissions and free space.") from None
        except duckdb.Error as error:
            raise DataError(f"{what}: the engine refused the data ({type(error).__name__}).") from None

    def count(self, sql: str, values: Sequence[Any] = (), what: str = "The ingest") -> int:
        """The one number a statement gives."""
        return int(self.run(sql, values, what)[0][0] or 0)

    def register(self, name: str, frame: object) -> None:
        """Make an Arrow table or pandas frame visible to SQL under `name`."""
        self._connection.register(name, frame)

    def unregister(self, name: str) -> None:
        self._connection.unregister(name)

    @contextmanager
    def given(self, name: str, frame: object) -> Iterator[None]:
        """A frame that SQL sees under `name` for as long as this lasts."""
        self.register(name, frame)
        try:
            yield
        finally:
            self.unregister(name)

    def close(self) -> None:
        self._connection.close()


def literal(value: object) -> str:
    """A constant as SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def cell(name: str) -> str:
    """A column of a delivered file as SQL text; the prefix keeps it apart from every column of ours."""
    return quoted(f"cell:{name}")


def quoted(name: str) -> str:
    """A name as SQL text."""
    return '"' + name.replace('"', '""') + '"'
