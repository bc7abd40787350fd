"""What scenario changes act on: part values by date, and which parts a change's words choose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from configs.errors import ConfigError
from configs.phrases import Phrase
from configs.words import unknown
from models.planning.ages import AgeStructure
from models.planning.base import AGE, AREA, Base
from models.planning.scenarios.config import Dimensions, Estimate
from models.planning.sums import Parts
from models.texts import Text

Pick = Callable[[Estimate], float]
"""Which end of an uncertain number to use in this run."""
Rerun = Callable[[pd.DataFrame], pd.DataFrame]
"""`unique_id, ds, factor` (the population's change per part) → `unique_id, ds, factor` (what the forecasting member
itself makes of it: its forecast with the changed driver ÷ with the unchanged one)."""


@dataclass(frozen=True)
class Ground:
    """The parts of a base with what a scenario needs to know of them."""

    base: Base
    parts: Parts
    structure: AgeStructure | None
    scope: np.ndarray
    """bool[part]: the parts that the scenario touches."""
    rerun: Rerun | None = None

    def chosen(self, wanted: Dimensions, where: str) -> np.ndarray:
        """bool[part]: the parts in scope that match every named dimension.  Raises ConfigError when none does."""
        check(wanted, self.base, where)
        found = matches(wanted, self.base, self.parts.ids) & self.scope
        if not found.any():
            english = f"`{where}` chooses no series of the forecast. Check it against `scope` and the series."
            raise ConfigError(Phrase(english, "chooses_nothing", where=where))
        return found

    def of(self, row: int) -> Mapping[str, str]:
        """The dimensions of a part."""
        return self.base.parts[self.parts.ids[row]]

    def area(self, row: int) -> str:
        """The area of a part."""
        return self.of(row).get(AREA, "")

    def age(self, row: int) -> str:
        """The age group of a part; `total` where series are not divided by age."""
        return self.of(row).get(AGE, "total")

    def destinations(self, sources: np.ndarray, to: Dimensions, where: str) -> csr_matrix:
        """float64[part, part]: column = source, row = where a unit of its demand goes.

        A destination differs from its source in the dimensions of `to` only; several share by size.  A column of
        zeros goes outside the forecast series.
        """
        check(to, self.base, where)
        size = np.nan_to_num(self.parts.values).mean(axis=1)
        there: dict[frozenset[tuple[str, str]], list[int]] = {}
        for row in np.flatnonzero(matches(to, self.base, self.parts.ids)).tolist() if to else ():
            there.setdefault(self._but(row, to), []).append(row)
        entries: list[tuple[int, int, float]] = []
        for source in np.flatnonzero(sources).tolist():
            found = [row for row in there.get(self._but(source, to), ()) if row != source]
            whole = float(size[found].sum())
            entries += [(row, source, size[row] / whole if whole > 0 else 1 / len(found)) for row in found]
        rows, columns, weights = zip(*entries, strict=True) if entries else ((), (), ())
        return csr_matrix((weights, (rows, columns)), shape=(len(sources), len(sources)))

    def _but(self, row: int, to: Dimensions) -> frozenset[tuple[str, str]]:
        """What a part is of, apart from the dimensions that change."""
        return frozenset((name, value) for name, value in self.of(row).items() if name not in to)


def arrives(routes: csr_matrix) -> np.ndarray:
    """float64[part]: the share of each source's demand that finds a series to go to: 1 or 0."""
    return np.asarray(routes.sum(axis=0), float).ravel()


@dataclass(frozen=True)
class Moved:
    """Part values after one change, and the demand that left the series, by the part it left: float64[part, date]."""

    values: np.ndarray
    outside: np.ndarray | None = None


@dataclass(frozen=True)
class Effect:
    """One change of a scenario: its name, its uncertain numbers, and what it does to part values."""

    name: Text
    uncertain: tuple[tuple[Estimate, ...], ...]
    """Groups of numbers that move together; groups are independent of each other."""
    act: Callable[[np.ndarray, Pick], Moved]
    said: tuple[Text, ...] = ()
    outside: str = ""
    """What demand that leaves the series is (`words.OUTSIDE`)."""


def matches(wanted: Dimensions, base: Base, ids: tuple[str, ...]) -> np.ndarray:
    """bool[part]: True where every named dimension has one of the wanted values."""
    return np.array([all(base.parts[part].get(name) in values for name, values in wanted.items()) for part in ids])


def check(wanted: Dimensions, base: Base, where: str) -> None:
    """Raises ConfigError for a dimension or a value that the forecast does not have, with the nearest one."""
    known = base.dimensions
    for name, values in wanted.items():
        if name not in known:
            why = unknown("dimension", name, known)
            raise ConfigError(Phrase(f"`{where}`: {why}", "at", where=where, why=why))
        for value in values:
            if value not in known[name]:
                english = f"`{where}.{name}`: {unknown('value', value, known[name])}"
                names = tuple(base.name_of(name, one) for one in known[name])
                raise ConfigError(Phrase(english, "no_such_value", where=f"{where}.{name}", allowed=names))


def in_force(dates: pd.DatetimeIndex, starts: date, ramp_weeks: int = 0, delay_weeks: int = 0) -> np.ndarray:
    """float64[date]: 0 before, then growing along a straight line to 1."""
    days = (dates - pd.Timestamp(starts)).days.to_numpy(float) - 7 * delay_weeks
    if ramp_weeks == 0:
        return (days >= 0).astype(float)
    return np.asarray(np.clip(days / (7 * ramp_weeks), 0.0, 1.0), float)


def between(dates: pd.DatetimeIndex, starts: date, ends: date | None) -> np.ndarray:
    """float64[date]: 1 on periods that begin in [starts, ends)."""
    inside = dates >= pd.Timestamp(starts)
    return (inside if ends is None else inside & (dates < pd.Timestamp(ends))).astype(float)
