"""Scenarios beside the base: choose a series and some scenarios, see them in one picture and one table."""

from functools import partial

from starlette.responses import Response

from serving.pages.charts import ForecastTexts, Lines, scenario_chart, scenario_swatch
from serving.pages.page import Page
from serving.pages.planner.choosing import choose_series
from serving.pages.views.forecasts import NARROW, WIDE, decimals_of
from serving.planning.records import Comparison

MOST = 4
FIRST = 2
"""Scenarios compared before any is chosen."""


def compare(page: Page) -> Response:
    """The chosen scenarios on the chosen series."""
    series = [one for one in page.services.series(page.who) if one.has_forecast]
    if not series:
        return page.show("forecasts_none.html")
    chosen = choose_series(page, series)
    entries = page.services.planner.scenarios(page.who)
    asked = page.request.query_params.getlist("scenario")
    ids = [one.id for one in entries if one.id in asked][:MOST]
    if not ids and "compare" not in page.request.query_params:
        ids = [one.id for one in entries][:FIRST]
    found = page.services.planner.compare(page.who, chosen.series.model, chosen.series.series_id, ids)
    return page.show(
        "planner/scenarios.html",
        chosen=chosen,
        entries=entries,
        ids=ids,
        found=found,
        charts=_charts(page, found),
        swatch=scenario_swatch,
        period=lambda iso: page.format.period(iso, found.period),
        decimals=decimals_of([*found.base.values]),
        may_plan=page.services.planner.may_plan(page.who),
        from_zero=_begins_at_zero(found),
        too_many=len(set(asked)) > MOST,
        most=MOST,
    )


def _charts(page: Page, found: Comparison) -> tuple[object, ...]:
    texts = ForecastTexts(
        title=page.language.text("chart.scenarios.title", name=page.format.said(found.name)),
        unit=page.format.said(found.unit),
        number=partial(page.format.number, decimals=decimals_of([*found.base.values])),
        period=lambda iso: page.format.period(iso, found.period),
    )
    base = found.base
    lines = Lines(found.periods, base.values, base.low80, base.high80, [one.values for one in found.lines])
    return tuple(
        scenario_chart(lines, texts, width=width, name=name) for name, width in (("wide", WIDE), ("narrow", NARROW))
    )


def _begins_at_zero(found: Comparison) -> bool:
    values = [*found.base.low80, *found.base.high80, *(value for one in found.lines for value in one.values)]
    return min(values) < 0.6 * max(values)
