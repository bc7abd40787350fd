"""What a stage's staff manages: hours that one client takes, utilisation, and the clients served a week."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from features.flow import Chain, Stage
from models.flow.moves.simulate import Queue

Basis = Literal["declared", "busiest_weeks"]
SMOOTHED_WEEKS = 4
BUSIEST_SHARE = 0.1
KNOWN_WEEKS = 8
"""Where no hours are planned yet, the mean of so many last known weeks goes on."""
FASTEST_SHARE = 0.1


@dataclass(frozen=True)
class StageCapacity:
    """Staffed hours of a stage: `hours` per week (index = Mondays, past and planned), and what a client takes."""

    hours: pd.Series
    hours_each: float
    basis: Basis
    per: Literal["departure", "client_week"]

    def ahead(self, first: pd.Timestamp, weeks: int) -> np.ndarray:
        """Hours of the coming weeks; a week that nobody planned goes on as the last known ones."""
        mondays = pd.date_range(first, periods=weeks, freq="W-MON")
        usual = float(self.hours[self.hours.index < first].tail(KNOWN_WEEKS).mean())
        return self.hours.reindex(mondays).fillna(usual).to_numpy(float)


def capacities(chain: Chain, flows: pd.DataFrame, hours: pd.DataFrame) -> Mapping[str, StageCapacity]:
    """The stages whose staffed hours are known, from `weekly_flows` and `staffed_hours` (`stage, ds, hours`)."""
    found = {}
    for stage in chain.stages:
        known = hours[hours["stage"] == stage.id].set_index("ds")["hours"]
        if stage.capacity is None or known.empty or not (known > 0).any():
            continue
        own = flows[flows["stage"] == stage.id].set_index("ds")
        each = stage.capacity.hours_each
        basis: Basis = "declared" if each else "busiest_weeks"
        each = each or _busiest(own, known, stage)
        if each:
            found[stage.id] = StageCapacity(known.sort_index(), each, basis, stage.capacity.per)
    return found


def without_capacity(chain: Chain, known: Mapping[str, StageCapacity]) -> tuple[str, ...]:
    """Stages whose utilisation cannot be told."""
    return tuple(stage for stage in chain.ids if stage not in known)


def load(flows: pd.DataFrame, capacity: StageCapacity) -> pd.Series:
    """Hours of work that came to a stage per week: its arrivals, or the clients who were there."""
    clients = flows["arrivals"] if capacity.per == "departure" else (flows["stock"] + flows["stock_end"]) / 2
    return clients * capacity.hours_each


def queue_of(capacity: StageCapacity, first: pd.Timestamp, weeks: int, days: float, extra_hours: float = 0.0) -> Queue:
    """The stage as a line that its staff serves, with `extra_hours` more a week."""
    return Queue((capacity.ahead(first, weeks) + extra_hours) / capacity.hours_each, days)


def unhindered_days(stage: Stage, spells: pd.DataFrame) -> float:
    """Days that the stage takes when nobody waits: declared, or the tenth of its clients that was fastest."""
    if stage.unhindered_days is not None:
        return stage.unhindered_days
    rows = spells[spells["stage"] == stage.id].dropna(subset=["left"])
    days = (rows["left"] - rows["entered"]).dt.days
    return float(np.quantile(days, FASTEST_SHARE)) if len(days) else 0.0


def _busiest(flows: pd.DataFrame, hours: pd.Series, stage: Stage) -> float | None:
    """Hours per client where the staff managed most: the tenth of the (4-week) spans with the fewest hours a client."""
    assert stage.capacity is not None  # asked only for staffed stages
    handled = flows["departures"] if stage.capacity.per == "departure" else (flows["stock"] + flows["stock_end"]) / 2
    both = pd.DataFrame({"handled": handled, "hours": hours}).dropna().rolling(SMOOTHED_WEEKS).sum().dropna()
    both = both[both["handled"] > 0]
    return float((both["hours"] / both["handled"]).quantile(BUSIEST_SHARE)) if len(both) else None
