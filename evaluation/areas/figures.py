"""The figures of one task, area by area and for the county: known clients, new clients, and both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.areas.counted.newcomers import NEVER_SEEN
from evaluation.areas.estimates import Estimate, both, county_of_known
from evaluation.small_cells.hiding import hidden_areas, too_few


@dataclass(frozen=True)
class AreaLine:
    """One area of one task."""

    area: str
    clients: int
    residents: int
    """Residents of the task's ages who are not clients."""
    known: Estimate
    new: Estimate

    @property
    def total(self) -> Estimate:
        """Known and new clients."""
        return both(self.known, self.new)


def lines_of(
    areas: Sequence[str],
    known: Mapping[str, Estimate],
    new: Mapping[str, Estimate],
    clients: Mapping[str, int],
    residents: Mapping[str, int],
) -> list[AreaLine]:
    """A line for every area in which anybody lives, in the order of the config."""
    return [
        AreaLine(
            area, clients.get(area, 0), residents.get(area, 0), known.get(area, NEVER_SEEN), new.get(area, NEVER_SEEN)
        )
        for area in areas
        if clients.get(area, 0) + residents.get(area, 0) > 0
    ]


def county_line(lines: Sequence[AreaLine], calibration: float, new: Estimate) -> AreaLine:
    """The sum of the areas; `new` is their sum with the county's own spread."""
    known = county_of_known([line.known for line in lines], calibration)
    return AreaLine("county", sum(line.clients for line in lines), sum(line.residents for line in lines), known, new)


def shown(lines: Sequence[AreaLine], county: AreaLine) -> dict[str, Any]:
    """{county, areas}; a hidden area has its id and `hidden` only.

    The county's values are the sums of all areas' values, hidden ones too; two areas at least are hidden together.
    A county that itself has 1-4 people is hidden as an area is: its line would be the hidden area's.
    """
    hides = hidden_areas([line.clients for line in lines], [line.residents for line in lines])
    areas = [_hidden(line) if hide else _shown(line) for line, hide in zip(lines, hides, strict=True)]
    few = too_few(county.clients) or too_few(county.residents)
    return {"county": _hidden(county) if few else _shown(county), "areas": areas}


def _shown(line: AreaLine) -> dict[str, Any]:
    estimates = {"known": line.known.as_dict(), "new": line.new.as_dict(), "total": line.total.as_dict()}
    return {"id": line.area, "hidden": False, "clients": line.clients, "residents": line.residents, **estimates}


def _hidden(line: AreaLine) -> dict[str, Any]:
    return {
        "id": line.area,
        "hidden": True,
        "clients": None,
        "residents": None,
        "known": None,
        "new": None,
        "total": None,
    }
