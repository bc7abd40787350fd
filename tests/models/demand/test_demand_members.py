"""Widths of intervals by hand; members follow growth, stay above zero, and give the same trees again."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from models.demand.forecasters import boosted
from models.demand.forecasters.members import combined, forecast_members
from models.demand.intervals import fit_quantiles, series_scale, with_deciles, with_intervals
from tests.models.demand.demand_data import monthly, residuals, series, together, weekly

# --- intervals ----------------------------------------------------------------------------------------------------


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
