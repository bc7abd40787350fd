"""What is truly so of each client, month by month, as arrays that can be asked about any client and date."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.truth import Care, Truth

COLUMNS = ("care_need", "care_level", "emergencies", "complexity_high", "resources_weak")
DAYS_OF_MONTH = 365.25 / 12


@dataclass(frozen=True, eq=False)
class States:
    """Per column of the truth [client, month]; NaN = the client did not live in the county."""

    clients: pd.Index
    first: int
    """Number of the first month (years x 12 + months since 1970)."""
    values: Mapping[str, np.ndarray]
    care: Care | None

    @classmethod
    def of(cls, truth: Truth) -> "States":
        """The columns that this truth has; one of an older simulator has fewer."""
        monthly = truth.monthly
        place, people = pd.factorize(monthly["client_id"].astype(object))
        month = month_of(monthly["as_of"].to_numpy())
        first, last = int(month.min()), int(month.max())
        values = {}
        for name in COLUMNS:
            if name in monthly:
                grid = np.full((len(people), last - first + 1), np.nan, np.float32)
                grid[place, month - first] = monthly[name].to_numpy(np.float32)
                values[name] = grid
        return cls(pd.Index(people), first, values, truth.care)

    @property
    def months(self) -> int:
        """How many months are known."""
        return int(next(iter(self.values.values())).shape[1])

    def at(self, name: str, rows: pd.DataFrame) -> np.ndarray:
        """One column at each row's `as_of` (the state at that midnight); NaN where nothing is known."""
        return self.ahead(name, rows, range(1))[:, 0]

    def ahead(self, name: str, rows: pd.DataFrame, months: range) -> np.ndarray:
        """rows x months: one column so many months after `as_of`; NaN where nothing is known."""
        person = self.clients.get_indexer(pd.Index(rows["client_id"].astype(object)))
        start = month_of(rows["as_of"].to_numpy()) - self.first
        wanted = start[:, None] + np.array(months)[None, :]
        inside = (person >= 0)[:, None] & (wanted >= 0) & (wanted < self.months)
        found = self.values[name][np.maximum(person, 0)[:, None], np.clip(wanted, 0, self.months - 1)]
        return np.where(inside, found, np.nan)

    def reaches(self, rows: pd.DataFrame, months: range) -> np.ndarray:
        """True where the truth covers every asked month, whether or not the client lived that long."""
        last = month_of(rows["as_of"].to_numpy()) - self.first + max(months)
        return np.asarray((last >= 0) & (last < self.months))


def month_of(dates: np.ndarray) -> np.ndarray:
    """Number of each date's month."""
    return dates.astype("datetime64[M]").astype(np.int64)


def months_ahead(horizon_days: int, gap_days: int = 0) -> range:
    """The month ends that lie in a window of days after `as_of`: 182 days = 1–6, 365 days = 1–12."""
    skipped = round(gap_days / DAYS_OF_MONTH)
    return range(skipped + 1, skipped + max(1, round(horizon_days / DAYS_OF_MONTH)) + 1)
