"""What a demand config says: which series, which periods, which members, how far ahead."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from configs.loader import StrictConfig
from features.panel.periods import FREQUENCIES, Period
from features.panel.rule import ADDING
from models.demand.coherence.config import CoherenceRule
from models.demand.cold_start.config import ColdStart
from models.demand.drivers.config import Drivers
from models.demand.forecasters.combination import Combination
from models.demand.forecasters.rhythm import RhythmRecipe
from models.demand.regimes import Regime
from models.demand.series_config import AreaGroup, Dimension, SeriesSource, area_group_fault
from models.owners import Owners
from models.texts import Texts

COUNTY = "county"
Member = Literal[
    "seasonal_naive", "seasonal_mean", "ets", "theta", "ces", "intermittent", "rhythm", "lightgbm", "mean", "weighted"
]
DateFeature = Literal["month", "quarter", "week", "dayofweek", "day", "dayofyear"]
"""Names that mlforecast takes from the date of a period's first day."""
DATE_FEATURES: Mapping[Period, tuple[DateFeature, ...]] = {
    "month": ("month", "quarter"),
    "week": ("month", "quarter", "week"),
    "day": ("month", "quarter", "week", "dayofweek", "day", "dayofyear"),
}
"""Those that say something of a period of each length."""


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
    adds: bool = True
    """False: a stock, e.g. of clients, whose weeks do not add up to a month.  Known of what registers count."""


class Recipe(StrictConfig):
    """The LightGBM member: log(1 + y), first difference, then lags.  Growth stays outside the trees."""

    lags: tuple[int, ...] = Field(min_length=1)
    rolling: tuple[int, ...] = ()
    exponential: tuple[float, ...] = ()
    expanding: bool = True
    seasonal_rolling: int = 0
    """Seasons in the seasonal rolling mean; 0 = none."""
    date_features: tuple[DateFeature, ...] = ()
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
    source: ContactSource | SeriesSource | SheetSource = Field(discriminator="kind")
    period: Period
    season_length: int = Field(ge=2)
    horizon: int = Field(ge=1)
    minimum_periods: int = Field(ge=8)
    measures: dict[str, Measure]
    areas: dict[str, Texts] = {}
    county: Texts | None = None
    """Name of the sum over all areas; none = no sum."""
    age_groups: dict[str, Texts] = {}
    area_groups: dict[str, AreaGroup] = {}
    """Sums between one area and the county."""
    dimensions: dict[str, Dimension] = {}
    """How a `series` source is divided, in the order of the series ids."""
    crossed: bool = True
    """Publish every combination of the dimensions' groups; False: one at a time, the others at their first group."""
    ets_seasonal: bool = True
    """False where the season is too long for ETS (52 weeks)."""
    members: tuple[Member, ...] = ("seasonal_naive", "ets", "lightgbm", "mean")
    combination: Combination = Combination()
    intermittent_method: Literal["tsb", "croston"] = "tsb"
    regimes: tuple[Regime, ...] = ()
    jobs: int = Field(default=1, ge=1)
    """Processes for the statistical members."""
    lightgbm: Recipe
    rhythm: RhythmRecipe = RhythmRecipe()
    """Of the rhythm member, for daily series."""
    backtest: Backtest
    drivers: Drivers = Drivers()
    coherence: CoherenceRule = CoherenceRule()
    """How sums are made of their parts."""
    cold_start: ColdStart | None = None
    """How areas with too short a history borrow; none = they get no forecast."""
    published: tuple[Figure, ...] = ()
    """Figures of the last window, printed beside ours."""
    owners: Owners | None = None
    """Who answers for the model; without them no version goes live."""

    @model_validator(mode="after")
    def _groups(self) -> "DemandConfig":
        if isinstance(self.source, ContactSource) and not (self.areas and self.age_groups and self.county):
            raise ValueError("a source of contacts needs `areas`, `age_groups` and `county`")
        if isinstance(self.source, SeriesSource):
            self._counted(self.source)
        fault = area_group_fault(self.area_groups, self.areas, COUNTY)
        if fault is not None:
            raise ValueError(fault)
        for name in self.lightgbm.date_features:
            if name not in DATE_FEATURES[self.period]:
                fitting = " or ".join(f"`{one}`" for one in DATE_FEATURES[self.period])
                raise ValueError(f"series by the {self.period} have no date feature `{name}`; write {fitting}")
        if "rhythm" in self.members and self.period != "day":
            raise ValueError("the member `rhythm` is for daily series; take it out of `members` or write `period: day`")
        return self

    def _counted(self, source: SeriesSource) -> None:
        """What a `series` source needs.  Its rules are built once, so that a fault is named when the file is read."""
        if not (self.areas and self.county):
            raise ValueError("a `series` source needs `areas` and `county`")
        for rule in source.rules:
            strange = next((one for one in rule.measures.values() if one not in self.measures), None)
            if strange is not None:
                raise ValueError(f"a rule counts `{strange}`, which `measures` does not name")
        try:
            source.series_rules(self.period, self.dimensions)
        except ValidationError as error:
            raise ValueError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None

    @model_validator(mode="after")
    def _lent(self) -> "DemandConfig":
        if self.cold_start is not None and not self.areas:
            raise ValueError("`cold_start` lends between areas: give `areas`, or take `cold_start` out")
        return self

    @model_validator(mode="after")
    def _summed(self) -> "DemandConfig":
        if self.coherence.sums and (self.areas or not isinstance(self.source, SheetSource)):
            raise ValueError("`coherence.sums` is for a sheet without `areas`; areas are summed by `area_groups`")
        return self

    @model_validator(mode="after")
    def _weighed(self) -> "DemandConfig":
        for name in self.combination.of:
            if name not in self.members:
                raise ValueError(f"`combination.of` weighs `{name}`, which `members` does not list; add it there")
        return self

    @property
    def adding(self) -> frozenset[str]:
        """The measures whose periods add up to longer ones: different clients and stocks do not."""
        told = {name for name, one in self.measures.items() if one.adds}
        rules = self.source.rules if isinstance(self.source, SeriesSource) else ()
        return frozenset(told - {name for rule in rules for kind, name in rule.measures.items() if kind not in ADDING})

    @property
    def freq(self) -> str:
        """The pandas frequency of the period starts."""
        return FREQUENCIES[self.period]
