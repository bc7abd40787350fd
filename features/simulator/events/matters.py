"""Requests from arrival to end, with their waits, and who was worried about whom."""

import numpy as np
import pandas as pd

from features.simulator.residents.activity import is_there
from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.world import RESIDENTIAL, World
from features.simulator.settings import County

CHAINS = {
    "home_care_request": ("home_care_assessment", "need_assessment", "urgent"),
    "service_need_assessment": ("social_assessment", "need_assessment", "non_urgent"),
    "concern_notification": ("concern_intake", "contact", "urgent"),
    "referral": ("referral_queue", "contact", "non_urgent"),
}
"""Per requested service: its stage of the chain, the phase of the client's path, the usual urgency."""
REQUESTED = 0.8
"""Share of starts that came by a recorded request (our choice)."""
REFUSED_PER_MONTH = 0.012
"""Requests of people in some need that do not lead to a service (our choice)."""


def draw_concerns(county: County, people: Residents, months: Months, world: World) -> np.ndarray:
    """Concern notifications per [month, person]; more every year."""
    rng = np.random.default_rng([county.seed, 12])
    years = ((np.arange(months.count) - months.data_month) / 12.0)[:, None]
    risk = county.waits.concern_rate * np.exp(
        0.55 * np.clip(world.care_need, -1, 3)
        + 0.45 * world.social
        + 0.35 * world.mental
        + county.waits.concern_growth * np.clip(years, -2, 4)
    )
    old = 0.4 + 0.6 * (world.age >= 65)
    return (rng.random(risk.shape) < np.minimum(risk * old, 0.3)) & (world.age >= 18) & world.alive


def draw_requests(
    county: County,
    people: Residents,
    months: Months,
    world: World,
    counts: dict[str, np.ndarray],
    concerns: np.ndarray,
    spans: pd.DataFrame,
) -> pd.DataFrame:
    """Every matter: requested, assessed, started, ended (days; -1 = did not happen), outcome."""
    rng = np.random.default_rng([county.seed, 13])
    frames = [
        _granted(county, people, months, spans, rng),
        _counted(county, people, months, concerns, "concern_notification", 0.35, rng),
        _counted(county, people, months, _refused(people, world, rng), "home_care_request", 0.0, rng),
        _counted(
            county,
            people,
            months,
            _thinned(counts["elderly_social_work"] + counts["adult_social_work"], 0.16, rng),
            "service_need_assessment",
            0.7,
            rng,
        ),
        _counted(county, people, months, _thinned(counts["gp_visit"], 0.11, rng), "referral", 0.85, rng),
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["requested"] >= 0]
    there = is_there(people, world, rows["person"].to_numpy(), rows["requested"].to_numpy())
    rows = rows[there].sort_values(["requested", "person", "service"], kind="stable").reset_index(drop=True)
    last = np.minimum(people.to_day, world.death_day)[rows["person"]]
    for name in ("assessed", "started", "ended"):
        rows.loc[rows[name] >= last, name] = -1
    return rows


def _refused(people: Residents, world: World, rng: np.random.Generator) -> np.ndarray:
    chance = REFUSED_PER_MONTH * (world.level == 0) * (world.care_need > 0.9) / people.supply
    return (rng.random(chance.shape) < chance) & world.alive & (world.age >= 18)


def _thinned(counts: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    return (counts > 0) & (rng.random(counts.shape) < share)


def _waits(
    county: County, people: Residents, person: np.ndarray, service: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Days to the assessment and from it to the start."""
    waits = county.waits
    area = np.array([waits.area[name] for name in county.areas])[people.area[person]]
    slow = (people.area[person] == county.areas.index(waits.bottleneck_area)) & (service == waits.bottleneck_service)
    factor = area * np.where(slow, waits.bottleneck_factor, 1.0)
    first = waits.assessment_days * factor * np.exp(rng.normal(0, waits.spread, len(person)))
    second = waits.start_days * area * np.exp(rng.normal(0, waits.spread, len(person)))
    return np.round(first).astype(np.int64), np.round(second).astype(np.int64)


def _granted(
    county: County, people: Residents, months: Months, spans: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Requests that led to a care span: the first one of a client, and moves to 24-hour care."""
    first = ~spans.duplicated("person").to_numpy()
    moves = (spans["level"] == RESIDENTIAL).to_numpy() & ~first
    chosen = (first & (rng.random(len(spans)) < REQUESTED)) | (moves & (rng.random(len(spans)) < 0.5))
    found = spans[chosen]
    person, start = found["person"].to_numpy(), found["start"].to_numpy()
    to_assess, to_start = _waits(county, people, person, "home_care_request", rng)
    assessed = start - to_start
    return _frame(
        "home_care_request",
        person,
        assessed - to_assess,
        assessed,
        start,
        start + rng.integers(1, 14, len(start)),
        np.full(len(start), "granted"),
    )


def _counted(
    county: County,
    people: Residents,
    months: Months,
    happens: np.ndarray,
    service: str,
    starts: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    month, person = np.nonzero(happens)
    requested = months.draw_days(rng, month, office=True).astype(np.int64)
    to_assess, to_start = _waits(county, people, person, service, rng)
    assessed = requested + to_assess
    begins = rng.random(len(person)) < starts
    started = np.where(begins, assessed + to_start, -1)
    ended = np.where(begins, started + rng.integers(5, 60, len(person)), assessed + rng.integers(1, 20, len(person)))
    outcome = np.where(
        begins, "granted", rng.choice(["not_granted", "guided", "withdrawn"], size=len(person), p=[0.5, 0.35, 0.15])
    )
    return _frame(service, person, requested, assessed, started, ended, outcome)


def _frame(
    service: str,
    person: np.ndarray,
    requested: np.ndarray,
    assessed: np.ndarray,
    started: np.ndarray,
    ended: np.ndarray,
    outcome: np.ndarray,
) -> pd.DataFrame:
    stage, phase, priority = CHAINS[service]
    return pd.DataFrame(
        {
            "person": person,
            "requested": requested,
            "assessed": assessed,
            "started": started,
            "ended": ended,
            "service": service,
            "stage": stage,
            "path_phase": phase,
            "priority": priority,
            "outcome": outcome,
        }
    )
