"""Why a forecast is what it is: parts add up to the shown number, sums by sums, words in three languages."""

import dataclasses
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from models.bundles.bundle import Bundle
from models.demand.drivers import DriverTable
from models.demand.explained import COLUMNS, GROUPS, Explained, Reasons, explanation_of, explanations
from models.demand.explained.references import reference_calendars, reference_dates, reference_level
from models.demand.explained.reforecast import Averaging, Reference, coalition_forecasts, tree_groups
from models.demand.explained.shapley import shapley
from models.demand.forecasters import boosted
from models.demand.forecasters.rebuilt import forecast_again
from models.demand.hierarchy import aggregate, bottom_id, published_series
from models.demand.model import parse_booster
from tests.models.demand.demand_data import series, together, weekly

PARTS = ["base", *GROUPS, "remainder"]


UNIT = {"fi": "käyntiä viikossa", "sv": "besök per vecka", "en": "visits a week"}


WEEKS = 120


START = "2022-01-03"


def by_orders(values: np.ndarray, n: int) -> np.ndarray:
    """The definition read aloud: what each group adds when it joins, in the mean of all orders."""
    found = np.zeros((n, values.shape[1]))
    orders = list(permutations(range(n)))
    for order in orders:
        coalition = 0
        for group in order:
            found[group] += values[coalition | 1 << group] - values[coalition]
            coalition |= 1 << group
    return found / len(orders)


def test_two_groups_by_hand():
    # nobody 10, the first alone 14, the second alone 11, both 20: together they add 5 more than apart, shared evenly
    assert shapley(np.array([[10.0], [14.0], [11.0], [20.0]])).tolist() == [[4 + 5 / 2], [1 + 5 / 2]]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_values_are_the_mean_over_all_orders(n):
    values = np.random.default_rng(n).normal(size=(2**n, 7))
    found = shapley(values)
    assert found == pytest.approx(by_orders(values, n))
    assert found.sum(axis=0) == pytest.approx(values[-1] - values[0])


def test_values_of_a_sum_of_games_are_sums_of_values_and_a_group_that_adds_nothing_has_none():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(8, 4)), rng.normal(size=(8, 4))
    assert shapley(one + other) == pytest.approx(shapley(one) + shapley(other))
    idle = np.repeat(rng.normal(size=(4, 4)), 2, axis=0)  # bit 0 changes nothing
    assert np.all(shapley(idle)[0] == 0)


def county() -> pd.DataFrame:
    """Two areas with a season, growth, noise and a known change; visits and hours of three age bands."""
    rng, t = np.random.default_rng(4), np.arange(WEEKS)
    parts = []
    for area, level in (("901", 60), ("902", 90)):
        for band in ("under65", "65to74", "75plus"):
            wave = level * (1 + 0.002 * t) * (1 + 0.1 * np.sin(t * np.pi / 26)) * (1 + 0.2 * opened(t))
            wave = wave + rng.normal(0, 2, WEEKS)
            parts += [series(bottom_id(area, "visits", band), START, wave, "W-MON")]
            parts += [series(bottom_id(area, "hours", band), START, wave * 0.75, "W-MON")]
    return together(*parts)


def opened(t: np.ndarray) -> np.ndarray:
    """Places that are open in eight weeks of sixteen."""
    return t % 16 < 8


def drivers_of(panel: pd.DataFrame, horizon: int) -> DriverTable:
    """One known change, working days that fall every tenth week, and a population that grows 2 % in the horizon."""
    ids = sorted(panel["unique_id"].unique())
    frame = together(*(series(one, START, np.arange(WEEKS + horizon), "W-MON") for one in ids))
    t = frame.pop("y").to_numpy()
    ahead = np.clip(t - WEEKS + 1, 0, None) / horizon
    frame = frame.assign(
        places=opened(t) * 10.0,
        places_change=np.diff(opened(t) * 10.0, prepend=10.0),
        working_days=5.0 - (t % 10 == 0),
        exposure=1 + 0.02 * ahead,
    )
    return DriverTable(frame, {"places": "drivers", "places_change": "drivers", "working_days": "calendar"})


@dataclasses.dataclass(frozen=True)
class Case:
    what: Explained
    trees: pd.DataFrame
    forecast: pd.DataFrame
    published: tuple
    table: pd.DataFrame


@pytest.fixture(scope="module")
def case() -> Case:
    """The shown number is half trees, half something that only the training knows, and 1 % more (reconciliation)."""
    config, panel = weekly(), county()
    drivers = drivers_of(panel, config.horizon)
    fitted = boosted.fit(panel, config.lightgbm, config.freq, config.season_length, drivers)
    trees = boosted.predict(fitted, config.horizon, drivers)
    other = trees.groupby("unique_id")["lightgbm"].transform("first") * 1.1
    published = published_series(config, [])
    bottom = trees[["unique_id", "ds"]].assign(value=(0.5 * trees["lightgbm"] + 0.5 * other) * 1.01)
    forecast = aggregate(bottom, published, ["ds"])
    forecast["step"] = forecast.groupby("series_id")["ds"].rank(method="first").astype(int)
    booster = parse_booster(boosted.booster_text(fitted))
    what = Explained(config, panel, booster, 0.5, drivers)
    return Case(what, trees, forecast, published, explanations(what, forecast, published))


def test_parts_add_up_to_the_shown_number(case):
    assert list(case.table.columns) == list(COLUMNS)
    assert len(case.table) == len(case.forecast) == 24 * 4
    assert (case.table[PARTS].sum(axis=1) - case.table["value"]).abs().max() <= 1e-9
    shown = case.table.merge(case.forecast, on=["series_id", "ds"], suffixes=("", "_shown"))
    assert (shown["value"] == shown["value_shown"]).all()


def test_every_group_says_something(case):
    moved = case.table[list(GROUPS)].abs().max()
    assert (moved > 1e-3).all(), moved.to_dict()


def test_sums_of_series_are_explained_by_sums(case):
    rows = case.table.set_index(["series_id", "step"])[PARTS]
    for measure in ("visits", "hours"):
        areas = sum(rows.loc[f"{area}|{measure}|75plus"] for area in ("901", "902"))
        assert rows.loc[f"county|{measure}|75plus"].to_numpy() == pytest.approx(areas.to_numpy())
        ages = rows.loc[f"901|{measure}|under65"] + rows.loc[f"901|{measure}|65plus"]
        assert rows.loc[f"901|{measure}|total"].to_numpy() == pytest.approx(ages.to_numpy())


def test_a_series_alone_is_explained_as_among_all(case):
    alone = explanations(case.what, case.forecast, case.published, ["902|visits|65plus"])
    among = case.table[case.table["series_id"] == "902|visits|65plus"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among, rtol=0, atol=1e-9)


def test_everybody_together_says_the_forecast_itself(case):
    what = case.what
    table = coalition_forecasts(what.config, what.observations, what.booster, what.drivers, what.config.horizon)
    assert tree_groups(what.config, what.drivers) == ("calendar", "level_trend", "drivers")
    whole = table[7].to_numpy() * what.drivers.exposure(table)
    assert np.abs(whole - case.trees["lightgbm"].to_numpy()).max() == 0.0


def test_the_base_is_the_mean_of_the_reference_year(case):
    mine = case.what.observations.query("unique_id == '901|visits|75plus'")["y"]
    base = case.table.query("series_id == '901|visits|75plus'")["base"]
    assert set(base) == {mine.iloc[-52:].mean()}
    assert reference_level(case.what.observations, "month")["901|visits|75plus"] == mine.iloc[-12:].mean()


def test_without_trees_everything_is_the_statistical_members_part(case):
    none = explanations(dataclasses.replace(case.what, share=0.0), case.forecast, case.published)
    assert none[["calendar", "level_trend", "population", "drivers", "remainder"]].abs().max().max() == 0
    assert none["statistical"].to_numpy() == pytest.approx((none["value"] - none["base"]).to_numpy())


def test_a_share_per_series_is_the_share_of_its_groups(case):
    ids = case.what.observations["unique_id"].unique()
    north = {one: 0.5 if one.startswith("901") else 0.0 for one in ids}
    table = explanations(dataclasses.replace(case.what, share=north), case.forecast, case.published)
    rows, whole = (one.set_index(["series_id", "step"])["calendar"] for one in (table, case.table))
    assert rows["county|visits|total"].tolist() == pytest.approx(whole["901|visits|total"].tolist())
    assert (rows["902|visits|total"] == 0).all()


def test_growing_population_lifts_the_forecast_by_its_share(case):
    rows = case.table.query("series_id == '901|visits|75plus'")
    trees = case.trees.query("unique_id == '901|visits|75plus'")["lightgbm"].to_numpy()
    assert (rows["population"] > 0).all()
    assert rows["population"].is_monotonic_increasing
    assert rows["population"].iloc[-1] == pytest.approx(0.5 * trees[-1] * (1 - 1 / 1.02), rel=0.1)


def test_a_week_with_a_holiday_is_seen_and_explained_by_the_calendar():
    rng, horizon, t = np.random.default_rng(9), 4, np.arange(WEEKS + 4)
    off = t % 9 == (WEEKS + 1) % 9  # the second week ahead has a holiday
    parts = [series(f"a{k}", START, (80 + 10 * k) * (1 - 0.2 * off), "W-MON") for k in range(6)]
    whole = together(*parts)
    whole["y"] *= 1 + 0.01 * rng.normal(size=len(whole))
    days = 5.0 - off
    frame = whole[["unique_id", "ds"]].assign(working_days=np.tile(days, 6))
    frame["working_days_change"] = np.tile(np.diff(days, prepend=5.0), 6)
    drivers = DriverTable(frame, {"working_days": "calendar", "working_days_change": "calendar"})
    panel = whole[whole["ds"] < whole["ds"].max() - pd.Timedelta(weeks=3)].reset_index(drop=True)
    trees = {"lags": [1, 2], "rounds": 80, "smallest_leaf": 5}
    config = weekly(source={"kind": "sheet", "file": "a.csv", "origin": "Drawn."}, areas={}, lightgbm=trees)
    fitted = boosted.fit(panel, config.lightgbm, config.freq, 52, drivers)
    ahead = boosted.predict(fitted, horizon, drivers)
    without = boosted.predict(boosted.fit(panel, config.lightgbm, config.freq, 52), horizon)
    actual = whole.merge(ahead, on=["unique_id", "ds"]).merge(without, on=["unique_id", "ds"], suffixes=("", "_0"))
    error = {name: (actual[name] - actual["y"]).abs().mean() for name in ("lightgbm", "lightgbm_0")}
    assert error["lightgbm"] < 0.5 * error["lightgbm_0"]
    published = published_series(config, list(panel["unique_id"].unique()))
    shown = ahead.rename(columns={"unique_id": "series_id", "lightgbm": "value"})
    shown["step"] = shown.groupby("series_id").cumcount() + 1
    what = Explained(config, panel, parse_booster(boosted.booster_text(fitted)), 1.0, drivers)
    table = explanations(what, shown, published).groupby("step")["calendar"].mean()
    assert table[2] < -10, "the holiday week"
    assert table[[1, 3, 4]].min() > table[2] + 10, "the weeks around it"


@pytest.mark.parametrize("with_drivers", [False, True])
def test_the_member_from_its_text_is_the_member(with_drivers):
    config, panel = weekly(), county()
    drivers = drivers_of(panel, config.horizon) if with_drivers else None
    fitted = boosted.fit(panel, config.lightgbm, config.freq, 52, drivers)
    stored = boosted.predict(fitted, config.horizon, drivers)
    booster = parse_booster(boosted.booster_text(fitted))
    again = forecast_again(config, panel, booster, drivers=drivers)
    assert (again["lightgbm"] - stored["lightgbm"]).abs().max() == 0.0
    some = forecast_again(config, panel, booster, drivers=drivers, ids=["902|visits|75plus"])
    assert some["lightgbm"].tolist() == stored.query("unique_id == '902|visits|75plus'")["lightgbm"].tolist()
    assert len(forecast_again(config, panel, booster, horizon=2, drivers=drivers)) == 2 * panel["unique_id"].nunique()


def test_a_driver_that_stops_short_is_named():
    config, panel = weekly(), county()
    drivers = drivers_of(panel, config.horizon)
    short = DriverTable(drivers.frame[drivers.frame["ds"] < "2024-04-29"], drivers.groups)
    fitted = boosted.fit(panel, config.lightgbm, config.freq, 52, short)
    with pytest.raises(ModelError, match=r"places has no value for the series 901\|hours\|65to74 at 2024-04-29"):
        boosted.predict(fitted, config.horizon, short)


def test_calendar_features_are_those_that_the_library_takes():
    dates = ["month", "quarter", "week"]
    config = weekly(lightgbm={"lags": [1], "date_features": dates})
    panel = together(series("a", START, 5 + np.arange(60) % 7, "W-MON"))
    fitted = boosted.unfitted(config.lightgbm, config.freq, 52)
    taken = fitted.preprocess(panel, static_features=[])[dates].iloc[-52:]
    ours = reference_calendars(config, reference_dates(config, panel), None)
    assert ours[dates].to_numpy().tolist() == taken.to_numpy(float).tolist()


class Sum:
    """A stand-in for a Booster: says the sum of the features."""

    def predict(self, rows: np.ndarray, num_threads: int) -> np.ndarray:
        return rows.sum(axis=1)


def test_an_absent_group_is_the_mean_of_what_is_said_in_its_reference_periods():
    rows = pd.DataFrame({"lag1": [1.0, 2.0, 3.0, 4.0], "week": 100.0, "places": 1000.0})
    calendar = np.array([[10.0], [30.0]])  # two reference periods, the same for every series
    places = np.array([[[100.0], [300.0]]] * 3 + [[[500.0], [900.0]]])  # each series' own
    out = [np.array([False, True, False, True]), np.array([False, False, True, True])]
    references = [
        Reference(["week"], np.broadcast_to(calendar, (4, 2, 1)), out[0]),
        Reference(["places"], places, out[1]),
    ]
    said = Averaging(Sum(), references).predict(rows)  # type: ignore[arg-type]
    assert said.tolist() == [
        1 + 100 + 1000,
        2 + (10 + 30) / 2 + 1000,
        3 + 100 + (100 + 300) / 2,
        4 + ((10 + 500) + (30 + 900)) / 2,
    ]


def test_an_unknown_series_is_refused(case):
    with pytest.raises(ModelError, match="no explanation of such a forecast series"):
        explanation_of(case.table, "nowhere", UNIT, "week")


@pytest.mark.parametrize("with_drivers", [True, False])
def test_reasons_come_back_from_the_bundle_as_they_went_in(case, with_drivers):
    share = dict.fromkeys(case.what.observations["unique_id"].unique(), 0.5)
    reasons = Reasons(case.table, share, case.what.drivers if with_drivers else None)
    files = reasons.to_files()
    assert Reasons(case.table, share, reasons.drivers).to_files() == files
    found = Reasons.from_bundle(Bundle("demand", "0" * 64, files))
    pd.testing.assert_frame_equal(found.table, case.table, check_exact=True)
    assert found.share == share
    assert (found.drivers is not None) is with_drivers
    if with_drivers:
        what = dataclasses.replace(case.what, share=found.share, drivers=found.drivers)
        again = explanations(what, case.forecast, case.published, ["county|hours|total"])
        first = case.table[case.table["series_id"] == "county|hours|total"].reset_index(drop=True)
        pd.testing.assert_frame_equal(again, first, check_exact=False, rtol=0, atol=1e-9)
