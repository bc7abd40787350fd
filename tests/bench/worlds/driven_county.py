"""A simulated service whose demand is driven by known things: the truth beside what a planner could know."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.panel.calendar import calendar
from features.panel.periods import period_starts
from models.demand.drivers import DriverBook, Drivers
from models.demand.drivers.columns import open_places
from models.demand.drivers.config import PopulationDriver
from models.demand.drivers.exposure import persons_on
from training.demand.drivers import cells_of

AREAS = tuple(f"{100 + k}" for k in range(8))
FIRST, WEEKS = "2019-12-30", 365
RURAL = AREAS[4:]
LAG = 2
"""Weeks from a discharge to its demand."""
NOISE = 0.02
"""Standard deviation of the week's own noise beside the Poisson."""


@dataclass(frozen=True)
class County:
    """Observed series with their true mean, and the dated records of their drivers."""

    panel: pd.DataFrame
    """unique_id, ds, y."""
    truth: pd.DataFrame
    """unique_id, ds, mean: the mean when every driver is known."""
    population: pd.DataFrame
    discharges: pd.DataFrame
    openings: pd.DataFrame

    def book(self, rules: Drivers) -> DriverBook:
        """The drivers as training would read them."""
        return DriverBook(
            rules=rules,
            period="week",
            season=52,
            cells=cells_of(sorted(self.panel["unique_id"].unique())),
            population=self.population,
            discharges=self.discharges,
            openings=self.openings,
        )


def simulate(seed: int = 1) -> County:
    """Eight areas; per-person demand, working days, a season, openings, discharges two weeks before."""
    rng = np.random.default_rng(seed)
    weeks = pd.date_range(FIRST, periods=WEEKS, freq="W-MON")
    population, discharges, openings = _population(rng), _discharges(rng, weeks), _openings(rng, weeks)
    working = calendar(weeks[0], weeks[-1], "week")["working_days"].to_numpy() / 5
    panels, truths = [], []
    for area in AREAS:
        persons = persons_on(population, area, (75, 200), weeks, pd.Timestamp("2100-01-01"), PopulationDriver())
        season = 1 + 0.1 * np.sin(np.arange(WEEKS) * np.pi / 26 + (1.5 if area in RURAL else 0.0))
        rate = (0.14 if area in RURAL else 0.09) * rng.uniform(0.9, 1.1)
        places = 1 + 0.01 * open_places(openings, area, weeks, "week")
        ended = _counts(discharges, area, weeks)
        mean = persons * rate * season * working**0.8 * places * (1 + 0.25 * (np.roll(ended, LAG) - 1))
        y = rng.poisson(mean * np.exp(rng.normal(0, NOISE, WEEKS)))
        series = pd.DataFrame({"unique_id": f"{area}|calls|75plus", "ds": weeks})
        panels.append(series.assign(y=y.astype(float)))
        truths.append(series.assign(mean=mean))
    return County(pd.concat(panels), pd.concat(truths), population, discharges, openings)


def _population(rng: np.random.Generator) -> pd.DataFrame:
    """75+ on every 31 December; a year's number is published fifteen months ahead, as municipal forecasts are."""
    rows = []
    for k, area in enumerate(AREAS):
        persons = (700.0 if area in RURAL else 2500.0) * (1 + 0.2 * (k % 4))
        for year in range(2018, 2029):
            rows.append((area, 75, 200, pd.Timestamp(year, 12, 31), persons, pd.Timestamp(year - 2, 9, 30), pd.NaT))
            persons *= 1 + rng.uniform(-0.02, 0.08)
    names = ["area", "low", "high", "day", "persons", "recorded_at", "superseded_at"]
    return pd.DataFrame(rows, columns=names)


def _discharges(rng: np.random.Generator, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    rows = []
    for area in AREAS:
        wave = np.zeros(len(weeks))
        for k in range(1, len(weeks)):
            wave[k] = 0.8 * wave[k - 1] + rng.normal(0, 0.1)
        counts = rng.poisson(60 * np.exp(wave))
        days = weeks.repeat(counts) + pd.to_timedelta(rng.integers(0, 7, counts.sum()), unit="D")
        rows.append(pd.DataFrame({"area": area, "day": days}))
    table = pd.concat(rows, ignore_index=True)
    return table.assign(recorded_at=table["day"], superseded_at=pd.NaT)


def _openings(rng: np.random.Generator, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """Six units of 10-30 places in every area, decided half a year before, open for about a year."""
    rows = []
    for area in AREAS:
        for unit in range(6):
            start = weeks[int(rng.integers(30, len(weeks) - 10))] + pd.Timedelta(days=int(rng.integers(0, 7)))
            end = start + pd.Timedelta(days=int(rng.integers(200, 500)))
            decided = start - pd.Timedelta(days=180)
            rows.append((f"{area}-{unit}", area, start, end, float(rng.integers(10, 31)), decided))
    return pd.DataFrame(rows, columns=["unit", "area", "from", "to", "places", "recorded_at"])


def _counts(discharges: pd.DataFrame, area: str, weeks: pd.DatetimeIndex) -> np.ndarray:
    mine = discharges[discharges["area"] == area]
    counts = period_starts(mine["day"], "week").value_counts().reindex(weeks, fill_value=0).to_numpy(float)
    return counts / counts.mean()
