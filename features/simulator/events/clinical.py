"""Assessments and diagnoses: noisy pictures of the true states, taken when somebody looks."""

import numpy as np
import pandas as pd

from features.simulator.residents.activity import is_there
from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.targets import Truth
from features.simulator.residents.world import World
from features.simulator.settings import County

RAI_INTERVAL_DAYS = 120
"""RAI is renewed at least every half year, and sooner when the situation changes (our choice: the mean)."""
RAI_DONE = 0.92
ACUTE = ("J06", "M54", "R51", "R10", "R42", "K52", "N39", "H26", "L20", "S93", "I10", "E78", "M17", "Z76")
FALLS = ("S72", "S52", "S42", "W19", "S06")
CHRONIC = {
    "memory": ("G30", "F01", "F03"),
    "depression": ("F32", "F33"),
    "diabetes": ("E11", "E10"),
    "heart": ("I25", "I48", "I50"),
    "substance": ("F10",),
}


def draw_assessments(
    county: County,
    people: Residents,
    months: Months,
    world: World,
    truth: Truth,
    spans: pd.DataFrame,
    states: dict[str, np.ndarray],
) -> pd.DataFrame:
    """One row per value of a scale: RAI-HC of care clients, WHODAS and 3X10D of clients of social work."""
    rng = np.random.default_rng([county.seed, 10])
    rai = _rai_moments(people, months, world, spans, rng)
    asked = _asked(people, months, world, states, rng)
    frames = [_rai_rows(months, world, rai, rng), _own_view_rows(months, truth, asked, rng)]
    return pd.concat(frames, ignore_index=True)


def _rai_moments(
    people: Residents, months: Months, world: World, spans: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Near the start of every decision and every half year inside it; some are skipped."""
    length = np.minimum(spans["end"], months.days) - spans["start"]
    times = (length // RAI_INTERVAL_DAYS + 1).clip(lower=0).to_numpy()
    row = np.repeat(np.arange(len(spans)), times)
    order = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    day = spans["start"].to_numpy()[row] + order * RAI_INTERVAL_DAYS + rng.integers(-14, 21, len(row))
    person = spans["person"].to_numpy()[row]
    keep = (day >= 0) & (day < months.days) & (rng.random(len(row)) < RAI_DONE)
    found = pd.DataFrame({"person": person[keep], "day": day[keep]}).drop_duplicates()
    found = pd.concat([found, _new_faces(people, months, world, rng)])
    there = is_there(people, world, found["person"].to_numpy(), found["day"].to_numpy())
    return found[there].drop_duplicates().sort_values(["person", "day"], kind="stable")


def _new_faces(people: Residents, months: Months, world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Older residents assessed without becoming home-care clients."""
    chance = 0.010 * (world.age > 74) * (world.care_need > 0.6) * (world.level == 0) * people.supply
    month, person = np.nonzero(rng.random(chance.shape) < chance)
    return pd.DataFrame({"person": person, "day": months.draw_days(rng, month, office=True).astype(np.int64)})


def _rai_rows(months: Months, world: World, moments: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    person, day = moments["person"].to_numpy(), moments["day"].to_numpy()
    at = months.month_of(day), person
    function, cognition, mental = world.function[at], world.cognition[at], world.mental[at]
    n = len(person)

    def scale(mean: np.ndarray, noise: float, low: float, high: float) -> np.ndarray:
        return np.clip(np.round(mean + rng.normal(0, noise, n)), low, high) + 0.0

    values = {
        "CPS": scale(1.7 * cognition + 0.3, 0.5, 0, 6),
        "ADLH": scale(1.5 * (function + 0.4), 0.45, 0, 6),
        "IADL": scale(14 + 8 * (function + 0.4 * cognition), 2.5, 0, 48),
        "DRS": scale(2.2 + 2.6 * mental, 1.3, 0, 14),
        "CHESS": scale(1.0 + 0.9 * world.instability[at] + 0.3 * function, 0.5, 0, 5),
        "MAPLe": scale(1.4 + 0.6 * (function + cognition), 0.45, 1, 5),
    }
    second = 8 * 3600 + rng.integers(0, 7 * 3600, n)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "person": person,
                    "day": day,
                    "second": second,
                    "instrument": "RAI-HC",
                    "version": "9.1",
                    "scale": name,
                    "value": value,
                    "respondent": "professional",
                }
            )
            for name, value in values.items()
        ]
    )


def _asked(
    people: Residents, months: Months, world: World, states: dict[str, np.ndarray], rng: np.random.Generator
) -> pd.DataFrame:
    """Clients of social work are asked about their life and functioning now and then."""
    chance = np.where(states["own_worker"], 0.05, 0.0) + np.where(states["client_plan"], 0.03, 0.0)
    month, person = np.nonzero((rng.random(chance.shape) < chance) & world.alive)
    day = months.draw_days(rng, month, office=True).astype(np.int64)
    there = is_there(people, world, person, day)
    return pd.DataFrame({"person": person[there], "day": day[there]}).drop_duplicates()


def _own_view_rows(months: Months, truth: Truth, asked: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    person, day = asked["person"].to_numpy(), asked["day"].to_numpy()
    at = months.month_of(day), person
    n = len(person)
    second = 9 * 3600 + rng.integers(0, 6 * 3600, n)
    whodas = np.clip(34 + 16 * truth.whodas[at] + rng.normal(0, 5, n), 0, 100).round(1)
    life = np.clip(6.6 + 1.7 * truth.life_satisfaction[at] + rng.normal(0, 0.7, n), 0, 10).round(1)
    shared = {"person": person, "day": day, "second": second, "respondent": "client"}
    return pd.concat(
        [
            pd.DataFrame({**shared, "instrument": "WHODAS", "version": "2.0", "scale": "total", "value": whodas}),
            pd.DataFrame(
                {**shared, "instrument": "3X10D", "version": "1", "scale": "life_satisfaction", "value": life}
            ),
        ]
    )


def draw_diagnoses(
    county: County, people: Residents, months: Months, world: World, contacts: pd.DataFrame
) -> pd.DataFrame:
    """Codes recorded at contacts with a physician: chronic ones again and again, acute ones once."""
    rng = np.random.default_rng([county.seed, 11])
    coded = contacts["service"].isin(["gp_visit", "specialist_visit", "emergency_visit", "mental_health"])
    rows = contacts.loc[coded & (contacts["status"] == "done"), ["person", "month", "day", "second", "service"]]
    rows = rows[rng.random(len(rows)) < 0.75]
    person, month = rows["person"].to_numpy(), rows["month"].to_numpy()
    code = rng.choice(ACUTE, size=len(rows)).astype(object)
    u = rng.random(len(rows))
    for name, has in _conditions(county, people, world, rng).items():
        chosen = has[month, person] & (rng.random(len(rows)) < 0.30)
        code[chosen] = rng.choice(CHRONIC[name], size=int(chosen.sum()))
    fell = (world.falls[month, person] > 0) & (rows["service"] == "emergency_visit").to_numpy() & (u < 0.9)
    code[fell] = rng.choice(FALLS, size=int(fell.sum()))
    place = (rows["service"].isin(["specialist_visit", "emergency_visit"])).to_numpy()
    frame = pd.DataFrame(
        {
            "person": person,
            "day": rows["day"].to_numpy(),
            "second": rows["second"].to_numpy(),
            "system": "ICD-10",
            "code": code,
            "hospital": place,
        }
    )
    return frame.drop_duplicates(["person", "day", "second", "code"])


def _conditions(county: County, people: Residents, world: World, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """[month, person]: may be coded now.  A quarter of memory disorders is never diagnosed, the others late."""
    diagnosed = rng.random(people.count) < county.latent.memory_diagnosed
    delay = rng.integers(2, 18, people.count)
    month = np.arange(len(world.age))[:, None]
    return {
        "memory": world.memory & diagnosed & (month >= world.memory_onset + delay),
        "depression": (world.mental > 1.3) & people.access,
        "diabetes": np.broadcast_to(world.diabetes, world.age.shape),
        "heart": np.broadcast_to(world.heart, world.age.shape),
        "substance": np.broadcast_to(world.substance & people.access, world.age.shape),
    }
