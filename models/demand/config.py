"""What a demand config says: which series, which periods, which members, how far ahead."""

from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from models.demand.combination import Combination
from models.demand.regimes import Regime
from models.texts import Texts

Member = Literal[
    "seasonal_naive", "seasonal_mean", "ets", "theta", "ces", "intermittent", "lightgbm", "mean", "weighted"
]


class ContactSource(StrictConfig):
    """Series counted from the canonical contacts: visits and hours by municipality and age group."""

    kind: Literal["contacts"]
    service: str
    status: str = "done"
    channel: str | None = None
    reporting_lag_days: int = Field(ge=0)
    """Days after which a contact is recorded at the latest; later periods are not yet complete."""


class SheetSource(StrictConfig):
    """Series of a plain CSV sheet `unique_id, ds, y`."""

    kind: Literal["sheet"]
    file: str
    """Path; `${LUOTAIN_DATA}/` at its start means the folder of real data."""
    origin: str
    """Where the file comes from: shown when it is missing."""
    complete_from: str | None = None
    """Keep only series that reach from this date (ISO) to the last date of the sheet."""


class Measure(StrictConfig):
    """What is counted, and in which unit the planner reads it."""

    name: Texts
    unit: Texts


class Recipe(StrictConfig):
    """The LightGBM member: log(1 + y), first difference, then lags.  Growth stays outside the trees."""

    lags: tuple[int, ...] = Field(min_length=1)
    rolling: tuple[int, ...] = ()
    exponential: tuple[float, ...] = ()
    expanding: bool = True
    seasonal_rolling: int = 0
    """Seasons in the seasonal rolling mean; 0 = none."""
    date_features: tuple[Literal["month", "week", "quarter"], ...] = ()
    rounds: int = Field(default=300, ge=1)
    leaves: int = Field(default=15, ge=2)
    smallest_leaf: int = Field(default=50, ge=1)
    learning_rate: float = Field(default=0.03, gt=0)
    row_share: float = Field(default=1.0, gt=0, le=1)
    """Share of the rows that each tree sees (bagging); 1 = all."""
    column_share: float = Field(default=1.0, gt=0, le=1)
    """Share of the features that each tree sees; 1 = all."""
    seed: int = 7


class Backtest(StrictConfig):
    """Rolling origins.  Members and weights are chosen on the earlier windows and reported on the later ones."""

    selection_windows: int = Field(ge=1)
    report_windows: int = Field(ge=1)
    step: int = Field(ge=1)
    """Periods between two origins."""
    selection_step: int | None = Field(default=None, ge=1)
    """Periods between two selection origins and from the last of them to the first report origin; none = `step`."""
    renew: bool = False
    """True: every report window is chosen for, and calibrated, by all that was known at its own origin, earlier report
    windows included, as a yearly retraining would.  False: by the selection windows alone."""

    calibration_windows: int | None = Field(default=None, ge=1)
    """Newest windows whose residuals make the intervals; none = all.  Errors differ from year to year."""

    @property
    def windows(self) -> int:
        """All windows."""
        return self.selection_windows + self.report_windows


class Figure(StrictConfig):
    """One figure to print beside ours, with where it was read or measured."""

    name: str
    value: float
    source: str


class DemandConfig(StrictConfig):
    """configs/demand/*.yaml."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    notice: Texts
    source: ContactSource | SheetSource = Field(discriminator="kind")
    period: Literal["week", "month"]
    season_length: int = Field(ge=2)
    horizon: int = Field(ge=1)
    minimum_periods: int = Field(ge=8)
    measures: dict[str, Measure]
    areas: dict[str, Texts] = {}
    county: Texts | None = None
    """Name of the sum over all areas; none = no sum."""
    age_groups: dict[str, Texts] = {}
    ets_seasonal: bool = True
    """False where the season is too long for ETS (52 weeks)."""
    members: tuple[Member, ...] = ("seasonal_naive", "ets", "lightgbm", "mean")
    combination: Combination = Combination()
    intermittent_method: Literal["tsb", "croston"] = "tsb"
    regimes: tuple[Regime, ...] = ()
    jobs: int = Field(default=1, ge=1)
    """Processes for the statistical members."""
    lightgbm: Recipe
    backtest: Backtest
    published: tuple[Figure, ...] = ()
    """Figures of the last window, printed beside ours."""

    @model_validator(mode="after")
    def _groups(self) -> "DemandConfig":
        if isinstance(self.source, ContactSource) and not (self.areas and self.age_groups and self.county):
            raise ValueError("a source of contacts needs `areas`, `age_groups` and `county`")
        if self.period == "month" and "week" in self.lightgbm.date_features:
            raise ValueError("monthly series have no date feature `week`; write `month` or `quarter`")
        return self

    @model_validator(mode="after")
    def _weighed(self) -> "DemandConfig":
        for name in self.combination.of:
            if name not in self.members:
                raise ValueError(f"`combination.of` weighs `{name}`, which `members` does not list; add it there")
        return self

    @property
    def freq(self) -> str:
        """The pandas frequency of the period starts."""
        return "MS" if self.period == "month" else "W-MON"
