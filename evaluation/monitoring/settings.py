"""configs/monitor.yaml: which dates are compared, and from where on something is an alarm."""

from pydantic import Field

from configs.loader import StrictConfig
from features.histories import Grid


class Thresholds(StrictConfig):
    """From where on something is an alarm.  Distances are reported; the corrected test decides about drift."""

    level: float = Field(default=0.05, gt=0, lt=0.5)
    """Chance of any alarm about drift in a quiet period, over all features and scores together."""
    smallest_change: float = Field(default=0.1, ge=0)
    """Least change of a mean that is told, in standard deviations."""
    observed_to_expected: tuple[float, float] = (0.8, 1.25)
    """Outcomes that came over those foretold; judged with at least `least_events`."""
    least_events: int = Field(default=100, ge=20)
    estimated_auroc_fall: float = Field(default=0.05, gt=0, lt=0.5)
    """Estimated AUROC of the newest date below that of the earlier dates' mean."""
    coverage80: float = Field(default=0.65, gt=0, lt=1)
    """Least share of realised demand inside the 80 % interval; judged with at least `least_sums`."""
    least_sums: int = Field(default=50, ge=5)
    agreement: tuple[float, float] = (0.3, 0.98)
    """Share of proposals that a unit confirms: below it the model is not believed, above it perhaps not questioned."""
    least_decisions: int = Field(default=50, ge=10)


class MonitorConfig(StrictConfig):
    """configs/monitor.yaml."""

    var: str
    histories: str
    """Whose clients and which features; the dates are this config's own."""
    dates: Grid
    clients: int = Field(default=4000, ge=200)
    """At most so many clients, drawn by their pseudonym: the same ones on every date."""
    models: tuple[str, ...] = ()
    """Need and segmentation models by registered name; none = every live one."""
    forecasts: str = "forecasts"
    """Folder of kept forecasts below var/published."""
    seed: int = 20260101
    thresholds: Thresholds = Thresholds()
