"""When an outcome counts, what a label is, and how many rows each filter takes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Window:
    """The days in which an outcome counts: [as_of + gap, as_of + gap + horizon)."""

    horizon_days: int
    gap_days: int = 0

    @property
    def reach_days(self) -> int:
        """Days from `as_of` to the end of the window."""
        return self.horizon_days + self.gap_days


@dataclass(frozen=True)
class Labels:
    """Which rows stay, and what happened to each of them.  Everything but `kept` is aligned with the kept rows."""

    kept: np.ndarray
    """bool, one for every row that was asked about."""
    label: np.ndarray
    """int8, place in `levels`; 0 = no and 1 = yes where the outcome is yes or no."""
    attrition: tuple[dict[str, object], ...]
    """Rows and clients before and after each filter, in the order in which the filters were applied."""
    event_day: np.ndarray
    """datetime64[D], the first day on which the outcome was fulfilled; NaT where it was not."""
    amount: np.ndarray | None = None
    """float32 in the unit of the rule (minutes a week); None where the rule has no amount."""
    levels: tuple[str, ...] = ("no", "yes")
    """Ids of the levels, lowest first."""


class Attrition:
    """Rows and clients before and after each filter."""

    def __init__(self, clients: np.ndarray) -> None:
        # Numbers, because sorting millions of texts at every filter takes half a minute.
        self._client, _ = pd.factorize(clients)
        self.kept = np.ones(len(clients), dtype=bool)
        self.steps: list[dict[str, object]] = []

    def keep(self, condition: np.ndarray, reason: str) -> None:
        """Keep the rows that fulfil `condition`; remember how many went for `reason`."""
        before = self._counts()
        self.kept = self.kept & condition
        after = self._counts()
        self.steps.append(
            {
                "filter": reason,
                "rows_before": before[0],
                "rows_after": after[0],
                "clients_before": before[1],
                "clients_after": after[1],
            }
        )

    def _counts(self) -> tuple[int, int]:
        return int(self.kept.sum()), int(np.count_nonzero(np.bincount(self._client[self.kept])))
