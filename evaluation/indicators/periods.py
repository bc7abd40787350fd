"""Whole months, quarters and years before a date, newest last."""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from evaluation.indicators.settings import Grain

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Span:
    """The days [start, end) of one period."""

    grain: Grain
    start: pd.Timestamp

    @property
    def end(self) -> pd.Timestamp:
        """The first day after."""
        return _end(self.grain, self.start)

    @property
    def name(self) -> str:
        """2024-03, 2024Q1 or 2024."""
        if self.grain == "month":
            return f"{self.start:%Y-%m}"
        return str(self.start.year) + (f"Q{self.start.quarter}" if self.grain == "quarter" else "")

    def earlier(self, years: int) -> "Span":
        """The same period of an earlier year."""
        return Span(self.grain, self.start - pd.DateOffset(years=years))


@cache
def _end(grain: Grain, start: pd.Timestamp) -> pd.Timestamp:
    return start + pd.DateOffset(months=MONTHS[grain])


def spans(grain: Grain, until: pd.Timestamp, number: int) -> list[Span]:
    """The last `number` whole periods that ended at `until` or before, oldest first."""
    months = MONTHS[grain]
    first = pd.Timestamp(until.year, (until.month - 1) // months * months + 1, 1)
    return [Span(grain, first - pd.DateOffset(months=months * back)) for back in range(number, 0, -1)]
