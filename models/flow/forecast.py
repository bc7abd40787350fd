"""The stage-wise forecast: arrivals, departures and clients at the end of each week, with calibrated intervals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.flow import Chain
from models.flow.capacity import StageCapacity, queue_of, unhindered_days
from models.flow.config import Chances
from models.flow.moves.arrivals import ArrivalForecast, arrivals_by_stage, weekday_shares
from models.flow.moves.boosted import Boosted, curves, fit_boosted
from models.flow.moves.hazards import Hazards, fit_hazards
from models.flow.moves.simulate import Futures, Help, Present, Queue, draw_futures

FORECAST_MEASURES = ("arrivals", "departures", "stock_end")
LEVELS = (0.80, 0.95)
NEIGHBOURS = 2
SMALLEST_SD = 0.5
"""Clients; a count that no future moved can still be one off."""
NORMAL = {0.80: 1.2816, 0.95: 1.9600}

Widths = dict[str, dict[float, list[float]]]
"""measure → coverage → half-width in standard deviations of the futures, per week ahead."""


@dataclass(frozen=True)
class Recipe:
    """What the back-test chooses: weeks that transitions are learned from, whether staffed stages are queues, and
    whose chances are served."""

    hazard_weeks: int
    queues: bool
    chances: Chances = "counted"

    @property
    def name(self) -> str:
        """As the tables show it."""
        parts = (f"{self.hazard_weeks} weeks", "lightgbm" * (self.chances == "lightgbm"), "queues" * self.queues)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Added:
    """A declared assumption: one client more per `hours_each` added hours, of those there for over `after_days`."""

    hours_each: float
    after_days: float


@dataclass(frozen=True)
class FlowFit:
    """Everything that the drawing of futures needs.  No client: only stages and days there."""

    first: pd.Timestamp
    """Monday of the first week ahead."""
    present: Present
    arrivals: Mapping[str, ArrivalForecast]
    weekdays: np.ndarray
    hazards: Hazards
    capacities: Mapping[str, StageCapacity]
    queue_days: Mapping[str, float]
    """Stages that are served as queues, and the days that they take when nobody waits."""
    added: Mapping[str, Added] = field(default_factory=dict)
    """What one more hour is assumed to do where no queue tells it."""
    boosted: Boosted | None = None
    """The trees behind `hazards`, and the counted chances that they correct; None when the counted ones are served."""
    counted: Hazards | None = None

    def queues(self, weeks: int, extra_hours: Mapping[str, float] | None = None) -> dict[str, Queue]:
        """The served stages with their staffed hours, and more of them where asked."""
        extra = extra_hours or {}
        return {
            stage: queue_of(self.capacities[stage], self.first, weeks, days, extra.get(stage, 0.0))
            for stage, days in self.queue_days.items()
        }

    def futures(self, weeks: int, samples: int, seed: int, extra_hours: Mapping[str, float] | None = None) -> Futures:
        """Drawn futures; the same seed with other hours differs by the hours alone."""
        queues, extra = self.queues(weeks, extra_hours), extra_hours or {}
        helped = {
            stage: Help(extra[stage] / one.hours_each, one.after_days)
            for stage, one in self.added.items()
            if stage in extra and stage not in queues
        }
        return draw_futures(
            self.present, self.arrivals, self.weekdays, self.hazards, queues, weeks, samples, seed, helped
        )


def fit_flow(
    chain: Chain,
    spells: pd.DataFrame,
    flows: pd.DataFrame,
    capacity: Mapping[str, StageCapacity],
    recipe: Recipe,
    horizon: int,
    country: str | None,
    arrivals: Mapping[str, ArrivalForecast] | None = None,
) -> FlowFit:
    """Learn from spells before the Monday after the last week of `flows` (stage × week, complete weeks).

    `arrivals` saves their forecast where several recipes share it.
    """
    first = flows["ds"].max() + pd.Timedelta(weeks=1)
    since = max(first - pd.Timedelta(weeks=recipe.hazard_weeks), flows["ds"].min())
    recent = spells[spells["entered"] >= since]
    served = [stage for stage in chain.ids if recipe.queues and stage in queueable(capacity)]
    counted = fit_hazards(spells, chain.ids, since, first)
    boosted = fit_boosted(spells, counted, since, first, served) if recipe.chances == "lightgbm" else None
    return FlowFit(
        first=first,
        present=present_of(chain, spells, first, boosted),
        arrivals=arrivals or arrivals_by_stage(flows, chain.ids, horizon, country),
        weekdays=weekday_shares(recent.loc[recent["came_from"] == "outside", "entered"]),
        hazards=curves(counted, boosted) if boosted else counted,
        capacities=capacity,
        queue_days={stage: unhindered_days(chain.stage(stage), recent) for stage in served},
        added={
            stage.id: Added(stage.added_hours.hours_each, unhindered_days(stage, recent))
            for stage in chain.stages
            if stage.added_hours is not None
        },
        boosted=boosted,
        counted=counted if boosted else None,
    )


def queueable(capacity: Mapping[str, StageCapacity]) -> tuple[str, ...]:
    """Stages whose staff handles departures: their line can be forecast as one."""
    return tuple(stage for stage, one in capacity.items() if one.per == "departure")


def present_of(chain: Chain, spells: pd.DataFrame, first: pd.Timestamp, boosted: Boosted | None = None) -> Present:
    """Who is in the chain at the midnight `first`."""
    here = spells[(spells["entered"] < first) & ~(spells["left"] < first)]
    place = {stage: number for number, stage in enumerate(chain.ids)}
    row = here["stage"].map(place).to_numpy(int) if boosted is None else boosted.rows_of(here)
    days = (first - here["entered"]).dt.days.to_numpy(int)
    order = np.lexsort((-days, row))  # the longest waiting first: the order of a queue
    return Present(row[order], days[order])


def forecast_table(futures: Futures, first: pd.Timestamp) -> pd.DataFrame:
    """`stage, ds, step, measure, value, sd, rises`: means and standard deviations of the drawn futures.

    `stock_end` is the clients at the week's end; `rises` is the share of futures with more clients than today.
    Conserved exactly: value(stock_end, t) = value(stock_end, t−1) + value(arrivals, t) − value(departures, t).
    """
    counts = {"arrivals": futures.arrivals, "departures": futures.departures, "stock_end": futures.stock_end}
    weeks = futures.arrivals.shape[2]
    mondays = pd.date_range(first, periods=weeks, freq="W-MON")
    rises = (futures.stock_end > futures.start[None, :, None]).mean(axis=0)
    parts = [
        pd.DataFrame(
            {"stage": stage, "ds": mondays, "step": np.arange(1, weeks + 1), "measure": measure,
             "value": values[:, place].mean(axis=0), "sd": values[:, place].std(axis=0), "rises": rises[place]}
        )
        for place, stage in enumerate(futures.stages)
        for measure, values in counts.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def fit_widths(judged: pd.DataFrame, horizon: int) -> Widths:
    """Half-widths from a back-test's `measure, step, value, sd, y`: |y − value| / sd, pooled over stages and
    neighbouring weeks (split conformal, Vovk et al. 2005)."""
    missed = np.abs(judged["y"].to_numpy(float) - judged["value"].to_numpy(float))
    scaled = missed / np.maximum(judged["sd"].to_numpy(float), SMALLEST_SD)
    steps = judged["step"].to_numpy(int)
    found: Widths = {}
    for measure in FORECAST_MEASURES:
        own = (judged["measure"] == measure).to_numpy()
        found[measure] = {
            level: [_pooled(scaled[own], steps[own], step, level) for step in range(1, horizon + 1)] for level in LEVELS
        }
    return found


def _pooled(scaled: np.ndarray, steps: np.ndarray, step: int, level: float) -> float:
    near = np.sort(scaled[np.abs(steps - step) <= NEIGHBOURS])
    rank = math.ceil((len(near) + 1) * level)
    return float(near[rank - 1]) if 0 < rank <= len(near) else max(NORMAL[level], float(near.max(initial=0.0)))


def with_intervals(table: pd.DataFrame, widths: Widths) -> pd.DataFrame:
    """Adds low80, high80, low95, high95: never below zero, never crossing."""
    sd = np.maximum(table["sd"].to_numpy(float), SMALLEST_SD)
    pairs = list(zip(table["measure"], table["step"], strict=True))
    near = np.array([widths[measure][LEVELS[0]][step - 1] for measure, step in pairs]) * sd
    far = np.maximum(np.array([widths[measure][LEVELS[1]][step - 1] for measure, step in pairs]) * sd, near)
    value = table["value"].to_numpy(float)
    return table.assign(
        low80=np.maximum(value - near, 0.0), high80=value + near, low95=np.maximum(value - far, 0.0), high95=value + far
    )


def grows_first(table: pd.DataFrame, waiting: tuple[str, ...], sure: float = 0.8) -> tuple[str, int] | None:
    """The stage whose line most surely grows first: the earliest week by which it is longer than today in `sure` of
    the futures and stays so to the end; (stage, week ahead), or None when no line does."""
    stock = table[(table["measure"] == "stock_end") & table["stage"].isin(waiting)]
    found = []
    for stage, rows in stock.groupby("stage"):
        rising = rows.sort_values("step")["rises"].to_numpy() >= sure
        if rising[-1]:
            lasting = len(rising) - int(np.argmin(rising[::-1])) if not rising.all() else 0
            found.append((lasting + 1, -float(rows["rises"].mean()), str(stage)))
    return (min(found)[2], min(found)[0]) if found else None
