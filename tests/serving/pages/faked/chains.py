"""A made-up service chain with a clear bottleneck, small cells and a stage whose hours nobody knows."""

import math
from datetime import date, timedelta

from models.answers import MODEL_INFORMS
from models.flow.answers import FlowAnswer, FlowPoint, FlowReport, FlowWeek, StageInfo
from models.flow.measured.bottlenecks import Bottleneck, Measured, Ranking
from models.flow.measured.breakdown import StageLine, Throughput
from models.flow.measured.conformance import Conformance, Deviation, LeadTime
from models.flow.measured.weeks import WaitWeek, WeeklySpread
from models.flow.whatif import WhatIf
from serving.planning.kept.records import FlowPicture
from tests.serving.pages.faked.answers import stamp, words

STAGES = {
    "assessment": words("Palvelutarpeen arviointi", "Bedömning av servicebehov", "Need assessment"),
    "decision": words("Päätös ja aloituksen odotus", "Beslut och väntan på start", "Decision and wait for the start"),
    "home_care": words("Säännöllinen kotihoito", "Regelbunden hemvård", "Regular home care"),
}
SIZES = {"assessment": 46.0, "decision": 18.0, "home_care": 640.0}
WORK = {
    "assessment": (2.5, "declared", "line", None),
    "decision": (None, None, "assumed", words("oma oletus", "eget antagande", "own assumption")),
    "home_care": (2.5, "declared", "per_client", None),
}
FIRST = date(2024, 12, 30)
AREAS = {"901": words("Kuusivaara", "Granberget", "Kuusivaara"), "902": words("Lehtoniemi", "Lövudden", "Lehtoniemi")}


def flow_picture() -> FlowPicture:
    """Twelve weeks ahead, a year behind."""
    names = {"area": AREAS, "aged_85": {"": words("85 vuotta täyttäneet", "85 år fyllda", "85 and over")}}
    return FlowPicture(_answer(), names)


def _answer() -> FlowAnswer:
    return FlowAnswer(
        stamp=stamp("flow_home_care"),
        chain="home_care",
        name=words("Arvioinnista kotihoitoon", "Från bedömning till hemvård", "From assessment to home care"),
        first_week=FIRST.isoformat(),
        stages=tuple(_stage(name) for name in STAGES),
        history=tuple(_week(name, ago) for name in STAGES for ago in range(52, 0, -1)),
        spread=tuple(
            WeeklySpread(name, measure, 0.9 * SIZES[name], SIZES[name], 1.1 * SIZES[name])
            for name in STAGES
            for measure in ("stock_end", "arrivals", "departures")
        ),
        points=tuple(
            _point(name, measure, ahead)
            for name in STAGES
            for measure in ("stock_end", "arrivals", "departures")
            for ahead in range(12)
        ),
        backtest={"assessment|stock_end": {"mae": 3.4, "naive_mae": 4.6, "coverage80": 0.81, "coverage95": 0.95}},
        report=_report(),
        notes=(
            words(
                "Ketjun pullonkaula on arviointi.", "Kedjans flaskhals är bedömningen.", "The bottleneck is assessment."
            ),
            words("Jono kasvaa ensin arvioinnissa.", "Kön växer först i bedömningen.", "The line grows at assessment."),
        ),
        notice=MODEL_INFORMS,
    )


def _stage(name: str) -> StageInfo:
    return StageInfo(name, STAGES[name], name != "home_care", int(SIZES[name]), *WORK[name])


def _week(name: str, ago: int) -> FlowWeek:
    wave = 1 + 0.1 * math.sin(ago / 5)
    week = (FIRST - timedelta(weeks=ago)).isoformat()
    return FlowWeek(name, week, round(9 * wave), round(8 * wave), round(SIZES[name] * wave))


def _waits(name: str, ago: int) -> WaitWeek:
    week = (FIRST - timedelta(weeks=ago)).isoformat()
    few = ago == 3  # a week with fewer than five
    return WaitWeek(name, week, *((None,) * 4 if few else (6.0, 11.0 + ago % 4, 19.0, 34.0)))


def _point(name: str, measure: str, ahead: int) -> FlowPoint:
    value = (SIZES[name] if measure == "stock_end" else 9.0) * (1 + 0.02 * ahead)
    near, far = 0.05 * value + 0.4 * ahead, 0.1 * value + 0.7 * ahead
    week = (FIRST + timedelta(weeks=ahead)).isoformat()
    return FlowPoint(name, measure, week, value, value - near, value + near, value - far, value + far, value * 0.98)


def _report() -> FlowReport:
    return FlowReport(
        weeks=26,
        ranking=Ranking((_first(), _second()), True, ("utilisation", "growth", "delay_share"), ("decision",), 26),
        grows_first="assessment",
        grows_in_weeks=4,
        what_ifs=(
            WhatIf("assessment", 1.0, 0.4, 3.1, 1.2, 2.9, 150.0, "line", 2.5),
            WhatIf("decision", 1.0, 0.3, 1.1, 0.7, 0.6, 90.0, "assumed", 3.0),
        ),
        conformance=_conformance(),
        throughput=Throughput(188, 33.0, 78.0),
        lines=tuple(
            [StageLine(name, "all", "all", 300, 221, 208, int(SIZES[name]), 18.0, 55.0, 9.0) for name in STAGES]
            + [StageLine("assessment", "area", "901", 210, 150, 141, 30, 17.0, 50.0, 8.5)]
            + [StageLine("assessment", "area", "902", None, None, None, None, None, None, None)]
            + [StageLine("assessment", "aged_85", value, 120, 90, 80, 21, 20.0, None, 11.0) for value in ("yes", "no")]
        ),
        quarantined={},
        waits=tuple(_waits(name, ago) for name in STAGES for ago in range(12, 0, -1)),
        throughput_weeks=tuple(_waits("home_care", ago) for ago in range(12, 0, -1)),
    )


def _first() -> Bottleneck:
    return Bottleneck(
        stage="assessment",
        rank=1,
        score=Measured(0.71, 0.62, 0.8),
        utilisation=Measured(0.96, 0.9, 1.02),
        growth=Measured(0.12, 0.05, 0.2),
        delay_share=Measured(0.68, 0.6, 0.75),
        delay_days=21.4,
        first_share=0.99,
    )


def _second() -> Bottleneck:
    return Bottleneck(
        stage="decision",
        rank=2,
        score=Measured(0.3, 0.22, 0.41),
        utilisation=None,
        growth=Measured(0.02, -0.04, 0.08),
        delay_share=Measured(0.32, 0.25, 0.4),
        delay_days=8.2,
        first_share=0.01,
    )


def _conformance() -> Conformance:
    known = LeadTime("contact", "need_assessment", 204, 24.0, 61.0, 12)
    hidden = LeadTime("need_assessment", "service", None, None, None)
    deviations = (Deviation("skipped", "decision", 19), Deviation("ended_at", "assessment", 11))
    return Conformance(212, 0.83, deviations, 2, (known, hidden), ("planning", "decision"))
