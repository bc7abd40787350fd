"""Mappings that follow each other: each reads the rows of its own time, and every row belongs to exactly one."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from configs.errors import ConfigError
from features.schema.rules import Rule
from features.sources.engine import Engine
from features.sources.expressions import day_of
from features.sources.mapping import SourceMapping

OUTSIDE = "outside_mapping"


def check_validity(mappings: Sequence[SourceMapping]) -> None:
    """Raise ConfigError when two mappings of one source, table and place of files claim the same day."""
    for mapping in mappings:
        group = sorted((mapping, *others_of(mapping, mappings)), key=_start)
        for earlier, later in pairwise(group):
            if earlier.valid_to is None or _start(later) < earlier.valid_to:
                raise ConfigError(
                    f"Two mappings of {mapping.source} read `{mapping.files}` into {mapping.table} for the same days. "
                    "Let `valid_to` of the earlier one be the `valid_from` of the later one."
                )
            if _own_date(earlier) != _own_date(later):
                raise ConfigError(
                    f"The mappings of {mapping.source} that read `{mapping.files}` find the date of a row differently. "
                    f"Give `{mapping.canonical.time}` the same `from` and `format` in both, or let each read its files."
                )


def others_of(mapping: SourceMapping, mappings: Sequence[SourceMapping]) -> tuple[SourceMapping, ...]:
    """The other mappings that read the same files into the same table for another time."""
    return tuple(other for other in mappings if other is not mapping and _place(other) == _place(mapping))


def leave_to_others(engine: Engine, mapping: SourceMapping, others: Sequence[SourceMapping]) -> int:
    """Take the rows of another mapping's time out of the table `cells`; returns how many.

    A row of nobody's time, or whose date cannot be read, stays with the earliest mapping, which refuses it.
    """
    if not others:
        return 0
    day = day_of(mapping, mapping.canonical.time)
    elsewhere = " OR ".join(f"coalesce({_within(other, day)}, false)" for other in others)
    if min((mapping, *others), key=_start) is not mapping:
        elsewhere += f" OR NOT coalesce({_within(mapping, day)}, false) OR bad > 0"
    else:
        elsewhere = f"bad = 0 AND ({elsewhere})"
    left = engine.count(f"SELECT count(*) FROM cells WHERE {elsewhere}")
    engine.run(f"DELETE FROM cells WHERE {elsewhere}")
    return left


def outside_rules(mapping: SourceMapping) -> tuple[Rule, ...]:
    """A row dated outside the mapping's own time is not read by guess."""
    if mapping.valid_from is None and mapping.valid_to is None:
        return ()
    name = mapping.canonical.time
    is_time = mapping.canonical.by_name[name].kind == "time"
    day = f'"{name}"::DATE' if is_time else f'make_date("{name}"::INTEGER, 12, 31)'
    return (Rule(OUTSIDE, name, f"NOT ({_within(mapping, day)})"),)


def _within(mapping: SourceMapping, day: str) -> str:
    bounds = []
    if mapping.valid_from is not None:
        bounds.append(f"{day} >= DATE '{mapping.valid_from.isoformat()}'")
    if mapping.valid_to is not None:
        bounds.append(f"{day} < DATE '{mapping.valid_to.isoformat()}'")
    return " AND ".join(bounds) or f"{day} IS NOT NULL"


def _start(mapping: SourceMapping) -> date:
    return mapping.valid_from or date.min


def _place(mapping: SourceMapping) -> tuple[str, str, str]:
    return (mapping.source, mapping.table, mapping.place)


def _own_date(mapping: SourceMapping) -> object:
    given = mapping.columns[mapping.canonical.time]
    return (given.from_, given.value, given.formats, mapping.format)
