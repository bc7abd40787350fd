"""Chosen scenarios on one series: the numbers of the page, the API and the workbook."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import LuotainError
from configs.phrases import Phrase, phrase_of
from models.answers import Text
from models.planning.ages import AgeStructure
from models.planning.base import MEASURE, Base
from models.planning.scenarios.applied import ScenarioResult, apply
from models.planning.scenarios.compared import BASE, compare
from models.planning.scenarios.config import Scenario
from models.planning.scenarios.when import Span, begins_outside
from models.planning.scenarios.words import OUTSIDE
from serving.planning.ground import Ground
from serving.planning.kept.records import ScenarioLine

BASE_NAME: Text = {"fi": "Perusennuste", "sv": "Basprognos", "en": "Base forecast"}


@dataclass(frozen=True)
class Applied:
    """The scenarios that fit the forecast, and those that do not with the reason."""

    results: tuple[ScenarioResult, ...]
    skipped: tuple[tuple[str, Text, str], ...]
    """Id, name and why."""


def applied(scenarios: Sequence[Scenario], base: Base, ground: Ground, people: AgeStructure | None) -> Applied:
    """Each scenario by itself: one that does not fit this forecast is left out with its sentence."""
    found, skipped = [], []
    for one in scenarios:
        try:
            found.append(apply(one, base, ground.structure(one, people)))
        except LuotainError as error:
            skipped.append((one.id, one.name.as_text(), phrase_of(error)))
    return Applied(tuple(found), tuple(skipped))


def span_of(bases: Iterable[Base]) -> Span | None:
    """The first and the last day that any of some forecasts covers; None without one."""
    spans = [base.span for base in bases]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def fits_nowhere(
    scenario: Scenario, forecasts: Sequence[tuple[Base, AgeStructure | None]], ground: Ground
) -> str | None:
    """Why a scenario is of no use: it begins outside every forecast, or no forecast can carry it.  None: it fits."""
    span = span_of(base for base, _ in forecasts)
    if span is None:
        return None
    if (outside := begins_outside(scenario, span)) is not None:
        return outside
    why = ""
    for base, people in forecasts:
        found = applied([scenario], base, ground, people)
        if found.results:
            return None
        why = why or found.skipped[0][2]
    return Phrase(f"The scenario fits no live forecast. {why}", "fits_nowhere", why=why)


def of_series(result: ScenarioResult, series_id: str) -> ScenarioResult:
    """The same result with the rows of one series only."""
    table, steps = result.table, result.steps
    return replace(result, table=table[table["series_id"] == series_id], steps=steps[steps["series_id"] == series_id])


def compared_lines(
    base: Base, results: Sequence[ScenarioResult], series_id: str
) -> tuple[ScenarioLine, tuple[ScenarioLine, ...]]:
    """The base and every scenario on one series."""
    rows = base.forecast[base.forecast["series_id"] == series_id].sort_values("step")
    own = [of_series(one, series_id) for one in results]
    table = compare(base.with_forecast(rows), own)
    summed = {str(row["scenario"]): row for row in table.to_dict("records")}
    zero = np.zeros(len(rows))
    flat = rows.assign(difference=zero, difference_low80=zero, difference_high80=zero)
    first = _line(BASE, BASE_NAME, flat, summed[BASE])
    lines = tuple(_scenario_line(one, summed[one.id], base, series_id) for one in own)
    return first, lines


def _scenario_line(result: ScenarioResult, summed: Mapping[Any, Any], base: Base, series_id: str) -> ScenarioLine:
    line = _line(result.id, result.scenario.name.as_text(), result.table.sort_values("step"), summed)
    by_change = result.steps.groupby("change")["difference"].sum()
    changes = tuple((name, float(by_change.get(place, 0.0))) for place, name in enumerate(result.changes))
    outside = _outside(result, base.one(series_id).dimensions.get(MEASURE, ""))
    return replace(line, changes=changes, outside=outside, said=result.said)


def _outside(result: ScenarioResult, measure: str) -> tuple[tuple[Text, float], ...]:
    own = result.outside[result.outside["measure"] == measure]
    sums = own.groupby("what")["value"].sum()
    return tuple((OUTSIDE[str(what)], float(value)) for what, value in sums.items())


def _line(id_: str, name: Text, rows: pd.DataFrame, summed: Mapping[Any, Any]) -> ScenarioLine:
    def told(column: str) -> tuple[float, ...]:
        return tuple(float(value) for value in rows[column])

    return ScenarioLine(
        id=id_,
        name=name,
        values=told("value"),
        low80=told("low80"),
        high80=told("high80"),
        difference=told("difference"),
        difference_low80=told("difference_low80"),
        difference_high80=told("difference_high80"),
        total=float(summed["total"]),
        total_difference=float(summed["difference"]),
        total_low80=float(summed["difference_low80"]),
        total_high80=float(summed["difference_high80"]),
        share=float(summed["share"]),
        peak=float(summed["peak"]),
        peak_period=summed["peak_ds"].date().isoformat(),
        changes=(),
        outside=(),
        said=(),
    )


def periods_of(base: Base, series_id: str) -> tuple[str, ...]:
    """ISO first days of the forecast periods of a series."""
    rows = base.forecast[base.forecast["series_id"] == series_id].sort_values("step")
    return tuple(when.date().isoformat() for when in rows["ds"])


def names_of(scenarios: Sequence[Scenario]) -> Mapping[str, Scenario]:
    """Scenario by id."""
    return {one.id: one for one in scenarios}
