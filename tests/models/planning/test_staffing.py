"""People by hand-worked numbers: Erlang C, full-time equivalents, quantiles between the published ones, pools."""

from dataclasses import replace
from math import sqrt

import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import load_config, validate_config
from models.planning.staffing.config import StaffingConfig
from models.planning.staffing.erlang import agents_needed, service_level, waits
from models.planning.staffing.plan import fte, queue_need, staff
from models.planning.staffing.quantiles import implied_correlation, pool, quantile
from tests.models.planning.planning_data import small_base
from tests.plans import covers

CONFIG = load_config("configs/staffing.yaml", StaffingConfig)
HOURS = {f"{area}|hours|{band}": 50.0 for area in ("901", "902") for band in ("under65", "65to74", "75plus")}


@covers("002-H4")
def test_the_two_published_numbers() -> None:
    need = agents_needed(1000, 120, 0.8, 20, max_occupancy=0.85, shrinkage=0.3)
    assert (need.agents, need.rostered) == (40, 58)  # 40 / 0.7 = 57.1, rounded up
    assert need.bound_by == "occupancy"  # 33.3 erlangs / .85 = 39.2
    assert need.occupancy == pytest.approx(100 / 3 / 40)


@pytest.mark.parametrize(
    "load, servers, waiting",
    [
        (1.0, 2, 1 / 3),  # M/M/2 at half load: ρ² ... C = 1/3
        (0.5, 1, 0.5),  # one server: the probability of waiting is the load
        (2.0, 3, 4 / 9),  # worked by hand: (8/6·3) / (1 + 2 + 2 + 4) = 4/9
        (2.0, 2, 1.0),  # never catches up
        (0.0, 1, 0.0),
    ],
)
def test_erlang_c_by_hand(load: float, servers: int, waiting: float) -> None:
    assert waits(load, servers) == pytest.approx(waiting)


def test_the_fewest_agents_are_the_fewest() -> None:
    need = agents_needed(60, 300, 0.8, 20)
    assert service_level(5, need.agents, 300, 20) >= 0.8 > service_level(5, need.agents - 1, 300, 20)
    assert need.bound_by == "service"


def test_two_chats_side_by_side_need_fewer_people_but_not_half_when_they_last_longer() -> None:
    alone = agents_needed(120, 400, 0.8, 60).agents
    side_by_side = agents_needed(120, 600, 0.8, 60, concurrency=2).agents
    assert alone / 2 < side_by_side < alone
    assert agents_needed(120, 800, 0.8, 60, concurrency=2).agents * 2 >= 120 * 800 / 3600


@pytest.mark.parametrize(
    "wrong", [{"max_occupancy": 0.0}, {"share": 1.0}, {"shrinkage": 1.0}, {"contacts_per_hour": -1}]
)
def test_numbers_that_no_staff_can_meet(wrong: dict[str, float]) -> None:
    values = {"contacts_per_hour": 10, "handling_seconds": 60, "share": 0.8, "target_seconds": 20, **wrong}
    with pytest.raises(ConfigError, match="A queue needs"):
        agents_needed(**values)


def test_an_empty_queue_needs_nobody() -> None:
    assert agents_needed(0, 120, 0.8, 20).rostered == 0


def test_full_time_equivalents_by_hand() -> None:
    work = CONFIG.teams[0].work
    per_week = 38.25 * (1 - 0.20) * (1 - 0.15) * 0.59  # 15.3459 direct hours
    assert fte(1534.59, work, "901", "week") == pytest.approx(1534.59 / per_week) == pytest.approx(100.0)
    assert fte(100, work, "901", "day") == pytest.approx(7 * fte(100, work, "901", "week"))


def test_an_area_of_long_distances_needs_more_people() -> None:
    values = CONFIG.model_dump(mode="json")
    values["teams"][0]["work"]["travel_by_area"] = {"902": {"value": 0.3, "source": "own assumption"}}
    work = validate_config(values, StaffingConfig, "staffing").teams[0].work
    assert fte(100, work, "902", "week") == pytest.approx(fte(100, work, "901", "week") * 0.85 / 0.7)


def _rows(value: float, *widths: float) -> pd.DataFrame:
    low80, high80, low95, high95 = (value + one for one in widths)
    return pd.DataFrame({"value": [value], "low80": low80, "high80": high80, "low95": low95, "high95": high95})


@pytest.mark.parametrize(
    "share, expected",
    [
        (0.5, 100.0),
        (0.9, 120.0),
        (0.975, 140.0),
        (0.1, 90.0),
        (0.025, 80.0),
        (0.001, 80.0 - 10 * (3.0902 - 1.9600) / (1.9600 - 1.2816)),
        (0.7, 108.184),
    ],
)
def test_quantiles_between_the_published_ones(share: float, expected: float) -> None:
    assert quantile(_rows(100, -10, 20, -20, 40), share)[0] == pytest.approx(expected, abs=0.01)


def test_a_pool_of_independent_areas_needs_the_root_of_the_squares() -> None:
    areas = [_rows(100, -30, 30, -50, 50), _rows(200, -40, 40, -60, 60)]
    found = pool(areas, 0.9, None, 0.0)
    assert found.apart[0] == pytest.approx(130 + 240)
    assert found.together[0] == pytest.approx(300 + sqrt(30**2 + 40**2))
    assert found.gain[0] == pytest.approx(20)
    assert pool(areas, 0.9, None, 1.0).gain[0] == pytest.approx(0)


def test_the_county_forecast_tells_how_areas_go_together() -> None:
    areas = [_rows(100, -30, 30, -50, 50), _rows(200, -40, 40, -60, 60)]
    whole = _rows(300, -60, 60, -80, 80)
    assert implied_correlation(areas, whole, 0.9)[0] == pytest.approx((60**2 - 2500) / (70**2 - 2500))
    assert pool(areas, 0.9, whole, 1.0).together[0] == pytest.approx(360)


def test_a_plan_covers_every_area_the_peak_and_the_pool() -> None:
    plan = staff(small_base(HOURS, "hours"), CONFIG)
    team, per_week = plan.teams[0], CONFIG.teams[0].work.direct_hours("901", 1.0)
    peak = team.peaks.set_index("area")
    assert peak.loc["901", "fte_planned"] == pytest.approx(150 * 1.1 / per_week)  # high80 is the 90 % quantile
    assert team.pool["apart"].iloc[0] == pytest.approx(2 * 150 * 1.1 / per_week)
    # The county's interval is as wide as the areas' together, so pooling them gains nothing and the plan says so.
    assert team.pool["gain"].iloc[0] == pytest.approx(0)
    assert plan.missing == ("phone", "chat")


def test_a_group_of_areas_is_shown_but_not_pooled_again() -> None:
    base = small_base(HOURS, "hours")
    whole = next(one for one in base.series if one.series_id == "county|hours|total")
    group = replace(whole, series_id="group|hours|total", dimensions={**whole.dimensions, "area": "group"})
    rows = base.forecast[base.forecast["series_id"] == whole.series_id].assign(series_id=group.series_id)
    grouped = replace(base, series=(*base.series, group), forecast=pd.concat([base.forecast, rows], ignore_index=True))
    plain, seen = staff(base, CONFIG).teams[0], staff(grouped, CONFIG).teams[0]
    assert "group" in set(seen.peaks["area"])
    pd.testing.assert_frame_equal(seen.pool, plain.pool)


def test_a_queue_is_staffed_for_its_busiest_hour() -> None:
    phone = CONFIG.queues[0]
    need = queue_need(phone, 1000, "week")
    assert need.contacts_per_hour == pytest.approx(1000 / 40 * 1.8)
    plan = staff(
        small_base({"901|phone|75plus": 500.0, "901|phone|65to74": 0.0, "901|phone|under65": 500.0}, "phone"), CONFIG
    )
    assert plan.queues[0].peaks["901"].contacts_per_hour == pytest.approx(1100 / 40 * 1.8)


def test_every_number_has_a_source_and_a_share_is_a_share() -> None:
    values = CONFIG.model_dump(mode="json")
    values["service_level"] = {"value": 90, "source": "own assumption"}
    with pytest.raises(ConfigError, match=r"write 0\.2 for 20 %"):
        validate_config(values, StaffingConfig, "staffing")
    values["service_level"] = {"value": 0.9}
    with pytest.raises(ConfigError, match=r"`service_level\.source` is missing"):
        validate_config(values, StaffingConfig, "staffing")
