"""The report's dict: lines of the county, of area × age band × group, and residents without any event."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.client_groups.counting import NO_GROUP, Counts
from evaluation.client_groups.expected import COLUMNS, hidden_cells_of, hidden_line, told_line
from evaluation.small_cells.hiding import hidden_together
from evaluation.small_cells.release import protected
from evaluation.small_cells.shown import change, share
from models.segments.scheme import Scheme
from models.small_cells import SMALLEST_CELL, hidden_cells

FORMAT = 1
Line = dict[str, Any]
NO_GROUP_NAME = {"fi": "Ei ryhmää", "sv": "Ingen grupp", "en": "No group"}


def report_of(counts: Counts, scheme: Scheme, areas: Mapping[str, Mapping[str, str]], earlier: Any) -> Line:
    """The published figures; `earlier` is an earlier report or None."""
    groups = (*(one.id for one in scheme.segments), NO_GROUP)
    names = {one.id: one.name.as_text() for one in scheme.segments} | {NO_GROUP: NO_GROUP_NAME}
    before = earlier or {}
    return {
        "format": FORMAT,
        "names": {"segments": names, "areas": {area: dict(name) for area, name in areas.items()}},
        "smallest_cell": SMALLEST_CELL,
        "earlier": before.get("data_until"),
        "segments": _county(counts.segments, groups, _by(before.get("segments", ()), "segment")),
        "cells": _cells(counts.segments, groups, _by(before.get("cells", ()), "area", "band", "segment")),
        "without_events": _silent(counts.residents),
    }


def _county(found: pd.DataFrame, groups: Sequence[str], before: Mapping[Any, Line]) -> list[Line]:
    numbers = [int(found.loc[found["segment"] == group, "n"].sum()) for group in groups]
    hidden, chances = hidden_cells(numbers), _summed(found, ["segment"])
    silent = hidden_line([int(chances.get((group,), (0,))[0]) for group in groups], hidden)
    return [
        _line({"segment": group}, n, hide, sum(numbers), before.get((group,)))
        | {"expected": told_line(chances, (group,), quiet)}
        for group, n, hide, quiet in zip(groups, numbers, hidden, silent, strict=True)
    ]


def _cells(found: pd.DataFrame, groups: Sequence[str], before: Mapping[Any, Line]) -> list[Line]:
    """Rows are area × band, columns the groups: neither the county's line nor an area's gives a hidden cell away."""
    places = sorted({(str(a), str(b)) for a, b in zip(found["area"], found["band"], strict=True)})
    keys = zip(found["area"], found["band"], found["segment"], found["n"].tolist(), strict=True)
    known = {(str(area), str(band), str(group)): int(n) for area, band, group, n in keys}
    grid = [[known.get((*place, group), 0) for group in groups] for place in places]
    hidden, _ = protected(grid)
    chances = _summed(found, ["area", "band", "segment"])
    asked = [[int(chances.get((*place, group), (0,))[0]) for group in groups] for place in places]
    silent = hidden_cells_of(asked, hidden)
    lines = []
    for place, row, hides, quiets in zip(places, grid, hidden, silent, strict=True):
        for group, n, hide, quiet in zip(groups, row, hides, quiets, strict=True):
            named = {"area": place[0], "band": place[1], "segment": group}
            whole = 0 if any(hides) else sum(row)
            told = {"expected": told_line(chances, (*place, group), quiet)}
            lines.append(_line(named, n, hide, whole, before.get((*place, group))) | told)
    return lines


def _summed(found: pd.DataFrame, keys: list[str]) -> dict[tuple[str, ...], tuple[float, ...]]:
    """Group → its COLUMNS of the expected number."""
    grouped = found.groupby(keys)[list(COLUMNS)].sum().reset_index()
    names = (tuple(map(str, key)) for key in grouped[keys].itertuples(index=False, name=None))
    return dict(zip(names, grouped[list(COLUMNS)].itertuples(index=False, name=None), strict=True))


def _line(named: Mapping[str, str], n: int, hide: bool, whole: int, before: Line | None) -> Line:
    shown = None if hide else n
    return {**named, "n": shown, "share": share(shown, whole), "change": change(shown, before["n"] if before else None)}


def _silent(found: pd.DataFrame) -> list[Line]:
    """Per area, then the county: hidden where the silent or the others would be fewer than five."""
    areas = [str(area) for area in found["area"]]
    everyone, silent = found["residents"].astype(int).tolist(), found["silent"].astype(int).tolist()
    others = [all_ - quiet for all_, quiet in zip(everyone, silent, strict=True)]
    hidden = hidden_together(everyone, silent, others)
    rows = zip(areas, everyone, silent, hidden, strict=True)
    lines = [_quiet(area, residents, few, hide) for area, residents, few, hide in rows]
    total, quiet = sum(everyone), sum(silent)
    too_few = 0 < quiet < SMALLEST_CELL or 0 < total - quiet < SMALLEST_CELL or 0 < total < SMALLEST_CELL
    return [*lines, _quiet(None, total, quiet, too_few)]


def _quiet(area: str | None, residents: int, silent: int, hide: bool) -> Line:
    shown = None if hide else silent
    return {"area": area, "residents": None if hide else residents, "silent": shown, "share": share(shown, residents)}


def _by(lines: Sequence[Line], *keys: str) -> dict[Any, Line]:
    return {tuple(line[key] for key in keys): line for line in lines}
