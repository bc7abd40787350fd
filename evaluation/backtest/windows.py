"""The origins of a back-test; one whose first window would know too little is refused."""

from configs.errors import ModelError
from models.demand.config import DemandConfig
from models.demand.windows import Window, planned_windows


def windows(periods: int, config: DemandConfig) -> tuple[Window, ...]:
    """The origins, earliest first.  Raises ModelError when the series are too short for them."""
    made = planned_windows(periods, config)
    if made[0].known < config.minimum_periods:
        raise ModelError(
            f"The longest series has {periods} periods; the first back-test window would know {made[0].known}, "
            f"at least {config.minimum_periods} are needed. Lower `backtest.selection_windows` or `horizon`."
        )
    return made
