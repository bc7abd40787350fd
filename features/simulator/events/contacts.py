"""Contacts other than home-care visits: each count becomes rows with a day, a channel, a professional and a fate."""

import numpy as np
import pandas as pd

from features.simulator.coded import coded, constant
from features.simulator.residents.activity import is_there
from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.world import World
from features.simulator.settings import County, Service

REMOTE_CHANNELS = ("phone", "digital", "chat", "video")
CHANNELS = (*REMOTE_CHANNELS, "in_person", "home")
STATUSES = ("done", "no_show", "cancelled_by_client", "cancelled_by_provider")
POOL = 9
"""Professionals per unit and profession (our choice)."""
OWN_SHARE = 0.45
"""Share of contacts with the client's usual professional (our choice; continuity)."""


def draw_contacts(
    county: County, people: Residents, months: Months, world: World, counts: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Every contact that took place or was missed, before any recording."""
    rng = np.random.default_rng([county.seed, 4])
    misses = _miss_rate(world)
    shares = _remote_shares(county, months, counts)
    frames = [
        _service_rows(county, people, months, world, name, counts[name], misses, shares, rng)
        for name in county.services
    ]
    rows = pd.concat(frames, ignore_index=True)
    for name in ("service", "sector", "channel", "profession", "urgency", "reason", "status", "unit"):
        rows[name] = rows[name].astype("category")
    return rows


def _service_rows(
    county: County,
    people: Residents,
    months: Months,
    world: World,
    name: str,
    counts: np.ndarray,
    misses: np.ndarray,
    shares: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    service = county.services[name]
    month, person = np.nonzero(counts[months.data_month :])
    times = counts[months.data_month :][month, person]
    month, person = np.repeat(month + months.data_month, times), np.repeat(person, times)
    emergency = service.urgency == "emergency"
    day = months.draw_days(rng, month, office=not emergency)
    there = is_there(people, world, person, day)
    month, person, day = month[there], person[there], day[there]
    n = len(person)
    channel = _channels(county, people, months, service, month, person, shares, rng)
    minute = rng.integers(0, 1440, n) if emergency else 8 * 60 + 5 * rng.integers(0, 96, n)
    profession = rng.choice(len(service.professions), size=n, p=_falling(len(service.professions)))
    remote = channel < len(REMOTE_CHANNELS)
    minutes = service.minutes * np.exp(rng.normal(0, 0.35, n)) * np.where(remote, 0.45, 1.0)
    return pd.DataFrame(
        {
            "person": person.astype(np.int32),
            "month": month.astype(np.int16),
            "day": day,
            "second": (minute * 60 + rng.integers(0, 60, n)).astype(np.int32),
            "service": constant(name, n),
            "sector": constant(service.sector, n),
            "channel": coded(channel, list(CHANNELS)),
            "profession": coded(profession, service.professions),
            "worker": _workers(person, profession, rng),
            "urgency": _urgencies(service, rng, n),
            "reason": coded(rng.integers(0, len(service.reasons), n), service.reasons),
            "status": coded(_fates(county, months, emergency, month, person, misses, rng), list(STATUSES)),
            "minutes": np.maximum(3, np.round(minutes)).astype(np.float32),
            "unit": _units(county, people, service, person),
        }
    )


def _remote_shares(county: County, months: Months, counts: dict[str, np.ndarray]) -> np.ndarray:
    """[month]: base share such that the share over all services follows the configured path."""
    remote = county.remote
    inside = months.starts <= np.datetime64(county.pandemic.until)
    wanted = remote.first + (remote.last - remote.first) * months.fraction() + county.pandemic.remote_bump * inside
    volume = np.stack([counts[name].sum(axis=1) for name in county.services]).astype(np.float64)
    factor = np.array([service.remote for service in county.services.values()])[:, None]
    base = wanted.astype(np.float64)
    for _ in range(8):
        reached = (np.clip(base * factor, 0, 1) * volume).sum(axis=0) / np.maximum(volume.sum(axis=0), 1)
        base = base * wanted / np.maximum(reached, 1e-6)
    return base


def _falling(n: int) -> np.ndarray:
    """The first profession of a service meets twice as many as the next."""
    weight = 0.5 ** np.arange(n)
    return weight / weight.sum()


def _channels(
    county: County,
    people: Residents,
    months: Months,
    service: Service,
    month: np.ndarray,
    person: np.ndarray,
    shares: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Index into CHANNELS.  The digitally excluded have no digital channel: phone or in person."""
    remote = county.remote
    part = months.fraction()[month]
    excluded = people.digitally_excluded[person]
    share = np.clip(shares[month] * service.remote * np.where(excluded, remote.without_digital, 1.0), 0, 1)
    first = np.array([remote.channels_first[name] for name in REMOTE_CHANNELS])
    last = np.array([remote.channels_last[name] for name in REMOTE_CHANNELS])
    edges = np.cumsum(first[None, :] + (last - first)[None, :] * part[:, None], axis=1)
    chosen = np.minimum((rng.random(len(month))[:, None] > edges).sum(axis=1), len(REMOTE_CHANNELS) - 1)
    chosen = np.where(excluded, 0, chosen)
    if service.gate == "digital":
        chosen = np.where(chosen == 0, 1, chosen)
    at_home = (rng.random(len(month)) < 0.25) & (service.unit in ("asiakasohjaus", "kuntoutus"))
    return np.where(rng.random(len(month)) < share, chosen, np.where(at_home, 5, 4)).astype(np.int8)


def _workers(person: np.ndarray, profession: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Position in the pool of the unit; a person's usual one is always the same."""
    usual = (person * 7 + profession * 3) % POOL
    own = rng.random(len(person)) < OWN_SHARE
    return np.where(own, usual, rng.integers(0, POOL, len(person))).astype(np.int16)


def _urgencies(service: Service, rng: np.random.Generator, n: int) -> pd.Categorical:
    urgent = rng.random(n) < (0.0 if service.urgency == "emergency" else 0.12)
    return coded(urgent.astype(np.int8), [service.urgency, "urgent"])


def _miss_rate(world: World) -> np.ndarray:
    """[month, person]: missed more often with social strain and low mood."""
    return 0.035 * np.exp(0.45 * world.social + 0.30 * world.mental + 0.5 * world.substance)


def _fates(
    county: County,
    months: Months,
    emergency: bool,
    month: np.ndarray,
    person: np.ndarray,
    misses: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    if emergency:
        return np.zeros(len(month), dtype=np.int8)
    missed = np.minimum(misses[month, person], 0.5)
    inside = months.starts[month] <= np.datetime64(county.pandemic.until)
    provider = np.where(inside, 0.045, 0.02)
    u = rng.random(len(month))
    edges = np.stack([0.55 * missed, missed, missed + provider])
    return np.select([u < edges[0], u < edges[1], u < edges[2]], [1, 2, 3], 0).astype(np.int8)


def _units(county: County, people: Residents, service: Service, person: np.ndarray) -> pd.Categorical:
    """Health stations and dental clinics lie in the municipality, social units in the area, the hospital is one."""
    if service.unit in ("keskussairaala", "digiklinikka"):
        return constant(service.unit, len(person))
    if service.unit in ("terveysasema", "hammashoitola"):
        names = [f"{service.unit}_{town.code}" for town in county.municipalities]
        return coded(people.town[person], names)
    return coded(people.area[person], [f"{service.unit}_{area}" for area in county.areas])
