"""A plain sheet `unique_id, ds, y` becomes a forecast at once: shown or taken to Excel, and nothing of it is kept."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from starlette.responses import Response

from models.answers import ForecastAnswer, ForecastPoint, ModelStamp
from models.demand.sheet_default import SheetForecast
from models.exchange import Cell, Sheet, workbook
from serving.pages.charts import ForecastTexts, forecast_chart
from serving.pages.page import Page
from serving.pages.planner.reading import FormFault, fault_of, number, upload_of
from serving.pages.planner.saying import sentence
from serving.pages.planner.services import WrongInput
from serving.pages.views.forecasts import NARROW, SEEN_NARROW, SEEN_WIDE, WIDE, backtest, decimals_of, excel_file

SHOWN_SERIES = 12
"""Pictures on the page; the Excel file has every series."""
NO_STAMP = ModelStamp("sheet", "", "", "", "")


@dataclass(frozen=True)
class Shown:
    """One series of the sheet on the page."""

    answer: ForecastAnswer
    charts: tuple[object, ...]
    backtest: dict[str, float | None]
    decimals: int


def upload_page(page: Page) -> Response:
    """The form."""
    page.services.series(page.who)  # the same right as the forecasts'
    return _show(page)


def upload(page: Page) -> Response:
    """The forecast of the sent sheet, as a page or as a file."""
    asked = page.form.get("horizon", "").strip()
    horizon = number(asked) if asked else None
    if asked and (horizon is None or horizon != int(horizon)):
        return _show(page, FormFault(page.language.text("upload.fault.horizon")), 400)
    try:
        sent = upload_of(page)
        made = page.services.planner.forecast_sheet(page.who, sent, int(horizon) if horizon else None)
    except WrongInput as error:
        return _show(page, fault_of(error, page.format), 400)
    if page.form.get("as") == "excel":
        return excel_file(workbook(tuple(_sheets(page, made))), "luotain_sheet.xlsx")
    return page.show(
        "planner/sheet_forecast.html",
        made=made,
        shown=[_shown(page, made, str(name)) for name in made.forecast["series_id"].unique()[:SHOWN_SERIES]],
        hidden=max(0, made.forecast["series_id"].nunique() - SHOWN_SERIES),
        sentence=lambda said: sentence(said, page.format),
        refused=[one for one in made.statuses if one.status == "refused"],
        alone=[one for one in made.statuses if one.status == "forecast" and one.reason],
    )


def _show(page: Page, fault: FormFault | None = None, status: int = 200) -> Response:
    return page.show("planner/upload.html", status, fault=fault, given=page.form)


def _shown(page: Page, made: SheetForecast, series_id: str) -> Shown:
    answer = _answer(made, series_id)
    digits = decimals_of([point.value for point in answer.points])
    texts = ForecastTexts(
        title=page.language.text("chart.forecast.title", name=series_id),
        unit=page.format.said(answer.unit),
        number=page.format.plain,
        period=lambda iso: page.format.period(iso, answer.period),
    )
    place = list(made.forecast["series_id"].unique()).index(series_id)
    sizes = (("wide", WIDE, SEEN_WIDE), ("narrow", NARROW, SEEN_NARROW))
    charts = tuple(
        forecast_chart(answer, texts, width=width, history=seen, name=f"{name} n{place}") for name, width, seen in sizes
    )
    return Shown(answer, charts, backtest(answer), digits)


def _answer(made: SheetForecast, series_id: str) -> ForecastAnswer:
    """The series in the shape of every other forecast."""
    name = dict.fromkeys(("fi", "sv", "en"), series_id)
    seen = made.history[made.history["unique_id"] == series_id]
    return ForecastAnswer(
        stamp=NO_STAMP,
        series_id=series_id,
        name=name,
        unit=next(iter(made.config.measures.values())).unit.as_text(),
        period=made.config.period,
        member=made.members.get(series_id, made.member),
        backtest=made.backtest.get(series_id, {}),
        history=tuple((str(when)[:10], float(value)) for when, value in zip(seen["ds"], seen["y"], strict=True)),
        points=tuple(_points(made.forecast[made.forecast["series_id"] == series_id])),
        notice=made.config.notice.as_text(),
    )


def _points(rows: pd.DataFrame) -> Iterator[ForecastPoint]:
    for row in rows.sort_values("step").to_dict("records"):
        numbers = {name: float(row[name]) for name in ("value", "low80", "high80", "low95", "high95")}
        yield ForecastPoint(period_start=row["ds"].date().isoformat(), last_year=None, **numbers)


def _sheets(page: Page, made: SheetForecast) -> Iterator[Sheet]:
    t = page.language.text
    edges = ("column.low80", "column.high80", "column.low95", "column.high95")
    head = ("unique_id", "ds", t("column.forecast"), *(t(name) for name in edges))
    numbers = ("value", "low80", "high80", "low95", "high95")
    rows: list[tuple[Cell, ...]] = [
        (str(row["series_id"]), row["ds"].date(), *(float(row[name]) for name in numbers))
        for row in made.forecast.to_dict("records")
    ]
    yield Sheet(t("excel.forecast"), (head, *rows))
    statuses = [
        (one.series_id, t(f"sheet.{one.status}"), sentence(one.reason, page.format) if one.reason else "")
        for one in made.statuses
    ]
    yield Sheet(t("excel.series"), (("unique_id", t("column.state"), t("column.reason")), *statuses))
