"""People by year of age: what a scenario's growth of some ages means for a series of other ages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.errors import ConfigError, DataError
from configs.phrases import Phrase
from models.texts import Text

OLDEST = 105
"""Last year of age; an open band (85+) is spread over its years and is never divided."""
SEXES = ("female", "male")
EVERYWHERE = "*"


@dataclass(frozen=True)
class Ages:
    """The ages from `low` to `high`, both included."""

    low: int
    high: int

    @classmethod
    def of(cls, name: str) -> "Ages":
        """`75plus`, `under65`, `65to74`, `75-84`, `85+`; any other name (total, all) means every age."""
        if found := re.fullmatch(r"(\d+)(?:plus|\+)", name):
            return cls(int(found[1]), OLDEST)
        if found := re.fullmatch(r"under(\d+)", name):
            return cls(0, int(found[1]) - 1)
        if found := re.fullmatch(r"(\d+)(?:to|-)(\d+)", name):
            return cls(int(found[1]), min(int(found[2]), OLDEST))
        return cls(0, OLDEST)

    @property
    def mask(self) -> np.ndarray:
        """bool[age]."""
        years = np.arange(OLDEST + 1)
        return (years >= self.low) & (years <= self.high)

    def __str__(self) -> str:
        return f"{self.low}+" if self.high >= OLDEST else f"{self.low}–{self.high}"


@dataclass(frozen=True)
class AgeStructure:
    """Persons and need weight by area, sex and year of age: float64[sex, age] each, on one scale within an area.

    `need` holds euros a person and year (only ratios are used) or ones; `basis` says in words where it comes from.
    `open_from` is the first age of the open last band.
    """

    persons: Mapping[str, np.ndarray]
    need: np.ndarray
    basis: Text
    open_from: int

    def of_area(self, area: str) -> np.ndarray:
        """The persons of an area.  Raises DataError when the population table does not know it."""
        found = self.persons.get(area, self.persons.get(EVERYWHERE))
        if found is None:
            english = f"The population table has no area {area}. Ingest its population or leave the area out."
            raise DataError(Phrase(english, "population_area", area=area))
        return found

    def check(self, ages: Ages) -> None:
        """Raises ConfigError when the ages would divide the open last band, whose inside nobody knows."""
        for edge in (ages.low, ages.high + 1):
            if self.open_from < edge <= OLDEST:
                last = self.open_from
                english = f"The ages {ages} divide the population's last band {last}+. Write `{last}plus`."
                raise ConfigError(Phrase(english, "ages_divide", ages=str(ages), last=str(last)))

    def count(self, areas: Sequence[str], ages: Ages) -> float:
        """Persons of some ages in some areas."""
        return float(sum(self.of_area(area)[:, ages.mask].sum() for area in areas))

    def factor(self, area: str, ages: Ages, growth: np.ndarray) -> np.ndarray:
        """How need changes: float64[date], when persons of each age change by `growth` (float64[date, age])."""
        persons = self.of_area(area) * ages.mask
        weights = persons * np.maximum(self.need, 0.0)
        # A sector that knows no need at these ages (older people's care below 65) falls back on heads.
        by_age = (weights if weights.sum() > 0 else persons).sum(axis=0)
        if by_age.sum() <= 0:
            return np.ones(len(growth))
        return np.asarray((growth + 1.0) @ by_age / by_age.sum(), float)


def plain_factor(ages: Ages, growth: np.ndarray, series: str) -> np.ndarray:
    """The same without a population table: every age of the series must change alike.

    Raises ConfigError when only some of its ages change.
    """
    inside = growth[:, ages.mask]
    if np.ptp(inside, axis=1).max(initial=0.0) > 0:
        english = (
            f"The scenario changes only some ages of the series {series} ({ages}). Give the population by age "
            "(table `population`), or name ages that cover the whole series."
        )
        raise ConfigError(Phrase(english, "ages_part", ages=str(ages)))
    return np.asarray(inside[:, 0] + 1.0, float)


def spread_bands(population: pd.DataFrame) -> tuple[dict[str, np.ndarray], int]:
    """`area, ages, sex, persons` → area → float64[sex, age], and the first age of the open band.

    A band's persons are divided evenly over its years of age.
    """
    found: dict[str, np.ndarray] = {}
    open_from = OLDEST
    for area, band, sex, persons in population[["area", "ages", "sex", "persons"]].itertuples(index=False):
        ages = Ages.of(str(band))
        open_from = min(open_from, ages.low) if ages.high >= OLDEST else open_from
        grid = found.setdefault(str(area), np.zeros((2, OLDEST + 1)))
        grid[SEXES.index(str(sex)), ages.mask] += float(persons) / ages.mask.sum()
    return found, open_from


def growth_by_age(years: Mapping[int, float], base_year: int, dates: pd.DatetimeIndex, ages: Ages) -> np.ndarray:
    """float64[date, age]: growth since mid-`base_year`, between mid-years along a straight line, then level."""
    known = {base_year: 0.0, **years}
    knots = sorted(known)
    when = dates.year + (dates.dayofyear - 183) / 365.25  # 1 July is the whole number
    level = np.interp(when, knots, [known[year] for year in knots])
    return np.outer(level, ages.mask)
