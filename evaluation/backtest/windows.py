"""The origins of a back-test.  A selection horizon is cut at the first report origin."""

from dataclasses import dataclass

from configs.errors import ModelError
from models.demand.config import DemandConfig


@dataclass(frozen=True)
class Window:
    """One origin: the number of periods known, how many ahead are judged, and what the window is for."""

    known: int
    horizon: int
    reported: bool


def windows(periods: int, config: DemandConfig) -> tuple[Window, ...]:
    """The origins, earliest first.  Raises ModelError when the series are too short for them."""
    plan = config.backtest
    first_report = periods - config.horizon - (plan.report_windows - 1) * plan.step
    apart = plan.selection_step or plan.step
    early = [first_report - apart * k for k in range(plan.selection_windows, 0, -1)]
    made = [Window(known, min(config.horizon, first_report - known), False) for known in early]
    made += [Window(first_report + plan.step * k, config.horizon, True) for k in range(plan.report_windows)]
    if made[0].known < config.minimum_periods:
        raise ModelError(
            f"The longest series has {periods} periods; the first back-test window would know {made[0].known}, "
            f"at least {config.minimum_periods} are needed. Lower `backtest.selection_windows` or `horizon`."
        )
    return tuple(made)
