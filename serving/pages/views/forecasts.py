"""The planner's page: choose a series, see its forecast with intervals and expected error, take it to Excel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan

from starlette.responses import Response

from models.answers import ForecastAnswer, ForecastPoint, Text
from serving.pages.charts import ForecastTexts, forecast_chart
from serving.pages.excel import forecast_workbook
from serving.pages.format import Format
from serving.pages.page import Page
from serving.pages.services import Series

CHOICES = ("area", "age_group", "measure")
FIRST_CHOICE = {"age_group": "total", "measure": "visits"}
"""What is shown before anything is chosen, where there is such a series."""
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
    chosen = choose(series, wishes(page))
    answer = page.services.forecast(page.who, chosen.series_id)
    errors = backtest(answer)
    return page.show(
        "forecasts.html",
        options=[(name, options(series, name)) for name in CHOICES],
        chosen=chosen,
        answer=answer,
        charts=_charts(answer, page.format) if answer.points else (),
        summary=summarise(answer),
        backtest=errors,
        verdict=verdict(errors),
        period=period_writer(answer, page.format),
        decimals=decimals(answer),
        from_zero=_from_zero(answer),
    )


def download(page: Page) -> Response:
    """The same forecast as an Excel file."""
    series = page.services.series(page.who)
    chosen = choose(series, wishes(page))
    answer = page.services.forecast(page.who, chosen.series_id)
    name = f"luotain_{answer.stamp.data_until}_{page.language.code}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(forecast_workbook(answer, page.format), media_type=EXCEL_TYPE, headers=headers)


def wishes(page: Page) -> dict[str, str]:
    """What the visitor asked for, filled up with the first choices."""
    return {name: page.query(name) or FIRST_CHOICE.get(name, "") for name in CHOICES}


def choose(series: Sequence[Series], wanted: dict[str, str]) -> Series:
    """The series that meets most of the wishes, in the order area, age group, measure; the first one on a tie."""
    return max(series, key=lambda one: tuple(getattr(one, name) == wanted[name] for name in CHOICES))


def options(series: Sequence[Series], name: str) -> dict[str, Text]:
    """The values of one choice, in the order of the series."""
    label = {"area": "area_name", "age_group": "age_name", "measure": "measure_name"}[name]
    return {getattr(one, name): getattr(one, label) for one in series}


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
    return 1 if max((point.value for point in answer.points), default=0.0) < 20 else 0


def _charts(answer: ForecastAnswer, format: Format) -> tuple[object, ...]:
    texts = ForecastTexts(
        title=format.language.text("chart.forecast.title", name=format.said(answer.name)),
        unit=format.said(answer.unit),
        number=partial(format.number, decimals=decimals(answer)),
        period=period_writer(answer, format),
    )
    return (
        forecast_chart(answer, texts, width=WIDE, history=SEEN_WIDE, name="wide"),
        forecast_chart(answer, texts, width=NARROW, history=SEEN_NARROW, name="narrow"),
    )


def _from_zero(answer: ForecastAnswer) -> bool:
    lows = [point.low95 for point in answer.points] + [value for _, value in answer.history[-SEEN_WIDE:]]
    highs = [point.high95 for point in answer.points] + [value for _, value in answer.history[-SEEN_WIDE:]]
    return not lows or min(lows) < 0.6 * max(highs)
