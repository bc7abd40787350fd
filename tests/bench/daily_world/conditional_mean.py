"""The simulator's own conditional mean: what nobody who reads the same past can beat on average.

Two of them.  `seen`: knows every constant of the simulator (rhythm, holidays, starts, stays, scatter) and the visits of
the past, as a forecaster does; the hidden clients and weather are filtered (extended Kalman filter: exact up to the
product of clients and weather).  `hidden`: is also told the true clients and weather of the last known day, which no
register of visits shows.
"""

from dataclasses import dataclass

import numpy as np

from tests.bench.daily_world.simulator import Drawn


@dataclass(frozen=True)
class Means:
    """[area, origin, step]: the expected visits of the days after each origin."""

    seen: np.ndarray
    hidden: np.ndarray


def conditional_means(drawn: Drawn, origins: np.ndarray, horizon: int) -> Means:
    """`origins` are the places of the last known days."""
    clients, weather = _filtered(drawn)
    seen = [_ahead(drawn, clients[:, day], weather[day], day, horizon) for day in origins]
    hidden = [_ahead(drawn, drawn.clients[:, day], drawn.weather[day], day, horizon) for day in origins]
    return Means(np.stack(seen, axis=1), np.stack(hidden, axis=1))


def _ahead(drawn: Drawn, clients: np.ndarray, weather: float, day: int, horizon: int) -> np.ndarray:
    world, found, now = drawn.world, [], clients
    for step in range(1, horizon + 1):
        now = now * (1 - world.leaving) + drawn.starts[:, day + step]
        found.append(now * drawn.per_client[:, day + step] * (1 + weather * world.weather_memory**step))
    return np.stack(found, axis=1)


def _filtered(drawn: Drawn) -> tuple[np.ndarray, np.ndarray]:
    """[area, day] clients and [day] weather expected from the visits up to and including each day."""
    world, n = drawn.world, len(drawn.world.clients)
    move = np.diag([1 - world.leaving] * n + [world.weather_memory])
    state = np.append(np.asarray(world.clients, float), 0.0)
    spread = np.diag([*world.clients, world.weather**2])
    fresh = world.weather**2 * (1 - world.weather_memory**2)
    clients, weather = np.empty(drawn.visits.shape), np.empty(world.days)
    for day in range(world.days):
        arrived = drawn.starts[:, day]
        new = np.append(arrived + world.leaving * state[:n], fresh)
        state = move @ state + np.append(arrived, 0.0)
        spread = move @ spread @ move.T + np.diag(new)
        state, spread = _updated(state, spread, drawn.visits[:, day], drawn.per_client[:, day], world.area_noise)
        clients[:, day], weather[day] = state[:n], state[n]
    return clients, weather


def _updated(
    state: np.ndarray, spread: np.ndarray, seen: np.ndarray, rate: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    n = len(seen)
    expected = rate * state[:n] * (1 + state[n])
    slope = np.hstack([np.diag(rate * (1 + state[n])), (rate * state[:n])[:, None]])
    total = slope @ spread @ slope.T + np.diag(expected + (noise * expected) ** 2)
    gain = np.linalg.solve(total, slope @ spread).T
    return state + gain @ (seen - expected), spread - gain @ slope @ spread
