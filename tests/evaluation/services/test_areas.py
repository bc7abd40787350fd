"""Figures by area: sums exact, intervals by hand, small cells hidden, the past counted as it was known."""

import math

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import read_yaml, validate_config
from evaluation.areas.counted.counting import newcomers_problem, newcomers_rule
from evaluation.areas.counted.known import calibration_error
from evaluation.areas.counted.newcomers import Weighing, backtest, county_of_new, fit_rates, forecast
from evaluation.areas.counted.people import described, origins
from evaluation.areas.counted.turnover import Turnover, turnover
from evaluation.areas.estimates import Estimate, both, county_of_known, negative_binomial, sum_of_known
from evaluation.areas.figures import AreaLine, county_line, shown
from evaluation.areas.gap import comparable, gaps, nothing_to_compare
from evaluation.areas.holdout import coverage
from evaluation.areas.settings import AreasConfig
from evaluation.small_cells.hiding import hidden_areas
from models.demand.config import DemandConfig
from models.needs.need import load_task
from tests.features.histories_data import table_of
from tests.plans import covers

THREE = np.array([0.2, 0.5, 0.9])
PLAIN = Weighing(half_life_days=365, prior_events=10)
TODAY = pd.Timestamp("2025-01-01")


@covers("002-A1")
def test_the_sum_of_three_clients_by_hand() -> None:
    """1.6 people; variance .16 + .25 + .09 = .5, spread .7071; 1.2816 and 1.9600 spreads to each side."""
    found = sum_of_known(THREE, calibration=0.0).as_dict()
    assert found == pytest.approx(
        {"value": 1.6, "low80": 0.6938, "high80": 2.5062, "low95": 0.2141, "high95": 2.9859}, abs=1e-4
    )


def test_the_calibration_error_widens_the_interval_and_nobody_counts_twice() -> None:
    """.5 + (.1 * 1.6)^2 = .5256; of three clients no more than three can count."""
    assert sum_of_known(THREE, 0.1).variance == pytest.approx(0.5256)
    assert sum_of_known(np.array([0.9, 0.9, 0.9]), 0.3).interval(0.95)[1] == 3.0
    assert sum_of_known(np.array([0.1]), 0.0).interval(0.95)[0] == 0.0


def test_the_calibration_error_is_common_to_all_areas() -> None:
    """Two areas of 1.6: own variances .5 + .5, common (.1 * 3.2)^2 = .1024; not 2 * .0256."""
    county = county_of_known([sum_of_known(THREE, 0.1)] * 2, 0.1)
    assert county.value == math.fsum([1.6, 1.6])
    assert county.variance == pytest.approx(1.1024)
    assert county.most == 6


def test_quantiles_of_a_negative_binomial_by_hand() -> None:
    """Mean 2, variance 4: shares (k + 1) / 2^(k + 2), reached .25 .5 .6875 .8125 .8906 .9375 .9648 .9805."""
    assert negative_binomial(2, 4, [0.1, 0.6, 0.9, 0.975]) == [0, 2, 5, 7]
    low, high = negative_binomial(10_000, 40_000, [0.025, 0.975])
    assert (low, high) == (pytest.approx(10_000 - 392, abs=10), pytest.approx(10_000 + 392, abs=10))


def test_known_and_new_are_added() -> None:
    assert both(Estimate(1.5, 0.5, 3), Estimate(2.0, 4.0)) == Estimate(3.5, 4.5)


def cells(*rows: tuple[str, str, int, int], band: str = "75plus") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["origin", "area", "exposed", "events"])
    numbers = {"exposed": frame["exposed"].astype(float), "events": frame["events"].astype(float)}
    return frame.assign(origin=pd.to_datetime(frame["origin"]), band=band, **numbers)


def test_an_area_is_drawn_towards_the_county() -> None:
    """8 of 400: .02.  A expected 2, had 4: (4 + 10) / (2 + 10); B expected 6, had 4: 14 / 16."""
    day = pd.Timestamp("2024-01-01")
    rates = fit_rates(cells(("2024-01-01", "A", 100, 4), ("2024-01-01", "B", 300, 4)), day, PLAIN)
    assert rates.by_band == {"75plus": pytest.approx(0.02)}
    assert rates.factor == {"A": pytest.approx(14 / 12), "B": pytest.approx(14 / 16)}
    today = pd.DataFrame({"area": ["A", "new"], "band": "75plus", "exposed": [50.0, 50.0]})
    found = forecast(rates, today)
    assert found["new"].value == pytest.approx(1.0)
    assert found["A"].value == pytest.approx(14 / 12)


def test_a_window_one_half_life_older_counts_half() -> None:
    """10 % a year before, 4 % now: (10 * 1/2 + 4) / (100 * 1/2 + 100) = .06."""
    past = cells(("2024-01-01", "A", 100, 4), ("2023-01-01", "A", 100, 10))
    rates = fit_rates(past, pd.Timestamp("2024-01-01"), PLAIN)
    assert rates.by_band["75plus"] == pytest.approx(0.06)


def test_more_scatter_than_chance_widens_the_forecast() -> None:
    """20 and 0 of 100 around 10 each: ((10² − 10) * 2) / (10² * 2) = .9; 10 and 10 scatter less than chance: 0."""
    day = pd.Timestamp("2024-01-01")
    wild = fit_rates(cells(("2024-01-01", "A", 100, 20), ("2024-01-01", "B", 100, 0)), day, Weighing(365, 1e9))
    assert wild.area_spread == pytest.approx(0.9)
    assert wild.county_spread == 0
    calm = fit_rates(cells(("2024-01-01", "A", 100, 10), ("2024-01-01", "B", 100, 10)), day, Weighing(365, 1e9))
    assert calm.area_spread == 0
    areas = {"A": Estimate(3.0, 4.0), "B": Estimate(5.0, 6.0)}
    assert county_of_new(wild, areas) == Estimate(8.0, 10.0)


def test_a_past_origin_is_forecast_from_windows_that_had_ended() -> None:
    """Horizon 90 and 10 days to record: the second of April may use the first of January, not the first of March."""
    past = cells(("2024-01-01", "A", 100, 10), ("2024-03-01", "A", 100, 90), ("2024-04-15", "A", 100, 10))
    tested = backtest(past, reach_days=90, settle_days=10, minimum_windows=1, weighing=PLAIN)
    assert list(tested["origin"].unique()) == [pd.Timestamp("2024-04-15")]
    assert tested["area"].tolist() == ["A", ""]
    assert tested["value"].tolist() == [pytest.approx(10.0)] * 2
    assert tested["inside80"].tolist() == [True, True]


def test_origins_end_before_today_and_begin_at_the_first() -> None:
    found = origins(np.datetime64("2025-01-01"), np.datetime64("2024-01-01"), 182, 28, 91)
    assert [str(day) for day in found] == ["2024-06-05", "2024-03-06"]
    assert origins(np.datetime64("2024-03-01"), np.datetime64("2024-01-01"), 182, 28, 91) == []


def lines(*sizes: tuple[str, int, int]) -> list[AreaLine]:
    known = Estimate(0.1, 0.09)
    return [AreaLine(area, clients, others, known, Estimate(0.2, 0.3)) for area, clients, others in sizes]


def test_a_small_area_is_hidden_with_another_and_the_county_is_the_exact_sum() -> None:
    """Three clients in A; B is the smallest of the others, so that A cannot be found by subtraction."""
    held = lines(("A", 3, 90), ("B", 7, 80), ("C", 50, 500))
    found = shown(held, county_line(held, 0.0, Estimate(math.fsum([0.2] * 3), 0.9)))
    assert [line["hidden"] for line in found["areas"]] == [True, True, False]
    assert found["areas"][0] == {
        "id": "A",
        "hidden": True,
        **dict.fromkeys(("clients", "residents", "known", "new", "total")),
    }
    county = found["county"]
    assert (county["clients"], county["residents"]) == (60, 670)
    assert county["known"]["value"] == math.fsum([0.1] * 3)
    assert county["total"]["value"] == math.fsum([0.1] * 3) + math.fsum([0.2] * 3)


@pytest.mark.parametrize(
    "clients, residents, hidden",
    [
        ([9, 8, 7], [90, 80, 70], [False, False, False]),
        ([9, 8, 4], [90, 80, 70], [False, True, True]),
        ([9, 8, 0], [90, 80, 3], [False, True, True]),
        ([9, 0, 0], [90, 80, 70], [False, False, False]),
    ],
)
def test_hidden_areas(clients, residents, hidden) -> None:
    assert hidden_areas(clients, residents) == hidden


@pytest.mark.parametrize(
    "sizes, hidden",
    [
        ([("A", 3, 90), ("B", 0, 80)], True),  # the county's line would be the three people of A
        ([("A", 2, 90), ("B", 2, 80)], True),
        ([("A", 50, 4)], True),
        ([("A", 3, 90), ("B", 2, 80)], False),
        ([("A", 0, 90), ("B", 0, 80)], False),
    ],
)
def test_a_county_of_one_to_four_people_is_hidden_too(sizes, hidden) -> None:
    held = lines(*sizes)
    county = shown(held, county_line(held, 0.0, Estimate(0.2, 0.9)))["county"]
    assert county["hidden"] == hidden
    assert (county["known"] is None, county["clients"] is None) == (hidden, hidden)


def test_a_years_clients_and_those_of_them_who_are_new() -> None:
    """The year is 2024-01-02 .. 2025-01-01: old and back had care in the year before too, new and brief had not."""
    spans = [
        ("old", "2020-01-01", None),
        ("back", "2023-05-01", "2023-06-01"),
        ("back", "2024-05-01", None),
        ("new", "2024-05-01", None),
        ("brief", "2020-01-01", "2020-02-01"),
        ("brief", "2024-03-01", "2024-03-05"),
        ("gone", "2022-01-01", "2024-01-02"),
        ("later", "2025-01-01", None),
    ]
    frame = pd.DataFrame(spans, columns=["client_id", "start", "end"])
    frame = frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))
    assert turnover(frame, np.datetime64("2025-01-01")) == Turnover(clients=4, new=2)
    assert Turnover(4, 2) + Turnover(1, 0) == Turnover(5, 2)


def test_where_a_client_lived_is_what_was_known_on_the_day() -> None:
    stays = table_of(
        "residents",
        [
            {"client_id": "a", "valid_from": "2020-01-01", "municipality": "901", "birth_year": 1940},
            {
                "client_id": "a",
                "valid_from": "2024-01-01",
                "recorded_at": "2024-02-01",
                "municipality": "902",
                "birth_year": 1940,
            },
            {"client_id": "b", "valid_from": "2020-01-01", "municipality": "999", "birth_year": 1990},
        ],
    )
    days = pd.to_datetime(["2024-01-15", "2024-03-01", "2024-03-01"])
    rows = pd.DataFrame({"client_id": ["a", "a", "b"], "as_of": days})
    found = described(rows, stays, {"901": "west", "902": "east"})
    assert found["area"].tolist() == ["west", "east", "other"]
    assert found["band"].tolist() == ["75plus", "75plus", "under65"]
    assert found["age"].tolist() == [84, 84, 34]


def test_the_calibration_error_is_distance_and_scatter() -> None:
    """Everybody has p = .5 and half of them the outcome, in pairs of a client: no distance, no scatter."""
    rows = {"client": np.repeat(np.arange(20), 2), "label": [0, 1] * 20, "p": 0.5}
    assert calibration_error(pd.DataFrame(rows)) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(pd.DataFrame({**rows, "p": 0.4})) == pytest.approx(0.25)


def test_sums_of_the_holdout_beside_what_happened() -> None:
    """901: 10 of 20 at p = .5 is inside; 902: 20 of 20 is not; 903 has too few rows to show."""
    places = ["901"] * 20 + ["902"] * 20 + ["903"] * 2
    happened = [0, 1] * 10 + [1] * 20 + [1, 1]
    frame = pd.DataFrame({"group_municipality": places, "label": happened, "p": 0.5, "as_of": "2024-01-01"})
    held = coverage(frame, {"901": "A", "902": "B", "903": "C"}, 0.0)
    assert held == {"sums": 2, "coverage80": 0.5, "coverage95": 0.5}


def demand(**changes: object) -> DemandConfig:
    values = {**read_yaml("configs/demand/home_care_weekly.yaml"), **changes}
    return validate_config(values, DemandConfig, "demand.yaml")


@pytest.mark.parametrize(
    "measure, horizon, says",
    [
        (None, 182, "counts home-care visits, home-care hours, this figure people whose outcome comes within 182 days"),
        ("clients", 182, "has no measure clients"),
        ("visits", 182, "reaches 84 days ahead, this figure 182"),
    ],
)
def test_why_a_forecast_cannot_be_compared(measure, horizon, says) -> None:
    why = comparable(demand(), measure, horizon)
    assert why is not None
    assert why["en"].startswith("Not comparable: ")
    assert says in why["en"]


@covers("002-A7")
def test_the_gap_is_ours_minus_the_forecast_over_the_horizon() -> None:
    """Horizon 15 days: two whole weeks of 3 and 4 people; the third week is left out."""
    assert comparable(demand(), "visits", 15) is None
    rows = [("A|visits|total", 1, 3.0), ("A|visits|total", 2, 4.0), ("A|visits|total", 3, 9.0)]
    table = pd.DataFrame([*rows, ("county|visits|total", 1, 10.0)], columns=["series_id", "step", "value"])
    found = gaps(12.5, {"A": 9.0, "B": 3.5}, table, "visits", "week", 15)
    assert found == [
        {"area": "county", "figure": 12.5, "forecast": 10.0, "gap": 2.5},
        {"area": "A", "figure": 9.0, "forecast": 7.0, "gap": 2.0},
    ]
    assert [line["area"] for line in gaps(None, {"A": 9.0}, table, "visits", "week", 15)] == ["A"]
    assert "is not registered" in nothing_to_compare(["demand_x"])["en"]


@pytest.mark.parametrize(
    "task, problem, asked",
    [
        ("move_to_24h_care_12m", False, "episode_start"),
        ("home_care_change_6m", False, "heavier"),
        ("home_care_minutes_6m", True, "minutes_change"),
    ],
)
def test_what_is_asked_of_people_who_are_not_clients(task, problem, asked) -> None:
    held = load_task(f"configs/needs/{task}.yaml")
    assert (newcomers_problem(held) is not None) == problem
    assert getattr(newcomers_rule(held), asked)


def test_a_municipality_is_in_one_area_only() -> None:
    values = read_yaml("configs/areas.yaml")
    values["areas"]["902"]["municipalities"] = ["901"]
    with pytest.raises(ConfigError, match="the municipality 901 is in two areas"):
        validate_config(values, AreasConfig, "areas.yaml")
