"""What planning starts from: a published forecast, what each of its series is, and the parts that it is a sum of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from features.panel.periods import following
from models.demand.config import DemandConfig
from models.demand.hierarchy import BAND, TOTAL, Published, dimensions_of
from models.demand.model import DemandModel
from models.demand.series_info import SeriesInfo
from models.texts import Text

LEVELS = ("low80", "high80", "low95", "high95")
AREA, AGE, MEASURE = "area", "age_group", "measure"
RECENT_PERIODS = 12
"""Observed periods whose mean says how a published sum divides into parts that are not published themselves."""


@dataclass(frozen=True)
class PlanSeries:
    """One published series: what it is of (dimension → value), how it is named, and the parts it is the sum of."""

    series_id: str
    dimensions: Mapping[str, str]
    parts: tuple[str, ...]
    name: Text
    unit: Text


@dataclass(frozen=True)
class Base:
    """A published forecast table (`series_id, ds, step, value, low80, high80, low95, high95`) and its series.

    `parts` tells the dimensions of every part (the bottom series), `recent` its recent mean, in the series' unit.
    """

    forecast: pd.DataFrame
    series: tuple[PlanSeries, ...]
    parts: Mapping[str, Mapping[str, str]]
    recent: Mapping[str, float]
    period: str
    names: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    """Dimension → value → how it is called on the pages, where the forecast says it."""

    def __post_init__(self) -> None:
        missing = [name for name in ("series_id", "ds", "step", "value", *LEVELS) if name not in self.forecast.columns]
        if missing:
            english = f"The forecast table has no column {missing[0]}. Train the demand model again."
            raise DataError(Phrase(english, "forecast_column", column=missing[0]))

    def one(self, series_id: str) -> PlanSeries:
        """One series.  Raises DataError for an unknown one."""
        found = next((one for one in self.series if one.series_id == series_id), None)
        if found is None:
            raise DataError(Phrase("There is no such forecast series. Choose one of the listed series.", "no_series"))
        return found

    def with_forecast(self, table: pd.DataFrame) -> "Base":
        """The same series with another forecast table, e.g. an overridden one."""
        return replace(self, forecast=table)

    def name_of(self, dimension: str, value: str) -> Text:
        """How a value of a dimension is called, with the value itself where that is another word."""
        name = self.names.get(dimension, {}).get(value, {})
        return {code: f"{name[code]} ({value})" if name else value for code in ("fi", "sv", "en")}

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last day of the forecast."""
        last = following(pd.Timestamp(self.forecast["ds"].max()), self.period)  # type: ignore[arg-type]
        return self.forecast["ds"].min().date(), last.date() - timedelta(days=1)

    @property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """Every dimension of the parts with its values."""
        names = sorted({name for one in self.parts.values() for name in one})
        return {
            name: tuple(sorted({one[name] for one in self.parts.values() if one.get(name)}))  #
            for name in names
        }


def base_of(model: DemandModel) -> Base:
    """The base of a served or registered demand model."""
    infos = {one.series_id: one for one in model.series()}
    units = {name: one.unit.as_text() for name, one in model.config.measures.items()}
    series = tuple(
        PlanSeries(
            series_id=one.series_id,
            dimensions=published_dimensions(one),
            parts=one.parts,
            name=_joined(
                infos[one.series_id].area_name, infos[one.series_id].measure_name, infos[one.series_id].age_name
            ),
            unit=units[one.measure],
        )
        for one in model.published.values()
    )
    bottom = {part for one in series for part in one.parts}
    recent = model.observed.groupby("unique_id")["y"].apply(lambda y: float(y.tail(RECENT_PERIODS).mean()))
    return Base(
        forecast=model.forecast,
        series=series,
        parts={part: part_dimensions(part, part_names(model.config), series) for part in sorted(bottom)},
        recent={str(name): float(value) for name, value in recent.items() if name in bottom},
        period=model.config.period,
        names=_names(infos.values()),
    )


def _names(infos: Iterable[SeriesInfo]) -> dict[str, dict[str, Text]]:
    """How areas, measures and groups are called, as the published series say it."""
    found: dict[str, dict[str, Text]] = {}
    for one in infos:
        told = [(AREA, one.area, one.area_name), (MEASURE, one.measure, one.measure_name)]
        told += [(_planned(group.dimension), group.group, group.name) for group in one.groups]
        told += [] if one.groups else [(AGE, one.age_group, one.age_name)]
        for dimension, value, name in told:
            found.setdefault(dimension, {})[value] = name
    return found


def published_dimensions(one: Published) -> dict[str, str]:
    """What a published series is of; age bands are called age groups, as the planner knows them."""
    groups = {_planned(name): group for name, group in one.groups} or {AGE: one.age_group}
    return {AREA: one.area, MEASURE: one.measure, **groups}


def part_names(config: DemandConfig) -> tuple[str, ...]:
    """What the pieces of a bottom series' id are; none for a sheet, whose ids are its own."""
    return (AREA, MEASURE, *map(_planned, dimensions_of(config))) if config.areas else ()


def part_dimensions(part: str, names: Sequence[str], series: Sequence[PlanSeries]) -> dict[str, str]:
    """What a part is of: the pieces of its id by name.  A sheet's own series has its published dimensions."""
    pieces = part.split("|")
    if len(pieces) == len(names):
        return dict(zip(names, pieces, strict=True))
    published = next((one for one in series if one.parts == (part,)), None)
    return dict(published.dimensions) if published else {AREA: part, AGE: TOTAL}


def _planned(dimension: str) -> str:
    return AGE if dimension == BAND else dimension


def _joined(*texts: Text) -> Text:
    return {language: ", ".join(text[language] for text in texts) for language in ("fi", "sv", "en")}
