"""How large a share of a year's clients is new: in the service this year, not in the year before."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

YEAR = 365


@dataclass(frozen=True)
class Turnover:
    """Clients of the year before `as_of`."""

    clients: int
    new: int

    def __add__(self, other: "Turnover") -> "Turnover":
        return Turnover(self.clients + other.clients, self.new + other.new)


def turnover(episodes: pd.DataFrame, as_of: np.datetime64) -> Turnover:
    """Of the clients with an episode in force within 365 days before `as_of`: those with none in the 365 days before.

    `episodes`: client_id, start, end (missing = goes on); days on which it was in force are start <= day < end.
    """
    year, before = as_of - np.timedelta64(YEAR, "D"), as_of - np.timedelta64(2 * YEAR, "D")
    this = _clients(episodes, year, as_of)
    return Turnover(len(this), len(this - _clients(episodes, before, year)))


def _clients(episodes: pd.DataFrame, first: np.datetime64, last: np.datetime64) -> set[str]:
    start, end = episodes["start"].to_numpy(), episodes["end"].to_numpy()
    in_force = (start < last) & (np.isnat(end) | (end > first))
    return set(episodes["client_id"].astype(object).to_numpy()[in_force])
