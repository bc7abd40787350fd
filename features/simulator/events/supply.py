"""What there is: staffed hours, beds, appointment slots, and the population they serve."""

import numpy as np
import pandas as pd

from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.world import World
from features.simulator.settings import County

AGE_BANDS = ((0, 15), (16, 24), (25, 44), (45, 64), (65, 74), (75, 84), (85, 120))
SLOTS_PER_DAY = {"physician": 4, "nurse": 4, "physiotherapist": 2}
"""Offered slots per working day and 2,500 residents (our choice)."""
MEDIAN_WAIT_DAYS = {"physician": 9.0, "nurse": 4.0, "physiotherapist": 7.0}
"""Opened about so long before the appointment (S1 203: targets 7, 3 and 5 working days)."""
OPEN_DAYS = 35
STAFF_RESERVE = 1.18
"""Staffed hours over the hours spent with clients (our choice)."""


def population(county: County, people: Residents, months: Months, world: World) -> pd.DataFrame:
    """Residents on 31 December by municipality, age band and sex; published on the first of April."""
    frames = []
    for year in range(county.start.year - 1, county.end.year):
        day = max(0, months.day_of(county.start.replace(year=year, month=12, day=31)))
        age = people.age(months.origin + day)
        there = (people.from_day <= day) & (np.minimum(people.to_day, world.death_day) > day) & (age >= 0)
        band = np.searchsorted([high for _, high in AGE_BANDS[:-1]], np.floor(age), side="left")
        frames.append(_year_rows(county, people, there, band, year))
    return pd.concat(frames, ignore_index=True)


def _year_rows(county: County, people: Residents, there: np.ndarray, band: np.ndarray, year: int) -> pd.DataFrame:
    towns = county.municipalities
    key = (people.town * len(AGE_BANDS) + band) * 2 + people.female
    persons = np.bincount(key[there], minlength=len(towns) * len(AGE_BANDS) * 2)
    town, rest = np.divmod(np.arange(len(persons)), len(AGE_BANDS) * 2)
    names = [f"{low}-{high}" if high < 120 else f"{low}+" for low, high in AGE_BANDS]
    return pd.DataFrame(
        {
            "municipality": np.array([one.code for one in towns], dtype=object)[town],
            "age_band": np.array(names, dtype=object)[rest // 2],
            "sex": np.where(rest % 2 == 1, "female", "male").astype(object),
            "year": float(year),
            "persons": persons.astype(np.float64),
            "recorded_at": np.full(len(persons), np.datetime64(f"{year + 1}-04-01T08:00:00", "s")),
        }
    )


def capacity(county: County, months: Months, contacts: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Staffed hours per unit, channel and month, from the work that was done; beds of the hospital wards."""
    rng = np.random.default_rng([county.seed, 30])
    rows = pd.concat(
        [
            contacts[["unit", "channel", "month", "minutes"]].astype({"unit": object, "channel": object}),
            visits[["unit", "channel", "month", "minutes"]].astype({"unit": object, "channel": object}),
        ]
    )
    rows["channel"] = rows["channel"].replace({"video": "digital", "chat": "digital"})
    hours = rows.groupby(["unit", "channel", "month"], sort=True)["minutes"].sum().reset_index()
    start = months.starts[hours["month"].to_numpy()]
    stop = months.origin + months.first_day[hours["month"].to_numpy() + 1]
    staffed = hours["minutes"].to_numpy() / 60 * STAFF_RESERVE * rng.normal(1, 0.03, len(hours))
    done = pd.DataFrame(
        {
            "unit": hours["unit"],
            "stage": None,
            "channel": hours["channel"],
            "period_start": start,
            "period_end": stop,
            "staffed_hours": staffed.astype(np.float64).round(1),
            "beds": np.nan,
            "slots": np.nan,
        }
    )
    wards = _beds(county, months)
    found = pd.concat([done, wards], ignore_index=True)
    return found.assign(recorded_at=found["period_end"].to_numpy().astype("datetime64[s]") + np.timedelta64(9, "h"))


def _beds(county: County, months: Months) -> pd.DataFrame:
    covered = np.arange(months.data_month, months.count)
    return pd.DataFrame(
        {
            "unit": "keskussairaala",
            "stage": "ward",
            "channel": None,
            "period_start": months.starts[covered],
            "period_end": months.origin + months.first_day[covered + 1],
            "staffed_hours": np.nan,
            "beds": float(max(4, round(county.residents * 0.0019))),
            "slots": np.nan,
        }
    )


def appointment_slots(county: County, people: Residents, months: Months) -> pd.DataFrame:
    """Offered slots of the health stations; scarce supply fills earlier, so that less stays free."""
    rng = np.random.default_rng([county.seed, 31])
    office = np.flatnonzero(~months.off)
    office = office[office >= months.data_day]
    frames = [
        _station_slots(town.code, town.supply, int((people.town == place).sum()), profession, office, months, rng)
        for place, town in enumerate(county.municipalities)
        for profession in SLOTS_PER_DAY
    ]
    found = pd.concat(frames, ignore_index=True).sort_values(["offered_at", "unit", "slot_at"], kind="stable")
    cut = months.origin.astype("datetime64[s]") + np.timedelta64(months.days, "D")
    found = found[(found["offered_at"] < cut).to_numpy()].reset_index(drop=True)
    late = ~(found["taken_recorded_at"] < cut).to_numpy()
    found.loc[late, ["taken_at", "taken_recorded_at"]] = np.datetime64("NaT")
    return found.assign(slot_id=[f"V{number:07d}" for number in range(len(found))])


def _station_slots(
    code: str,
    supply: float,
    residents: int,
    profession: str,
    office: np.ndarray,
    months: Months,
    rng: np.random.Generator,
) -> pd.DataFrame:
    per_day = max(1, round(SLOTS_PER_DAY[profession] * residents / 2500))
    day = np.repeat(office, per_day)
    n = len(day)
    place = np.tile(np.arange(per_day), len(office))
    origin = months.origin.astype("datetime64[s]")
    slot_at = origin + (day.astype(np.int64) * 86_400 + 8 * 3600 + place * 1800 % (8 * 3600)).astype("timedelta64[s]")
    ahead = np.clip(rng.exponential(OPEN_DAYS / 2, n) + 1, 1, OPEN_DAYS)
    offered = slot_at - (ahead * 86_400).astype(np.int64).astype("timedelta64[s]")
    wait = MEDIAN_WAIT_DAYS[profession] / supply
    lead = np.clip(rng.exponential(wait, n), 0.02, ahead - 0.01)
    taken = slot_at - (lead * 86_400).astype(np.int64).astype("timedelta64[s]")
    free = rng.random(n) < np.clip(0.10 * supply**2, 0, 0.5)
    taken[free] = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "unit": f"terveysasema_{code}",
            "profession": profession,
            "offered_at": offered,
            "recorded_at": offered,
            "slot_at": slot_at,
            "taken_at": taken,
            "taken_recorded_at": taken,
        }
    )
