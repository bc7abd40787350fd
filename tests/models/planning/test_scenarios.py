"""Scenarios by hand: what each change does to the parts, that sums add up, and what cannot be asked is named."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError, DataError
from models.planning.ages import Ages
from models.planning.scenarios.applied import ScenarioResult, apply
from models.planning.scenarios.compared import chart, compare
from models.planning.scenarios.config import as_json, scenario_of
from models.planning.sums import parts_of
from tests.models.planning.planning_data import base_from, channel_base, population, scenario, small_base
from tests.plans import covers

LEVEL = {2025: 0.1, 2026: 0.1}  # reached in mid-2025; the dates lie in January, half-way from mid-2024


def at(result: ScenarioResult, series_id: str, column: str = "value", step: int = 4) -> float:
    rows = result.table[(result.table["series_id"] == series_id) & (result.table["step"] == step)]
    return float(rows[column].iloc[0])


def half_way(result: ScenarioResult) -> float:
    """The growth in force on the last date, against the 10 % of mid-2025."""
    when = pd.Timestamp(result.table["ds"].max())
    return 0.1 * ((when.dayofyear - 183) / 365.25 + 1)


def test_parts_follow_from_the_published_sums_by_subtraction() -> None:
    parts = parts_of(small_base())
    found = dict(zip(parts.ids, parts.values[:, 0], strict=True))
    assert found["901|visits|65to74"] == pytest.approx(90 - 70)  # 65plus − 75plus; not published itself
    assert found["901|visits|under65"] == pytest.approx(100 - 90)


def test_a_forecast_that_does_not_add_up_is_refused_by_name() -> None:
    base = small_base()
    base.forecast.loc[base.forecast["series_id"] == "county|visits|total", "value"] = 999.0
    with pytest.raises(DataError, match=r"county\|visits\|total at 2025-01-06"):
        parts_of(base)


def test_population_growth_of_one_age_band_moves_that_band_only() -> None:
    result = apply(scenario(population=[{"ages": "75plus", "growth": LEVEL}]), small_base())
    g = half_way(result)
    assert at(result, "901|visits|75plus") == pytest.approx(70 * (1 + g))
    assert at(result, "901|visits|total") == pytest.approx(10 + 20 + 70 * (1 + g))
    assert at(result, "county|visits|total") == pytest.approx(200 + (70 + 60) * g)


def test_population_growth_in_one_area_leaves_the_other() -> None:
    result = apply(scenario(population=[{"areas": ["901"], "growth": LEVEL}]), small_base())
    assert at(result, "902|visits|total", "difference") == 0
    assert at(result, "county|visits|total", "difference") == pytest.approx(100 * half_way(result))


def test_part_of_a_series_ages_needs_the_population() -> None:
    growing = scenario(population=[{"ages": "85plus", "growth": LEVEL}], sector="none")
    with pytest.raises(ConfigError, match="only some ages of the series 901"):
        apply(growing, small_base())
    result = apply(growing, small_base(), _aligned())
    assert at(result, "901|visits|75plus") == pytest.approx(70 * (1 + half_way(result) * 40 / 100))


def test_need_weights_move_demand_more_than_heads_do() -> None:
    growing = scenario(population=[{"ages": "85plus", "growth": LEVEL}])
    result = apply(growing, small_base(), _aligned(from85=3.0))
    assert at(result, "901|visits|75plus") == pytest.approx(70 * (1 + half_way(result) * 40 * 3 / (60 + 40 * 3)))


def _aligned(**need: Any) -> Any:
    """The population with an open band of 85+ in both areas."""
    made = population(**need)
    persons = dict.fromkeys(("901", "902"), made.persons["901"])
    return type(made)(persons, made.need, made.basis, 85)


def test_absolute_persons_are_growth_against_the_table() -> None:
    result = apply(
        scenario(population=[{"areas": ["902"], "ages": "75plus", "persons": {2025: 110}}]), small_base(), population()
    )
    assert at(result, "902|visits|75plus") == pytest.approx(60 * (1 + half_way(result)))


def test_ages_inside_the_open_band_are_not_guessed() -> None:
    with pytest.raises(ConfigError, match="Write `75plus`"):
        apply(scenario(population=[{"ages": "90plus", "growth": LEVEL}]), small_base(), population())


EARLY = {
    "heavy": {"age_group": ["75plus"]},
    "share": 0.2,
    "effectiveness": 0.5,
    "light_per_heavy": 0.3,
    "starts": "2025-01-06",
}


@covers("000-54")
def test_early_support_costs_at_once_and_relieves_after_the_delay() -> None:
    result = apply(
        scenario(early_support=[{**EARLY, "light": {"age_group": ["65to74"]}, "delay_weeks": 2}]), small_base()
    )
    light = 70 * 0.2 * 0.3
    assert at(result, "901|visits|total", "difference", step=1) == pytest.approx(light)
    assert at(result, "901|visits|total", "difference", step=3) == pytest.approx(light - 70 * 0.2 * 0.5)


def test_a_light_service_outside_the_series_is_told_apart() -> None:
    result = apply(scenario(early_support=[EARLY]), small_base())
    assert at(result, "county|visits|total", "difference") == pytest.approx(-(70 + 60) * 0.2 * 0.5)
    assert result.outside["value"].tolist() == pytest.approx([(70 + 60) * 0.2 * 0.3] * 4)
    assert set(result.outside["what"]) == {"light"}


def test_effectiveness_with_a_low_and_a_high_gives_the_difference_an_interval() -> None:
    uncertain = {**EARLY, "effectiveness": {"value": 0.5, "low": 0.25, "high": 0.6}}
    result = apply(scenario(early_support=[uncertain]), small_base())
    d = -70 * 0.2 * 0.5
    less, more = 70 * 0.2 * 0.25, 70 * 0.2 * 0.1  # how much smaller and how much larger the relief may be
    forecast_error = abs(d) * 0.1  # ±10 % of the base, and the difference is a share of the base
    assert at(result, "901|visits|75plus", "difference") == pytest.approx(d)
    assert at(result, "901|visits|75plus", "difference_high80") == pytest.approx(d + np.hypot(less, forecast_error))
    assert at(result, "901|visits|75plus", "difference_low80") == pytest.approx(d - np.hypot(more, forecast_error))


def test_a_channel_shift_stops_at_what_is_digitally_suitable_and_some_come_back() -> None:
    shift = {
        "moved_from": {"channel": ["phone"]},
        "moved_to": {"channel": ["digital"]},
        "share": 0.5,
        "starts": "2025-01-06",
    }
    result = apply(
        scenario(channel_shift=[{**shift, "suitable": {"all": 0.4}, "first_contact_resolution": 0.75}]), channel_base()
    )
    assert at(result, "digital") == pytest.approx(50 + 100 * 0.4)
    assert at(result, "phone") == pytest.approx(100 - 40 + 40 * 0.25)
    assert at(result, "all") == pytest.approx(150 + 10)  # repeat contacts are contacts
    assert any("limited" in text["en"] for text in result.said)


def test_a_closing_moves_demand_and_tells_what_is_left_unmet() -> None:
    closing = {
        "kind": "closing",
        "unit": {"area": ["901"]},
        "other": {"area": ["902"]},
        "share": 0.8,
        "starts": "2025-01-13",
    }
    result = apply(scenario(supply=[closing]), small_base())
    assert at(result, "901|visits|total", step=1) == pytest.approx(100)
    assert at(result, "901|visits|total", step=2) == 0
    assert at(result, "902|visits|75plus", step=2) == pytest.approx(60 + 0.8 * 70)
    assert result.outside["value"].tolist() == pytest.approx([20.0, 20.0, 20.0])


def test_staffed_hours_stand_beside_demand() -> None:
    base = small_base({name.replace("visits", "hours"): value for name, value in BOTTOM_HOURS.items()}, "hours")
    more = {"kind": "staffed_hours", "unit": {"area": ["901"]}, "change": 15, "starts": "2025-01-20"}
    table = apply(scenario(supply=[more]), base, capacity={"901": 90.0}).capacity
    assert table["hours"].tolist() == [90, 90, 105, 105]
    assert table["demand"].tolist() == pytest.approx([100.0] * 4)
    with pytest.raises(ConfigError, match="staffed hours of area 901, which are not known"):
        apply(scenario(supply=[more]), base)


BOTTOM_HOURS = {
    f"{area}|visits|{band}": value
    for area in ("901", "902")
    for band, value in (("under65", 10.0), ("65to74", 20.0), ("75plus", 70.0))
}


def test_every_sum_is_the_sum_of_its_parts_and_steps_add_up() -> None:
    many = scenario(
        population=[{"ages": "75plus", "growth": LEVEL}],
        early_support=[EARLY],
        supply=[
            {
                "kind": "opening",
                "unit": {"area": ["902"]},
                "other": {"area": ["901"]},
                "share": 0.3,
                "starts": "2025-01-13",
            }
        ],
    )
    result = apply(many, small_base())
    wide = result.table.pivot(index="ds", columns="series_id", values="value")
    assert np.allclose(wide["901|visits|total"] + wide["902|visits|total"], wide["county|visits|total"], atol=1e-9)
    steps = result.steps.groupby(["series_id", "ds"])["difference"].sum()
    whole = result.table.set_index(["series_id", "ds"])["difference"]
    assert np.allclose(steps.sort_index(), whole.sort_index(), atol=1e-9)
    assert (result.table["low95"] <= result.table["low80"]).all()
    assert (result.table["high80"] <= result.table["high95"]).all()


def test_the_member_itself_can_be_asked_what_a_population_does() -> None:
    def rerun(drivers: pd.DataFrame) -> pd.DataFrame:
        return drivers.assign(factor=1 + (drivers["factor"] - 1) / 2)  # the member passes on half of the growth

    growing = scenario(population=[{"growth": LEVEL}])
    result = apply(growing, small_base(), rerun=rerun)
    assert at(result, "901|visits|total") == pytest.approx(100 * (1 + half_way(result) / 2))
    assert any("run again" in text["en"] for text in result.said)


def test_what_began_before_the_forecast_is_warned_of() -> None:
    early = apply(scenario(early_support=[{**EARLY, "starts": "2024-12-30"}]), small_base())
    assert "begins before the forecast" in early.said[0]["en"]
    old = apply(scenario(base_year=2022, population=[{"growth": LEVEL}]), small_base())
    assert "base year is over two years" in old.said[0]["en"]
    assert not any(
        "before the forecast" in text["en"] for text in apply(scenario(early_support=[EARLY]), small_base()).said
    )


def test_scope_keeps_the_rest_as_it_was() -> None:
    result = apply(scenario(scope={"area": ["902"]}, population=[{"growth": LEVEL}]), small_base())
    assert at(result, "901|visits|total", "difference") == 0
    assert at(result, "902|visits|total", "difference") > 0


@pytest.mark.parametrize(
    "changes,                                                                    named",
    [
        ({"populaton": []}, "unknown key `populaton`. Did you mean `population`?"),
        ({"population": [{"ages": "75plus", "growht": {2025: 0.1}}]}, "Did you mean `growth`?"),
        ({}, "a scenario needs at least one change"),
        ({"population": [{"growth": {2023: 0.1}}]}, "2023 is not after `base_year` 2024"),
        ({"early_support": [{**EARLY, "share": 20}]}, "write 0.15 for 15 %"),
        ({"early_support": [{**EARLY, "share": {"value": 0.1, "low": 0.2, "high": 0.3}}]}, "`low` ≤ `value` ≤ `high`"),
        ({"supply": [{"kind": "staffed_hours", "unit": {}, "starts": "2025-01-06"}]}, "either `hours` or `change`"),
        (
            {"scope": {"areaa": ["901"]}, "population": [{"growth": LEVEL}]},
            "unknown dimension `areaa`. Did you mean `area`?",
        ),
        ({"scope": {"area": ["9O1"]}, "population": [{"growth": LEVEL}]}, "unknown value `9O1`. Did you mean `901`?"),
        (
            {"early_support": [{**EARLY, "heavy": {"intensity": ["heavy"]}}]},
            "early_support.0.heavy`: unknown dimension",
        ),
    ],
)
def test_what_a_scenario_cannot_say_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        apply(scenario(**changes), small_base())
    assert named in str(refused.value)


def test_the_json_form_is_the_scenario() -> None:
    made = scenario(population=[{"ages": "75plus", "growth": LEVEL}], early_support=[EARLY])
    assert scenario_of(as_json(made)) == made


def test_scenarios_are_compared_with_the_base_and_each_other() -> None:
    base = small_base()
    more = apply(scenario(id="more", population=[{"growth": LEVEL}]), base)
    less = apply(scenario(id="less", early_support=[EARLY]), base)
    table = compare(base, [more, less]).set_index(["series_id", "scenario"])
    assert table.loc[("county|visits|total", "base"), "total"] == pytest.approx(4 * 200)
    assert table.loc[("county|visits|total", "less"), "share"] == pytest.approx(-(130 * 0.1) / 200)
    assert chart(base, [more, less], "county|visits|total")["scenarios"][1]["difference"] == pytest.approx([-13.0] * 4)
    with pytest.raises(ConfigError, match="same id"):
        compare(base, [more, more])


def test_a_sum_that_hides_its_parts_is_divided_by_what_was_seen() -> None:
    whole = small_base()
    only = [one for one in whole.series if one.series_id == "901|visits|total"]
    bottom = {part: whole.recent[part] for part in only[0].parts}
    found = parts_of(base_from(only, bottom))
    assert dict(zip(found.ids, found.values[:, 0], strict=True)) == pytest.approx(bottom)


@pytest.mark.parametrize(
    "name,     low, high",
    [
        ("75plus", 75, 105),
        ("under65", 0, 64),
        ("65to74", 65, 74),
        ("75-84", 75, 84),
        ("85+", 85, 105),
        ("total", 0, 105),
    ],
)
def test_age_names(name: str, low: int, high: int) -> None:
    assert Ages.of(name) == Ages(low, high)
