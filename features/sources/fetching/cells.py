"""A value that a database gives as the text that a delivered file would hold."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from configs.errors import DataError

HERE = ZoneInfo("Europe/Helsinki")
"""The wall clock of the data contract; a time with a zone is read on it."""


def texts_of(column: str, values: Sequence[Any], name: str) -> list[str | None]:
    """The cells of one column.  Raises DataError for a kind of value that has no text, e.g. bytes."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {str}:
        return list(values)
    unknown = sorted(kind.__name__ for kind in kinds - _TEXTS.keys())
    if unknown:
        raise DataError(
            f"{name}: the column `{column}` holds {unknown[0]}, which is no cell. Leave it out, or CAST it."
        )
    return [None if value is None else _TEXTS[type(value)](value) for value in values]


def _of_time(value: datetime) -> str:
    local = value if value.tzinfo is None else value.astimezone(HERE).replace(tzinfo=None)
    return local.isoformat(sep=" ", timespec="seconds")


def _of_float(value: float) -> str:
    return np.format_float_positional(value, trim="-")


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _of_float,
    Decimal: lambda value: format(value, "f"),
    datetime: _of_time,
    date: date.isoformat,
    time: lambda value: value.isoformat(timespec="seconds"),
    UUID: str,
}
