"""What the flow page shows: the summary, and per stage its forecast, its weeks and its answer to "one more hour"."""

from dataclasses import dataclass

from models.answers import ForecastAnswer, ForecastPoint
from models.flow.answers import FlowAnswer, FlowWeek, StageInfo
from models.flow.measured.bottlenecks import Bottleneck
from models.flow.measured.breakdown import StageLine
from models.flow.measured.weeks import WaitWeek, WeeklySpread
from serving.pages.charts import ForecastTexts, forecast_chart
from serving.pages.page import Page
from serving.pages.views.forecasts import NARROW, SEEN_NARROW, WIDE, begins_at_zero, decimals_of

SEEN = 52
STOCK = "stock_end"
MEASURES = (STOCK, "arrivals", "departures")
WEEKS_SHOWN = 12
"""Past weeks in a stage's table; the answer of `/v1/flow` has them all."""


@dataclass(frozen=True)
class Summary:
    """What a planner reads first."""

    worst: Bottleneck
    waiting: int
    """Clients now in the stages where time is delay."""
    served: int
    """Clients now in the stages that are the service itself."""


@dataclass(frozen=True)
class PastWeek:
    """One past week of a stage: its counts, and the days of those who left."""

    counts: FlowWeek
    wait: WaitWeek | None


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
    weeks: tuple[PastWeek, ...]
    """The newest ones, the latest first."""
    spread: dict[str, WeeklySpread]

    @property
    def last(self) -> ForecastPoint:
        """The last forecast week."""
        return self.shown.points[-1]


def summary_of(answer: FlowAnswer) -> Summary:
    """The worst bottleneck, and how many are where."""
    waiting = sum(one.clients for one in answer.stages if one.waiting)
    return Summary(answer.report.ranking.stages[0], waiting, sum(one.clients for one in answer.stages) - waiting)


def stage_view(page: Page, answer: FlowAnswer, info: StageInfo, measure: str) -> StageView:
    """One stage in the visitor's language."""
    shown = _as_forecast(page, answer, info, measure)
    whole = next((one for one in answer.report.lines if one.stage == info.id and one.dimension == "all"), None)
    digits = decimals_of([point.value for point in shown.points])
    return StageView(
        info=info,
        name=page.format.said(info.name),
        whole=whole,
        shown=shown,
        charts=_charts(page, info, shown),
        decimals=digits,
        from_zero=begins_at_zero(shown, (), SEEN),
        backtest=dict(shown.backtest),
        weeks=_weeks(answer, info.id),
        spread={one.measure: one for one in answer.spread if one.stage == info.id},
    )


def _charts(page: Page, info: StageInfo, shown: ForecastAnswer) -> tuple[object, ...]:
    texts = ForecastTexts(
        title=page.language.text("chart.flow.title", name=page.format.said(info.name)),
        unit=page.format.said(shown.unit),
        number=page.format.plain,
        period=page.format.week_year,
    )
    sizes = (("wide", WIDE, SEEN), ("narrow", NARROW, SEEN_NARROW))
    return tuple(
        forecast_chart(shown, texts, width=width, history=seen, name=f"{size} stage-{info.id}")
        for size, width, seen in sizes
    )


def _weeks(answer: FlowAnswer, stage: str) -> tuple[PastWeek, ...]:
    waits = {one.week: one for one in answer.report.waits if one.stage == stage}
    weeks = [one for one in answer.history if one.stage == stage][-WEEKS_SHOWN:]
    return tuple(PastWeek(one, waits.get(one.week)) for one in reversed(weeks))


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
