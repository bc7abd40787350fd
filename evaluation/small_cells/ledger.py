"""What was released before, so that a second table does not give away what the first one hides.

One JSON line per release in `releases.jsonl`: whose numbers, until when, of whom, and every cell as it was shown.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from configs.errors import DataError
from evaluation.small_cells.attack import Knowledge, Sum, is_recovered
from features.manifest import write_atomically

EVERYBODY = ""
Condition = tuple[str, str]


@dataclass(frozen=True)
class Release:
    """Counts of people that leave the house together."""

    name: str
    population: str
    """Who is counted, e.g. `clients`."""
    as_of: str
    """Until when, e.g. 2024-12-31."""
    where: str
    """The filter in one text, e.g. `age >= 18`; "" = everybody of the population."""
    cells: Mapping[str, int | None]
    """`municipality=901|sex=female` -> the number shown, None = hidden; "" is the total."""
    rounding: int = 1
    smallest: int = 5


class Ledger:
    """The releases kept in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def releases(self) -> tuple[Release, ...]:
        """Everything released so far, oldest first."""
        if not self.file.is_file():
            return ()
        return tuple(Release(**json.loads(line)) for line in self.file.read_text(encoding="utf-8").splitlines())

    def record(self, *releases: Release) -> None:
        """Keep releases, all or none.  Raises DataError, and keeps nothing, when one would reveal a cell with an
        earlier one or with one of the others; what was released before just so is not kept twice."""
        kept = list(self.releases())
        for release in releases:
            if release not in kept:
                refuse_revealing(kept, release)
                kept.append(release)
        lines = [json.dumps(asdict(one), ensure_ascii=False) for one in kept]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.file, ("\n".join(lines) + "\n").encode())


def refuse_revealing(earlier: Sequence[Release], release: Release) -> None:
    """Raises DataError that names the cell and the earlier release, never a number."""
    same = [one for one in earlier if one.population == release.population]
    for one in same:
        cell = _told_by_difference(one, release)
        if cell is not None:
            raise DataError(
                f"{release.name} is not released: with {one.name} ({one.as_of}, {one.where or 'everybody'}) the "
                f"difference of {_named(cell)} would tell of fewer than {release.smallest} people. Hide that cell, or "
                "release with `profile: publication`."
            )
    alike = [one for one in same if (one.as_of, one.where) == (release.as_of, release.where)]
    cell = _told_together([*alike, release])
    if cell is not None:
        others = ", ".join(one.name for one in alike) or "its own cells"
        raise DataError(
            f"{release.name} is not released: together with {others} it would reveal {_named(cell)}, "
            "which is hidden. Hide it, or what it follows from, in this release too."
        )


def _told_by_difference(earlier: Release, release: Release) -> str | None:
    """A cell shown in both, of another date or filter, that differs by a few people."""
    if (earlier.as_of, earlier.where) == (release.as_of, release.where):
        return None
    slack = earlier.rounding // 2 + release.rounding // 2
    for cell, count in release.cells.items():
        before = earlier.cells.get(cell)
        if count is not None and before is not None:
            apart = abs(count - before)
            if apart - slack >= 1 and apart + slack < release.smallest:
                return cell
    return None


def _told_together(releases: Sequence[Release]) -> str | None:
    """A cell hidden in one of the releases of the same people whose number follows from all of them."""
    cells = {cell: conditions(cell) for one in releases for cell in one.cells}
    atoms = _atoms(list(cells.values()))
    members = {
        cell: tuple(place for place, atom in enumerate(atoms) if wanted <= atom) for cell, wanted in cells.items()
    }
    shown = [(cell, count, one.rounding) for one in releases for cell, count in one.cells.items() if count is not None]
    sums = [Sum(members[cell], count - (base // 2), count + (base // 2)) for cell, count, base in shown]
    known = Knowledge(np.zeros(len(atoms)), np.full(len(atoms), np.inf), sums)
    hidden = {cell for one in releases for cell, count in one.cells.items() if count is None}
    # A rounded count is not exact, and still it tells what another release hides.
    told = sorted(hidden & {cell for cell, _, _ in shown})
    return next(
        (cell for cell in sorted(hidden) if is_recovered(known.bounds(members[cell]))), told[0] if told else None
    )


def conditions(cell: str) -> frozenset[Condition]:
    """`a=1|b=2` -> {(a, 1), (b, 2)}; the total has none."""
    parts = [part.partition("=") for part in cell.split("|") if part]
    return frozenset((trait, value) for trait, _, value in parts)


def _atoms(cells: Sequence[frozenset[Condition]]) -> list[frozenset[Condition]]:
    """Every combination of values of the traits that occur; each person is in one of them."""
    values: dict[str, set[str]] = {}
    for cell in cells:
        for trait, value in cell:
            values.setdefault(trait, set()).add(value)
    options = [[(trait, value) for value in sorted(found)] for trait, found in sorted(values.items())]
    return [frozenset(one) for one in itertools.product(*options)]


def _named(cell: str) -> str:
    return f"`{cell}`" if cell else "the total"
