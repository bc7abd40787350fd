"""Share served within the limit: limits by age and day, queues judged when their time is up, the back-test's view."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import load_config, validate_config
from evaluation.demand_reports.attainment import (
    METHODS,
    attainment,
    backtest,
    chosen_method,
    fit_curve,
    half_widths,
    queue_shares,
)
from evaluation.demand_reports.limits import deadlines
from evaluation.demand_reports.settings import (
    AttainmentConfig,
    Limit,
    Measured,
)
from evaluation.demand_reports.waiting import WEEK, Queue, queues
from evaluation.demand_reports.words import note
from tests.models.demand.demand_data import words
from tests.plans import covers

# --- limits ---------------------------------------------------------------------------------------------------------


@covers("000-57")
@pytest.mark.parametrize(
    "level,                   asked,                 age, deadline",
    [
        ("primary_care",           "2023-08-31 23:00:00", 40, "2023-11-30"),  # three months until the end of August
        ("primary_care",           "2023-09-01",          40, "2023-09-15"),  # 14 days from 1.9.2023
        ("primary_care",           "2025-01-01",          23, "2025-04-02"),  # three months again from 23 years
        ("primary_care",           "2025-01-01",          22, "2025-01-15"),  # 14 days stay for the young
        ("specialised_assessment", "2024-02-01",          60, "2024-02-22"),
        ("social_assessment",      "2024-12-19",          80, "2025-01-03"),  # 7 working days over Christmas
        ("social_assessment",      "2024-06-08",          75, "2024-06-18"),  # asked for on a Saturday
        ("social_assessment",      "2024-06-08",          74, "2024-09-07"),
        ("seven_days",             "2024-06-08",          5,  "2024-06-15"),
        ("primary_care",           "2010-01-01",          40, None),          # before the table begins
    ],
)  # fmt: skip
def test_a_limit_is_that_of_the_day_and_the_age(level, asked, age, deadline):
    limits = load_config("configs/attainment.yaml", AttainmentConfig).limits
    found = deadlines(limits, level, pd.Series(pd.to_datetime([asked])), pd.Series([age]))[0]
    assert found is pd.NaT if deadline is None else found == pd.Timestamp(deadline)


def limit(**more: Any) -> dict[str, Any]:
    return {"level": "seven", "days": 7, "valid_from": "2020-01-01", "source": "here", **more}


def attaining(**more: Any) -> AttainmentConfig:
    measured = [{"service": "referral", "level": "seven", "name": words("seven"), "target": 0.8}]
    values = {"limits": [limit()], "measured": measured, "reporting_lag_days": 0, "horizon_weeks": 4, "recent_weeks": 8}
    return validate_config({**values, **more}, AttainmentConfig, "attainment")


@pytest.mark.parametrize(
    "limits, fits",
    [
        ([limit(), limit(days=14)], False),
        ([limit(valid_to="2022-01-01"), limit(days=14, valid_from="2022-01-01")], True),
        ([limit(valid_to="2022-01-02"), limit(days=14, valid_from="2022-01-01")], False),
        ([limit(age_to=23), limit(days=14, age_from=23)], True),
        ([limit(age_to=24), limit(days=14, age_from=23)], False),
        ([limit(), limit(level="other")], True),
    ],
)
def test_two_limits_never_hold_at_once(limits, fits):
    if fits:
        assert len(attaining(limits=limits).limits) == 2
    else:
        with pytest.raises(ConfigError, match="two limits of seven hold at once"):
            attaining(limits=limits)


def test_a_level_without_a_limit_is_named():
    with pytest.raises(ConfigError, match="names the level seven, which has no limit"):
        attaining(limits=[limit(level="other")])


# --- attainment -----------------------------------------------------------------------------------------------------


def queue(rows: list[tuple[str, str | None, str | None]], days: int = 7) -> Queue:
    """(asked, dealt with, left) as days."""
    asked = np.array([row[0] for row in rows], "datetime64[ns]")
    dealt, left = (np.array([row[k] or "NaT" for row in rows], "datetime64[ns]") for k in (1, 2))
    return Queue(asked, asked + np.timedelta64(days, "D"), dealt, left)


@covers("000-11")
def test_only_matters_whose_time_is_up_are_judged():
    one = queue(
        [
            ("2024-01-01", "2024-01-08", "2024-01-08"),  # on the last day: within
            ("2024-01-01", "2024-01-09", "2024-01-09"),  # a day late
            ("2024-01-01", None, None),                  # never: late
            ("2024-01-01", None, "2024-01-03"),          # withdrawn in time: nobody's failure
            ("2024-01-01", None, "2024-02-03"),          # withdrawn after the limit: late
            ("2024-01-20", "2024-01-21", "2024-01-21"),  # its limit has not passed on the 25th
        ]
    )  # fmt: skip
    first, last = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-25")
    assert one.judged(first, last, last) == (4, 1)
    assert one.waiting(pd.Timestamp("2024-01-09")) == 3  # the late one leaves that day; two wait on
    assert one.arrivals(first, last) == 6
    assert one.throughput(last, 4) == 4 / 4


def test_a_request_belongs_where_the_client_lived_and_to_her_own_limit():
    requests = pd.DataFrame(
        {"client_id": ["a", "b", "b"], "service": ["referral", "referral", "other"],
         "requested_at": pd.to_datetime(["2024-01-01"] * 3), "assessed_at": pd.to_datetime(["2024-01-05"] * 3),
         "ended_at": pd.to_datetime([None, "2024-01-03", None])}
    )  # fmt: skip
    residents = pd.DataFrame(
        {"client_id": ["a", "b"], "municipality": ["901", "902"], "birth_year": [2010, 1950],
         "valid_from": pd.to_datetime(["2000-01-01"] * 2), "valid_to": pd.to_datetime([None, None])}
    )  # fmt: skip
    limits = (Limit(**{**limit(age_to=23), "valid_from": date(2020, 1, 1)}),)
    asked = Measured(service="referral", level="seven", name=words("x"))
    found = queues(requests, residents, limits, asked, {"county": ("901", "902"), "901": ("901",), "902": ("902",)})
    assert [len(found[place].asked) for place in ("county", "901", "902")] == [1, 1, 0]
    assert found["901"].left[0] == np.datetime64("2024-01-05")


def served(weekly_out: int, weekly_in: list[int], start: str = "2022-01-03") -> Queue:
    """First in, first out: so many leave each Friday, so many come each Monday."""
    asked = [pd.Timestamp(start) + k * WEEK for k, n in enumerate(weekly_in) for _ in range(n)]
    dealt, when, spare = [], pd.Timestamp(start) + pd.Timedelta(days=4), weekly_out
    for one in asked:
        while spare == 0 or when < one:
            when, spare = when + WEEK, weekly_out
        dealt.append(when)
        spare -= 1
    rows = [(str(a.date()), str(d.date()), str(d.date())) for a, d in zip(asked, dealt, strict=True)]
    return queue(rows)


def waves() -> dict[str, Queue]:
    """A service that ten leave a week, with waves of arrivals: the queue tells how long the next ones wait."""
    swing = [round(10 + 6 * np.sin(2 * np.pi * k / 30)) for k in range(140)]
    return {"county": served(10, swing), "901": served(10, swing)}


def test_where_the_queue_decides_the_queue_is_chosen_and_more_demand_lowers_the_share():
    found, config = waves(), attaining(origins=10, step_weeks=5)
    at = pd.Timestamp("2022-01-03") + 130 * WEEK
    curve = fit_curve(found, at, config, 120)
    assert curve.slope < -0.5
    assert curve.share("901", 30.0) < 0.5 < curve.share("901", 2.0)
    tested = backtest(found, at, pd.Timestamp("2022-01-10"), config)
    assert chosen_method(tested) == "queue"
    later = [at + k * WEEK for k in range(-30, 5)]
    middling = next(when for when in later if 6 < found["county"].expected_wait(when) < 9)
    calm, busy = (queue_shares(found, middling, config, dict.fromkeys(found, n), 100)["county"] for n in (5.0, 25.0))
    assert busy < calm - 0.2


def known_by(one: Queue, at: pd.Timestamp) -> Queue:
    """The queue without the requests from a midnight on."""
    there = one.asked < at.to_datetime64()
    return Queue(one.asked[there], one.deadline[there], one.dealt[there], one.left[there])


def test_no_origin_of_the_backtest_sees_what_came_later():
    found, config = waves(), attaining(origins=4, step_weeks=5)
    at = pd.Timestamp("2022-01-03") + 120 * WEEK
    cut = {name: known_by(one, at) for name, one in found.items()}
    columns = ["origin", "place", *METHODS]
    first = pd.Timestamp("2022-01-10")
    pd.testing.assert_frame_equal(
        backtest(found, at, first, config)[columns], backtest(cut, at, first, config)[columns]
    )


@covers("000-57")
def test_the_share_ahead_has_an_interval_a_target_and_its_backtest_told():
    config = attaining()
    found = attainment(config.measured[0], waves(), pd.Timestamp("2024-07-01"), {"901": 12.0}, config)
    lines = {str(line["area"]): line for line in found.lines}
    one = lines["901"]
    assert one["requests_ahead"] == 12.0 * 4
    assert 0 <= one["low95"] <= one["low80"] <= one["share"] <= one["high80"] <= one["high95"] <= 1
    assert one["meets_target"] == (one["share"] >= 0.8)
    assert "chosen on" in found.notes[0]["en"]
    few = {"county": waves()["county"], "902": queue([("2024-06-03", "2024-06-04", "2024-06-04")] * 3)}
    hidden = attainment(config.measured[0], few, pd.Timestamp("2024-07-01"), {}, config).lines[1]
    assert (hidden["requests"], hidden["share"], hidden["low80"], hidden["requests_ahead"]) == (None, None, None, None)
    nobody = attainment(config.measured[0], {"county": queue([])}, pd.Timestamp("2024-07-01"), {}, config)
    assert nobody.notes == (note("no_request", service="referral", level="seven"),)


def test_half_widths_are_quantiles_of_the_errors():
    table = pd.DataFrame({"place": ["county"] * 4, "share": 0.5, "recent": [0.6, 0.7, 0.5, 0.55]})
    assert half_widths(table, "recent") == {"county": {80: pytest.approx(0.2), 95: pytest.approx(0.2)}}
