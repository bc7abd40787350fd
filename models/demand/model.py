"""The served demand model: a published forecast table with its back-test, read from a verified bundle."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np
import pandas as pd

from configs.errors import ModelError
from configs.loader import validate_config
from features.panel.periods import Period
from models.answers import ForecastAnswer, ForecastPoint, ModelStamp, Text
from models.bundles.bundle import Bundle
from models.demand.config import DemandConfig
from models.demand.hierarchy import Published, aggregate, dimensions_of, names_of, published_series
from models.demand.intervals import Quantiles

CONFIG, BOOSTER, OBSERVATIONS, FORECAST = "config.json", "booster.txt", "observations.parquet", "forecast.parquet"
BACKTEST, QUANTILES = "backtest.json", "quantiles.json"
SHOWN_SEASONS = 2
SHOWN_DAYS = 84
"""Daily series show twelve weeks: two of their seasons are only two weeks."""
EVERYBODY: Text = {"fi": "Kaikki", "sv": "Alla", "en": "All"}


@dataclass(frozen=True)
class GroupInfo:
    """Which part of one dimension a series is."""

    dimension: str
    dimension_name: Text
    group: str
    name: Text


@dataclass(frozen=True)
class SeriesInfo:
    """One series to choose."""

    series_id: str
    area: str
    area_name: Text
    age_group: str
    """The group of the only dimension; of several, their groups joined by `|`."""
    age_name: Text
    measure: str
    measure_name: Text
    level: str = "area"
    """`county`, `area_group` or `area`."""
    groups: tuple[GroupInfo, ...] = ()


@dataclass(frozen=True)
class DemandModel:
    """Forecasts of every published series.  `observations` are the bottom series (unique_id, ds, y)."""

    config: DemandConfig
    member: str
    booster: lightgbm.Booster
    observations: pd.DataFrame
    forecast: pd.DataFrame
    """series_id, ds, step, value, low80, high80, low95, high95."""
    backtest: Mapping[str, Mapping[str, float]]
    quantiles: Quantiles

    @cached_property
    def published(self) -> dict[str, Published]:
        """Published series by id, those with a forecast."""
        known = set(self.forecast["series_id"])
        bottom = sorted(self.observations["unique_id"].unique())
        return {one.series_id: one for one in published_series(self.config, bottom) if one.series_id in known}

    @cached_property
    def history(self) -> dict[str, pd.Series]:
        """Observed values by published series, indexed by period start."""
        table = aggregate(self.observations, tuple(self.published.values()), ["ds"])
        return {str(name): rows.set_index("ds")["y"] for name, rows in table.groupby("series_id")}

    @cached_property
    def _points(self) -> dict[str, pd.DataFrame]:
        return {str(name): rows.sort_values("step") for name, rows in self.forecast.groupby("series_id")}

    def series(self) -> tuple[SeriesInfo, ...]:
        """Every series that can be asked for."""
        return tuple(self._info(one) for one in self.published.values())

    def answer(self, series_id: str, stamp: ModelStamp) -> ForecastAnswer:
        """The forecast of one series.  Raises ModelError for an unknown one."""
        if series_id not in self.published:
            raise ModelError("There is no such forecast series. Choose one of the listed series.")
        info, measure = self._info(self.published[series_id]), self.config.measures[self.published[series_id].measure]
        seen = self.history[series_id]
        return ForecastAnswer(
            stamp=stamp,
            series_id=series_id,
            name=_joined(info.area_name, info.measure_name, info.age_name),
            unit=measure.unit.as_text(),
            period=self.config.period,
            member=self.member,
            backtest=dict(self.backtest.get(series_id, {})),
            history=tuple((str(when)[:10], float(value)) for when, value in seen.iloc[-self._shown_periods :].items()),
            points=tuple(self._point(row, seen) for row in self._points[series_id].itertuples()),
            notice=self.config.notice.as_text(),
        )

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """What the trees say of synthetic rows, and the published table's own numbers."""
        return {
            "prediction": np.asarray(self.booster.predict(np.asarray(rows, np.float64), num_threads=1)),
            "forecast": self.forecast["value"].to_numpy(float),
        }

    def to_files(self) -> dict[str, bytes]:
        """The bundle's files, the same bytes for the same model."""
        return {
            CONFIG: _json({"member": self.member, "config": self.config.model_dump(mode="json")}),
            BOOSTER: self.booster.model_to_string().encode(),
            OBSERVATIONS: _parquet(self.observations),
            FORECAST: _parquet(self.forecast),
            BACKTEST: _json({name: dict(values) for name, values in self.backtest.items()}),
            QUANTILES: _json({level: {str(c): w for c, w in by.items()} for level, by in self.quantiles.items()}),
        }

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "DemandModel":
        """The inverse of `to_files`, of a verified bundle."""
        said = bundle.json(CONFIG)
        quantiles = {level: {float(c): w for c, w in by.items()} for level, by in bundle.json(QUANTILES).items()}
        return cls(
            config=validate_config(said["config"], DemandConfig, CONFIG),
            member=str(said["member"]),
            booster=parse_booster(bundle.text(BOOSTER)),
            observations=pd.read_parquet(io.BytesIO(bundle.bytes_of(OBSERVATIONS))),
            forecast=pd.read_parquet(io.BytesIO(bundle.bytes_of(FORECAST))),
            backtest=bundle.json(BACKTEST),
            quantiles=quantiles,
        )

    @property
    def _shown_periods(self) -> int:
        seasons = SHOWN_SEASONS * self.config.season_length
        return max(seasons, SHOWN_DAYS) if self.config.period == "day" else seasons

    def _info(self, one: Published) -> SeriesInfo:
        groups = self._groups(one)
        age = _joined(*(group.name for group in groups)) if groups else EVERYBODY
        name = self.config.measures[one.measure].name.as_text()
        area = self._area_name(one.area)
        return SeriesInfo(one.series_id, one.area, area, one.age_group, age, one.measure, name, one.level, groups)

    def _groups(self, one: Published) -> tuple[GroupInfo, ...]:
        dimensions = dimensions_of(self.config)
        return tuple(
            GroupInfo(name, dimensions[name].name.as_text(), group, dimensions[name].groups[group].name.as_text())
            for name, group in one.groups
        )

    def _area_name(self, area: str) -> Text:
        names = names_of(self.config)
        return names[area].as_text() if area in names else _plain(area)

    def _point(self, row: object, seen: pd.Series) -> ForecastPoint:
        when: pd.Timestamp = row.ds  # type: ignore[attr-defined]
        before = year_before(when, self.config.period)
        last_year = float(seen[before]) if before in seen.index else None
        numbers = {name: float(getattr(row, name)) for name in ("value", "low80", "high80", "low95", "high95")}
        return ForecastPoint(period_start=when.date().isoformat(), last_year=last_year, **numbers)


def year_before(when: pd.Timestamp, period: Period) -> pd.Timestamp:
    """Last year's same month, or the same weekday 52 weeks ago."""
    return when - pd.DateOffset(years=1) if period == "month" else when - pd.Timedelta(weeks=52)


def _plain(words: str) -> Text:
    return {"fi": words, "sv": words, "en": words}


def _joined(*texts: Text) -> Text:
    return {language: ", ".join(text[language] for text in texts) for language in ("fi", "sv", "en")}


def _json(values: object) -> bytes:
    """As ordered in the config: the first measure, area and age group are shown first."""
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8")


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def parse_booster(text: str) -> lightgbm.Booster:
    """The booster of a verified text.  Raises ModelError when LightGBM refuses it."""
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError:
        raise ModelError("The demand bundle's booster cannot be read. Train a new version.") from None
