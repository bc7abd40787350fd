"""Where a chain is held up: utilisation, growth of the line and share of all delay, each with a bootstrap interval.

Delay is the days that clients spend in a stage beyond those that it takes when nobody waits, counted in the week in
which they are spent (so those still waiting count too).  Weeks are drawn anew in blocks, because a line remembers
(circular block bootstrap, Politis & Romano 1992).  A year has few blocks, so their scatter is itself uncertain: the
ends are moved out by Student's t over the normal quantile, as for the mean of so few blocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from features.flow import Chain
from models.flow.capacity import StageCapacity, load, unhindered_days

WEEK = 7
MOST_UTILISED = 1.5
"""Where utilisation stops counting: more than all of the staff's time is an overload however large."""
LOW, HIGH = 2.5, 97.5
"""Per cent: ends of a 95 % interval."""
PARTS = ("utilisation", "growth", "delay_share")


@dataclass(frozen=True)
class Measured:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bottleneck:
    """One stage of the ranking."""

    stage: str
    rank: int
    score: Measured
    """Mean of the parts that are known for every stage; 0 … 1."""
    utilisation: Measured | None
    """Hours of work that came over staffed hours; None = no capacity is known."""
    growth: Measured
    """Share of the arrivals that the stage did not handle (negative: the line became shorter)."""
    delay_share: Measured
    """Share of all days of delay in the chain."""
    delay_days: float
    """Days of delay per client who left."""
    first_share: float
    """Share of bootstrap draws in which the stage ranks first."""


@dataclass(frozen=True)
class Ranking:
    """Stages from the worst; `clear` when the first one's interval lies above all others'."""

    stages: tuple[Bottleneck, ...]
    clear: bool
    parts: tuple[str, ...]
    """What the score is made of."""
    without_capacity: tuple[str, ...]
    weeks: int


@dataclass(frozen=True)
class WeeklyWork:
    """What the ranking is made of, [weeks × stages]: NaN hours where the capacity is unknown."""

    stages: tuple[str, ...]
    arrivals: np.ndarray
    departures: np.ndarray
    delay: np.ndarray
    load: np.ndarray
    hours: np.ndarray
    waiting: np.ndarray
    """Per stage: False where time is the service itself, so that its growth is no line."""


def weekly_work(
    chain: Chain, spells: pd.DataFrame, flows: pd.DataFrame, capacity: Mapping[str, StageCapacity], weeks: int
) -> WeeklyWork:
    """The newest `weeks` weeks of `flows` as the ranking needs them."""
    recent = pd.DatetimeIndex(np.sort(flows["ds"].unique())[-weeks:])
    tables = {str(stage): rows.set_index("ds").reindex(recent) for stage, rows in flows.groupby("stage")}
    none = np.full(len(recent), np.nan)
    known = [capacity.get(stage) for stage in chain.ids]
    return WeeklyWork(
        stages=chain.ids,
        arrivals=_stacked(chain, tables, "arrivals"),
        departures=_stacked(chain, tables, "departures"),
        delay=np.stack([delay_days(chain, stage, spells, recent) for stage in chain.ids], axis=1),
        load=np.stack([none if one is None else load(tables[stage], one).to_numpy(float)
                       for stage, one in zip(chain.ids, known, strict=True)], axis=1),
        hours=np.stack([none if one is None else one.hours.reindex(recent).to_numpy(float) for one in known], axis=1),
        waiting=np.array([stage.waiting for stage in chain.stages]),
    )  # fmt: skip


def _stacked(chain: Chain, tables: Mapping[str, pd.DataFrame], name: str) -> np.ndarray:
    return np.stack([tables[stage][name].to_numpy(float) for stage in chain.ids], axis=1)


def delay_days(chain: Chain, stage_id: str, spells: pd.DataFrame, weeks: pd.DatetimeIndex) -> np.ndarray:
    """Client-days of delay in each week; 0 for a stage that is the service itself."""
    stage = chain.stage(stage_id)
    if not stage.waiting:
        return np.zeros(len(weeks))
    rows = spells[spells["stage"] == stage_id]
    begin = _days(rows["entered"]) + unhindered_days(stage, spells)
    end = np.where(rows["left"].isna(), np.inf, _days(rows["left"].fillna(weeks[0])).astype(float))
    edges = np.append(_days(pd.Series(weeks)), _days(pd.Series(weeks[-1:]))[0] + WEEK)
    seen = (end > edges[0]) & (begin < edges[-1]) & (end > begin)
    spent = np.array([np.clip(np.minimum(edge, end[seen]) - begin[seen], 0, None).sum() for edge in edges])
    return np.diff(spent)


def rank(work: WeeklyWork, draws: int, block: int, seed: int) -> Ranking:
    """Rank the stages; intervals from `draws` block bootstrap draws of the weeks."""
    rng = np.random.default_rng(seed)
    weeks = len(work.arrivals)
    chosen = _blocks(weeks, min(block, weeks), draws, rng)
    found = {name: np.stack([values, *drawn]) if len(drawn) else values[None]
             for name, (values, drawn) in _figures(work, chosen).items()}  # fmt: skip
    parts = PARTS if not np.isnan(found["utilisation"][0]).any() else PARTS[1:]
    score = np.mean([_scaled(name, found[name], work.waiting) for name in parts], axis=0)
    order = np.argsort(-score[0], kind="stable")
    widen = few_blocks(weeks, block)
    first = np.bincount(score[1:].argmax(axis=1), minlength=len(work.stages)) / max(draws, 1)
    rows = tuple(_row(work, found, score, first, place, number, widen) for number, place in enumerate(order, start=1))
    others = [row.score.high for row in rows[1:]]
    missing = tuple(stage for stage, used in zip(work.stages, found["utilisation"][0], strict=True) if np.isnan(used))
    return Ranking(rows, rows[0].score.low > max(others, default=-np.inf), parts, missing, weeks)


def _figures(work: WeeklyWork, chosen: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each part of the whole period [stages], and of every draw of its weeks [draws × stages]."""
    return {
        name: (of(work, np.arange(len(work.arrivals))[None])[0], of(work, chosen))
        for name, of in (("utilisation", _utilisation), ("growth", _growth), ("delay_share", _delay_share))
    }


def _utilisation(work: WeeklyWork, weeks: np.ndarray) -> np.ndarray:
    known = ~np.isnan(work.hours) & ~np.isnan(work.load)
    hours = np.where(known, work.hours, 0.0)[weeks].sum(axis=1)
    asked = np.where(known, work.load, 0.0)[weeks].sum(axis=1)
    return np.where(hours > 0, asked / np.maximum(hours, 1e-9), np.nan)


def _growth(work: WeeklyWork, weeks: np.ndarray) -> np.ndarray:
    came = work.arrivals[weeks].sum(axis=1)
    return (came - work.departures[weeks].sum(axis=1)) / np.maximum(came, 1.0)


def _delay_share(work: WeeklyWork, weeks: np.ndarray) -> np.ndarray:
    spent = work.delay[weeks].sum(axis=1)
    return spent / np.maximum(spent.sum(axis=1, keepdims=True), 1e-9)


def _scaled(name: str, values: np.ndarray, waiting: np.ndarray) -> np.ndarray:
    """Each part between 0 and 1; more clients in the service itself are no longer line."""
    if name == "utilisation":
        return np.clip(values, 0, MOST_UTILISED) / MOST_UTILISED
    return np.clip(values, 0, 1) * waiting


def _blocks(weeks: int, block: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Places of weeks [draws × weeks]: blocks of neighbours, the last week followed by the first."""
    count = -(-weeks // block)
    starts = rng.integers(0, weeks, (draws, count))
    places = (starts[:, :, None] + np.arange(block)) % weeks
    return places.reshape(draws, -1)[:, :weeks]


def few_blocks(weeks: int, block: int) -> float:
    """How much further than the drawn percentiles an interval's ends are, for `weeks / block` independent blocks."""
    blocks = max(weeks / block, 2.0)
    return float(t.ppf(HIGH / 100, blocks - 1) / norm.ppf(HIGH / 100) * np.sqrt(blocks / (blocks - 1)))


def _row(
    work: WeeklyWork,
    found: Mapping[str, np.ndarray],
    score: np.ndarray,
    first: np.ndarray,
    place: int,
    number: int,
    widen: float,
) -> Bottleneck:
    used = found["utilisation"][:, place]
    return Bottleneck(
        stage=work.stages[place],
        rank=number,
        score=_measured(score[:, place], widen, 0.0, 1.0),
        utilisation=None if np.isnan(used[0]) else _measured(used, widen, 0.0),
        growth=_measured(found["growth"][:, place], widen, highest=1.0),
        delay_share=_measured(found["delay_share"][:, place], widen, 0.0, 1.0),
        delay_days=float(work.delay[:, place].sum() / max(work.departures[:, place].sum(), 1.0)),
        first_share=float(first[place]),
    )


def _measured(values: np.ndarray, widen: float, lowest: float = -np.inf, highest: float = np.inf) -> Measured:
    value = float(values[0])
    low, high = np.percentile(values[1:] if len(values) > 1 else values, (LOW, HIGH))
    low, high = value - widen * max(value - low, 0.0), value + widen * max(high - value, 0.0)
    return Measured(value, float(max(low, min(lowest, value))), float(min(high, max(highest, value))))


def _days(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)
