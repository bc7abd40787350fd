"""Live demand and flow models as planning uses them: base, names, explanation and status, computed once per version."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from configs.errors import LuotainError
from features.panel.periods import Period
from models.answers import ForecastAnswer, ModelStamp, Text
from models.demand.cold_start import SeriesStatus
from models.demand.explained import ForecastExplanation
from models.demand.hierarchy import TOTAL, published_series
from models.demand.model import DemandModel
from models.demand.series_info import SeriesInfo
from models.flow.model import FlowModel
from models.planning.ages import Ages
from models.planning.base import AGE, AREA, MEASURE, Base, base_of
from serving.pages.series import Series
from serving.planning.kept.records import FlowPicture


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
            Series(**vars(one), model=self.name, has_forecast=one.series_id in self.model.published)
            for one in (*self.model.series(), *self._lacking.values())
        )

    @cached_property
    def _lacking(self) -> Mapping[str, SeriesInfo]:
        """Series without a forecast for want of data, where the bundle tells them: listed, and told what they lack."""
        return {one.series_id: one for one in self.model.lacking_series()}

    @cached_property
    def hidden(self) -> tuple[Text, ...]:
        """Names of the series that are not shown: too few clients stand behind them, or they never change."""
        seen = {str(name) for name in self.model.observed["unique_id"].unique()}
        whole = [one for one in published_series(self.model.config, sorted(seen)) if one.members <= seen]
        known = {*self.model.published, *self._lacking}
        return tuple(_name(one) for one in self.model.infos(whole) if one.series_id not in known)

    @cached_property
    def area_names(self) -> Mapping[str, Text]:
        """Area → name."""
        return {one.area: one.area_name for one in self.series}

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that the forecast is made for, sums left out."""
        return tuple(self.base.dimensions.get(AREA, ()))

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

    def periods(self, series_id: str) -> tuple[Period, ...]:
        """By what the series can be read, its own period first."""
        return self.model.periods_of(series_id)

    def answer(self, series_id: str, period: Period | None = None) -> ForecastAnswer:
        """The model's own answer.  Raises ModelError for an unknown series or period."""
        lacking = self._lacking.get(series_id)
        return self.model.answer(series_id, self.stamp, period) if lacking is None else self._without_forecast(lacking)

    def _without_forecast(self, one: SeriesInfo) -> ForecastAnswer:
        """The answer of a series that lacks data: no number at all."""
        return ForecastAnswer(
            stamp=self.stamp,
            series_id=one.series_id,
            name=_name(one),
            unit=self.model.config.measures[one.measure].unit.as_text(),
            period=self.model.config.period,
            member="",
            backtest={},
            history=(),
            points=(),
            notice=self.notice,
        )

    def status(self, series_id: str) -> SeriesStatus:
        """What stands behind the series, as the bundle says it."""
        return self.model.status(series_id)

    def explanation(self, series_id: str, period: Period | None = None) -> ForecastExplanation | None:
        """Why the forecast is what it is; None for a borrowed or lacking series and for a bundle that stores none."""
        try:
            return self.model.explanation(series_id, period)
        except LuotainError:
            return None


def _name(one: SeriesInfo) -> Text:
    names = (one.area_name, one.measure_name, one.age_name)
    return {code: ", ".join(name[code] for name in names) for code in ("fi", "sv", "en")}


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
