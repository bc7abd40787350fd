"""The residents: age, sex, home, what they bring with them, and when they come and go."""

from dataclasses import dataclass

import numpy as np

from features.simulator.residents.identifiers import OFFICIAL_PERSONS, make_identifiers
from features.simulator.residents.months import Months
from features.simulator.settings import AgeBand, County

FIRST_PARTS = (
    "Kaisla",
    "Halla",
    "Kielo",
    "Tuomi",
    "Vanamo",
    "Honka",
    "Saarni",
    "Pihka",
    "Sammal",
    "Kanerva",
    "Utu",
    "Tyrsky",
    "Louhi",
    "Marras",
    "Rusko",
    "Varpu",
)
LAST_PARTS = (
    "vuori",
    "niemi",
    "lampi",
    "kangas",
    "salmi",
    "harju",
    "ranta",
    "suo",
    "laakso",
    "korpi",
    "virta",
    "selkä",
)
WOMEN = (
    "Aino",
    "Helmi",
    "Saimi",
    "Lempi",
    "Tyyne",
    "Vieno",
    "Aili",
    "Impi",
    "Kerttu",
    "Hilja",
    "Siiri",
    "Elma",
    "Toini",
    "Lyyli",
    "Martta",
    "Sylvi",
)
MEN = (
    "Onni",
    "Eino",
    "Toivo",
    "Urho",
    "Väinö",
    "Arvo",
    "Tauno",
    "Oiva",
    "Viljo",
    "Reino",
    "Veikko",
    "Sulo",
    "Armas",
    "Kalervo",
    "Ilmari",
    "Otso",
)
ADULT, CHILD = 0, 1
"""Row numbers of the two official fictional persons."""


@dataclass(frozen=True)
class Residents:
    """Everybody who ever lives in the county, one array position per person."""

    identifier: np.ndarray
    name: np.ndarray
    birth: np.ndarray
    female: np.ndarray
    language: np.ndarray
    town: np.ndarray
    """Position of the municipality in the county's list."""
    area: np.ndarray
    instance: np.ndarray
    """0 = recording system a, 1 = b."""
    supply: np.ndarray
    history_day: np.ndarray
    """First day from which the home registers are complete, counted from the origin."""
    from_day: np.ndarray
    to_day: np.ndarray
    """First day after the stay, or beyond the last day; deaths are not in it."""
    non_disclosure: np.ndarray
    digitally_excluded: np.ndarray
    band: np.ndarray
    """Position of the age band at the first day."""
    access: np.ndarray
    """Would ever get mental-health or substance care that is needed."""

    @property
    def count(self) -> int:
        return len(self.identifier)

    def age(self, day: np.datetime64) -> np.ndarray:
        """Age in years on a day; below zero before birth."""
        return ((day - self.birth).astype(np.int64) / 365.25).astype(np.float32)


def make_residents(county: County, months: Months) -> Residents:
    """Draw the residents of a county."""
    rng = np.random.default_rng([county.seed, 1])
    n = county.residents
    bands = county.people.ages
    shares = np.array([band.share for band in bands])
    band = rng.choice(len(bands), size=n, p=shares / shares.sum())
    from_day, to_day, newborn = _stays(county, months, rng, n)
    birth = _births(county, rng, bands, band)
    birth[newborn] = months.origin + from_day[newborn]
    band[newborn] = 0
    female = rng.random(n) < county.people.female
    _place_official_persons(county, birth, female, band, from_day, to_day, newborn)
    towns = county.municipalities
    town_share = np.array([town.share for town in towns])
    town = rng.choice(len(towns), size=n, p=town_share / town_share.sum())
    town[[ADULT, CHILD]] = 0
    arrived_late = (months.origin + from_day >= np.datetime64("2023-01-01")) & (from_day > 0)
    arrived_late &= ~np.isin(birth, birth[[ADULT, CHILD]])
    identifier = make_identifiers(birth, female, arrived_late, rng)
    identifier[[ADULT, CHILD]] = OFFICIAL_PERSONS
    area_names = county.areas
    excluded = rng.random(n) < np.array([one.digitally_excluded for one in bands])[band]
    excluded[ADULT] = False
    return Residents(
        identifier=identifier,
        name=_names(rng, female),
        birth=birth,
        female=female,
        language=rng.choice(list(county.people.languages), size=n, p=list(county.people.languages.values())),
        town=town,
        area=np.array([area_names.index(one.area) for one in towns])[town],
        instance=np.array([0 if one.instance == "a" else 1 for one in towns])[town],
        supply=np.array([one.supply * county.underserved.get(one.code, 1.0) for one in towns], dtype=np.float32)[town],
        history_day=np.array([months.day_of(one.history_start) for one in towns])[town],
        from_day=from_day,
        to_day=to_day,
        non_disclosure=rng.random(n) < county.people.non_disclosure,
        digitally_excluded=excluded,
        band=band,
        access=rng.random(n) < np.array([one.mental_access for one in bands])[band],
    )


def _births(county: County, rng: np.random.Generator, bands: list[AgeBand], band: np.ndarray) -> np.ndarray:
    low = np.array([one.low for one in bands])[band]
    high = np.array([one.high for one in bands])[band]
    age = low + rng.random(len(band)) ** 1.15 * (high + 1 - low)
    return np.datetime64(county.start, "D") - np.round(age * 365.25).astype(np.int64)


def _stays(county: County, months: Months, rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    """First day, first day after, and who was born in the county meanwhile."""
    from_day = np.zeros(n, dtype=np.int64)
    to_day = np.full(n, months.days + 1, dtype=np.int64)
    comes = rng.random(n) < county.people.move_in
    span = months.days - 60 - months.data_day
    from_day[comes] = months.data_day + 1 + (rng.random(int(comes.sum())) * span).astype(np.int64)
    goes = (rng.random(n) < county.people.move_out) & ~comes
    to_day[goes] = months.data_day + 30 + (rng.random(int(goes.sum())) * span).astype(np.int64)
    return from_day, to_day, comes & (rng.random(n) < county.people.newborn)


def _place_official_persons(
    county: County,
    birth: np.ndarray,
    female: np.ndarray,
    band: np.ndarray,
    from_day: np.ndarray,
    to_day: np.ndarray,
    newborn: np.ndarray,
) -> None:
    """The adult and the child of the official examples live in the county the whole time; both are male by parity."""
    birth[[ADULT, CHILD]] = np.array(["1994-05-01", "2016-05-01"], dtype="datetime64[D]")
    female[[ADULT, CHILD]] = False
    newborn[[ADULT, CHILD]] = False
    from_day[[ADULT, CHILD]] = 0
    to_day[[ADULT, CHILD]] = to_day.max()
    ages = county.start.year - np.array([1994, 2016])
    band[[ADULT, CHILD]] = [_band_of(county.people.ages, int(age)) for age in ages]


def _band_of(bands: list[AgeBand], age: int) -> int:
    return next(i for i, band in enumerate(bands) if band.low <= age <= band.high)


def _names(rng: np.random.Generator, female: np.ndarray) -> np.ndarray:
    """Family names are put together from two nature words, so that they are nobody's in particular."""
    n = len(female)
    first = np.where(female, rng.choice(WOMEN, size=n), rng.choice(MEN, size=n))
    family = np.char.add(rng.choice(FIRST_PARTS, size=n), rng.choice(LAST_PARTS, size=n))
    return np.char.add(np.char.add(first, " "), family)
