"""From what the queries return to the wide float32 frame: scatter, add up along the dates, nothing else.

The best statements use that every client has the same dates.  A contact counts on a run of dates: from the first date
on which it is known to the first on which it is corrected away or older than the window.  So they count how many
contacts begin and how many end their run at each date, and the running sum over dates is the feature.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.bench import wanted
from tests.bench.worlds.events import AS_OF, SERVICES

DATES = [int(day) for day in AS_OF.astype("datetime64[D]").astype(np.int64)]
"""Prediction dates as days since 1970."""
N_DATES, N_SERVICES, N_WINDOWS = len(DATES), len(SERVICES), len(wanted.WINDOWS)
PLACES = N_DATES + 1
"""The places where a run can begin or end: each date, and after the last."""
NO_DAY = -(10**6)
Cells = Mapping[str, np.ndarray]
"""A query's answer: `cell` (place in a dense array) and `n`."""


class GridFrame:
    """The frame column by column, each [clients, dates]."""

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self.columns = np.empty((wanted.WIDTH, clients, N_DATES), np.float32)

    def visits(self, begun: Cells, ended: list[Cells]) -> None:
        """Contacts by service, and all together; cells are ((service, client), place)."""
        by_service = self.columns[: wanted.COUNTS].reshape(N_SERVICES, N_WINDOWS, self.clients, N_DATES)
        for window, ends in enumerate(ended):
            running = self._running(begun, ends, (N_SERVICES, self.clients), np.int32)
            by_service[:, window] = running
            self.columns[wanted.TOTALS.start + window] = running.sum(axis=0)

    def minutes(self, begun: Cells, ended: list[Cells]) -> None:
        """Sums of minutes; cells are (client, place)."""
        for window, ends in enumerate(ended):
            self.columns[wanted.SUMS.start + window] = self._running(begun, ends, (self.clients,), np.float64)

    def professionals(self, client: np.ndarray, bits: np.ndarray) -> None:
        """One bit per window and date for each (client, professional): set when any of their contacts counts."""
        for window in range(N_WINDOWS):
            column = self.columns[wanted.PROFESSIONALS.start + window]
            for date in range(N_DATES):
                seen = client[(bits >> (window * N_DATES + date)) & 1 == 1]
                column[:, date] = np.bincount(seen, minlength=self.clients)

    def since(self, standing: Cells, corrected: Cells) -> None:
        """Days since the latest contact: the greatest day of those never corrected runs on over the dates."""
        latest = np.full(N_SERVICES * self.clients * PLACES, NO_DAY, np.int32)
        latest[standing["cell"]] = standing["n"]
        np.maximum.accumulate(latest.reshape(-1, PLACES), axis=1, out=latest.reshape(-1, PLACES))
        latest[corrected["cell"]] = np.maximum(latest[corrected["cell"]], corrected["n"])
        days = latest.reshape(N_SERVICES, self.clients, PLACES)[..., :N_DATES]
        own = self.columns[wanted.SINCE]
        own[0] = DATES - days.max(axis=0)
        own[1:] = DATES - days[: len(wanted.SINCE_SERVICES)]
        own[own > DATES[-1] + 1] = np.nan

    def frame(self) -> np.ndarray:
        """[clients x dates, columns], by client and date."""
        return self.columns.reshape(wanted.WIDTH, -1).T

    def _running(self, begun: Cells, ends: Cells, shape: tuple[int, ...], kind: type) -> np.ndarray:
        change = np.zeros(int(np.prod(shape)) * PLACES, kind)
        change[begun["cell"]] = begun["n"]
        change[ends["cell"]] -= ends["n"].astype(kind)
        grid = change.reshape(*shape, PLACES)
        return np.asarray(np.cumsum(grid, axis=-1, out=grid)[..., :N_DATES])


def shown(file: Path) -> str:
    """The file's name inside an SQL string."""
    return "'" + str(file).replace("'", "''") + "'"
