"""Recorded segmentations: few, from pilot organisations first, and of clients whom several services know."""

import numpy as np
import pandas as pd

from features.simulator.residents.activity import is_there
from features.simulator.residents.months import Months
from features.simulator.residents.people import ADULT, Residents
from features.simulator.residents.targets import Truth
from features.simulator.residents.world import World
from features.simulator.settings import County

SEGMENTS = {
    ("low", "strong"): "self_managed",
    ("high", "strong"): "cooperative",
    ("low", "weak"): "community",
    ("high", "weak"): "network",
}
SCHEME, VERSION = "suuntima_like", "1"
ROLES = ("care_coordinator", "social_worker", "nurse", "case_manager")
AGAIN_AFTER = 6
"""Months before a client may be segmented again (our choice)."""


def draw_segment_records(county: County, people: Residents, months: Months, world: World, truth: Truth) -> pd.DataFrame:
    """One row per recorded segmentation, with the noise of both respondents."""
    rng = np.random.default_rng([county.seed, 14])
    month, person = _moments(county, people, months, truth, rng)
    day = months.draw_days(rng, month, office=True).astype(np.int64)
    there = is_there(people, world, person, day)
    month, person, day = month[there], person[there], day[there]
    n = len(person)
    rules = county.segmentation
    high = truth.complexity[month, person] + rng.normal(0, rules.professional_noise, n) > 0
    weak = truth.resources[month, person] + rng.normal(0, rules.client_noise, n) < 0
    axis1 = np.where(high, "high", "low").astype(object)
    axis2 = np.where(weak, "weak", "strong").astype(object)
    segment = np.array([SEGMENTS[pair] for pair in zip(axis1, axis2, strict=True)], dtype=object)
    u = rng.random(n)
    axis1[u < rules.missing_axis / 3] = None
    axis2[(u >= rules.missing_axis / 3) & (u < rules.missing_axis)] = None
    segment[u < rules.missing_axis] = None
    proxy = rng.random(n) < np.where(world.cognition[month, person] > 1.2, 0.5, 0.04)
    return pd.DataFrame(
        {
            "person": person,
            "day": day,
            "second": 8 * 3600 + rng.integers(0, 8 * 3600, n),
            "scheme": SCHEME,
            "scheme_version": VERSION,
            "axis1_level": axis1,
            "axis1_respondent": "professional",
            "axis2_level": axis2,
            "axis2_respondent": np.where(proxy, "relative", "client"),
            "segment": segment,
            "assessor_role": rng.choice(ROLES, size=n, p=[0.4, 0.25, 0.2, 0.15]),
        }
    ).drop_duplicates(["person", "day", "second"])


def _moments(
    county: County, people: Residents, months: Months, truth: Truth, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Month by month: who is segmented for the first time or again."""
    rules = county.segmentation
    orgs = np.array([town.legacy_org in rules.pilot_orgs for town in county.municipalities])[people.town]
    last = np.full(people.count, -1)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for month in range(months.month_of(np.array([months.day_of(rules.start)]))[0], months.count):
        everywhere = months.starts[month] >= np.datetime64(rules.county_wide)
        pilot = np.where(orgs, rules.pilot_factor, 1.0 if everywhere else 0.0)
        bias = np.where(truth.sectors[month] >= 3, rules.several_sectors_factor, 1.0)
        bias = bias * np.where(truth.complexity_high[month], rules.complexity_factor, 1.0)
        visible = months.first_day[month] >= people.history_day
        first = rules.per_month * pilot * bias * truth.long_term[month] * visible
        again = rules.again_per_month * (month - last >= AGAIN_AFTER) * truth.long_term[month]
        chosen = rng.random(people.count) < np.where(last < 0, first, again)
        chosen[ADULT] = month in (months.count - 20, months.count - 6)
        last[chosen] = month
        found.append((np.full(int(chosen.sum()), month), np.flatnonzero(chosen)))
    return np.concatenate([m for m, _ in found]), np.concatenate([p for _, p in found])
