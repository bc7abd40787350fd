"""The simulated time: days counted from the first simulated month, with the weekday and holiday rhythm of services."""

from dataclasses import dataclass
from datetime import date

import holidays
import numpy as np

from features.simulator.settings import County

WEEKEND_SHARE = 0.03
"""Planned contacts on a weekend or holiday, against 1 on a working day (our choice: offices are closed)."""


@dataclass(frozen=True)
class Months:
    """Month t runs over the days [first_day[t], first_day[t + 1]), counted from `origin`."""

    origin: np.datetime64
    first_day: np.ndarray
    data_month: int
    """The first month that the extracts cover; the ones before it are burn-in."""
    off: np.ndarray
    """Per day: weekend or public holiday."""
    weekday: np.ndarray

    @property
    def count(self) -> int:
        return len(self.first_day) - 1

    @property
    def days(self) -> int:
        return int(self.first_day[-1])

    @property
    def data_day(self) -> int:
        return int(self.first_day[self.data_month])

    @property
    def starts(self) -> np.ndarray:
        """First day of every month as dates."""
        return self.origin + self.first_day[:-1]

    def day_of(self, moment: date) -> int:
        return int((np.datetime64(moment, "D") - self.origin).astype(int))

    def month_of(self, day: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.first_day, day, side="right") - 1

    def fraction(self) -> np.ndarray:
        """0 in the first covered month, 1 in the last; clipped to 0 in the burn-in."""
        months = np.arange(self.count) - self.data_month
        return np.clip(months / max(1, self.count - self.data_month - 1), 0.0, 1.0).astype(np.float32)

    def draw_days(self, rng: np.random.Generator, month: np.ndarray, office: bool) -> np.ndarray:
        """One day inside each month; office services keep to working days."""
        weight = np.where(self.off, WEEKEND_SHARE, 1.0) if office else np.ones(self.days)
        edges = np.concatenate([[0.0], np.cumsum(weight)])
        low, high = edges[self.first_day[month]], edges[self.first_day[month + 1]]
        day = np.searchsorted(edges, low + rng.random(len(month)) * (high - low), side="right") - 1
        return np.minimum(day, self.first_day[month + 1] - 1).astype(np.int32)


def build_months(county: County) -> Months:
    """The months from the burn-in to the last covered day (which must end a month)."""
    data_start = np.datetime64(county.start, "M")
    start = data_start - county.burn_in_months
    stop = np.datetime64(county.end, "M") + 1
    first = np.arange(start, stop + 1).astype("datetime64[D]")
    days = np.arange(first[0], first[-1])
    weekday = ((days.astype(int) + 3) % 7).astype(np.int8)
    years = range(int(str(start)[:4]), int(str(stop)[:4]) + 1)
    closed = np.array(sorted(holidays.country_holidays("FI", years=years)), dtype="datetime64[D]")
    return Months(
        origin=first[0],
        first_day=(first - first[0]).astype(np.int32),
        data_month=int((data_start - start).astype(int)),
        off=(weekday >= 5) | np.isin(days, closed),
        weekday=weekday,
    )
