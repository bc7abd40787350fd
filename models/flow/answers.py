"""What a planner is told of a service chain: plain frozen records, the same on the page and in the JSON answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.answers import ModelStamp
from models.flow.measured.bottlenecks import Ranking
from models.flow.measured.breakdown import StageLine, Throughput
from models.flow.measured.conformance import Conformance
from models.flow.measured.weeks import WaitWeek, WeeklySpread
from models.flow.whatif import Basis, WhatIf
from models.texts import Text


@dataclass(frozen=True)
class FlowReport:
    """What was computed at training from the spells and stays in the bundle: no client, small cells hidden."""

    weeks: int
    """Recent weeks that everything here is about."""
    ranking: Ranking
    grows_first: str | None
    """The stage whose line grows first in the forecast; None when none surely does."""
    grows_in_weeks: int | None
    what_ifs: tuple[WhatIf, ...]
    """One more staffed hour a week at each stage that has an answer."""
    conformance: Conformance
    throughput: Throughput
    lines: tuple[StageLine, ...]
    quarantined: Mapping[str, int]
    """Stays set aside, by reason."""
    waits: tuple[WaitWeek, ...] = ()
    """Days in each stage of those who left it, week by week."""
    throughput_weeks: tuple[WaitWeek, ...] = ()
    """Days from a case's beginning to the last stage of the path, week by week."""


@dataclass(frozen=True)
class StageInfo:
    """One stage of the chain."""

    id: str
    name: Text
    waiting: bool
    """False: the service itself, where time is no delay."""
    clients: int
    """There on the first midnight of the forecast."""
    hours_each: float | None
    """Staffed hours that a client takes; None = not known."""
    hours_basis: str | None
    """declared, or busiest_weeks (estimated)."""
    what_if: Basis = "not_known"
    """What an answer to "one more staffed hour" rests on, or why there is none."""
    assumption: Text | None = None
    """Where the hours per added client come from, when they are assumed."""


@dataclass(frozen=True)
class FlowWeek:
    """One observed week of one stage."""

    stage: str
    week: str
    """ISO day of its Monday."""
    arrivals: int
    departures: int
    stock_end: int
    """Clients at the week's end."""


@dataclass(frozen=True)
class FlowPoint:
    """One forecast week of one stage and measure (arrivals, departures, stock_end), in clients."""

    stage: str
    measure: str
    week: str
    value: float
    low80: float
    high80: float
    low95: float
    high95: float
    naive: float
    """Last week carried forward."""


@dataclass(frozen=True)
class FlowAnswer:
    """A service chain as it is and as it is likely to go on."""

    stamp: ModelStamp
    chain: str
    name: Text
    first_week: str
    """ISO Monday of the first forecast week."""
    stages: tuple[StageInfo, ...]
    history: tuple[FlowWeek, ...]
    spread: tuple[WeeklySpread, ...]
    """How the weekly counts scattered over the report's weeks."""
    points: tuple[FlowPoint, ...]
    backtest: Mapping[str, Mapping[str, float]]
    """Per `stage|measure`: mae, naive_mae, coverage80, coverage95."""
    report: FlowReport
    notes: tuple[Text, ...]
    """What must be said beside the figures: unknown capacity, no clear bottleneck, stays set aside."""
    notice: Text
