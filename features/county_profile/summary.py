"""A profile as a page of text: who, which systems, from when, what broke, and which indicators can be counted."""

from collections.abc import Iterable, Iterator, Sequence

from configs.loader import PROJECT_ROOT
from features.county_profile.profile import Indicator, Profile, System
from features.ingest.discover import mappings_of
from features.sources.mapping import SourceMapping

READY = "ready"


def summary_lines(profile: Profile) -> Iterator[str]:
    """The page, line by line."""
    mappings = mappings_there(profile)
    yield f"{profile.name.fi} / {profile.name.en} ({profile.id}), from {profile.started}."
    yield f"Plan: {profile.plan}. Languages: {', '.join(profile.languages)}. {_schemes(profile)}"
    yield from ("", "Municipalities by the organisation that kept their registers before")
    yield from table(("organisation", "kind", "complete from", "municipalities"), _organisations(profile))
    yield from ("", "Source systems")
    yield from table(("system", "kind", "status", "where", "complete from", "tables"), map(_system, profile.systems))
    yield from ("", "Change points")
    yield from table(("day", "kind", "comparable", "systems", "what"), _breaks(profile))
    yield from ("", f"Groups that are reported apart: {', '.join(one.name.fi for one in profile.groups) or 'none'}")
    yield from ("", f"Indicators ({len(mappings)} mappings at {profile.mappings})")
    rows = ((one.id, _target(one), readiness(one, mappings), one.source) for one in profile.indicators)
    yield from table(("indicator", "target", "readiness", "source"), rows)


def mappings_there(profile: Profile) -> list[SourceMapping]:
    """The county's mappings that exist already."""
    pattern = PROJECT_ROOT / profile.mappings
    return mappings_of([profile.mappings]) if any(pattern.parent.glob(pattern.name)) else []


def readiness(indicator: Indicator, mappings: Sequence[SourceMapping]) -> str:
    """`ready`, or what is missing before the indicator can be counted."""
    if indicator.outside:
        return f"outside the data contract: {indicator.outside}"
    filled = {f"{one.table}.{column}" for one in mappings for column in one.columns}
    missing = sorted(set(indicator.needs) - filled)
    tables = {one.table for one in mappings}
    unmapped = sorted({field.partition(".")[0] for field in missing} - tables)
    if unmapped:
        return f"needs a mapping of {', '.join(unmapped)}"
    return f"needs {', '.join(missing)} in a mapping" if missing else READY


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows under their headings, columns as wide as their longest cell."""
    cells = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(headings))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _schemes(profile: Profile) -> str:
    return f"Schemes: {', '.join(f'{one.id} ({one.status})' for one in profile.schemes)}."


def _organisations(profile: Profile) -> Iterator[tuple[str, ...]]:
    for one in profile.legacy_organisations:
        own = [f"{place.name.fi} {place.code}" for place in profile.municipalities if one.id in place.legacy_orgs]
        yield one.id, one.kind, str(one.history_start or f"{profile.started} (not told)"), _few(own)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown or "all"


def _system(one: System) -> tuple[str, ...]:
    start = str(one.history_start) if one.history_start else "not told"
    return one.id, one.kind, one.status, _where(one), start, ", ".join(one.tables) or "none"


def _where(one: System) -> str:
    place = "not told" if one.municipalities is None else ", ".join(one.municipalities) or "whole county"
    return f"{place} ({', '.join(one.instances)})" if one.instances else place


def _breaks(profile: Profile) -> Iterator[tuple[str, ...]]:
    for one in profile.source_breaks:
        comparable = "yes" if one.comparable else "no"
        yield str(one.date), one.kind, comparable, ", ".join(one.systems) or "all", one.what.en


def _target(one: Indicator) -> str:
    signs = {"at_least": "≥", "at_most": "≤", "change": "change"}
    shown = (
        f"{signs[target.direction]} {target.value:g}{f' by {target.by}' if target.by else ''}"
        for target in one.targets or ()
    )
    return ", ".join(shown) or "none set"
