"""Do reasons name what truly drives a need?  Hit rate of the three heaviest concepts on a simulated county."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.explaining.concepts import Concepts
from models.learners.binary import BinaryModel
from models.parts import ClientParts

SPOKEN = 3


@dataclass(frozen=True)
class Hits:
    """Clients in need with a true driver, the share whose reasons hold one, and what three random concepts would."""

    clients: int
    share: float
    by_chance: float

    @property
    def ratio(self) -> float:
        return self.share / self.by_chance


def hits(model: BinaryModel, parts: ClientParts, rows: np.ndarray, drivers: Sequence[frozenset[str]]) -> Hits:
    """Hit rate over whole feature rows of clients in need; `drivers` are concepts, empty where none is strong."""
    used = parts.used_columns(rows)
    names, shares, known = by_concept(model.explain(used).shares, used, parts)
    weight = np.where(known, np.abs(shares), -1.0)
    top = np.argsort(-weight, axis=1, kind="stable")[:, :SPOKEN]
    found, chance = [], []
    for row, own in enumerate(drivers):
        if own:
            said = {names[place] for place in top[row] if known[row, place]}
            told = {name for name, is_known in zip(names, known[row], strict=True) if is_known}
            found.append(bool(own & said))
            chance.append(by_chance(len(told), len(own & told)))
    return Hits(len(found), float(np.mean(found)), float(np.mean(chance)))


def by_concept(shares: np.ndarray, used: np.ndarray, parts: ClientParts) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(concepts, rows x concepts sums, rows x concepts: something is known)."""
    own = [parts.concepts.of(spec) for spec in parts.explainer.specs]
    names = list(dict.fromkeys(own))
    sums, known = np.zeros((len(shares), len(names))), np.zeros((len(shares), len(names)), dtype=bool)
    for column, concept in enumerate(own):
        place = names.index(concept)
        sums[:, place] += shares[:, column]
        known[:, place] |= ~np.isnan(used[:, column])
    return names, sums, known


def by_chance(among: int, drivers: int) -> float:
    """How likely three concepts drawn from the known ones hold at least one driver."""
    missed = 1.0
    for drawn in range(min(SPOKEN, among)):
        missed *= max(0, among - drivers - drawn) / (among - drawn)
    return 1.0 - missed


def drivers_of(rows: pd.DataFrame, target: str, concepts: Concepts) -> list[frozenset[str]]:
    """The true drivers of each row (columns <target>_driver_1 ...) as concepts."""
    columns = [rows[name].astype(object).to_numpy() for name in rows if str(name).startswith(f"{target}_driver_")]
    return [
        frozenset(concepts.of_family(one) for one in found if isinstance(one, str))
        for found in zip(*columns, strict=True)
    ]
