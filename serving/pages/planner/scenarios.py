"""Scenarios beside the base: choose a series and some scenarios, see them in one picture and one table."""

import secrets
from dataclasses import replace

from starlette.responses import Response

from serving.pages.charts import ForecastTexts, Lines, scenario_chart, scenario_swatch
from serving.pages.page import Page
from serving.pages.planner.choosing import choose_series
from serving.pages.planner.saying import sentence
from serving.pages.views.forecasts import NARROW, WIDE, decimals_of
from serving.planning.kept.records import Comparison

MOST = 4
MOST_TRIED = 20
"""Chosen scenarios that are looked at; those that fit and find room are compared."""
FIRST, FIRST_TRIED = 2, 6
"""Scenarios compared before any is chosen, and how many are tried to find them."""


def compare(page: Page) -> Response:
    """The chosen scenarios on the chosen series."""
    series = [one for one in page.services.series(page.who) if one.has_forecast]
    if not series:
        return page.show("forecasts_none.html")
    chosen = choose_series(page, series)
    entries = page.services.planner.scenarios(page.who)
    asked = page.request.query_params.getlist("scenario")
    ids = [one.id for one in entries if one.id in asked]
    first = not ids and "compare" not in page.request.query_params
    tried = [one.id for one in entries][:FIRST_TRIED] if first else ids[:MOST_TRIED]
    found = page.services.planner.compare(page.who, chosen.series.model, chosen.series.series_id, tried)
    shown = replace(found, lines=found.lines[: FIRST if first else MOST], skipped=() if first else found.skipped)
    left = set(ids) - {one.id for one in shown.lines} - {one for one, _, _ in found.skipped}
    return page.show(
        "planner/scenarios.html",
        chosen=chosen,
        entries=entries,
        ids=[one.id for one in shown.lines],
        found=shown,
        charts=_charts(page, shown),
        swatch=scenario_swatch,
        period=lambda iso: page.format.period(iso, found.period),
        decimals=decimals_of([*found.base.values]),
        may_plan=page.services.planner.may_plan(page.who),
        from_zero=_begins_at_zero(shown),
        left_out=[page.format.said(one.name) for one in entries if one.id in left],
        registers=page.services.planner.registers_until(page.who),
        sentence=lambda said: sentence(said, page.format),
        form_key=secrets.token_urlsafe(16),
        most=MOST,
    )


def back(page: Page) -> Response:
    """A form's address opened as a page."""
    return page.go("/scenarios")


def remove(page: Page) -> Response:
    """Take a saved scenario away.  Raises NotYours for an unknown one."""
    page.services.planner.remove_scenario(page.who, page.form.get("scenario", ""), page.form.get("key", ""))
    return page.go("/scenarios")


def _charts(page: Page, found: Comparison) -> tuple[object, ...]:
    texts = ForecastTexts(
        title=page.language.text("chart.scenarios.title", name=page.format.said(found.name)),
        unit=page.format.said(found.unit),
        number=page.format.plain,
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
