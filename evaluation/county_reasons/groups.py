"""Sums of contributions by municipality and age band; clients are forgotten as soon as they are added."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells
from models.explaining.comparison import band_name, band_of

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Group:
    """Clients of one age band in one municipality."""

    municipality: str
    age_band: str


@dataclass
class Sums:
    """What is added up of one group."""

    clients: int
    probability: float
    contribution: np.ndarray
    """By family, log-odds as shown."""
    absolute: np.ndarray

    def add(self, other: "Sums") -> None:
        """Put another group's sums on top."""
        self.clients += other.clients
        self.probability += other.probability
        self.contribution = self.contribution + other.contribution
        self.absolute = self.absolute + other.absolute


@dataclass
class GroupSums:
    """One output's groups."""

    families: tuple[str, ...]
    groups: dict[Group, Sums] = field(default_factory=dict)

    def add(self, groups: Sequence[Group], probabilities: np.ndarray, by_family: np.ndarray) -> None:
        """Add clients: their groups, probabilities, and contributions [clients x families]."""
        places: dict[Group, list[int]] = {}
        for place, group in enumerate(groups):
            places.setdefault(group, []).append(place)
        for group, rows in places.items():
            shares = by_family[rows]
            found = Sums(len(rows), float(probabilities[rows].sum()), shares.sum(axis=0), np.abs(shares).sum(axis=0))
            self.groups.setdefault(group, self._nothing()).add(found)

    def everyone(self) -> Sums:
        """All groups together."""
        total = self._nothing()
        for _, sums in self.ordered():
            total.add(sums)
        return total

    def shown(self, smallest: int = SMALLEST_CELL) -> Iterator[tuple[Group, Sums | None]]:
        """Every group in order; None for one that is too small, or that would give a small one away by subtraction."""
        counts = [sums.clients for _, sums in self.ordered()]
        for (group, sums), hide in zip(self.ordered(), hidden_cells(counts, smallest), strict=True):
            yield group, None if hide else sums

    def ordered(self) -> list[tuple[Group, Sums]]:
        """By municipality and age."""
        return sorted(self.groups.items(), key=lambda item: (item[0].municipality, _age(item[0].age_band)))

    def _nothing(self) -> Sums:
        zeros = np.zeros(len(self.families))
        return Sums(0, 0.0, zeros, zeros)


def groups_of(municipalities: Sequence[str], ages: np.ndarray) -> list[Group]:
    """The group of each client."""
    names = [band_name(int(band)) for band in band_of(ages)]
    return [Group(municipality, name) for municipality, name in zip(municipalities, names, strict=True)]


def municipality_of(residents: pd.DataFrame, clients: Sequence[str], as_of: np.datetime64) -> list[str]:
    """Where each client lived by what was recorded before `as_of`: the latest stay begun before it."""
    known = (residents["valid_from"] < as_of) & (residents["recorded_at"] < as_of)
    replaced = residents["superseded_at"] < as_of
    stays = residents[known & ~replaced].sort_values("valid_from", kind="stable")
    homes = dict(zip(stays["client_id"].astype(object), stays["municipality"].astype(object), strict=True))
    return [str(homes.get(client) or UNKNOWN) for client in clients]


def _age(band: str) -> int:
    digits = band.split("-")[0].rstrip("+")
    return int(digits) if digits.isdigit() else -1
