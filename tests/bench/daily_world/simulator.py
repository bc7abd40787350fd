"""Daily home-care visits by area: clients come and go, weeks have a rhythm, weather is shared, days scatter.

The rhythm is that of the simulated county (configs/county/demo.yaml: weekend .86, holiday .80, area noise .03); the
county itself cannot say its conditional mean, because every visit there hangs on a resident's hidden need.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.panel.calendar import calendar

CLIENTS = (60.0, 80.0, 100.0, 120.0, 140.0, 170.0, 210.0, 260.0)
GROUPS = ((0, 3, 6), (1, 4), (2, 5, 7))
"""Areas of each municipality group."""
YEARS = 5
START = "2020-01-01"


@dataclass(frozen=True)
class World:
    """What the simulator is made of (our choices, where no other source is named)."""

    clients: tuple[float, ...] = CLIENTS
    """Clients in care at the start, by area."""
    days: int = 365 * YEARS + 1
    stay: float = 400.0
    """Mean days in care (the demo county: a third of a year's clients are short-term)."""
    growth: float = 0.02
    """Yearly growth of the starts of care: the population of 75 and over grows."""
    visits: tuple[float, float] = (1.1, 1.9)
    """Visits a day and client, drawn per area between these."""
    weekend: float = 0.86
    holiday: float = 0.80
    area_rhythm: float = 0.03
    """Standard deviation of an area's own rhythm around the county's."""
    weather: float = 0.02
    """Standard deviation of the shock that all areas share."""
    weather_memory: float = 0.7
    area_noise: float = 0.03

    @property
    def areas(self) -> tuple[str, ...]:
        return tuple(f"area{k + 1}" for k in range(len(self.clients)))

    @property
    def leaving(self) -> float:
        """Chance that a client leaves on a day."""
        return 1.0 / self.stay


@dataclass(frozen=True)
class Drawn:
    """One drawn history and everything the simulator knows of it.  Arrays are [area, day]; weather is [day]."""

    world: World
    dates: pd.DatetimeIndex
    visits: np.ndarray
    clients: np.ndarray
    weather: np.ndarray
    per_client: np.ndarray
    """Expected visits a client and day without weather: rate x weekday x holiday."""
    starts: np.ndarray
    """Expected starts of care a day."""
    panel: pd.DataFrame = field(repr=False)
    """`unique_id, ds, y`."""


def draw(world: World, seed: int) -> Drawn:
    """One history.  Every random number comes from `seed`."""
    rng = np.random.default_rng([seed, 5])
    dates = pd.date_range(START, periods=world.days, freq="D")
    per_client = _per_client(world, dates, rng)
    size = np.asarray(world.clients)[:, None]
    starts = size * world.leaving * (1 + world.growth) ** (np.arange(world.days) / 365.25)
    clients = _clients(world, starts, rng)
    weather = _weather(world, rng)
    shock = 1 + weather + world.area_noise * rng.normal(size=clients.shape)
    visits = rng.poisson(np.maximum(clients * per_client * shock, 0.0)).astype(float)
    panel = pd.DataFrame(
        {
            "unique_id": np.repeat(world.areas, world.days),
            "ds": np.tile(dates.to_numpy(), len(world.areas)),
            "y": visits.ravel(),
        }
    )
    return Drawn(world, dates, visits, clients, weather, per_client, starts, panel)


def _per_client(world: World, dates: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """[area, day]: rate x weekday x holiday on a Monday to Friday."""
    n = len(world.clients)
    weekday = np.array([1.0] * 5 + [world.weekend] * 2) * (1 + world.area_rhythm * rng.normal(size=(n, 7)))
    off = calendar(dates[0], dates[-1], "day")["holidays"].to_numpy() > 0
    rate = rng.uniform(*world.visits, size=(n, 1))
    return rate * weekday[:, dates.weekday] * np.where(off, world.holiday, 1.0)


def _clients(world: World, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    found = np.empty(starts.shape)
    now = rng.poisson(world.clients)
    for day in range(starts.shape[1]):
        now = now - rng.binomial(now, world.leaving) + rng.poisson(starts[:, day])
        found[:, day] = now
    return found


def _weather(world: World, rng: np.random.Generator) -> np.ndarray:
    found = np.empty(world.days)
    now, fresh = world.weather * rng.normal(), world.weather * np.sqrt(1 - world.weather_memory**2)
    for day in range(world.days):
        now = world.weather_memory * now + fresh * rng.normal()
        found[day] = now
    return found
