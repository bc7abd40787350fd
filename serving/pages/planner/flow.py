"""A service chain: who waits where, how the lines are likely to go on, where it is held up, and what would help."""

from typing import Any

from starlette.responses import Response

from models.flow.answers import FlowAnswer, StageInfo
from models.flow.measured.breakdown import StageLine
from models.flow.whatif import WhatIf
from serving.pages.charts import measured_bar
from serving.pages.page import Page
from serving.pages.planner.flow_views import MEASURES, STOCK, WEEKS_SHOWN, stage_view, summary_of
from serving.pages.planner.reading import FormFault, number
from serving.pages.planner.services import WrongInput
from serving.pages.services import NotYours
from serving.planning.kept.records import FlowPicture

MOST_HOURS = 10_000.0
ANSWERED = ("line", "assumed")


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
        summary=summary_of(answer),
        measure=measure,
        measures=MEASURES,
        stages=[stage_view(page, answer, one, measure) for one in answer.stages],
        stage_name={one.id: page.format.said(one.name) for one in answer.stages},
        ranking=answer.report.ranking,
        bar=measured_bar,
        dimension=dimension,
        dimensions=[(one, _dimension_name(page, picture, one)) for one in _dimensions(answer)],
        lines=_by_stage(answer, dimension),
        value_name=lambda line: _value_name(page, picture, line),
        week=lambda iso: page.format.week_year(iso),
        through_weeks=tuple(reversed(answer.report.throughput_weeks[-WEEKS_SHOWN:])),
        answers=((tried,) if tried else ()) or answer.report.what_ifs,
        asked=[one for one in answer.stages if one.what_if in ANSWERED],
        refused=[_refused(page, one) for one in answer.stages if one.what_if not in ANSWERED],
        fault=fault,
    )


def _tried(page: Page, answer: FlowAnswer) -> tuple[WhatIf | None, FormFault | None]:
    """What the form asks: so many more hours at one stage.  A stage without an answer is refused in the visitor's
    language, with the reason."""
    wanted = page.query("stage")
    if not wanted:
        return None, None
    hours = number(page.query("hours", "1"))
    if hours is None or not 0 < hours <= MOST_HOURS:
        return None, FormFault(page.language.text("flow.fault.hours"))
    stage = next((one for one in answer.stages if one.id == wanted), None)
    if stage is None:
        return None, FormFault(page.language.text("flow.fault.stage"))
    if stage.what_if not in ANSWERED:
        return None, FormFault(_refused(page, stage))
    try:
        return page.services.planner.what_if(page.who, answer.chain, stage.id, hours), None
    except (WrongInput, NotYours):
        return None, FormFault(page.language.text("flow.fault.stage"))


def _refused(page: Page, stage: StageInfo) -> str:
    """Why the stage has no answer, in one sentence."""
    return page.language.text(f"flow.refused.{stage.what_if}", stage=page.format.said(stage.name))


def _by_stage(answer: FlowAnswer, dimension: str) -> list[tuple[StageInfo, list[StageLine]]]:
    lines = [line for line in answer.report.lines if line.dimension == dimension]
    found = [(stage, [line for line in lines if line.stage == stage.id]) for stage in answer.stages]
    return [(stage, own) for stage, own in found if own]


def _dimensions(answer: FlowAnswer) -> list[str]:
    return list(dict.fromkeys(line.dimension for line in answer.report.lines if line.dimension != "all"))


def _dimension_name(page: Page, picture: FlowPicture, dimension: str) -> str:
    own: Any = picture.names.get(dimension, {}).get("")
    return page.format.said(own) if own else page.language.label("flow.by", dimension)


def _value_name(page: Page, picture: FlowPicture, line: StageLine) -> str:
    own = picture.names.get(line.dimension, {}).get(line.value)
    return page.format.said(own) if own else page.language.label("flow.value", line.value)
