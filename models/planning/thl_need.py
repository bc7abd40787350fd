"""THL's need model: need in €/person and year = intercept + Σ(coefficient × share), for three sectors.

Source: THL, need coefficients of the wellbeing services counties, workbook of 25.6.2025.  Health and social care are
per resident, older people's care per resident of 65 or over.  The coefficient of a sector is the area's need against
the country's; older people's care is first multiplied by the share of people of 65 or over.  The workbook's sector
coefficients of its newest year are means of two years; its total coefficient is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.loader import nearest
from configs.phrases import Phrase
from models.planning.ages import EVERYWHERE, OLDEST, AgeStructure
from models.texts import Text

Sector = Literal["health", "social", "older_people"]
SECTORS: tuple[Sector, ...] = ("health", "social", "older_people")
COLUMN = {
    "health": "kerroin_terveydenhuolto",
    "social": "kerroin_sosiaalihuolto",
    "older_people": "kerroin_vanhustenhuolto",
}
BLOCK = {"health": "th_sh", "social": "th_sh", "older_people": "vh"}
INTERCEPT, WEIGHT, SUMMARY, COUNTRY = "vakiotermi", "sektoripaino", "summary", "Koko maa"
PERSONS, OLD_PERSONS, OLD_SHARE = "Väkiluku", "Yli 64-vuotias", "Vanhusten suhteellinen osuus"
REFERENCE = {
    "health": (41, 45, "male"),
    "social": (41, 45, None),
    "older_people": (65, 70, "male"),
}
"""The ages that have no coefficient: all others are compared with them."""
NAME: Mapping[str, Text] = {
    "health": {"fi": "terveydenhuolto", "sv": "hälso- och sjukvård", "en": "health care"},
    "social": {"fi": "sosiaalihuolto", "sv": "socialvård", "en": "social care"},
    "older_people": {"fi": "vanhustenhuolto", "sv": "äldreomsorg", "en": "older people's care"},
}


@dataclass(frozen=True)
class NeedModel:
    """The workbook's coefficients (`lohko, muuttuja, kerroin_*`) and shares (`vuosi, lohko, muuttuja, alue, arvo`)."""

    coefficients: pd.DataFrame
    variables: pd.DataFrame

    def need(self, sector: Sector, year: int) -> pd.Series:
        """€/person and year by area."""
        weights = self._coefficients(sector)
        return self._intercept(sector) + self._shares(sector, year)[list(weights.index)] @ weights

    def ratios(self, year: int) -> pd.DataFrame:
        """Area × sector (and `total`): need against the country's, of one year; 1 = as in the whole country."""
        found = {}
        for sector in SECTORS:
            need = self.need(sector, year)
            weighted = need * self._summary(OLD_SHARE, year) if sector == "older_people" else need
            found[sector] = weighted / weighted[COUNTRY]
        table = pd.DataFrame(found)
        table["total"] = sum(table[sector] * self._constant(WEIGHT, sector) for sector in SECTORS)
        return table

    def published_coefficients(self, year: int, newest: int) -> pd.DataFrame:
        """As the workbook prints them: sector coefficients of its newest year are means over two years."""
        table = self.ratios(year)
        if year == newest:
            sectors = list(SECTORS)
            table[sectors] = (table[sectors] + self.ratios(year - 1)[sectors]) / 2
        return table

    @cached_property
    def _blocks(self) -> dict[tuple[str, int], pd.DataFrame]:
        """(block, year) → area × variable."""
        grouped = self.variables.groupby(["lohko", "vuosi"])
        return {
            (str(block), int(str(year))): rows.pivot(index="alue", columns="muuttuja", values="arvo")
            for (block, year), rows in grouped
        }

    def areas(self) -> tuple[str, ...]:
        """Every area of the workbook."""
        return tuple(sorted(self.variables["alue"].unique()))

    def newest(self) -> int:
        """The newest year of the shares."""
        return int(self.variables["vuosi"].max())

    def by_age(self, sector: Sector, area: str, year: int) -> np.ndarray:
        """€/person: float64[sex, age], with all that is not age as it is in the area.

        Persons × these = the area's whole need, because the model is a sum.  NaN where the sector has nobody.
        """
        shares, weights = self._area_shares(sector, area, year), self._coefficients(sector)
        ages = {name: _ages(name) for name in weights.index}
        rest = [name for name, found in ages.items() if found is None]
        level = self._intercept(sector) + float(weights[rest].to_numpy(float) @ shares[rest].to_numpy(float))
        grid = np.full((2, OLDEST + 1), np.nan)
        _fill(grid, REFERENCE[sector], level)
        for name, found in ages.items():
            if found is not None:
                _fill(grid, found, level + weights[name])
        return grid

    def persons_by_age(self, sector: Sector, area: str, year: int) -> np.ndarray:
        """float64[sex, age]: the area's persons by the workbook's shares, evenly within each class of ages."""
        block = "vh" if sector == "older_people" else "th_sh"
        shares = self._block(block, year).loc[area]
        whole = float(self._summary(OLD_PERSONS if block == "vh" else PERSONS, year)[area])
        grid = np.zeros((2, OLDEST + 1))
        told = {name: found for name in shares.index if (found := _ages(name)) is not None and found[2] is not None}
        for name, (low, high, sex) in told.items():
            row = ("female", "male").index(str(sex))
            grid[row, low : high + 1] = whole * shares[name] / (high - low + 1)
        low, high, _ = REFERENCE["older_people" if block == "vh" else "health"]
        grid[1, low : high + 1] = max(whole - grid.sum(), 0.0) / (high - low + 1)
        return grid

    def structure(self, sector: Sector, area: str, year: int, persons: AgeStructure | None = None) -> AgeStructure:
        """Need by age of one county, with the population of `persons` or else the workbook's own for every area."""
        need = np.nan_to_num(self.by_age(sector, self.known(area), year), nan=0.0)
        basis = filled_basis(sector, area, year)
        if persons is not None:
            return AgeStructure(persons.persons, need, basis, persons.open_from)
        return AgeStructure({EVERYWHERE: self.persons_by_age(sector, area, year)}, need, basis, 96)

    def moved(self, sector: Sector, area: str, year: int, growth: np.ndarray) -> "NeedChange":
        """The area's need when persons of each sex and age change by `growth` (float64[sex, age])."""
        persons, need = self.persons_by_age(sector, area, year), np.nan_to_num(self.by_age(sector, area, year))
        changed = persons * (1 + growth)
        return NeedChange(
            per_person=float((persons * need).sum() / persons.sum()),
            per_person_after=float((changed * need).sum() / changed.sum()),
            euros=float((persons * need).sum()),
            euros_after=float((changed * need).sum()),
        )

    def known(self, area: str) -> str:
        """The area's own name.  Raises DataError with the nearest one."""
        if area in self.areas():
            return area
        guess = nearest(area, self.areas())
        hint = f"Did you mean `{guess}`?" if guess else f"Allowed: {', '.join(self.areas())}."
        raise DataError(Phrase(f"The THL need model has no area `{area}`. {hint}", "need_area", area=area))

    def _coefficients(self, sector: Sector) -> pd.Series:
        rows = self.coefficients[self.coefficients["lohko"] == BLOCK[sector]]
        return rows.set_index("muuttuja")[COLUMN[sector]].dropna()

    def _constant(self, block: str, sector: Sector) -> float:
        return float(self.coefficients.loc[self.coefficients["lohko"] == block, COLUMN[sector]].iloc[0])

    def _intercept(self, sector: Sector) -> float:
        return self._constant(INTERCEPT, sector)

    def _block(self, block: str, year: int) -> pd.DataFrame:
        if (block, year) not in self._blocks:
            english = f"The THL need model has no shares of {year}. Its newest year is {self.newest()}."
            raise DataError(Phrase(english, "need_year", year=str(year), newest=str(self.newest())))
        return self._blocks[block, year]

    def _shares(self, sector: Sector, year: int) -> pd.DataFrame:
        return self._block(BLOCK[sector], year)

    def _area_shares(self, sector: Sector, area: str, year: int) -> pd.Series:
        return self._shares(sector, year).T[self.known(area)]

    def _summary(self, name: str, year: int) -> pd.Series:
        return self._block(SUMMARY, year)[name]


@dataclass(frozen=True)
class NeedChange:
    """Need before and after: euros a person and year, and euros a year."""

    per_person: float
    per_person_after: float
    euros: float
    euros_after: float


def filled_basis(sector: str, area: str, year: int) -> Text:
    """What the population step rests on, in words."""
    name = NAME[sector]
    return {
        "fi": f"Väestön muutos siirtää kysyntää THL:n tarvemallilla ({name['fi']}, {area}, {year}).",
        "sv": f"Befolkningsförändringen påverkar efterfrågan enligt THL:s behovsmodell ({name['sv']}, {area}, {year}).",
        "en": f"The population change moves demand by THL's need model ({name['en']}, {area}, {year}).",
    }


def _ages(variable: str) -> tuple[int, int, str | None] | None:
    """Ages and sex of an age variable of the workbook, or None for any other variable."""
    found = re.fullmatch(r"(?:(Alle) 1|(\d+)-(\d+)|(Yli) 96)-vuotias(?:, (nainen|mies))?", variable)
    if found is None:
        return None
    low, high = (0, 0) if found[1] else (96, OLDEST) if found[4] else (int(found[2]), int(found[3]))
    return low, high, {"nainen": "female", "mies": "male", None: None}[found[5]]


def _fill(grid: np.ndarray, ages: tuple[int, int, str | None], level: float) -> None:
    low, high, sex = ages
    rows = {"female": [0], "male": [1], None: [0, 1]}[sex]
    grid[rows, low : high + 1] = level
