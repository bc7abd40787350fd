"""The served demand model: a published forecast table with its back-test, read from a verified bundle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np
import pandas as pd

from configs.errors import ModelError
from configs.loader import validate_config
from features.frames import frame_bytes, frame_of
from features.panel.periods import Period
from models.answers import ForecastAnswer, ForecastPoint, ModelStamp, Text
from models.bundles.bundle import Bundle
from models.demand.coherence.stored import Sums
from models.demand.cold_start.status import SeriesStatus
from models.demand.cold_start.stored import STATUSES, read_statuses, statuses_file
from models.demand.config import DemandConfig
from models.demand.explained import ForecastExplanation, Reasons, explanation_of
from models.demand.forecasters.combination import Choice
from models.demand.hierarchy import AREA, Published, aggregate, dimensions_of, names_of, published_series
from models.demand.intervals import Quantiles
from models.demand.longer import by_longer, summed_reasons, unit_per, year_before
from models.demand.series_info import GroupInfo, SeriesInfo

CONFIG, BOOSTER, OBSERVATIONS, FORECAST = "config.json", "booster.txt", "observations.parquet", "forecast.parquet"
BACKTEST, QUANTILES = "backtest.json", "quantiles.json"
CHOICE, MEMBERS, SHORT = "choice.json", "members.parquet", "short.parquet"
BORROWED = "borrowed"
"""Who serves a series of similar areas."""
UNKNOWN = "There is no such forecast series. Choose one of the listed series."
SHOWN_SEASONS = 2
SHOWN_DAYS = 84
"""Daily series show twelve weeks: two of their seasons are only two weeks."""
OLDER = ("65plus", "75plus")
"""Age groups whose growth is the ageing of the population."""
NEVER = pd.Series([], index=pd.DatetimeIndex([]), dtype=float)
EVERYBODY: Text = {"fi": "Kaikki", "sv": "Alla", "en": "All"}


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
    choice: Choice | None = None
    """The chosen member and the weights, by group of bottom series; none = `member` serves all."""
    members: pd.DataFrame | None = None
    """What every member says of the bottom series: unique_id, ds, group, one column each."""
    reasons: Reasons | None = None
    """Explanations; None in a bundle made before they were stored."""
    statuses: Mapping[str, SeriesStatus] | None = None
    """What stands behind each published series, also those without a forecast; None in an older bundle."""
    short: pd.DataFrame | None = None
    """Bottom series (unique_id, ds, y) that are too short for a forecast of their own."""
    sums: Sums | None = None
    """How sums were made, and the tables of longer periods; None in an older bundle."""

    @cached_property
    def published(self) -> dict[str, Published]:
        """Published series by id, those with a forecast."""
        known = set(self.forecast["series_id"])
        bottom = sorted(self.observations["unique_id"].unique())
        return {one.series_id: one for one in published_series(self.config, bottom) if one.series_id in known}

    @property
    def observed(self) -> pd.DataFrame:
        """All bottom series that were observed, the short ones among them."""
        none = self.short is None or self.short.empty
        return self.observations if none else pd.concat([self.observations, self.short], ignore_index=True)

    @cached_property
    def history(self) -> dict[str, pd.Series]:
        """Observed values by published series, indexed by period start."""
        table = aggregate(self.observed, tuple(self.published.values()), ["ds"])
        return {str(name): rows.set_index("ds")["y"] for name, rows in table.groupby("series_id")}

    @cached_property
    def _points(self) -> dict[str, pd.DataFrame]:
        return {str(name): rows.sort_values("step") for name, rows in self.forecast.groupby("series_id")}

    def series(self) -> tuple[SeriesInfo, ...]:
        """Every series that can be asked for."""
        return tuple(self._info(one) for one in self.published.values())

    def infos(self, published: Sequence[Published]) -> tuple[SeriesInfo, ...]:
        """How some series are called, shown or not."""
        return tuple(self._info(one) for one in published)

    def status(self, series_id: str) -> SeriesStatus:
        """What stands behind a series.  Raises ModelError for one that is neither forecast nor known to lack data."""
        found = (self.statuses or {}).get(series_id)
        if found is not None:
            return found
        if series_id not in self.published:
            raise ModelError(UNKNOWN)
        return SeriesStatus("forecast", len(self.history[series_id]), self.config.minimum_periods)

    @property
    def borrowed(self) -> dict[str, SeriesStatus]:
        """The published series whose forecast is borrowed, whole or in part."""
        return {name: one for name, one in (self.statuses or {}).items() if one.status == "borrowed"}

    @property
    def lacking(self) -> dict[str, SeriesStatus]:
        """The published series without a forecast, and what they lack."""
        return {name: one for name, one in (self.statuses or {}).items() if one.status == "not_enough_data"}

    def lacking_series(self) -> tuple[SeriesInfo, ...]:
        """Every series that has no forecast for want of data: to be listed, not to be asked for."""
        ids = self.lacking
        every = published_series(self.config, sorted(ids))
        return tuple(self._info(one) for one in every if one.series_id in ids)

    def periods_of(self, series_id: str) -> tuple[Period, ...]:
        """By what a series can be read: its own period first, then those it adds up to."""
        tables = self.sums.tables if self.sums else {}
        return (self.config.period, *(one for one, table in tables.items() if (table["series_id"] == series_id).any()))

    def answer(self, series_id: str, stamp: ModelStamp, period: Period | None = None) -> ForecastAnswer:
        """The forecast of one series, by its own or by a longer period.

        Raises ModelError for an unknown series and for a period that the model has no table of.
        """
        if series_id not in self.published:
            raise ModelError(UNKNOWN)
        if period is not None and period != self.config.period:
            return self._by(series_id, stamp, period)
        info, measure = self._info(self.published[series_id]), self.config.measures[self.published[series_id].measure]
        seen = self.history.get(series_id, NEVER)
        return ForecastAnswer(
            stamp=stamp,
            series_id=series_id,
            name=_joined(info.area_name, info.measure_name, info.age_name),
            unit=measure.unit.as_text(),
            period=self.config.period,
            member=self.member_of(series_id),
            backtest=dict(self.backtest.get(series_id, {})),
            history=tuple((str(when)[:10], float(value)) for when, value in seen.iloc[-self._shown_periods :].items()),
            points=tuple(self._point(row, seen) for row in self._points[series_id].itertuples()),
            notice=self.config.notice.as_text(),
        )

    def _by(self, series_id: str, stamp: ModelStamp, period: Period) -> ForecastAnswer:
        rows = self._rows_by(series_id, period)
        expected = self.sums.backtest.get(period, {}).get(series_id, {}) if self.sums else {}
        measure, seen = self.config.measures[self.published[series_id].measure], self.history.get(series_id, NEVER)
        return by_longer(self.answer(series_id, stamp), rows, seen, measure, self.config.period, period, expected)

    def _rows_by(self, series_id: str, period: Period) -> pd.DataFrame:
        periods = self.periods_of(series_id)
        if self.sums is None or period not in periods:
            raise ModelError(f"This forecast is not made by the {period}. Choose {' or '.join(periods)}.")
        table = self.sums.tables[period]
        return table[table["series_id"] == series_id]

    def member_of(self, series_id: str) -> str:
        """The member that serves a published series, `by_group` where its parts are served by several."""
        if self.choice is None:
            return self.member
        groups = [self._group[part] for part in self.published[series_id].parts if part in self._group]
        lent = self.status(series_id).status == BORROWED and self.published[series_id].level == AREA
        return BORROWED if lent else self.choice.member(groups)

    @cached_property
    def _group(self) -> dict[str, str]:
        rows = self.members
        return {} if rows is None else {str(k): str(v) for k, v in zip(rows["unique_id"], rows["group"], strict=True)}

    def explanation(self, series_id: str, period: Period | None = None) -> ForecastExplanation:
        """Why the forecast of one series is what it is.  Raises ModelError for an unknown one."""
        if self.reasons is None:
            raise ModelError("This demand model has no explanations. Train a new version.")
        if series_id not in self.published:
            raise ModelError(UNKNOWN)
        if self.status(series_id).status == BORROWED:
            raise ModelError("This forecast is borrowed from similar areas and has no explanation of its own.")
        one, base = self.published[series_id], self.config.period
        measure, table = self.config.measures[one.measure], self.reasons.table
        unit: Text = measure.unit.as_text()
        if period is not None and period != base:
            starts = pd.DatetimeIndex(self._rows_by(series_id, period)["ds"])
            table = summed_reasons(table[table["series_id"] == series_id], starts, period, base)
            unit = unit_per(measure, period, base)
        return explanation_of(table, series_id, unit, base, one.age_group in OLDER)

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """What the trees say of synthetic rows, and the published table's own numbers."""
        return {
            "prediction": np.asarray(self.booster.predict(np.asarray(rows, np.float64), num_threads=1)),
            "forecast": self.forecast["value"].to_numpy(float),
        }

    def to_files(self) -> dict[str, bytes]:
        """The bundle's files, the same bytes for the same model."""
        files = {
            CONFIG: _json({"member": self.member, "config": self.config.model_dump(mode="json")}),
            BOOSTER: self.booster.model_to_string().encode(),
            OBSERVATIONS: frame_bytes(self.observations),
            FORECAST: frame_bytes(self.forecast),
            BACKTEST: _json({name: dict(values) for name, values in self.backtest.items()}),
            QUANTILES: _json({level: {str(c): w for c, w in by.items()} for level, by in self.quantiles.items()}),
            **(self.reasons.to_files() if self.reasons else {}),
        }
        if self.choice is not None and self.members is not None:
            files |= {CHOICE: _json(self.choice.as_json()), MEMBERS: frame_bytes(self.members)}
        if self.statuses is not None:
            files[STATUSES] = statuses_file(self.statuses)
        if self.short is not None and len(self.short):
            files[SHORT] = frame_bytes(self.short)
        return files | (self.sums.to_files() if self.sums else {})

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "DemandModel":
        """The inverse of `to_files`, of a verified bundle."""
        said = bundle.json(CONFIG)
        quantiles = {level: {float(c): w for c, w in by.items()} for level, by in bundle.json(QUANTILES).items()}
        return cls(
            config=validate_config(said["config"], DemandConfig, CONFIG),
            member=str(said["member"]),
            booster=parse_booster(bundle.text(BOOSTER)),
            observations=frame_of(bundle.bytes_of(OBSERVATIONS)),
            forecast=frame_of(bundle.bytes_of(FORECAST)),
            backtest=bundle.json(BACKTEST),
            quantiles=quantiles,
            choice=Choice.from_json(bundle.json(CHOICE)) if CHOICE in bundle.files else None,
            members=frame_of(bundle.bytes_of(MEMBERS)) if MEMBERS in bundle.files else None,
            reasons=Reasons.from_bundle(bundle),
            statuses=read_statuses(bundle),
            short=frame_of(bundle.bytes_of(SHORT)) if SHORT in bundle.files else None,
            sums=Sums.from_bundle(bundle),
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


def _plain(words: str) -> Text:
    return {"fi": words, "sv": words, "en": words}


def _joined(*texts: Text) -> Text:
    return {language: ", ".join(text[language] for text in texts) for language in ("fi", "sv", "en")}


def _json(values: object) -> bytes:
    """As ordered in the config: the first measure, area and age group are shown first."""
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8")


def parse_booster(text: str) -> lightgbm.Booster:
    """The booster of a verified text.  Raises ModelError when LightGBM refuses it."""
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError:
        raise ModelError("The demand bundle's booster cannot be read. Train a new version.") from None
