"""Demand forecasts: sums add up exactly, intervals are ordered, growth is followed, a bundle says the same again."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from configs.errors import ConfigError, ModelError
from configs.loader import load_config
from features.panel import BANDS
from models.answers import ModelStamp
from models.bundles.bundle import read_bundle, write_bundle
from models.bundles.golden import GOLDEN_FILE, check, draw_rows, golden_file, with_golden
from models.bundles.verify import verify_bundle
from models.demand import DemandModel
from models.demand.config import DemandConfig
from models.demand.forecasters import boosted
from models.demand.forecasters.combination import Choice, GroupChoice
from models.demand.hierarchy import BANDS_OF, aggregate, bottom_id, level_of, published_series
from models.demand.intervals import fit_quantiles, series_scale, with_intervals
from models.demand.model import parse_booster
from tests.models.demand.demand_data import monthly, residuals, series, together, weekly
from tests.plans import covers

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
STAMP = ModelStamp("demand_home_care_weekly", "3", "0" * 64, "2024-12-31", "2025-01-01")
WEEKS = 60
START = "2023-11-06"  # a Monday; 60 weeks end with that of 2024-12-23
AREAS = ("901", "902")


# --- sums ---------------------------------------------------------------------------------------------------------


def bottom(seed: int = 5, periods: int = WEEKS) -> pd.DataFrame:
    """Every bottom series of `weekly()`: whole visits, and hours in quarters (exact in binary)."""
    rng = np.random.default_rng(seed)
    parts = []
    for area in AREAS:
        for band in BANDS:
            visits = rng.integers(20, 60, periods)
            parts += [series(bottom_id(area, "visits", band), START, visits, "W-MON")]
            parts += [series(bottom_id(area, "hours", band), START, visits * 0.75, "W-MON")]
    return together(*parts)


def test_every_sum_is_published_and_its_parts_are_named():
    published = published_series(weekly(), [])
    assert len(published) == 2 * 3 * 4  # measures x (county and two areas) x age groups
    by_id = {one.series_id: one for one in published}
    assert by_id["902|visits|65plus"].parts == ("902|visits|65to74", "902|visits|75plus")
    assert len(by_id["county|hours|total"].parts) == 2 * 3
    assert (by_id["county|hours|total"].level, by_id["902|visits|65plus"].level) == ("county", "area")


@covers("000-50")
def test_age_groups_cover_every_band_once():
    assert sorted(BANDS_OF["total"]) == sorted(BANDS)
    assert sorted((*BANDS_OF["under65"], *BANDS_OF["65plus"])) == sorted(BANDS)
    assert set(BANDS_OF["75plus"]) < set(BANDS_OF["65plus"])


def test_sums_add_up_exactly_on_every_date():
    table = aggregate(bottom(), published_series(weekly(), []), ["ds"]).set_index(["series_id", "ds"])["y"]
    for measure in ("visits", "hours"):
        for group in BANDS_OF:
            county = table[f"county|{measure}|{group}"]
            assert county.equals(sum(table[f"{area}|{measure}|{group}"] for area in AREAS))
        for area in ("county", *AREAS):
            parts = table[f"{area}|{measure}|under65"] + table[f"{area}|{measure}|65plus"]
            assert table[f"{area}|{measure}|total"].equals(parts)
    assert len(table) == 24 * WEEKS


def test_a_date_on_which_a_part_was_not_observed_has_no_sum():
    panel = bottom()
    gap = (panel["unique_id"] == "902|visits|75plus") & (panel["ds"] == START)
    table = aggregate(panel[~gap], published_series(weekly(), []), ["ds"])
    without = set(table["series_id"]) - set(table.loc[table["ds"] == START, "series_id"])
    assert without == {
        f"{area}|visits|{group}" for area in ("county", "902") for group in ("total", "65plus", "75plus")
    }


def test_a_part_without_a_number_makes_the_sum_unknown_not_smaller():
    panel = bottom(periods=1).assign(ets=1.0)
    panel.loc[panel["unique_id"] == "901|visits|under65", "ets"] = np.nan
    table = aggregate(panel, published_series(weekly(), []), ["ds"]).set_index("series_id")
    unknown = set(table.index[table["ets"].isna()])
    assert unknown == {f"{area}|visits|{group}" for area in ("county", "901") for group in ("total", "under65")}
    assert table["y"].notna().all()
    assert table.loc["county|hours|total", "ets"] == 2 * 3


def test_a_sheet_publishes_its_own_series():
    published = published_series(monthly(), ["b", "a"])
    assert [(one.series_id, one.parts, one.measure) for one in published] == [
        ("a", ("a",), "attendances"),
        ("b", ("b",), "attendances"),
    ]
    assert set(level_of(published).values()) == {"area"}


# --- config -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["home_care_weekly", "ae_monthly_6", "ae_monthly_12", "hospital_monthly"])
def test_the_projects_configs_load(name):
    assert load_config(f"configs/demand/{name}.yaml", DemandConfig).id == name


def test_a_config_that_cannot_be_forecast_is_named():
    with pytest.raises(ConfigError, match="needs `areas`, `age_groups` and `county`"):
        weekly(areas={})
    with pytest.raises(ConfigError, match="no date feature `week`"):
        monthly(lightgbm={"lags": [1], "date_features": ["week"]})


# --- the served model ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> DemandModel:
    """A model as training makes it, with last week's value as the forecast: only its trees are fitted."""
    config, panel = weekly(), bottom()
    published = published_series(config, [])
    trees = boosted.fit(panel, config.lightgbm, config.freq, config.season_length)
    ahead = boosted.predict(trees, config.horizon).rename(columns={"lightgbm": "value"})
    summed = aggregate(ahead, published, ["ds"])
    summed["step"] = summed.groupby("series_id")["ds"].rank(method="first").astype(int)
    quantiles = fit_quantiles(pd.concat([residuals([0.5], [0.9]), residuals([0.2], level="county")]), config.horizon)
    scale = series_scale(aggregate(panel, published, ["ds"]), config.season_length)
    forecast = with_intervals(summed, scale, quantiles, level_of(published))
    backtest = {one.series_id: {"mase": 0.8, "mase_naive": 1.0} for one in published}
    booster = parse_booster(boosted.booster_text(trees))
    every = GroupChoice("lightgbm", {}, 6, {"lightgbm": 0.5})
    choice = Choice({"all": every, "intermittent": GroupChoice("weighted", {"ets": 0.5, "lightgbm": 0.5}, 6, {})})
    rare = ahead["unique_id"] == "902|hours|75plus"
    members = ahead.rename(columns={"value": "lightgbm"}).assign(group=np.where(rare, "intermittent", "dense"))
    return DemandModel(config, "by_group", booster, panel, forecast, backtest, quantiles, choice, members)


def training_rows(model: DemandModel) -> np.ndarray:
    config = model.config
    trees = boosted.fit(model.observations, config.lightgbm, config.freq, config.season_length)
    return boosted.feature_rows(trees, model.observations).to_numpy(np.float32)


def test_every_sum_can_be_asked_for_in_three_languages(model):
    found = model.series()
    assert len(found) == 24
    by_id = {one.series_id: one for one in found}
    one = by_id["901|visits|65plus"]
    assert (one.area_name["fi"], one.age_name["sv"], one.measure_name["en"]) == ("North fi", "65plus sv", "visits en")
    assert by_id["county|hours|total"].area_name["en"] == "county en"


def test_the_answer_has_history_intervals_and_last_years_same_week(model):
    answer = model.answer("901|visits|total", STAMP)
    assert [point.period_start for point in answer.points] == ["2024-12-30", "2025-01-06", "2025-01-13", "2025-01-20"]
    seen = dict(answer.history)
    assert len(seen) == WEEKS
    assert list(seen) == sorted(seen)
    assert (min(seen), max(seen)) == (START, "2024-12-23")
    assert [point.last_year for point in answer.points] == [
        seen[week] for week in ("2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22")
    ]
    for point in answer.points:
        assert 0 <= point.low95 <= point.low80 <= point.value <= point.high80 <= point.high95
    assert (answer.unit["en"], answer.period, answer.member) == ("visits a week en", "week", "lightgbm")
    assert answer.name["fi"] == "North fi, visits fi, total fi"
    assert (answer.backtest, answer.stamp) == ({"mase": 0.8, "mase_naive": 1.0}, STAMP)
    assert json.loads(json.dumps(dataclasses.asdict(answer)))["points"][0]["last_year"] == seen["2024-01-01"]


def test_answers_add_up_to_the_county(model):
    for measure in ("visits", "hours"):
        values = {
            (area, group): [point.value for point in model.answer(f"{area}|{measure}|{group}", STAMP).points]
            for area in ("county", *AREAS)
            for group in BANDS_OF
        }
        for group in BANDS_OF:
            areas = [north + south for north, south in zip(values["901", group], values["902", group], strict=True)]
            assert values["county", group] == pytest.approx(areas, rel=1e-12)
        for area in ("county", *AREAS):
            ages = [young + old for young, old in zip(values[area, "under65"], values[area, "65plus"], strict=True)]
            assert values[area, "total"] == pytest.approx(ages, rel=1e-12)


def test_history_is_two_seasons_at_most_and_what_was_not_seen_last_year_is_none(model):
    long = dataclasses.replace(model, observations=bottom(periods=WEEKS + 60))
    assert len(long.answer("901|visits|total", STAMP).history) == 2 * 52
    late = model.observations[model.observations["ds"] > "2024-01-08"]
    answer = dataclasses.replace(model, observations=late).answer("county|visits|total", STAMP)
    assert [point.last_year is None for point in answer.points] == [True, True, False, False]


def test_a_series_without_a_forecast_cannot_be_asked_for(model):
    with pytest.raises(ModelError, match="no such forecast series"):
        model.answer("903|visits|total", STAMP)
    fewer = dataclasses.replace(model, forecast=model.forecast[model.forecast["series_id"] != "901|visits|total"])
    assert "901|visits|total" not in {one.series_id for one in fewer.series()}
    with pytest.raises(ModelError, match="no such forecast series"):
        fewer.answer("901|visits|total", STAMP)


def test_the_bundle_says_the_same_and_has_the_same_bytes(model, tmp_path: Path):
    rows = training_rows(model)
    golden = draw_rows(rows, 8, 3)
    content = golden_file([f"feature_{k}" for k in range(rows.shape[1])], golden, model.golden_outputs(golden), 3)
    files = {**model.to_files(), GOLDEN_FILE: content}
    first = write_bundle(tmp_path / "one", "demand", files, KEY)
    bundle = read_bundle(tmp_path / "one", [KEY.public_key()])
    again = DemandModel.from_bundle(bundle)
    assert again.series() == model.series()
    for one in model.series():
        assert again.answer(one.series_id, STAMP) == model.answer(one.series_id, STAMP)
    assert (again.config, again.quantiles, again.choice) == (model.config, model.quantiles, model.choice)
    pd.testing.assert_frame_equal(again.members, model.members)
    check(bundle.bytes_of(GOLDEN_FILE), again.golden_outputs(golden))
    assert write_bundle(tmp_path / "two", "demand", {**again.to_files(), GOLDEN_FILE: content}, KEY) == first


@pytest.mark.parametrize(
    "series_id, member",
    [
        ("901|hours|total",   "lightgbm"),
        ("902|hours|75plus",  "weighted"),
        ("902|hours|65plus",  "by_group"),   # one part is rare, the other is not
        ("902|visits|75plus", "lightgbm"),
    ],
)  # fmt: skip
def test_an_answer_names_the_member_that_serves_its_parts(model, series_id, member):
    assert model.answer(series_id, STAMP).member == member
    plain = dataclasses.replace(model, choice=None, members=None, member="ets")
    assert plain.answer(series_id, STAMP).member == "ets", "a bundle without groups"


def test_golden_rows_notice_other_trees_and_other_numbers(model):
    rows = draw_rows(training_rows(model), 8, 3)
    content = golden_file([f"feature_{k}" for k in range(rows.shape[1])], rows, model.golden_outputs(rows), 3)
    config = model.config
    other = boosted.fit(bottom(6), config.lightgbm, config.freq, config.season_length)
    changed = dataclasses.replace(model, booster=parse_booster(boosted.booster_text(other)))
    with pytest.raises(ModelError, match="golden rows"):
        check(content, changed.golden_outputs(rows))
    more = dataclasses.replace(model, forecast=model.forecast.assign(value=model.forecast["value"] + 1e-6))
    with pytest.raises(ModelError, match="golden rows"):
        check(content, more.golden_outputs(rows))


@pytest.mark.slow
def test_a_child_process_verifies_the_bundle(model, tmp_path: Path):
    rows = draw_rows(training_rows(model), 8, 3)
    names = [f"feature_{k}" for k in range(rows.shape[1])]
    files = with_golden(model.to_files(), names, rows, model.golden_outputs(rows), 3)
    write_bundle(tmp_path / "bundle", "demand", files, KEY)
    verify_bundle(tmp_path / "bundle", [KEY.public_key()])


def test_a_damaged_booster_is_a_sentence():
    with pytest.raises(ModelError, match="Train a new version"):
        parse_booster("not a tree at all")
