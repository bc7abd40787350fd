"""Days, weeks and months: whole periods add up exactly, and intervals are calibrated after the summing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from configs.errors import ModelError
from models.demand.coherence.intervals import Residuals, bounds, fit_widths, published_intervals
from models.demand.coherence.summing import summing_of
from models.demand.coherence.temporal import Bucket, buckets, even_buckets, over
from models.demand.coherence.windows import Windows, scales
from models.demand.coherence.without_refit import OriginPlan, fit_sums
from models.demand.forecasters.matrix import PanelMatrix, panel_matrix
from tests.bench.daily_world.hierarchy import daily_config, published
from tests.bench.daily_world.simulator import World, draw

SMALL = World(clients=(60.0, 80.0, 100.0, 120.0, 140.0, 170.0, 210.0, 260.0), days=900)
PLAN = OriginPlan(warm_up=120, every=4, choose_on=200)


# --- periods --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first,        days, period,  found",
    [
        ("2024-01-01", 14, "week",  [("2024-01-01", 1, 7), ("2024-01-08", 8, 14)]),
        ("2024-01-03", 14, "week",  [("2024-01-08", 6, 12)]),                        # Wednesday: its week has begun
        ("2024-01-31", 32, "month", [("2024-02-01", 2, 30)]),                        # a leap February of 29 days
        ("2024-02-02", 28, "month", []),
        ("2024-01-01",  3, "day",   [("2024-01-01", 1, 1), ("2024-01-02", 2, 2), ("2024-01-03", 3, 3)]),
    ],
)  # fmt: skip
def test_whole_periods_of_a_horizon(first, days, period, found):
    ahead = pd.date_range(first, periods=days, freq="D")
    assert [(str(one.start.date()), one.first, one.last) for one in buckets(ahead, period)] == found


def test_sums_over_periods_by_hand():
    values = np.array([[1.0, 2, 4, 8, 16]])
    assert over(values, even_buckets(5, 2)).tolist() == [[1 + 2, 4 + 8]]
    assert over(values, ()).shape == (1, 0)


# --- widths ---------------------------------------------------------------------------------------------------------


def paths(seed: int, series: int, origins: int, every: int, horizon: int = 28) -> Windows:
    """Windows of a level that wanders: errors of late days hang together, and overlapping windows share them."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 1, (series, origins * every + horizon)), axis=1)
    walk += rng.normal(0, 3, walk.shape)
    places = np.arange(origins) * every
    actual = walk[:, places[:, None] + np.arange(1, horizon + 1)]
    forecast = np.repeat(walk[:, places][..., None], horizon, axis=2)
    return Windows(np.arange(series).astype(str), places, forecast, actual, np.ones((series, origins)))


def test_the_error_of_a_week_is_not_seven_errors_of_days():
    found = paths(1, series=40, origins=30, every=28)
    level = dict.fromkeys(found.ids, "area")
    day = fit_widths(found, level, even_buckets(28, 1))["area"][0.95]
    week = fit_widths(found, level, even_buckets(28, 7))["area"][0.95]
    last_days = np.array(day[21:])
    assert np.sqrt((last_days**2).sum()) < 0.6 * week[-1] < last_days.sum()  # between independent and one


@pytest.mark.parametrize("days", [1, 7, 28])
def test_coverage_of_one_series_known_from_overlapping_windows(days):
    """The county: a single series, windows that overlap by three quarters."""
    inside = {0.80: [], 0.95: []}
    for seed in range(60):
        found = paths(seed, series=1, origins=120, every=7)
        early, late = found.some(np.arange(80)), found.some(np.arange(84, 120))
        stretch = even_buckets(28, days)[-1:]
        widths = fit_widths(early, {"0": "county"}, stretch)["county"]
        for coverage, hits in inside.items():
            hits.append((np.abs(over(late.errors, stretch)) <= widths[coverage][0]).mean())
    assert np.mean(inside[0.80]) == pytest.approx(0.80, abs=0.04)
    assert np.mean(inside[0.95]) == pytest.approx(0.95, abs=0.025)


def test_overlapping_and_twin_residuals_count_as_fewer():
    independent = np.random.default_rng(3).normal(size=(4, 200, 1))
    assert Residuals(independent).effective(5) == pytest.approx(800, rel=0.1)
    twins = np.repeat(independent[:1], 4, axis=0)
    assert Residuals(twins).effective(5) == pytest.approx(200, rel=0.1)
    overlapping = np.repeat(independent, 5, axis=1)
    assert Residuals(overlapping).effective(5) < 0.55 * 5 * 800


def test_few_residuals_are_widened_as_student_does():
    rng = np.random.default_rng(4)
    few = Windows(np.array(["0"]), np.arange(10), np.zeros((1, 10, 1)), rng.normal(size=(1, 10, 1)), np.ones((1, 10)))
    width = fit_widths(few, {"0": "county"}, even_buckets(1, 1))["county"][0.95][0]
    spread = np.sqrt(np.mean(few.errors**2))
    assert width > spread * stats.norm.ppf(0.975)


def test_a_level_without_residuals_gets_no_interval():
    found = paths(5, series=2, origins=10, every=28)
    unknown = found.saying(np.where(np.arange(2)[:, None, None] == 1, np.nan, found.forecast))
    assert set(fit_widths(unknown, {"0": "area", "1": "county"}, even_buckets(28, 7))) == {"area"}


def test_bounds_never_cross_and_never_fall_below_zero():
    found = bounds(np.array([1.0, 5.0]), {0.80: np.array([2.0, 3.0]), 0.95: np.array([1.0, 4.0])})
    assert found["low80"].tolist() == [0, 2]
    assert found["low95"].tolist() == [0, 1]
    assert found["high95"].tolist() == [3, 9]
    assert found["high80"].tolist() == [3, 8]


def test_published_intervals_by_hand():
    widths = {"area": {0.80: [1.0, 2.0], 0.95: [1.5, 3.0]}}
    table = published_intervals(np.array([[10.0, 20.0]]), ["a"], np.array([2.0]), widths, {"a": "area"})
    assert table[["step", "low95", "low80", "high80", "high95"]].to_numpy().tolist() == [
        [1, 10 - 1.5 * 2, 10 - 1.0 * 2, 10 + 1.0 * 2, 10 + 1.5 * 2],
        [2, 20 - 3.0 * 2, 20 - 2.0 * 2, 20 + 2.0 * 2, 20 + 3.0 * 2],
    ]


# --- the whole ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history():
    return panel_matrix(draw(SMALL, 21).panel)


@pytest.fixture(scope="module")
def fitted(history):
    summing, _ = summing_of(published(SMALL), SMALL.areas)
    config = daily_config(members=["seasonal_naive", "rhythm"], horizon=63)
    return fit_sums(history.until(599), summing, config, PLAN)


@pytest.fixture(scope="module")
def tables(history, fitted):
    return fitted.forecast(history.until(599)).tables


def wide(table: pd.DataFrame) -> pd.DataFrame:
    return table.pivot(index="ds", columns="series_id", values="value")


def test_areas_groups_and_county_add_up_in_every_period(tables):
    assert list(tables) == ["day", "week", "month"]
    for table in tables.values():
        found = wide(table)
        assert found["county"].equals(found[["group1", "group2", "group3"]].sum(axis=1))
        assert found["county"].equals(found[list(SMALL.areas)].sum(axis=1))
        ordered = table[["low95", "low80", "value", "high80", "high95"]].to_numpy()
        assert (np.diff(ordered, axis=1) >= 0).all()
        assert (ordered >= 0).all()


def test_days_add_up_to_weeks_and_months(tables):
    days = wide(tables["day"])
    for period, rule, whole in (("week", "W-MON", 9), ("month", "MS", 1)):
        found = wide(tables[period])
        again = days.resample(rule, label="left", closed="left").sum().loc[found.index]
        assert len(found) == whole
        assert np.array_equal(found.to_numpy(), again[found.columns].to_numpy())


@pytest.mark.parametrize("days", [1, 7])
def test_every_level_covers_what_came(history, fitted, days):
    """From forty origins after the fit; one drawn history, so the county's share is known to about .07 only."""
    summing, origins = fitted.summing, np.arange(600, 836, 6)
    total, stretches = summing.of(history.values), even_buckets(63, days)
    bottom, _ = fitted.ahead(history, origins, 63)
    came = total[:, origins[:, None] + np.arange(1, 64)]
    judged = Windows(summing.published, origins, summing.of(bottom), came, scales(total, origins, 7))
    known = fitted.bottom_windows
    before = Windows(
        summing.published,
        known.origins,
        summing.of(known.forecast),
        summing.of(known.actual),
        scales(total, known.origins, 7),
    )
    widths = fit_widths(before, summing.level_of, stretches)
    for coverage, around, county in ((0.80, 0.06, 0.14), (0.95, 0.035, 0.07)):
        half = np.array([widths[summing.level_of[one]][coverage] for one in summing.published])
        inside = (np.abs(over(judged.errors, stretches)) <= half[:, None]).mean(axis=(1, 2))
        assert inside[:8].mean() == pytest.approx(coverage, abs=around)
        assert inside[-1] == pytest.approx(coverage, abs=county)


def test_too_short_a_history_is_refused():
    history = PanelMatrix(np.array(SMALL.areas), pd.date_range("2024-01-01", periods=280), np.ones((8, 280)))
    summing, _ = summing_of(published(SMALL), SMALL.areas)
    with pytest.raises(ModelError, match=r"280 periods; 120 of warm-up .* Lower `choose_on`"):
        fit_sums(history, summing, daily_config(members=["rhythm"]), PLAN)


def test_a_bucket_knows_its_days():
    assert Bucket(pd.Timestamp("2024-02-01"), 2, 30).days == 29


def test_a_series_that_began_late_is_published_with_its_sums(history):
    """Its windows before it began are unknown, and so are those of its sums; trees need whole tails."""
    values = history.values[:, :600].copy()
    values[2, :480] = np.nan
    late = PanelMatrix(history.ids, history.dates[:600], values)
    summing, _ = summing_of(published(SMALL), SMALL.areas)
    trees = {"lags": [1, 7, 14], "rounds": 5, "date_features": ["dayofweek"], "expanding": False}
    config = daily_config(members=["seasonal_naive", "rhythm", "lightgbm"], lightgbm=trees, horizon=14)
    plan = OriginPlan(warm_up=300, every=14, choose_on=200)
    table = fit_sums(late, summing, config, plan).forecast(late).tables["day"]
    assert set(table["series_id"]) == set(summing.published)
    assert table.notna().all().all()
    found = wide(table)
    assert found["county"].equals(found[list(SMALL.areas)].sum(axis=1))
