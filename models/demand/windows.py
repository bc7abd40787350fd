"""Back-test windows: their origins, and what a panel knows at one.  Every back-test of demand cuts here."""

from dataclasses import dataclass

import pandas as pd

from models.demand.config import DemandConfig


@dataclass(frozen=True)
class Window:
    """One origin: the number of periods known, how many ahead are judged, and what the window is for."""

    known: int
    horizon: int
    reported: bool


@dataclass(frozen=True)
class Cut:
    """A panel at one origin (the last known period): what is known, what comes, and the step of each coming period."""

    origin: pd.Timestamp
    known: pd.DataFrame
    """Series that are too short there are left out."""
    ahead: pd.DataFrame
    steps: dict[pd.Timestamp, int]


def planned_windows(periods: int, config: DemandConfig) -> tuple[Window, ...]:
    """The origins of `config.backtest`, earliest first, also where too little is known.

    A selection horizon is cut at the first report origin, so that selection sees nothing of the report windows.
    """
    plan = config.backtest
    first_report = periods - config.horizon - (plan.report_windows - 1) * plan.step
    apart = plan.selection_step or plan.step
    early = [first_report - apart * k for k in range(plan.selection_windows, 0, -1)]
    made = [Window(known, min(config.horizon, first_report - known), False) for known in early]
    return (*made, *(Window(first_report + plan.step * k, config.horizon, True) for k in range(plan.report_windows)))


def cut(panel: pd.DataFrame, dates: pd.DatetimeIndex, window: Window, minimum: int) -> Cut:
    """`panel` (`unique_id, ds, y` and more) at a window; `dates` are its periods in order."""
    origin, last = dates[window.known - 1], dates[window.known + window.horizon - 1]
    ahead = panel[(panel["ds"] > origin) & (panel["ds"] <= last)]
    steps = {when: k + 1 for k, when in enumerate(sorted(ahead["ds"].unique()))}
    return Cut(origin, long_enough(panel[panel["ds"] <= origin], minimum), ahead, steps)


def long_enough(known: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """The series of at least `minimum` periods."""
    return known[known.groupby("unique_id")["ds"].transform("size") >= minimum]
