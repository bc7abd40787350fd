"""How clients move: chances worked by hand, drawn futures that lose nobody, arrivals that follow the newest weeks."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from models.flow.moves.arrivals import ArrivalForecast, calendar_factors, forecast_arrivals, weekday_shares
from models.flow.moves.hazards import (
    DAY_WEIGHT,
    GOAL_WEIGHT,
    LONGEST,
    SPAN_WEIGHT,
    Hazards,
    fit_hazards,
    stay_curve,
)
from models.flow.moves.simulate import Futures, Present, Queue, draw_futures
from tests.models.flow.flow_data import spells

SINCE, UNTIL = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")
NOBODY = ArrivalForecast(np.full(30, 0.0), 1.0, 0.0, 1.0, False)
EVEN = np.full(7, 1 / 7)


def test_competing_risks_worked_by_hand() -> None:
    """Four clients of a stage: two go on after 2 days, one leaves the chain after 2, one is still there on day 3."""
    found = spells(
        ("a", "x", "2024-01-01", "2024-01-03"), ("a", "y", "2024-01-03", None),
        ("b", "x", "2024-01-10", "2024-01-12"), ("b", "y", "2024-01-12", None),
        ("c", "x", "2024-01-20", "2024-01-22"),
        ("d", "x", "2024-01-28", None),
    )  # fmt: skip
    chances = fit_hazards(found, ("x", "y"), SINCE, UNTIL)
    at_risk, left = (4 + 4 + 4 + 1), 3  # days 0, 1 and 2 were reached by four, day 3 by one
    whole = left / at_risk
    on_day_2 = (3 + SPAN_WEIGHT) / (4 + SPAN_WEIGHT / whole)
    assert chances.leave[0, 2] == pytest.approx((3 + DAY_WEIGHT) / (4 + DAY_WEIGHT / on_day_2))
    on_day_1 = (0 + SPAN_WEIGHT) / (4 + SPAN_WEIGHT / whole)
    assert chances.leave[0, 1] == pytest.approx((0 + DAY_WEIGHT) / (4 + DAY_WEIGHT / on_day_1))
    to_y = (2 + GOAL_WEIGHT * (2 + GOAL_WEIGHT * 2 / 3) / (3 + GOAL_WEIGHT)) / (3 + GOAL_WEIGHT)
    assert chances.goes[0, 2, 1] == pytest.approx(to_y, abs=1e-5)
    assert chances.goes.sum(axis=2) == pytest.approx(1.0)


def test_many_departures_outweigh_the_prior() -> None:
    """Of 400 clients a quarter leaves each day whatever the day: the chances find it, and the exit they all take."""
    rng = np.random.default_rng(1)
    days = pd.Timestamp("2023-06-01") + pd.to_timedelta(rng.integers(0, 150, 400), unit="D")
    stays = rng.geometric(0.25, 400) - 1
    found = spells(
        *(
            (n, "x", day, day + pd.Timedelta(days=int(stay)))
            for n, (day, stay) in enumerate(zip(days, stays, strict=True))
        )
    )
    chances = fit_hazards(found, ("x",), pd.Timestamp("2023-06-01"), UNTIL)
    assert chances.leave[0, :4] == pytest.approx(0.25, abs=0.06)
    assert chances.goes[0, 0] == pytest.approx([0, 1], abs=1e-4)


def test_the_days_before_the_period_teach_nothing() -> None:
    long_ago = [(n, "x", "2023-01-01", "2023-01-02") for n in range(50)]
    since = [(n + 100, "x", "2023-12-20", "2024-01-20") for n in range(5)]
    chances = fit_hazards(spells(*long_ago, *since), ("x",), SINCE, UNTIL)
    only = fit_hazards(spells(*since), ("x",), SINCE, UNTIL)
    np.testing.assert_array_equal(chances.leave, only.leave)


def test_who_is_still_there_is_counted_in_the_length_of_stays() -> None:
    """Half left after 10 days, half are there on the 20th: without the latter the median would be 10 for all."""
    gone = [(n, "x", "2024-01-02", "2024-01-12") for n in range(4)]
    here = [(n + 10, "x", "2024-01-12", None) for n in range(6)]
    curve = stay_curve(spells(*gone, *here), SINCE, UNTIL)
    assert curve[9] == 1.0
    assert curve[10] == pytest.approx(0.6)
    assert curve[19] == pytest.approx(0.6)


def arriving(mean: float, dispersion: float = 1.0, level_variance: float = 0.0) -> ArrivalForecast:
    return ArrivalForecast(np.full(10, mean), dispersion, level_variance, 0.1, False)


def hazards(**leave: float) -> Hazards:
    """Stages x, y, … that each pass to the next with a constant chance a day."""
    stages = tuple(leave)
    chance = np.stack([np.full(LONGEST, value) for value in leave.values()])
    goes = np.zeros((len(stages), LONGEST, len(stages) + 1))
    for place in range(len(stages)):
        goes[place, :, place + 1] = 1.0
    return Hazards(stages, chance, goes)


def futures(chances: Hazards, present: Present, weeks: int = 3, samples: int = 400, **more: object) -> Futures:
    arrivals = dict.fromkeys(chances.stages, NOBODY) | dict(more.get("arrivals", {}))
    queues = dict(more.get("queues", {}))
    return draw_futures(present, arrivals, EVEN, chances, queues, weeks, samples, int(more.get("seed", 1)))


@pytest.mark.parametrize("seed", [1, 2])
def test_every_drawn_future_conserves_people(seed: int) -> None:
    coming = {"x": arriving(9.0, 1.6, 0.05), "y": arriving(2.0)}
    present = Present(np.array([0, 0, 1, 2]), np.array([3, 900, 1, 40]))
    line = {"y": Queue(np.full(4, 6.0), 1)}
    drawn = futures(hazards(x=0.3, y=0.15, z=0.02), present, weeks=4, arrivals=coming, seed=seed, queues=line)
    start = np.broadcast_to(drawn.start[None, :, None], (400, 3, 1))
    before = np.concatenate([start, drawn.stock_end[:, :, :-1]], axis=2)
    assert np.array_equal(before + drawn.arrivals - drawn.departures, drawn.stock_end)
    assert drawn.stock_end.min() >= 0
    assert np.array_equal(drawn.arrivals[:, 2], drawn.departures[:, 1])  # z has no other way in


def test_the_mean_of_the_futures_is_the_chance_itself() -> None:
    """200 clients who each leave with chance .1 a day: after a week 200 × .9⁷ are there."""
    drawn = futures(hazards(x=0.1), Present(np.zeros(200, int), np.arange(1, 201)), weeks=2, samples=500)
    for week, mean in enumerate(drawn.stock_end[:, 0].mean(axis=0), start=1):
        kept = 0.9 ** (7 * week)
        assert mean == pytest.approx(200 * kept, abs=4 * np.sqrt(200 * kept * (1 - kept) / 500))


def test_the_worked_example_of_the_documentation() -> None:
    """20 there, 14 come in the week, a tenth leaves each day: 19.0 at the week's end and 15.0 departures."""
    present = Present(np.zeros(20, int), np.arange(1, 21))
    drawn = futures(hazards(x=0.1), present, weeks=1, samples=4000, arrivals={"x": arriving(14.0)})
    end = 20 * 0.9**7 + 2 * sum(0.9**day for day in range(1, 8))
    assert drawn.stock_end[:, 0].mean() == pytest.approx(end, abs=0.3)
    assert drawn.departures[:, 0].mean() == pytest.approx(20 + 14 - end, abs=0.3)


def test_days_in_the_stage_decide_when_to_leave() -> None:
    """Everybody leaves on the tenth day there: who has been there for nine goes tomorrow, who came today in ten."""
    chances = hazards(x=0.0)
    chances.leave[0, :] = 1e-9
    chances.leave[0, 10] = 1.0
    drawn = futures(chances, Present(np.zeros(3, int), np.array([9, 5, 1])), weeks=2, samples=50)
    assert drawn.departures[:, 0].tolist() == [[2, 1]] * 50  # on days 1 and 5, and on day 9


def test_several_stages_may_be_passed_in_a_day() -> None:
    drawn = futures(hazards(x=1.0, y=1.0, z=1e-9), Present(np.array([0]), np.array([1])), weeks=1, samples=50)
    assert drawn.stock_end[:, :, 0].tolist() == [[0, 0, 1]] * 50


def test_a_queue_serves_the_longest_waiting_as_fast_as_its_staff_can() -> None:
    present = Present(np.zeros(100, int), np.arange(1, 101)[::-1])
    drawn = futures(hazards(x=0.5, y=1e-9), present, weeks=4, queues={"x": Queue(np.array([7.0, 7.0, 14.0, 14.0]))})
    assert drawn.departures[:, 0].mean(axis=0) == pytest.approx([7, 7, 14, 14], rel=0.06)


def test_few_clients_cannot_use_all_of_the_staff() -> None:
    """20 come a week and take 3.5 days each: 10 are there however many could be served."""
    coming = {"x": arriving(20.0)}
    here = Present(np.zeros(10, int), np.ones(10, int))
    drawn = futures(
        hazards(x=0.5, y=0.5), here, weeks=6, samples=300, arrivals=coming, queues={"x": Queue(np.full(6, 700.0), 3.5)}
    )
    assert drawn.stock_end[:, 0, -1].mean() == pytest.approx(20 / 7 * 3.5, rel=0.06)


def test_more_staff_never_leaves_a_longer_line_in_any_future() -> None:
    waiting, coming = Present(np.zeros(30, int), np.ones(30, int)), {"x": arriving(20.0, 1.5, 0.02)}
    queues = [{"x": Queue(np.full(6, rate), 1)} for rate in (14.0, 15.0, 18.0)]
    chances = hazards(x=0.5, y=0.1)
    lines = [futures(chances, waiting, weeks=6, samples=60, arrivals=coming, queues=one) for one in queues]
    for less, more in pairwise(one.stock_end[:, 0] for one in lines):
        assert (more <= less).all()
        assert more.sum() < less.sum()


WEEKS = pd.date_range("2021-01-04", periods=150, freq="W-MON")


def test_a_stable_series_is_averaged_and_a_jump_is_followed() -> None:
    rng = np.random.default_rng(2)
    stable = rng.poisson(20, 150).astype(float)
    assert forecast_arrivals(stable, WEEKS, 8, None).mean == pytest.approx(20, rel=0.1)
    jumped = np.where(np.arange(150) < 110, rng.poisson(20, 150), rng.poisson(60, 150)).astype(float)
    found = forecast_arrivals(jumped, WEEKS, 8, None)
    assert found.mean == pytest.approx(60, rel=0.15)
    assert found.weight > forecast_arrivals(stable, WEEKS, 8, None).weight


def test_holidays_and_the_time_of_year_are_learned_when_they_matter() -> None:
    rng = np.random.default_rng(3)
    wave = 30 * (1 + 0.5 * np.sin(2 * np.pi * WEEKS.dayofyear.to_numpy() / 365.25))
    counts = rng.poisson(wave).astype(float)
    found = forecast_arrivals(counts, WEEKS, 12, "FI")
    ahead = pd.date_range(WEEKS[-1] + pd.Timedelta(weeks=1), periods=12, freq="W-MON")
    true = 30 * (1 + 0.5 * np.sin(2 * np.pi * ahead.dayofyear.to_numpy() / 365.25))
    assert found.calendar
    assert found.mean == pytest.approx(true, rel=0.25)
    christmas = calendar_factors(np.where(WEEKS.month == 12, 15.0, 20.0), WEEKS, "FI")
    assert christmas[:100].mean() == pytest.approx(1.0, abs=0.05)


def test_scatter_beyond_chance_is_drawn_too() -> None:
    rng = np.random.default_rng(4)
    calm = arriving(20.0).draw(4000, rng)
    wild = arriving(20.0, 3.0).draw(4000, rng)
    assert calm.mean() == pytest.approx(20, rel=0.01)
    assert wild.mean() == pytest.approx(20, rel=0.02)
    assert calm.var() == pytest.approx(20, rel=0.05)
    assert wild.var() == pytest.approx(60, rel=0.07)


def test_weekday_shares_leave_no_day_impossible() -> None:
    shares = weekday_shares(pd.Series(pd.to_datetime(["2024-01-01", "2024-01-08", "2024-01-03"])))
    assert shares == pytest.approx(np.array([2 + 1, 1, 1 + 1, 1, 1, 1, 1]) / 10)
