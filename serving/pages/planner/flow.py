"""A service chain: who waits where, how the lines are likely to go on, where it is held up, and what would help."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from models.answers import ForecastAnswer, ForecastPoint
from models.flow.answers import FlowAnswer, StageInfo
from models.flow.breakdown import StageLine
from models.flow.whatif import WhatIf
from serving.pages.charts import ForecastTexts, forecast_chart, measured_bar
from serving.pages.page import Page
from serving.pages.planner.reading import FormFault, fault_of, number
from serving.pages.planner.services import WrongInput
from serving.pages.services import NotYours
from serving.pages.views.forecasts import NARROW, SEEN_NARROW, WIDE, begins_at_zero, decimals_of
from serving.planning.records import FlowPicture

SEEN = 52
STOCK = "stock_end"
MEASURES = (STOCK, "arrivals", "departures")
MOST_HOURS = 10_000.0


@dataclass(frozen=True)
class StageView:
    """One stage on the page."""

    info: StageInfo
    name: str
    whole: StageLine | None
    """The stage's figures for everybody."""
    shown: ForecastAnswer
    charts: tuple[object, ...]
    decimals: int
    from_zero: bool
    backtest: dict[str, float]
    what_if: WhatIf | None


def chain(page: Page) -> Response:
    """The chosen chain, with the answer to "what if" when it is asked."""
    pictures = page.services.planner.flows(page.who)
    if not pictures:
        return page.show("planner/flow_none.html")
    wanted = page.query("chain")
    picture = next((one for one in pictures if one.answer.chain == wanted), pictures[0])
    answer = picture.answer
    measure = page.query("measure") if page.query("measure") in MEASURES else STOCK
    dimension = page.query("by") if page.query("by") in _dimensions(answer) else "area"
    tried, fault = _tried(page, answer)
    return page.show(
        "planner/flow.html",
        pictures=pictures,
        answer=answer,
        measure=measure,
        measures=MEASURES,
        stages=[_stage(page, picture, one, measure) for one in answer.stages],
        stage_name={one.id: page.format.said(one.name) for one in answer.stages},
        ranking=answer.report.ranking,
        bar=measured_bar,
        dimension=dimension,
        dimensions=[(one, _dimension_name(page, picture, one)) for one in _dimensions(answer)],
        lines=[line for line in answer.report.lines if line.dimension == dimension],
        value_name=lambda line: _value_name(page, picture, line),
        week=lambda iso: page.format.week_year(iso),
        tried=tried,
        fault=fault,
    )


def _tried(page: Page, answer: FlowAnswer) -> tuple[WhatIf | None, FormFault | None]:
    """What the form asks: so many more hours at one stage."""
    stage = page.query("stage")
    if not stage:
        return None, None
    hours = number(page.query("hours", "1"))
    if hours is None or not 0 < hours <= MOST_HOURS:
        return None, FormFault(page.language.text("flow.fault.hours"))
    try:
        return page.services.planner.what_if(page.who, answer.chain, stage, hours), None
    except WrongInput as error:
        return None, fault_of(error, page.format)
    except NotYours:
        return None, FormFault(page.language.text("flow.fault.stage"))


def _stage(page: Page, picture: FlowPicture, info: StageInfo, measure: str) -> StageView:
    answer = picture.answer
    shown = _as_forecast(page, answer, info, measure)
    digits = decimals_of([point.value for point in shown.points])
    texts = ForecastTexts(
        title=page.language.text("chart.flow.title", name=page.format.said(info.name)),
        unit=page.format.said(shown.unit),
        number=partial(page.format.number, decimals=digits),
        period=page.format.week_year,
    )
    sizes = (("wide", WIDE, SEEN), ("narrow", NARROW, SEEN_NARROW))
    charts = tuple(
        forecast_chart(shown, texts, width=width, history=seen, name=f"{size} stage-{info.id}")
        for size, width, seen in sizes
    )
    report = answer.report
    whole = next((one for one in report.lines if one.stage == info.id and one.dimension == "all"), None)
    found = next((one for one in report.what_ifs if one.stage == info.id), None)
    name = page.format.said(info.name)
    return StageView(
        info, name, whole, shown, charts, digits, begins_at_zero(shown, (), SEEN), dict(shown.backtest), found
    )


def _as_forecast(page: Page, answer: FlowAnswer, info: StageInfo, measure: str) -> ForecastAnswer:
    """One stage and measure in the shape of every other forecast, for the same picture and table."""
    unit = {code: page.language.text("flow.unit") for code in ("fi", "sv", "en")}
    points = tuple(
        ForecastPoint(one.week, one.value, one.low80, one.high80, one.low95, one.high95, None)
        for one in answer.points
        if one.stage == info.id and one.measure == measure
    )
    return ForecastAnswer(
        stamp=answer.stamp,
        series_id=info.id,
        name=info.name,
        unit=unit,
        period="week",
        member="",
        backtest=answer.backtest.get(f"{info.id}|{measure}", {}),
        history=tuple((one.week, float(getattr(one, measure))) for one in answer.history if one.stage == info.id),
        points=points,
        notice=answer.notice,
    )


def _dimensions(answer: FlowAnswer) -> list[str]:
    return list(dict.fromkeys(line.dimension for line in answer.report.lines if line.dimension != "all"))


def _dimension_name(page: Page, picture: FlowPicture, dimension: str) -> str:
    own: Any = picture.names.get(dimension, {}).get("")
    return page.format.said(own) if own else page.language.label("flow.by", dimension)


def _value_name(page: Page, picture: FlowPicture, line: StageLine) -> str:
    own = picture.names.get(line.dimension, {}).get(line.value)
    return page.format.said(own) if own else page.language.label("flow.value", line.value)
