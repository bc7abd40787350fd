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
from models.demand import DemandModel, boosted
from models.demand.combination import Choice, GroupChoice
from models.demand.config import DemandConfig
from models.demand.hierarchy import BANDS_OF, aggregate, bottom_id, level_of, published_series
from models.demand.intervals import fit_quantiles, series_scale, with_deciles, with_intervals
from models.demand.members import combined, forecast_members
from models.demand.model import parse_booster
from tests.demand_data import monthly, series, together, weekly

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


# --- intervals ----------------------------------------------------------------------------------------------------


def residuals(*by_step: list[float], level: str = "area") -> pd.DataFrame:
    rows = [(level, step, one) for step, values in enumerate(by_step, start=1) for one in values]
    return pd.DataFrame(rows, columns=["level", "step", "scaled"])


def test_the_quantile_by_hand():
    found = fit_quantiles(residuals([0.4, 0.1, 0.3, 0.2]), 1)["area"]
    # four residuals: ranks ceil((4 + 1) x .2, .4, .6, .8) = 1, 2, 3, 4 and ceil((4 + 1) x .95) = 5, more than there are
    assert found == {0.20: [0.1], 0.40: [0.2], 0.60: [0.3], 0.80: [0.4], 0.95: [0.4]}
    five = fit_quantiles(residuals([0.1, 0.2, 0.3, 0.4, 0.5]), 1)["area"]
    assert five[0.80] == [0.5]  # ceil((5 + 1) x 0.80) = 5: without the correction it would be the fourth
    nine = fit_quantiles(residuals([k / 10 for k in range(1, 10)]), 1)["area"]
    assert (nine[0.80], nine[0.95]) == ([0.8], [0.9])  # ranks ceil(10 x 0.80) = 8 and ceil(10 x 0.95) = 10 -> 9


def test_widths_never_narrow_ahead_and_a_dip_is_pooled_with_its_neighbours():
    found = fit_quantiles(residuals([1.0] * 9, [5.0] * 9, [1.0] * 9, [2.0] * 9, [2.0] * 9, [2.0] * 9, [4.0] * 9), 9)
    for widths in found["area"].values():
        assert (np.diff(widths) >= 0).all()
    assert found["area"][0.95][:4] == pytest.approx([(5 + 5 + 5 + 2 + 2) / 5] * 4), "as isotonic regression says"
    rng = np.random.default_rng(4)
    for _ in range(20):
        noisy = fit_quantiles(residuals(*(list(rng.exponential(1, 7)) for _ in range(12))), 18)["area"]
        table = np.array([noisy[coverage] for coverage in sorted(noisy)])
        assert (np.diff(table, axis=1) >= 0).all(), "farther ahead"
        assert (np.diff(table, axis=0) >= 0).all(), "surer"


def test_deciles_by_hand():
    table = pd.DataFrame({"series_id": ["a"], "step": [1], "value": [2.0]})
    widths = {"area": {0.20: [0.25], 0.40: [0.5], 0.60: [1.0], 0.80: [1.5], 0.95: [2.0]}}
    found = with_deciles(table, pd.Series({"a": 2.0}), widths, {"a": "area"}).iloc[0]
    expected = [0, 2 - 2 * 1.0, 2 - 2 * 0.5, 2 - 2 * 0.25, 2, 2 + 2 * 0.25, 2 + 2 * 0.5, 2 + 2 * 1.0, 2 + 2 * 1.5]
    assert [found[f"q{k}0"] for k in range(1, 10)] == pytest.approx(expected)


def test_steps_share_residuals_with_their_neighbours_and_levels_do_not():
    far = residuals([1.0], [2.0], [3.0], [9.0])
    found = fit_quantiles(pd.concat([far, residuals([7.0], level="county")]), 4)
    assert found["area"][0.80] == [2.0, 3.0, 9.0, 9.0]  # step 1 sees steps 1-2, step 3 sees 2-4, the greatest of each
    assert found["county"][0.80][0] == 7.0


def test_beyond_the_farthest_step_widths_grow_with_the_root_of_time():
    widths = fit_quantiles(residuals([1.0], [1.0]), 8)["area"][0.80]
    assert widths[:2] == [1.0, 1.0]
    assert widths[2:] == pytest.approx([(step / 2) ** 0.5 for step in range(3, 9)])


def test_without_residuals_there_are_no_intervals():
    with pytest.raises(ModelError, match="no residual"):
        fit_quantiles(residuals(), 4)


@pytest.mark.parametrize(
    "values,            scale",
    [
        ([1, 2, 3, 5, 8, 7],  (4 + 6 + 4) / 3),       # |y(t) - y(t-3)|
        ([1, 5, 2, 1, 5, 2],  (4 + 3 + 1 + 4 + 3) / 5),  # the season repeats exactly: the plain difference
        ([1, 5],              4.0),                   # shorter than a season: the plain difference
        ([3, 3, 3, 3],        1.0),                   # nothing moves: one unit
    ],
)  # fmt: skip
def test_the_scale_of_a_series(values, scale):
    history = series("a", "2024-01-01", values).rename(columns={"unique_id": "series_id"})
    assert series_scale(history.sample(frac=1, random_state=1), 3)["a"] == pytest.approx(scale)


def test_intervals_by_hand():
    table = pd.DataFrame({"series_id": ["a", "b"], "step": [1, 1], "value": [10.0, 1.0]})
    quantiles = {"area": {0.80: [1.5], 0.95: [2.0]}}
    rows = with_intervals(table, pd.Series({"a": 2.0, "b": 1.0}), quantiles, {"a": "area", "b": "area"})
    found = rows[["low95", "low80", "value", "high80", "high95"]].to_numpy().tolist()
    assert found == [[10 - 2 * 2, 10 - 1.5 * 2, 10, 10 + 1.5 * 2, 10 + 2 * 2], [0, 0, 1, 1 + 1.5, 1 + 2]]


def test_intervals_never_cross_and_never_fall_below_zero():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"series_id": "a", "step": range(1, 13), "value": rng.exponential(2, 12)})
    crossed = {"area": {0.80: list(rng.exponential(2, 12)), 0.95: list(rng.exponential(1, 12))}}
    rows = with_intervals(table, pd.Series({"a": 1.0}), crossed, {"a": "area"})
    assert (rows["low95"] >= 0).all()
    ordered = rows[["low95", "low80", "value", "high80", "high95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()


# --- members ------------------------------------------------------------------------------------------------------


def growing(periods: int = 72, factor: float = 4.0) -> pd.DataFrame:
    """Three series that hardly move and one that becomes `factor` times as large, as digital clinics are planned to."""
    rng = np.random.default_rng(8)
    still = [series(name, "2019-01-01", 100 + rng.normal(0, 3, periods)) for name in ("a", "b", "c")]
    growth = 100 * factor ** (np.arange(periods) / (periods - 1))
    return together(*still, series("growing", "2019-01-01", growth * rng.normal(1, 0.01, periods)))


def test_a_series_that_quadruples_is_forecast_above_its_last_level():
    config = monthly(lightgbm={"lags": [1, 2, 3, 12], "rolling": [3, 6], "rounds": 100, "smallest_leaf": 5})
    panel = growing()
    assert panel.groupby("unique_id")["y"].last()["growing"] > 3.8 * panel.groupby("unique_id")["y"].first()["growing"]
    found = boosted.predict(boosted.fit(panel, config.lightgbm, config.freq, 12), 6).set_index("unique_id")["lightgbm"]
    highest = panel.groupby("unique_id")["y"].max()
    assert found["growing"].iloc[-1] > highest["growing"], "trees alone can never say more than they have seen"
    assert found["a"].iloc[-1] == pytest.approx(100, rel=0.1), "growth of one is not growth of all"


def test_the_same_panel_gives_the_same_trees():
    config, panel = monthly(), growing(40)
    first, second = (boosted.fit(panel, config.lightgbm, config.freq, 12) for _ in range(2))
    assert boosted.booster_text(first) == boosted.booster_text(second)
    other = boosted.fit(panel.assign(y=panel["y"][::-1].to_numpy()), config.lightgbm, config.freq, 12)
    assert boosted.booster_text(other) != boosted.booster_text(first)


def test_a_forecast_is_never_below_zero():
    config = monthly(lightgbm={"lags": [1], "rounds": 30, "smallest_leaf": 2})
    panel = together(series("a", "2020-01-01", 400 / 1.3 ** np.arange(40)), series("b", "2020-01-01", [0.0, 1.0] * 20))
    assert (boosted.predict(boosted.fit(panel, config.lightgbm, "MS", 12), 12)["lightgbm"] >= 0).all()


@pytest.mark.slow
def test_all_members_forecast_the_same_periods_and_the_mean_is_theirs():
    config = weekly()
    waves = series("a", "2022-01-03", 50 + 10 * np.sin(np.arange(120) * np.pi / 26), "W-MON")
    still = series("still", "2022-01-03", [7.0] * 120, "W-MON")
    short = series("short", "2023-12-04", 5 + np.arange(20.0), "W-MON")  # shorter than a season
    table = forecast_members(together(waves, still, short), config, 4)
    assert list(table.columns) == ["unique_id", "ds", "seasonal_naive", "ets", "lightgbm", "mean"]
    for _, rows in table.groupby("unique_id"):
        assert list(rows["ds"]) == list(pd.date_range("2024-04-22", periods=4, freq="7D"))
    assert not table.isna().any().any()
    assert list(table["mean"]) == pytest.approx(list((table["ets"] + table["lightgbm"]) / 2))
    naive = table.set_index("unique_id")["seasonal_naive"]
    assert list(naive["a"]) == list(waves["y"].iloc[-52:][:4])
    assert set(naive["short"]) == {5 + 19.0}, "no season to repeat: the last value"
    trees = table[["unique_id", "ds", "lightgbm"]]
    only = combined(together(waves, still, short), weekly(members=["seasonal_naive", "mean"]), 4, trees)
    assert list(only.columns) == ["unique_id", "ds", "seasonal_naive", "mean"]
    assert list(only["mean"]) == pytest.approx(list(table["mean"]))


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
