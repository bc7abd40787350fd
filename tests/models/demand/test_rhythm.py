"""The rhythm member: weekday and holiday shapes, levels that wander, and forecasts from any origin without refit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from models.demand.coherence.unrefitted import fit_once
from models.demand.forecasters import rhythm
from models.demand.forecasters.matrix import PanelMatrix, long_table, panel_matrix
from models.demand.forecasters.members import forecast_members
from models.demand.forecasters.rhythm import RhythmRecipe, kind_of_day
from tests.bench.daily_world.conditional_mean import conditional_means
from tests.bench.daily_world.hierarchy import daily_config
from tests.bench.daily_world.simulator import World, draw
from tests.models.demand.demand_data import monthly

WEEK = np.array([1.1, 1.05, 1.0, 1.0, 1.05, 0.95, 0.85])
DATES = pd.date_range("2022-01-03", periods=728, freq="D")


def shaped(levels: Any, holiday: float = 0.5, noise: float = 0.0) -> PanelMatrix:
    """Series of one weekly shape at the given levels [series] or [series, day]."""
    levels = np.asarray(levels, float)
    level = np.broadcast_to(levels[:, None] if levels.ndim == 1 else levels, (len(levels), len(DATES)))
    off = np.where(kind_of_day(DATES) == rhythm.HOLIDAY, holiday, 1.0)
    values = level * WEEK[DATES.weekday] * off
    values = values * (1 + noise * np.random.default_rng(3).normal(size=values.shape))
    return PanelMatrix(np.array([f"s{k}" for k in range(len(levels))]), DATES, values)


def test_a_clean_rhythm_is_found():
    days = shaped([100.0, 30.0])
    fitted = rhythm.fit_matrix(days, RhythmRecipe())
    assert fitted.week[0] == pytest.approx(WEEK / WEEK.mean(), abs=0.01)
    assert fitted.holiday == pytest.approx([0.5, 0.5], abs=0.03)
    ahead = pd.date_range(DATES[-1], periods=15, freq="D")[1:]
    found = rhythm.predict(fitted, long_table(days.ids, DATES, days.values, "y"), 14)
    expected = 100 * WEEK[ahead.weekday] * np.where(kind_of_day(ahead) == rhythm.HOLIDAY, 0.5, 1)
    assert (kind_of_day(ahead) == rhythm.HOLIDAY).any()  # New Year and Epiphany lie in it
    assert found[found["unique_id"] == "s0"]["rhythm"].to_numpy() == pytest.approx(expected, rel=0.03)


def test_an_own_rhythm_is_kept_and_chance_is_shrunk():
    days = shaped([50.0] * 6, noise=0.3)
    own = days.values.copy()
    own[0] = np.where(DATES.weekday == 6, 0.2, 1.0) * own[0]
    fitted = rhythm.fit_matrix(PanelMatrix(days.ids, DATES, own), RhythmRecipe())
    assert fitted.week[0, 6] < 0.4 < fitted.week[1:, 6].min()
    alike = rhythm.fit_matrix(days, RhythmRecipe())
    own_chance = np.ptp([[row[DATES.weekday == day].mean() for day in range(7)] for row in days.values], axis=0) / 50
    assert np.ptp(alike.week, axis=0).mean() < 0.5 * own_chance.mean()


def test_a_level_that_rose_is_followed():
    level = np.where(np.arange(len(DATES)) < 650, 100.0, 300.0)[None, :]
    fitted = rhythm.fit_matrix(shaped(level, noise=0.02), RhythmRecipe())
    found = rhythm.predict_from(fitted, shaped(level, noise=0.02), np.array([727]), 7)
    assert found.mean() > 250


def test_forecasts_of_an_origin_know_nothing_after_it():
    days = shaped([80.0, 20.0], noise=0.1)
    fitted = rhythm.fit_matrix(days, RhythmRecipe())
    whole = rhythm.predict_from(fitted, days, np.array([500, 600]), 28)
    after = days.values.copy()
    after[:, 501:] = 999.0
    assert np.array_equal(
        rhythm.predict_from(fitted, PanelMatrix(days.ids, DATES, after), np.array([500]), 28)[:, 0], whole[:, 0]
    )
    assert np.allclose(rhythm.predict_from(fitted, days.until(600), np.array([600]), 28)[:, 0], whole[:, 1])


@pytest.mark.parametrize("values", [0.0, 3.0])
def test_series_of_zeros_or_one_value_stay_as_they_are(values):
    days = PanelMatrix(np.array(["a", "b"]), DATES, np.stack([np.full(728, values), shaped([50.0]).values[0]]))
    found = rhythm.predict_from(rhythm.fit_matrix(days, RhythmRecipe()), days, np.array([727]), 14)
    assert np.isfinite(found).all()
    assert found[0].mean() == pytest.approx(values, rel=0.1, abs=1e-9)


def test_a_series_that_began_later_is_forecast_too():
    days = shaped([100.0, 40.0])
    late = days.values.copy()
    late[1, :600] = np.nan
    panel = long_table(days.ids, DATES, late, "y").dropna()
    found = rhythm.predict(rhythm.fit(panel, RhythmRecipe()), panel, 7)
    assert found.loc[found["unique_id"] == "s1", "rhythm"].mean() == pytest.approx(40, rel=0.1)


def test_it_comes_close_to_the_conditional_mean_of_the_simulator():
    drawn = draw(World(days=1200), 22)
    history, origins = panel_matrix(drawn.panel), np.arange(850, 1110, 13)
    fitted = fit_once(history, daily_config(members=["rhythm"]), 849)
    came = drawn.visits[:, origins[:, None] + np.arange(1, 85)]
    means = conditional_means(drawn, origins, 84)
    ours, seen, hidden, naive = (
        np.abs(said - came).mean()
        for said in (
            fitted.predict("rhythm", history, origins, 84),
            means.seen,
            means.hidden,
            fitted.predict("seasonal_naive", history, origins, 84),
        )
    )
    assert hidden < seen < ours < 1.05 * seen < 0.8 * naive


def test_trees_without_refit_say_what_they_say_after_the_same_history():
    """One recursion over (series, origin) pairs is the same as asking at each origin."""
    drawn = draw(World(clients=(60.0, 90.0), days=300), 23)
    history = panel_matrix(drawn.panel)
    trees = {"lags": [1, 7], "rolling": [7], "expanding": False, "date_features": ["dayofweek"], "rounds": 20}
    config = daily_config(members=["lightgbm", "mean", "rhythm"], lightgbm=trees)
    fitted = fit_once(history, config, 200)
    both = fitted.predict("lightgbm", history, np.array([220, 250]), 14)
    one = fitted.predict("lightgbm", history.until(250), np.array([250]), 14)
    assert np.allclose(both[:, 1], one[:, 0])
    mean = fitted.predict("mean", history, np.array([250]), 14)
    assert np.allclose(mean, (one + fitted.predict("rhythm", history, np.array([250]), 14)) / 2)
    each = fitted.predict_each(("lightgbm", "mean"), history, np.array([250]), 14)
    assert list(each) == ["lightgbm", "mean"]
    assert np.allclose(each["mean"], mean)


def test_the_member_stands_beside_the_others():
    drawn = draw(World(clients=(60.0, 90.0), days=200), 24)
    trees = {"lags": [1, 7], "rounds": 5, "smallest_leaf": 5}
    config = daily_config(members=["seasonal_naive", "rhythm"], lightgbm=trees, ets_seasonal=False)
    found = forecast_members(drawn.panel, config, 7)
    assert list(found.columns) == ["unique_id", "ds", "seasonal_naive", "rhythm"]
    assert found["rhythm"].notna().all()


def test_it_is_for_days_only():
    with pytest.raises(ConfigError, match="write `period: day`"):
        monthly(members=["rhythm"])
