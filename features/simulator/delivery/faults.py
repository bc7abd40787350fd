"""Bad rows planted on purpose, each counted, so that the quarantine can be checked row by row."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.simulator.residents.identifiers import break_check_character
from features.simulator.settings import County
from features.sources.mapping import SourceMapping

FUTURE_YEAR = 2040
"""A leap year, so that 29 February stays a date."""
EVENT_TIMES = ("time", "start", "requested_at", "offered_at")
CODED_COLUMNS = ("service", "kind", "role", "scale", "channel", "status")
"""The coded columns in which an unknown code is planted, the first that the file has."""


@dataclass(frozen=True)
class Spoiled:
    """The file with its faults and how many of each kind were planted."""

    data: bytes
    rows: int
    counts: dict[str, int]


def plant_faults(data: bytes, mapping: SourceMapping, county: County, stream: int) -> Spoiled:
    """Make a small share of the rows wrong: each wrong row is an altered copy put after a good one.

    The good rows all stay, so that the accepted rows are known too.
    """
    lines = data.decode(mapping.format.encoding).split("\n")
    header, body = lines[0], lines[1:-1]
    kinds = [kind for kind in county.faults.kinds if _fits(kind, mapping)]
    wanted = round(len(body) * county.faults.share)
    if not wanted or not kinds:
        return Spoiled(data, len(body), {})
    rng = np.random.default_rng([county.seed, 200 + stream])
    places = np.sort(rng.choice(len(body), size=wanted, replace=False))
    counts: Counter[str] = Counter()
    pieces, before = [header], 0
    for number, place in enumerate(places):
        kind = kinds[number % len(kinds)]
        pieces.extend(body[before : place + 1])
        pieces.append(_spoil(kind, body[place], header, mapping))
        counts[kind] += 1
        before = place + 1
    pieces.extend(body[before:])
    text = "\n".join(pieces) + "\n"
    return Spoiled(text.encode(mapping.format.encoding), len(body) + wanted, dict(sorted(counts.items())))


def _fits(kind: str, mapping: SourceMapping) -> bool:
    columns = mapping.columns
    return {
        "wrong_check_character": "client_id" in columns,
        "future_date": _date_column(mapping) is not None,
        "unknown_code": _coded_column(mapping) is not None,
        "negative_minutes": _column(mapping, "minutes") is not None,
    }.get(kind, True)


def _column(mapping: SourceMapping, name: str) -> str | None:
    column = mapping.columns.get(name)
    return column.origins[0] if column and column.from_ is not None else None


def _date_column(mapping: SourceMapping) -> str | None:
    """The column of the event's own date; a validity or a period may honestly lie in the future."""
    return _column(mapping, mapping.canonical.time) if mapping.canonical.time in EVENT_TIMES else None


def _coded_column(mapping: SourceMapping) -> str | None:
    for name in CODED_COLUMNS:
        column = mapping.columns.get(name)
        if column and column.codes and column.unknown is None:
            return column.origins[0]
    return None


def _spoil(kind: str, line: str, header: str, mapping: SourceMapping) -> str:
    separator = mapping.format.separator
    cells, names = line.split(separator), header.split(separator)
    if kind == "duplicate_row":
        return line
    if kind == "too_few_fields":
        return separator.join(cells[:-2])
    column, change = _change(kind, mapping)
    place = names.index(column)
    cells[place] = change(cells[place])
    return separator.join(cells)


def _change(kind: str, mapping: SourceMapping) -> tuple[str, Callable[[str], str]]:
    """Which column is made wrong, and how."""
    if kind == "wrong_check_character":
        return str(_column(mapping, "client_id")), break_check_character
    if kind == "future_date":
        return str(_date_column(mapping)), _in_the_future
    if kind == "unknown_code":
        return str(_coded_column(mapping)), lambda cell: "X?9"
    return str(_column(mapping, "minutes")), lambda cell: "-15"


def _in_the_future(cell: str) -> str:
    """The same day in a year that no register can know."""
    return re.sub(r"20\d\d", str(FUTURE_YEAR), cell, count=1)
