"""The planner's page: choose a series, see its forecast with intervals and expected error, take it to Excel."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import isnan

from starlette.responses import Response

from models.answers import ForecastAnswer, ForecastPoint
from serving.pages.charts import ForecastTexts, difference_bar, forecast_chart
from serving.pages.excel import forecast_workbook
from serving.pages.format import Format
from serving.pages.page import Page
from serving.pages.planner.choosing import Chosen, choose_series
from serving.pages.planner.reading import FormFault
from serving.pages.planner.saying import sentence
from serving.pages.planner.services import WrongInput
from serving.pages.planner.units import counted
from serving.planning.kept.records import Corrected, SeriesPicture

PERIOD = "period"
STOCK = "clients"
"""A measure that is counted as it stands: its periods have a mean and no sum."""
SAME = 0.05
"""Two errors that differ by less than this share of the simple guess's error are called the same."""
WIDE, NARROW = 820.0, 350.0
SEEN_WIDE, SEEN_NARROW = 78, 26
"""How many past periods the picture shows on a wide and on a narrow screen."""
BACKTEST = {
    "wape": "wape",
    "wape_naive": "baseline_wape",
    "mase": "mase",
    "mase_naive": "baseline_mase",
    "coverage80": "coverage80",
    "coverage95": "coverage95",
}
"""Shown error → the other name it may have in the answer."""
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Summary:
    """The forecast in four numbers."""

    next: ForecastPoint
    peak: ForecastPoint
    total: float
    total_last_year: float | None


def forecast(page: Page) -> Response:
    """The chosen series' forecast; without a choice, the first series."""
    series = page.services.series(page.who)
    if not series:
        return page.show("forecasts_none.html")
    chosen, period = choose_series(page, series), page.query(PERIOD)
    try:
        return show_forecast(page, chosen, period=period or None)
    except WrongInput:
        return show_forecast(page, chosen, fault=FormFault(page.language.text("period.unknown")), status=400)


def show_forecast(
    page: Page,
    chosen: Chosen,
    given: Mapping[str, str] | None = None,
    fault: FormFault | None = None,
    status: int = 200,
    period: str | None = None,
) -> Response:
    """The page of one series; `given` and `fault` are of a form that could not be used.

    Raises WrongInput for a period that the series has no table of.
    """
    picture = page.services.planner.picture(page.who, chosen.series.model, chosen.series.series_id, period)
    answer = picture.answer
    errors, judged = backtest(answer), page.services.planner.judged(page.who)
    return page.show(
        "forecasts.html",
        status,
        chosen=chosen,
        picture=picture,
        answer=answer,
        charts=_charts(picture, page.format) if answer.points else (),
        summary=summarise(as_planned(picture)),
        model_said=summarise(answer),
        judged=judged,
        judged_unit=(judged.unit if isinstance(judged.unit, str) else page.format.said(judged.unit)) if judged else "",
        realised=page.services.planner.realised(page.who, chosen.series.model, chosen.series.series_id),
        unit_of=lambda unit, value: counted(unit, value, page.language),
        is_stock=chosen.series.measure == STOCK,
        registers=page.services.planner.registers_until(page.who),
        sentence=lambda said: sentence(said, page.format),
        backtest=errors,
        verdict=verdict(errors),
        period=period_writer(answer, page.format),
        switch=period_switch(picture, chosen),
        own_period=answer.period in picture.periods[:1] or not picture.periods,
        decimals=decimals(answer),
        from_zero=begins_at_zero(answer, [one.value for one in picture.corrected.values()]),
        bar=_bar(picture),
        may_plan=page.services.planner.may_plan(page.who),
        given=given or {},
        fault=fault,
        form_key=secrets.token_urlsafe(16),
    )


def download(page: Page) -> Response:
    """The same forecast as an Excel file, with scenarios, staffing and overrides of the series."""
    chosen = choose_series(page, page.services.series(page.who)).series
    planner, code = page.services.planner, page.language.code
    try:
        picture = planner.picture(page.who, chosen.model, chosen.series_id, page.query(PERIOD) or None)
    except WrongInput:
        return forecast(page)
    more = planner.workbook(page.who, chosen.model, chosen.series_id, code)
    by = f"_{picture.answer.period}" if picture.answer.period not in picture.periods[:1] and picture.periods else ""
    name = f"luotain_{picture.answer.stamp.data_until}{by}_{code}.xlsx"
    registers = planner.registers_until(page.who)
    return excel_file(forecast_workbook(picture, page.format, more, registers), name)


def period_switch(picture: SeriesPicture, chosen: Chosen) -> tuple[tuple[str, str], ...]:
    """(period, query) of every period that the series can be read by; none where there is no choice."""
    own = picture.periods[:1]
    queries = [(one, chosen.query if one in own else f"{chosen.query}&{PERIOD}={one}") for one in picture.periods]
    return tuple(queries) if len(queries) > 1 else ()


def excel_file(content: bytes, name: str) -> Response:
    """A workbook to save."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=EXCEL_TYPE, headers=headers)


def as_planned(picture: SeriesPicture) -> ForecastAnswer:
    """The answer with overridden numbers in place of the model's, as it is planned with."""
    points = tuple(_planned(point, picture.corrected.get(point.period_start)) for point in picture.answer.points)
    return replace(picture.answer, points=points)


def _planned(point: ForecastPoint, own: Corrected | None) -> ForecastPoint:
    numbers = ("value", "low80", "high80", "low95", "high95")
    return replace(point, **{name: getattr(own, name) for name in numbers}) if own else point


def summarise(answer: ForecastAnswer) -> Summary | None:
    """Next period, highest period and the sum, or None when there is no forecast."""
    if not answer.points:
        return None
    known = [point.last_year for point in answer.points if point.last_year is not None]
    return Summary(
        next=answer.points[0],
        peak=max(answer.points, key=lambda point: point.value),
        total=sum(point.value for point in answer.points),
        total_last_year=sum(known) if len(known) == len(answer.points) else None,
    )


def backtest(answer: ForecastAnswer) -> dict[str, float | None]:
    """The expected errors that the page shows; None for those the model does not know.  Empty when none is known."""
    found = {key: answer.backtest.get(key, answer.backtest.get(other)) for key, other in BACKTEST.items()}
    known = {key: value for key, value in found.items() if value is not None and not isnan(value)}
    return {key: known.get(key) for key in BACKTEST} if known else {}


def verdict(errors: Mapping[str, float | None]) -> str | None:
    """The model against last year's same period: better, same or worse; None when either error is not known."""
    model, naive = errors.get("wape"), errors.get("wape_naive")
    if model is None or naive is None:
        return None
    if abs(model - naive) <= SAME * naive:
        return "same"
    return "better" if model < naive else "worse"


def period_writer(answer: ForecastAnswer, format: Format) -> Callable[[str], str]:
    """How the periods of this series are written."""
    return lambda iso: format.period(iso, answer.period)


def decimals(answer: ForecastAnswer) -> int:
    """One decimal for small series, none for large ones."""
    return decimals_of([point.value for point in answer.points])


def decimals_of(values: list[float]) -> int:
    """One decimal for small numbers, none for large ones."""
    return 1 if max((abs(value) for value in values), default=0.0) < 20 else 0


def chart_texts(answer: ForecastAnswer, format: Format) -> ForecastTexts:
    """The words of a series' picture."""
    return ForecastTexts(
        title=format.language.text("chart.forecast.title", name=format.said(answer.name)),
        unit=format.said(answer.unit),
        number=format.plain,
        period=period_writer(answer, format),
    )


def _charts(picture: SeriesPicture, format: Format) -> tuple[object, ...]:
    answer, texts = picture.answer, chart_texts(picture.answer, format)
    corrected = {period: one.value for period, one in picture.corrected.items()}
    sizes = (("wide", WIDE, SEEN_WIDE), ("narrow", NARROW, SEEN_NARROW))
    return tuple(
        forecast_chart(answer, texts, width=width, history=seen, name=name, corrected=corrected)
        for name, width, seen in sizes
    )


def _bar(picture: SeriesPicture) -> Callable[[float], object]:
    """Bars of the explanation on one scale."""
    told = picture.explanation
    largest = max((abs(one.value) for one in told.groups), default=0.0) if told else 0.0
    largest = max(largest, abs(told.remainder)) if told else largest
    return lambda value: difference_bar(value, largest)


def begins_at_zero(answer: ForecastAnswer, others: Iterable[float] = (), seen: int = SEEN_WIDE) -> bool:
    """Whether the picture's scale begins at zero; `others` are numbers drawn beside the forecast."""
    values = [*(value for _, value in answer.history[-seen:]), *others]
    lows, highs = ([getattr(point, edge) for point in answer.points] for edge in ("low95", "high95"))
    return not (values or lows) or min([*values, *lows]) < 0.6 * max([*values, *highs])
