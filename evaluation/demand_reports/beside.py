"""Beside a forecast: last year's same periods, the areas per 1,000 residents, case managers, euros."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from evaluation.demand_reports.section import Line, Section, Value
from evaluation.demand_reports.settings import CaseloadConfig, Comparison, UnitCost
from evaluation.demand_reports.words import note
from models.demand.config import COUNTY
from models.demand.hierarchy import places_of
from models.demand.longer import year_before
from models.demand.model import DemandModel

PER = 1000.0
ENDS = ("value", "low80", "high80", "low95", "high95")


def last_year(name: str, model: DemandModel) -> Section:
    """Every published series and period ahead, beside the same period a year before."""
    lines: list[Line] = []
    for series, rows in model.forecast.sort_values("step").groupby("series_id", sort=True):
        seen = model.history[str(series)]
        before = seen.reindex([year_before(when, model.config.period) for when in rows["ds"]]).to_numpy()
        for row, then in zip(points_of(rows), before, strict=True):
            known = None if math.isnan(then) else float(then)
            lines.append(
                {
                    "model": name,
                    "series": str(series),
                    "period": row.day,
                    "forecast": row.value,
                    "low80": row.low80,
                    "high80": row.high80,
                    "last_year": known,
                    "change": row.value / known - 1 if known else None,
                }
            )
    return Section("last_year", tuple(lines))


def units(model: DemandModel, asked: Comparison, population: pd.DataFrame) -> Section:
    """Areas side by side: mean forecast per period and 1,000 residents of the ages, beside the county's.

    `population`: municipality, age_band, year, persons.  An interval is the mean of the periods' ends, so it is that
    of one period, not of the mean.  `differs` says that the county's rate lies outside the 95 % interval.
    """
    people = _persons(population, asked.ages)
    lines, county = [], _rates(model, COUNTY, asked, sum(people.get(one, 0.0) for one in model.config.areas))
    for place, areas in places_of(model.config).items():
        rates = _rates(model, place, asked, sum(people.get(one, 0.0) for one in areas))
        if rates is None:
            continue
        whole = county["value"] if county else None
        lines.append(
            {
                "model": model.config.id,
                "measure": asked.measure,
                "group": asked.group,
                "area": place,
                **rates,
                "of_county": rates["value"] / whole if whole else None,
                "differs": not rates["low95"] <= whole <= rates["high95"] if whole is not None else None,
            }
        )
    said = note("rates" if lines else "no_population", ages=", ".join(asked.ages))
    return Section("units", tuple(lines), (said,))


def _persons(population: pd.DataFrame, ages: Sequence[str]) -> Mapping[str, float]:
    """Municipality → residents of the ages in the latest year."""
    chosen = population[population["age_band"].isin(ages)]
    latest = chosen[chosen["year"] == chosen["year"].max()]
    return {str(name): float(n) for name, n in latest.groupby("municipality", observed=True)["persons"].sum().items()}


def _rates(model: DemandModel, place: str, asked: Comparison, persons: float) -> dict[str, float] | None:
    rows = rows_of(model, f"{place}|{asked.measure}|{asked.group}")
    if rows.empty or persons < PER / 100:  # a rate of a handful of people says nothing
        return None
    return {"persons": persons, **{end: float(rows[end].mean()) * PER / persons for end in ENDS}}


def rows_of(model: DemandModel, series: str) -> pd.DataFrame:
    """The forecast of one series, by step; empty where it is not published."""
    return model.forecast[model.forecast["series_id"] == series].sort_values("step")


@dataclass(frozen=True)
class Point:
    """One period of a forecast."""

    start: pd.Timestamp
    value: float
    low80: float
    high80: float

    @property
    def day(self) -> str:
        return self.start.date().isoformat()


def points_of(rows: pd.DataFrame) -> tuple[Point, ...]:
    """The periods of one series' forecast rows."""
    numbers = (rows[name].astype(float) for name in ("value", "low80", "high80"))
    return tuple(Point(pd.Timestamp(when), *ends) for when, *ends in zip(rows["ds"], *numbers, strict=True))


def case_managers(model: DemandModel, asked: CaseloadConfig) -> Section:
    """Clients of the segment ÷ clients per case manager, by place and period, rounded up to whole people."""
    lines: list[Line] = []
    for place in places_of(model.config):
        for row in points_of(rows_of(model, f"{place}|{asked.measure}|{asked.group}")):
            needed = {
                "managers": row.value / asked.clients_per_manager,
                "low80": row.low80 / asked.clients_per_manager,
                "high80": row.high80 / asked.clients_per_manager,
            }
            whole: dict[str, Value] = {name: math.ceil(value - 1e-9) for name, value in needed.items()}
            lines.append(
                {
                    "area": place,
                    "period": row.day,
                    "clients": row.value,
                    **whole,
                    "fewest": math.ceil(row.value / asked.heaviest - 1e-9),
                    "most": math.ceil(row.value / asked.lightest - 1e-9),
                }
            )
    caseload = {"clients": asked.clients_per_manager, "lightest": asked.lightest, "heaviest": asked.heaviest}
    said = note("caseload", source=asked.source, **{name: f"{value:g}" for name, value in caseload.items()})
    other = note("recorded_only") if lines else note("no_segment_series", group=asked.group)
    return Section("case_managers", tuple(lines), (said, other))


def euros(model: DemandModel, asked: UnitCost) -> Section:
    """Forecast units × unit cost, over the whole horizon by place.  The interval is the sum of the periods' ends."""
    lines: list[Line] = []
    for place in places_of(model.config):
        rows = rows_of(model, f"{place}|{asked.measure}|{asked.group}")
        if len(rows):
            sums: dict[str, Value] = {f"euros_{end}": float(rows[end].sum()) * asked.euros for end in ENDS[:3]}
            lines.append(
                {
                    "model": model.config.id,
                    "measure": asked.measure,
                    "group": asked.group,
                    "area": place,
                    "periods": len(rows),
                    "units": float(rows["value"].sum()),
                    "unit_cost": asked.euros,
                    **sums,
                }
            )
    named = {"model": asked.model, "measure": asked.measure, "group": asked.group}
    said = note("unit_cost", euros=f"{asked.euros:g}", year=asked.price_year, source=asked.source, **named)
    return Section("euros", tuple(lines), (said,))
