"""What is said of a chain: the ranking, the path, the break-downs, what one more hour does, and what is hidden."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from features.flow import reached_phases, weeks_between
from models.flow.capacity import capacities, queue_of, unhindered_days, without_capacity
from models.flow.forecast import Recipe, fit_flow, fit_widths, forecast_table, grows_first, with_intervals
from models.flow.measured.bottlenecks import WeeklyWork, delay_days, rank
from models.flow.measured.breakdown import stage_lines, stay_days, throughput
from models.flow.measured.conformance import conformance, departures
from models.flow.whatif import what_if
from tests.models.flow.flow_data import (
    ASSESSMENT,
    CARE,
    DECISION,
    PHASES,
    STAFFED,
    STRAIGHT,
    chain,
    flows_and_hours,
    rows_of,
    spells,
    stage,
    steady_spells,
)
from tests.plans import covers

YEAR = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-05-01")


def work(delay: list[float], used: list[float], grown: list[float], noise: float = 0.0) -> WeeklyWork:
    """Three stages over 40 weeks: days of delay a week, utilisation, share of 20 arrivals not handled."""
    rng = np.random.default_rng(5)
    shape = (40, 3)
    arrivals = np.full(shape, 20.0)
    return WeeklyWork(
        stages=("a", "b", "c"),
        arrivals=arrivals,
        departures=arrivals * (1 - np.array(grown)) + noise * rng.normal(size=shape),
        delay=np.maximum(np.array(delay) * (1 + noise * rng.normal(size=shape)), 0),
        load=np.array(used) * np.full(shape, 100.0) * (1 + 0.1 * noise * rng.normal(size=shape)),
        hours=np.full(shape, 100.0),
        waiting=np.array([True, True, True]),
    )


@covers("002-A4")
def test_the_held_up_stage_ranks_first_with_its_figures() -> None:
    found = rank(work([10, 70, 20], [0.6, 1.2, 0.9], [0.0, 0.3, 0.1]), draws=200, block=4, seed=1)
    assert [one.stage for one in found.stages] == ["b", "c", "a"]
    first = found.stages[0]
    assert (first.utilisation.value, first.growth.value, first.delay_share.value) == pytest.approx((1.2, 0.3, 0.7))
    assert first.score.value == pytest.approx((1.2 / 1.5 + 0.3 + 0.7) / 3)
    assert first.delay_days == pytest.approx(70 / (20 * 0.7))
    assert found.clear
    assert found.parts == ("utilisation", "growth", "delay_share")


def test_an_even_chain_has_no_clear_bottleneck() -> None:
    found = rank(work([30, 30, 30], [0.8, 0.8, 0.8], [0, 0, 0], noise=0.8), draws=300, block=4, seed=1)
    assert not found.clear
    assert all(one.score.low <= one.score.value <= one.score.high for one in found.stages)
    assert sum(one.first_share for one in found.stages) == pytest.approx(1.0)


def test_without_capacity_the_ranking_says_so_and_does_without() -> None:
    whole = work([10, 70, 20], [0.6, 1.2, 0.9], [0.0, 0.3, 0.1])
    hours = whole.hours.copy()
    hours[:, 1] = np.nan
    found = rank(replace(whole, hours=hours), draws=100, block=4, seed=1)
    assert found.without_capacity == ("b",)
    assert found.parts == ("growth", "delay_share")
    assert found.stages[0].stage == "b"
    assert found.stages[0].utilisation is None
    assert found.stages[1].utilisation is not None  # known where it is known


def test_delay_is_counted_in_the_week_in_which_it_is_spent() -> None:
    the_chain = chain({**ASSESSMENT, "unhindered_days": 2}, DECISION, CARE)
    found = spells(("a", "assessment", "2024-01-01", "2024-01-11"), ("b", "assessment", "2024-01-10", None),
                   ("c", "care", "2024-01-01", None))  # fmt: skip
    weeks = weeks_between(pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-15"))
    assert delay_days(the_chain, "assessment", found, weeks).tolist() == [
        5,
        3 + 3,
        7,
    ]  # from the 3rd and the 12th
    assert delay_days(the_chain, "care", found, weeks).tolist() == [0, 0, 0]  # the service itself


def test_days_without_waiting_are_declared_or_the_fastest_tenth() -> None:
    found = spells(*((n, "decision", "2024-01-01", f"2024-01-{n + 2:02d}") for n in range(21)))
    assert unhindered_days(DECISION_STAGE, found) == 3.0  # the tenth of 1 … 21 days
    assert unhindered_days(chain({**DECISION, "unhindered_days": 4.5}).stages[0], found) == 4.5


DECISION_STAGE = chain().stage("decision")


def test_hours_per_client_are_declared_or_told_by_the_busiest_weeks() -> None:
    flows, hours = flows_and_hours()
    declared = capacities(STAFFED, flows, hours)["assessment"]
    assert (declared.hours_each, declared.basis) == (2.0, "declared")
    undeclared = chain({**ASSESSMENT, "capacity": {"filter": {"unit": "team"}}}, DECISION, CARE)
    estimated = capacities(undeclared, flows, hours)["assessment"]
    handled = flows[flows["stage"] == "assessment"].set_index("ds")["departures"].rolling(4).sum().dropna()
    assert estimated.basis == "busiest_weeks"
    assert estimated.hours_each == pytest.approx((4 * 16 / handled[handled > 0]).quantile(0.1))
    assert without_capacity(STAFFED, {"assessment": declared}) == ("decision", "care")


def test_planned_hours_are_used_and_others_go_on_as_they_were() -> None:
    flows, hours = flows_and_hours()
    first = flows["ds"].max() + pd.Timedelta(weeks=1)
    planned = pd.DataFrame({"stage": ["assessment"], "ds": [first + pd.Timedelta(weeks=1)], "hours": [40.0]})
    known = capacities(STAFFED, flows, pd.concat([hours, planned]))["assessment"]
    assert known.ahead(first, 3).tolist() == [16, 40, 16]
    assert queue_of(known, first, 3, 1, extra_hours=2).per_week.tolist() == [(16 + 2) / 2, (40 + 2) / 2, (16 + 2) / 2]


def fitted(queues: bool = True):  # type: ignore[no-untyped-def]
    flows, hours = flows_and_hours()
    known = capacities(STAFFED, flows, hours.assign(hours=10.0))
    return fit_flow(STAFFED, steady_spells(40), flows, known, Recipe(26, queues), 6, None)


def test_one_more_hour_shortens_the_line_the_more_the_more() -> None:
    fit = fitted()
    found = [what_if(fit, "assessment", hours, weeks=6, seed=1, samples=60) for hours in (0.0, 1.0, 3.0)]
    assert found[0].shorter_line == found[0].saved_client_days == 0
    assert 0 < found[1].shorter_line < found[2].shorter_line
    assert 0 < found[1].saved_client_days < found[2].saved_client_days
    assert found[2].more_departures > found[1].more_departures > 0
    assert found[1].shorter_line <= 6 * 1.0 / 2.0 * 1.5  # an hour a week serves half a client a week
    assert found[2].more_downstream <= found[2].shorter_line + 1e-9  # who moved on is later, or has left the chain


@pytest.mark.parametrize(
    "stage_id, hours, queues, sentence",
    [
        (
            "asessment",
            1.0,
            True,
            "no stage `asessment` in the chain. The stages are assessment, decision, care",
        ),
        ("care", 1.0, True, "the stage `care` have no answer"),
        ("assessment", 1.0, False, "no `added_hours` are declared for it"),
        ("assessment", -1.0, True, "a number from 0 up"),
        ("assessment", float("nan"), True, "a number from 0 up"),
    ],
)
def test_a_question_without_an_answer_is_refused(stage_id: str, hours: float, queues: bool, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        what_if(fitted(queues), stage_id, hours, weeks=2, seed=1)


def test_the_forecast_conserves_people_and_its_intervals_hold_each_other() -> None:
    fit = fitted(queues=False)
    drawn = fit.futures(4, 80, 1)
    table = forecast_table(drawn, fit.first)
    wide = table.pivot_table(index=["stage", "step"], columns="measure", values="value")
    start = pd.Series(drawn.start, index=drawn.stages)
    before = wide["stock_end"].groupby("stage").shift()
    before = before.fillna(pd.Series({key: start[key[0]] for key in wide.index}))
    assert (before + wide["arrivals"] - wide["departures"] - wide["stock_end"]).abs().max() < 1e-9
    judged = table.assign(y=table["value"] + np.random.default_rng(6).normal(0, 2, len(table)))
    shown = with_intervals(table, fit_widths(judged, 6))
    assert (shown["low95"] <= shown["low80"]).all()
    assert (shown["high80"] <= shown["high95"]).all()
    assert ((shown["low95"] >= 0) & (shown["low80"] <= shown["value"]) & (shown["value"] <= shown["high80"])).all()


def test_widths_are_the_conformal_rank_of_the_scaled_errors() -> None:
    errors = np.arange(1, 100) / 10  # 99 errors: the 80th and 95th smallest
    judged = pd.DataFrame({"measure": "arrivals", "step": 1, "value": 0.0, "sd": 2.0, "y": errors * 2.0})
    widths = fit_widths(judged, 1)
    assert widths["arrivals"] == {0.80: [8.0], 0.95: [9.5]}
    assert widths["departures"] == {0.80: [1.2816], 0.95: [1.96]}  # nothing to learn from: the normal law


def table_of_rises(**rises: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"stage": name, "measure": "stock_end", "step": step, "rises": value}
         for name, values in rises.items() for step, value in enumerate(values, start=1)]
    )  # fmt: skip


@covers("002-A5")
@pytest.mark.parametrize(
    "rises, expected",
    [
        ({"a": [0.9, 0.9, 0.9], "b": [0.5, 0.9, 0.9]}, ("a", 1)),
        ({"a": [0.5, 0.6, 0.9], "b": [0.5, 0.9, 0.95]}, ("b", 2)),
        ({"a": [0.9, 0.5, 0.5], "b": [0.5, 0.6, 0.7]}, None),  # grows for a week only
        ({"a": [0.1, 0.1, 0.1], "service": [1.0, 1.0, 1.0]}, None),  # the service itself is no line
    ],
)
def test_the_line_that_grows_first(rises: dict, expected: tuple | None) -> None:
    assert grows_first(table_of_rises(**rises), ("a", "b")) == expected


STEPS = [stage(name, rows=CARE["rows"]) for name in "abcx"]
PATH = chain(*STEPS, path=["a", "b", "c"], may_end_at=["b"], may_begin_at=["b"])


@covers("000-83")
@pytest.mark.parametrize(
    "stages, expected",
    [
        ("abc", ()),
        ("ab", ()),
        ("bc", ()),
        ("ac", (("skipped", "b"),)),
        ("abac", (("went_back", "a"), ("skipped", "b"))),
        ("c", (("began_at", "c"),)),
        ("a", (("ended_at", "a"),)),
        ("abx", (("left_path_for", "x"), ("ended_at", "x"))),
        ("axbc", (("left_path_for", "x"), ("came_back_to", "b"))),
    ],
)
def test_departures_from_the_described_path(stages: str, expected: tuple) -> None:
    assert departures(PATH, tuple(stages)) == expected


def test_conformance_counts_finished_cases_and_hides_few() -> None:
    straight = [(f"s{n}", name, day, end) for n in range(12) for name, day, end in STRAIGHT]
    direct = [(f"d{n}", "care", "2024-01-05", "2024-01-20") for n in range(6)]
    few = [(f"f{n}", "decision", "2024-01-05", "2024-01-20") for n in range(3)]
    going_on = [(f"g{n}", "assessment", "2024-01-05", None) for n in range(9)]
    the_chain = chain(phases=PHASES)
    every = spells(*straight, *direct, *few, *going_on)
    found = conformance(the_chain, every, reached_phases(the_chain, rows_of(the_chain), every, date(2024, 5, 1)), *YEAR)
    assert found.cases == 12 + 6 + 3
    assert found.following == pytest.approx(12 / 21)
    assert [(one.kind, one.stage, one.cases) for one in found.deviations] == [("began_at", "care", 6)]
    assert found.hidden == 2  # three cases began and ended at the decision
    assert [(one.start, one.end, one.cases, one.median) for one in found.lead_times] == [
        ("contact", "need_assessment", 12, 10.0),
        ("need_assessment", "service", 12, 4.0),
    ]
    assert found.unrecorded == ("planning", "decision", "follow_up", "ending")
    reached = throughput(the_chain, spells(*straight, *direct), *YEAR)
    assert (reached.cases, reached.median) == (12, 14.0)  # not those who began with the care


@covers("002-A4")
def test_small_cells_of_a_break_down_are_hidden_with_their_complement() -> None:
    areas = {"901": 20, "902": 3, "903": 9, "904": 12}
    lines = [
        (f"{area}-{n}", "assessment", "2024-01-02", "2024-01-12") for area, count in areas.items() for n in range(count)
    ]
    found = spells(*lines).assign(area=lambda rows: rows["client_id"].str[:3])
    the_chain = chain(areas={area: {"fi": area, "sv": area, "en": area} for area in areas})
    told = {line.value: line for line in stage_lines(the_chain, found, *YEAR)}
    assert told["all"].clients == 44
    assert (told["901"].clients, told["904"].clients) == (20, 12)
    assert told["902"].clients is told["902"].departures is told["902"].median_days is None
    assert told["903"].clients is None  # or 902 would be found by subtraction
    assert told["901"].median_days == 10.0
    assert told["901"].delay_days == 0.0  # everybody takes the same ten days, so nobody is delayed


def test_whoever_left_or_is_there_is_hidden_together() -> None:
    """8 clients, 5 there: showing both would tell that 3 left."""
    lines = [(f"901-{n}", "assessment", "2024-01-02", "2024-01-12" if n < 3 else None) for n in range(8)]
    lines += [(f"902-{n}", "assessment", "2024-01-02", "2024-01-12" if n < 6 else None) for n in range(30)]
    found = spells(*lines).assign(area=lambda rows: rows["client_id"].str[:3])
    the_chain = chain(areas={area: {"fi": area, "sv": area, "en": area} for area in ("901", "902")})
    told = {line.value: line for line in stage_lines(the_chain, found, *YEAR)}
    assert (told["901"].clients, told["901"].departures, told["901"].stock) == (8, None, None)


def test_days_in_a_stage_are_unknown_when_half_never_leave() -> None:
    found = spells(*((n, "x", "2024-01-01", "2024-01-06" if n < 2 else None) for n in range(10)))
    assert stay_days(found, pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-01")) == (None, None)
