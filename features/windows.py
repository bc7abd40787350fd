"""Half-open time windows before a prediction date.  The only place with date arithmetic.

A prediction date `as_of` is midnight.  A whole day is enough to compare with it: something happened strictly before
that midnight exactly when its calendar day is before `as_of`.  So inside the features every time is a day number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from configs.errors import ConfigError

NEVER = 2**30
"""A day number after every real one: what is missing never comes."""
MISSING = np.iinfo(np.int64).min
"""NumPy's own number for a missing time."""
EPOCH_YEAR = 1970


@dataclass(frozen=True)
class Lookback:
    """The days before `as_of` that a feature may look at: [as_of - days, as_of)."""

    as_of: date
    days: int

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ConfigError(f"A look-back window needs at least 1 day, got {self.days}. Write e.g. `windows: [90]`.")

    @property
    def start(self) -> date:
        return self.as_of - timedelta(days=self.days)

    def contains(self, happened: date, recorded: date) -> bool:
        """True when the event happened in the window and was already recorded at `as_of`."""
        return self.start <= happened < self.as_of and recorded < self.as_of


def day_numbers(times: np.ndarray) -> np.ndarray:
    """Whole days since 1970-01-01 of any datetime64 array; a missing time is NEVER."""
    days = times.astype("datetime64[D]").astype(np.int64)
    return np.where(days == MISSING, NEVER, days).astype(np.int32)


def month_numbers(days: np.ndarray) -> np.ndarray:
    """Calendar months since January 1970 of day numbers."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def year_numbers(days: np.ndarray) -> np.ndarray:
    """Calendar years of day numbers."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + EPOCH_YEAR


def day_number(day: date) -> int:
    """Whole days since 1970-01-01 of one date."""
    return int(np.datetime64(day, "D").astype(np.int64))


def ring_of_age(windows: Sequence[int]) -> np.ndarray:
    """For each age in days (0 … longest window): the narrowest window that holds it.

    Windows [as_of - w, as_of) hold an event of `age` days when 1 <= age <= w.  Ring k is what window k holds and window
    k-1 does not; sums over rings 0 … k are window k.
    """
    ages = np.arange(max(windows) + 1)
    return np.searchsorted(np.asarray(windows), ages, side="left").astype(np.int8)


Step = Literal["week", "month", "quarter"]


def index_dates(first: date, last: date, step: Step) -> tuple[date, ...]:
    """Prediction dates from `first` to `last`, both included.  Raises ConfigError when there is none."""
    if first > last:
        raise ConfigError(f"The first index date {first} is after the last one {last}. Swap `first` and `last`.")
    return tuple(_steps(first, last, step))


def _steps(first: date, last: date, step: Step) -> Iterator[date]:
    months = {"month": 1, "quarter": 3}.get(step)
    if months and first.day > 28:
        raise ConfigError(f"A {step}ly grid cannot start on day {first.day}. Start on day 1-28, e.g. {first:%Y-%m}-01.")
    day = first
    while day <= last:
        yield day
        day = _months_later(day, months) if months else day + timedelta(days=7)


def _months_later(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return day.replace(year=count // 12, month=count % 12 + 1)
