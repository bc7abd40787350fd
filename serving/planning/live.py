"""Live demand and flow models as planning uses them: base, names, explanation and status, computed once per version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from configs.errors import LuotainError
from models.answers import ForecastAnswer, ModelStamp, Text
from models.demand.cold_start import SeriesStatus, own_status
from models.demand.combination import MEAN, TREES, WEIGHTED, Choice
from models.demand.drivers.config import Drivers
from models.demand.explained import Explained, ForecastExplanation, explanation_of, explanations
from models.demand.hierarchy import TOTAL
from models.demand.model import DemandModel, SeriesInfo
from models.flow.model import FlowModel
from models.planning.ages import Ages
from models.planning.base import AGE, AREA, MEASURE, Base, base_of
from serving.pages.series import Series, SeriesGroup
from serving.planning.records import FlowPicture

OLDER = 65
"""A series of people from this age on: more of them is called ageing."""


@dataclass(frozen=True)
class LiveDemand:
    """One live demand model."""

    name: str
    stamp: ModelStamp
    model: DemandModel

    @cached_property
    def base(self) -> Base:
        """What scenarios, staffing and overrides start from."""
        return base_of(self.model)

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """Every series with its choices."""
        return tuple(
            Series(
                series_id=one.series_id,
                area=one.area,
                area_name=one.area_name,
                age_group=one.age_group,
                age_name=one.age_name,
                measure=one.measure,
                measure_name=one.measure_name,
                model=self.name,
                has_forecast=one.series_id in self.model.published,
                groups=tuple(SeriesGroup(g.dimension, g.dimension_name, g.group, g.name) for g in one.groups),
            )
            for one in (*self.model.series(), *self._lacking.values())
        )

    @cached_property
    def _lacking(self) -> Mapping[str, SeriesInfo]:
        """Series without a forecast for want of data, where the bundle tells them: listed, and told what they lack."""
        told = getattr(self.model, "lacking_series", None)
        return {one.series_id: one for one in told()} if told is not None else {}

    @cached_property
    def area_names(self) -> Mapping[str, Text]:
        """Area → name."""
        return {one.area: one.area_name for one in self.series}

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that the forecast is made for, sums left out."""
        return tuple(self.base.dimensions.get(AREA, ()))

    @property
    def first_year(self) -> int:
        """The year of the first forecast period."""
        return int(self.model.forecast["ds"].min().year)

    def name_of(self, dimension: str, value: str) -> Text:
        """How a value of a dimension is called: as the series say it, else the value itself."""
        told = str(Ages.of(value)) if dimension == AGE and value != TOTAL else value
        plain = dict.fromkeys(("fi", "sv", "en"), told)
        if dimension == AREA:
            return self.area_names.get(value, plain)
        for one in self.series:
            if dimension == MEASURE and one.measure == value:
                return one.measure_name
            if found := next((group.name for group in one.groups if group.group == value), None):
                return found
        return plain

    @property
    def notice(self) -> Text:
        """What the model says of itself."""
        return self.model.config.notice.as_text()

    def has(self, series_id: str) -> bool:
        """True for a series of this model."""
        return series_id in self.model.published or series_id in self._lacking

    def parts(self, series_id: str) -> int:
        """Of how many bottom series the series is the sum."""
        return len(self.model.published[series_id].parts) if series_id in self.model.published else 1

    def answer(self, series_id: str) -> ForecastAnswer:
        """The model's own answer.  Raises ModelError for an unknown series."""
        lacking = self._lacking.get(series_id)
        return self.model.answer(series_id, self.stamp) if lacking is None else self._without_forecast(lacking)

    def _without_forecast(self, one: SeriesInfo) -> ForecastAnswer:
        """The answer of a series that lacks data: no number at all."""
        names = (one.area_name, one.measure_name, one.age_name)
        return ForecastAnswer(
            stamp=self.stamp,
            series_id=one.series_id,
            name={code: ", ".join(name[code] for name in names) for code in ("fi", "sv", "en")},
            unit=self.model.config.measures[one.measure].unit.as_text(),
            period=self.model.config.period,
            member="",
            backtest={},
            history=(),
            points=(),
            notice=self.notice,
        )

    def status(self, series_id: str) -> SeriesStatus | None:
        """What stands behind the series: as the bundle says it, else from the length of its history."""
        told: Callable[[str], SeriesStatus] | None = getattr(self.model, "status", None)
        if told is not None:
            return told(series_id)
        config, seen = self.model.config, self.model.history[series_id]
        return own_status(len(seen), config.minimum_periods, seen.index.max(), config.period)

    def explanation(self, series_id: str) -> ForecastExplanation | None:
        """Why the forecast is what it is; None where the bundle cannot tell."""
        if series_id not in self._explained:
            self._explained[series_id] = self._explain(series_id)
        return self._explained[series_id]

    @cached_property
    def _explained(self) -> dict[str, ForecastExplanation | None]:
        return {}

    def _explain(self, series_id: str) -> ForecastExplanation | None:
        if series_id not in self.model.published:
            return None
        if getattr(self.model, "reasons", None) is not None:
            return self._told_explanation(series_id)
        one = self.model.published[series_id]
        unit = self.model.config.measures[one.measure].unit.as_text()
        try:
            table = self._table(series_id)
            if table is None:
                return None
            return explanation_of(table, series_id, unit, self.model.config.period, _is_older(one.age_group))
        except LuotainError:
            return None

    def _told_explanation(self, series_id: str) -> ForecastExplanation | None:
        """As the bundle says it; a borrowed series has none."""
        told: Callable[[str], ForecastExplanation] = getattr(self.model, "explanation")  # noqa: B009
        try:
            return told(series_id)
        except LuotainError:
            return None

    def _table(self, series_id: str) -> pd.DataFrame | None:
        """Made now, of trees that know no drivers; None where the bundle does not tell the trees' share."""
        share = tree_shares(self.model)
        if share is None or self.model.config.drivers != Drivers():
            return None
        what = Explained(self.model.config, self.model.observations, self.model.booster, share)
        return explanations(what, self.model.forecast, tuple(self.model.published.values()), [series_id])


def tree_shares(model: DemandModel) -> float | dict[str, float] | None:
    """The trees' share of each bottom series' combination; None where the bundle does not tell."""
    averaged = model.config.combination.averaged(model.config.members)
    equal = 1 / len(averaged) if TREES in averaged else 0.0
    if model.choice is None or model.members is None:
        return {TREES: 1.0, MEAN: equal}.get(model.member)
    groups = model.members.drop_duplicates("unique_id")
    shares = {str(group): _share(model.choice, str(group), equal) for group in groups["group"].unique()}
    return {str(name): shares[str(group)] for name, group in zip(groups["unique_id"], groups["group"], strict=True)}


def _share(choice: Choice, group: str, equal: float) -> float:
    told = choice.of(group)
    if told.member == WEIGHTED:
        return float(told.weights.get(TREES, 0.0))
    return {TREES: 1.0, MEAN: equal}.get(told.member, 0.0)


def _is_older(age_group: str) -> bool:
    return Ages.of(age_group.split("|")[0]).low >= OLDER


@dataclass(frozen=True)
class LiveFlow:
    """One live flow model."""

    name: str
    stamp: ModelStamp
    model: FlowModel

    @cached_property
    def picture(self) -> FlowPicture:
        """The chain's answer and the names of what its figures are broken down by."""
        chain = self.model.config.chain
        names: dict[str, dict[str, Text]] = {
            "area": {value: text.as_text() for value, text in chain.areas.items()},
            "segment": {value: text.as_text() for value, text in chain.segments.items()},
            **{group.id: {"": group.name.as_text()} for group in chain.groups},
        }
        return FlowPicture(self.model.answer(self.stamp), names)
