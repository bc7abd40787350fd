"""Coherence in the back-test: who judges whom, what a method may know, yardsticks, and weeks as months."""

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation import backtest
from evaluation.backtest import calibrate, interval_score, rolled
from models.demand.coherence.folds import folds_of, strangers
from models.demand.coherence.summing import grained
from models.demand.coherence.temporal import buckets, over_table
from models.demand.coherence.windows import Windows
from models.demand.config import DemandConfig
from models.demand.hierarchy import published_series
from models.demand.longer import summed_history, unit_per
from models.demand.yardsticks import MOVES, SEASONAL, series_moves
from tests.models.demand.demand_data import monthly, series, together, words

SUMS = {"ab": {"parts": ["a", "b"]}, "all": {"parts": ["ab", "c"], "level": "county"}}
MONTHS = 72


def config(**more: object):
    return monthly(
        **{
            "members": ["seasonal_naive", "ets"],
            "minimum_periods": 24,
            "backtest": {"selection_windows": 6, "report_windows": 2, "step": 6},
            "coherence": {"sums": SUMS},
            **more,
        }
    )


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    return together(*(series(name, "2018-01-01", 200 + rng.integers(0, 30, MONTHS)) for name in "abc"))


def told(known: pd.DataFrame, setting: object, horizon: int, spread: float) -> pd.DataFrame:
    """The drawn future with chance errors of that spread; seasonal naive is far off."""
    whole = panel()
    sums = whole.groupby("ds")["y"].sum()
    ab = whole[whole["unique_id"] != "c"].groupby("ds")["y"].sum()
    future = together(whole, series("ab", "2018-01-01", ab), series("all", "2018-01-01", sums))
    future = future[future["unique_id"].isin(known["unique_id"]) & (future["ds"] > known["ds"].max())]
    ahead = future.groupby("unique_id").head(horizon).reset_index(drop=True)
    rng = np.random.default_rng(len(known) + horizon)
    noise = rng.normal(0, spread, len(ahead))
    return ahead[["unique_id", "ds"]].assign(seasonal_naive=ahead["y"] + 90, ets=ahead["y"] + noise)


def parts_err(known, setting, horizon):
    return told(known, setting, horizon, 25.0)


def sums_hold(known, setting, horizon):
    return told(known, setting, horizon, 0.5)


@pytest.fixture(scope="module")
def found() -> backtest.Tested:
    """A back-test whose parts err and whose sums hardly do."""
    setting = config()
    return rolled(panel(), published_series(setting, list("abc")), setting, parts_err, sums_hold)


def test_sums_that_are_forecast_better_than_their_parts_are_followed(found):
    assert found.coherence.method == "mint"
    assert found.coherence.errors["mint"] < 0.8 * found.coherence.errors["bottom_up"]
    value = found.table.pivot(index=["origin", "ds"], columns="series_id", values="served")
    assert (value["ab"] == value["a"] + value["b"]).all()
    assert (value["all"] == value["ab"] + value["c"]).all()
    late = found.table[found.table["reported"] & (found.table["series_id"] == "all")]
    assert (late["served"] - late["y"]).abs().mean() < 0.5 * (late["ets"] - late["y"]).abs().mean()


def test_without_a_reason_the_members_own_numbers_stand_in_every_window():
    setting = config()
    published = published_series(setting, list("abc"))
    found = rolled(panel(), published, setting, sums_hold, parts_err)
    assert found.coherence.method == "bottom_up"
    assert found.coherence.windows > 3
    assert np.array_equal(found.bottom["served"], grained(found.bottom["ets"].to_numpy()))


def test_the_report_periods_cannot_choose_the_method(found):
    setting, before = config(), found
    published = published_series(setting, list("abc"))
    first = before.table.loc[before.table["reported"], "origin"].min()
    moved = panel().assign(y=lambda rows: np.where(rows["ds"] > first, rows["y"] * 9, rows["y"]))
    after = rolled(moved, published, setting, parts_err, sums_hold)
    assert after.coherence.errors == before.coherence.errors
    assert after.coherence.method == before.coherence.method


def windows(origins: list[int], reach: list[int], horizon: int = 12) -> Windows:
    known = np.arange(horizon)[None, None, :] < np.array(reach)[None, :, None]
    values = np.where(known, 1.0, np.nan)
    return Windows(np.array(["a"]), np.array(origins), values, values, np.ones((1, len(origins))))


@pytest.mark.parametrize(
    "place, others",
    [
        (0, [3, 4, 5]),  # its periods end at 112: the windows from 112 on share none
        (3, [0]),        # 100 … 112 ends where it begins
        (5, [0, 1, 2]),
    ],
)  # fmt: skip
def test_windows_are_judged_by_those_that_share_no_period(place, others):
    some = windows([100, 104, 108, 112, 116, 120], [12, 12, 12, 12, 8, 4])
    assert strangers(some, place).tolist() == others
    fits = {int(late[0]): fit.tolist() for fit, late in folds_of(some)}
    assert set(fits) == {0, 1, 4, 5}, "with one window to fit on nothing is judged"


def test_of_many_windows_the_earlier_half_fits_one_horizon_apart():
    some = windows(list(range(0, 200, 8)), [12] * 25)
    ((fit, late),) = folds_of(some)
    assert some.origins[fit[-1]] + 12 <= some.origins[late[0]]


def test_a_scale_that_jumps_gives_way_to_how_far_the_series_moves():
    """The same errors in both windows; only the seasonal difference has risen tenfold between them."""
    rng = np.random.default_rng(2)
    origins = pd.to_datetime(["2023-01-01", "2023-07-01", "2024-01-01", "2024-07-01"])
    rows = [
        {"series_id": name, "level": "area", "origin": when, "step": step, "y": 100 + rng.normal(0, 5), "ets": 100.0}
        | {SEASONAL: 40.0 if k > 1 else 4.0, MOVES: 5.0}
        for k, when in enumerate(origins)
        for name in (f"s{n}" for n in range(12))
        for step in (1, 2)
    ]
    table = pd.DataFrame(rows)
    assert calibrate(table, "ets", 2).yardstick == MOVES
    assert calibrate(table.assign(**{SEASONAL: table[MOVES]}), "ets", 2).yardstick == SEASONAL, "on a tie it stands"
    assert calibrate(table.drop(columns=MOVES), "ets", 2).yardstick == SEASONAL


def test_moves_and_interval_score_by_hand():
    history = series("a", "2024-01-01", [0, 1, 4, 9, 16]).rename(columns={"unique_id": "series_id"})
    one, two, four = (1 + 3 + 5 + 7) / 4, (4 + 8 + 12) / 3, 16
    assert series_moves(history, 4)["a"] == pytest.approx((one + two + four) / 3)
    assert series_moves(history, 40)["a"] == pytest.approx(one), "lags longer than the series are left out"
    table = pd.DataFrame({"y": [5.0, 13.0], "low80": [4.0, 4.0], "high80": [8.0, 8.0]})
    assert interval_score(table, 80).tolist() == pytest.approx([4, 4 + 2 / 0.2 * (13 - 8)])


def test_a_month_of_weeks_is_the_weeks_whose_thursday_lies_in_it():
    ahead = pd.date_range("2024-11-25", periods=10, freq="W-MON")
    december, january = buckets(ahead, "month", "week")
    # 28 November is a Thursday of November; 5, 12, 19 and 26 December and 2 … 30 January are whole
    assert (str(december.start.date()), december.first, december.last) == ("2024-12-01", 2, 5)
    assert (str(january.start.date()), january.first, january.last) == ("2025-01-01", 6, 10)
    table = pd.DataFrame({"series_id": "a", "step": range(1, 11), "value": 2.0 ** np.arange(10)})
    summed = over_table(table, (december, january), ["series_id"], ["value"])
    assert summed["value"].tolist() == [2 + 4 + 8 + 16, 32 + 64 + 128 + 256 + 512]


def test_history_by_month_leaves_out_what_was_not_seen_whole():
    seen = pd.Series(1.0, pd.date_range("2024-01-08", periods=12, freq="W-MON"))
    found = summed_history(seen, "month", "week")
    # Thursdays 11 Jan … 28 Mar: of January's four only three are seen, February and March are whole
    assert found.to_dict() == {pd.Timestamp("2024-02-01"): 5.0, pd.Timestamp("2024-03-01"): 4.0}


def test_declared_sums_are_published_with_their_level_and_name():
    setting = config(coherence={"sums": {**SUMS, "all": {**SUMS["all"], "name": words("everything")}}})
    found = published_series(setting, list("abc"))
    assert [(one.series_id, one.level, one.parts) for one in found][:2] == [
        ("all", "county", ("a", "b", "c")),
        ("ab", "area_group", ("a", "b")),
    ]


def test_stocks_have_no_longer_periods_and_units_follow_the_period():
    counted = load_config("configs/demand/counted/home_care_granted_weekly.yaml", DemandConfig)
    assert counted.adding == {"granted", "delivered"}, "a shortfall is cut at zero week by week"
    assert not load_config("configs/demand/counted/home_care_clients_weekly.yaml", DemandConfig).adding
    visits = load_config("configs/demand/home_care_weekly.yaml", DemandConfig).measures["visits"]
    assert unit_per(visits, "month", "week") == {
        "fi": "käyntiä kuukaudessa",
        "sv": "besök per månad",
        "en": "visits a month",
    }
