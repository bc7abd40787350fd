"""The back-test: members are chosen on windows that know nothing of the windows they are reported on."""

import numpy as np
import pandas as pd
import pytest
from utilsforecast.losses import mase, smape

from evaluation.backtest import (
    by_series,
    calibrate,
    choose,
    choosing,
    coverage,
    covered,
    mean_scaled_errors,
    published_errors,
    rolled,
    weighted_errors,
)
from models.demand.config import DemandConfig
from models.demand.hierarchy import published_series
from tests.models.demand.backtest_rows import ETS, NAIVE, drawn_panel, last_value, plan
from tests.models.demand.demand_data import monthly, series


def table_of(text: str) -> pd.DataFrame:
    """A back-test table drawn as text; every origin is a month of 2024, `reported` is 0 or 1."""
    lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0])
    texts = {"series_id", "origin", "level", "group", "ds"} & set(frame.columns)
    frame = frame.astype({name: float for name in frame.columns if name not in texts})
    return frame.astype({name: kind for name, kind in (("reported", bool), ("step", int)) if name in frame})


DRAWN = table_of("""
    origin  known series_id reported step  y   ets seasonal_naive scale level group
    2024-01 24    a         0        1     10  12  10             2     area  dense
    2024-01 24    a         0        2     20  16  20             2     area  dense
    2024-01 24    b         0        1     5   5   5              5     area  dense
    2024-02 25    a         1        1     30  30  34             4     area  dense
    2024-02 25    a         1        2     40  40  48             4     area  dense
    2024-02 25    b         1        1     0   0   10             5     area  dense
""")


def test_scaled_error_by_hand_mean_in_a_series_then_over_series_and_origins():
    found = mean_scaled_errors(DRAWN, [ETS, NAIVE])
    assert found[ETS] == pytest.approx(((2 / 2 + 4 / 2) / 2 + 0 / 5 + 0 / 4 + 0 / 5) / 4)
    assert found[NAIVE] == pytest.approx((0 + 0 + (4 / 4 + 8 / 4) / 2 + 10 / 5) / 4)


def test_weighted_error_by_hand():
    found = weighted_errors(DRAWN, [ETS, NAIVE])
    assert found[ETS] == pytest.approx((2 + 4) / (10 + 20 + 5 + 30 + 40 + 0))
    assert found[NAIVE] == pytest.approx((4 + 8 + 10) / (10 + 20 + 5 + 30 + 40 + 0))


TWO = monthly(members=[ETS, NAIVE])


def chosen(table: pd.DataFrame, config: DemandConfig) -> str:
    return choose(table[choosing(table, config)], config).of("dense").member


def test_the_member_is_chosen_on_the_selection_windows_alone():
    reported = mean_scaled_errors(DRAWN[DRAWN["reported"]], [ETS, NAIVE])
    everywhere = mean_scaled_errors(DRAWN, [ETS, NAIVE])
    assert reported[ETS] < reported[NAIVE]
    assert everywhere[ETS] < everywhere[NAIVE]
    assert chosen(DRAWN, TWO) == NAIVE, "the report windows, and all together, would choose the other"
    assert chosen(DRAWN.assign(reported=~DRAWN["reported"]), TWO) == ETS


def test_of_equal_members_the_first_in_the_config_is_chosen():
    equal = DRAWN.assign(ets=DRAWN["seasonal_naive"])
    assert chosen(equal, TWO) == ETS
    assert chosen(equal, monthly(members=[NAIVE, ETS])) == NAIVE


def test_a_window_that_has_seen_no_season_repeat_chooses_nobody():
    early = DRAWN.assign(known=np.where(DRAWN["series_id"] == "a", 2 * 12 - 1, 2 * 12))
    early["ets"] = np.where(early["series_id"] == "b", early["y"], early["ets"])
    early["seasonal_naive"] = np.where(early["series_id"] == "b", early["y"] + 1, early["seasonal_naive"])
    assert chosen(early, TWO) == ETS, "only the rows that know two seasons count, and there it is better"
    assert list(choosing(early, TWO)) == [False, False, True, False, False, False]
    assert chosen(DRAWN.assign(known=23), TWO) == ETS, "nothing can choose: the first of the config"
    assert chosen(DRAWN.assign(known=23), monthly(members=[NAIVE, ETS])) == NAIVE


def test_a_period_inside_a_declared_regime_chooses_nobody():
    broken = DRAWN.assign(regime=[True, True, False, False, False, False])
    assert list(choosing(broken, TWO)) == [False, False, True, False, False, False]


def renewing(**more: int) -> DemandConfig:
    plan = {"selection_windows": 2, "report_windows": 2, "step": 6, "renew": True, **more}
    return monthly(members=[ETS, NAIVE], backtest=plan, season_length=2)


def test_with_renew_a_report_window_is_chosen_for_by_all_that_was_known_and_by_nothing_else():
    rows = table_of("""
        origin     known reported ds
        2024-01-01 24    0        2024-02-01
        2024-06-01 29    1        2024-07-01
        2024-06-01 29    1        2024-08-01
        2024-07-01 30    1        2024-08-01
    """).astype({"origin": "datetime64[ns]", "ds": "datetime64[ns]"})
    config = renewing()
    assert list(choosing(rows, config, pd.Timestamp("2024-07-01"))) == [True, True, False, False]
    assert list(choosing(rows, config, pd.Timestamp("2024-06-01"))) == [True, False, False, False]
    assert list(choosing(rows, config)) == [True] * 4, "the forecast that is served comes after all of them"
    assert list(choosing(rows, monthly())) == [True, False, False, False]


def test_coverage_by_hand_with_both_ends_inside():
    rows = table_of("""
        y   low80 high80 low95 high95
        10  10    12     9     13
        12  10    12     9     13
        13  10    12     9     13
        14  10    12     9     13
    """)
    assert coverage(rows) == {"coverage80": 2 / 4, "coverage95": 3 / 4}


def test_intervals_of_report_windows_come_from_selection_residuals_and_their_own_scale():
    rows = covered(DRAWN, ETS, 2, {"a": "area", "b": "area"})
    assert set(rows["origin"]) == {"2024-02"}
    # selection residuals / scale: step 1: 2/2 and 0/5; step 2: 4/2; neighbours are pooled: all three at either step
    first = rows[(rows["series_id"] == "a") & (rows["step"] == 1)].iloc[0]
    assert (first["low80"], first["high80"]) == (30 - (4 / 2) * 4, 30 + (4 / 2) * 4)
    later = DRAWN.assign(ets=np.where(DRAWN["reported"], DRAWN["ets"] + 1000, DRAWN["ets"]))
    width = covered(later, ETS, 2, {"a": "area", "b": "area"}).eval("high80 - value")
    assert list(width) == list(rows.eval("high80 - value")), "report residuals must not widen their own intervals"


CALM = table_of("""
    origin  series_id reported seasoned regime step  y   ets scale level
    2024-01 a         0        0        0      1     10  30  2     area
    2024-01 b         0        0        0      1     10  20  2     area
    2024-02 a         0        1        0      1     10  14  4     area
    2024-02 b         0        1        0      1     10  12  4     area
    2024-03 a         1        1        0      1     10  13  4     area
    2024-03 b         1        1        0      1     10  13  4     area
""").astype({"reported": bool, "seasoned": bool, "regime": bool, "scale": float})


def test_a_window_that_knows_no_two_seasons_calibrates_only_where_there_is_no_other():
    early = CALM[~CALM["reported"]]
    assert calibrate(early, ETS, 1).quantiles["area"][0.8] == [4 / 4], "the errors of 10 and 20 are not asked"
    alone = early[~early["seasoned"]]
    assert calibrate(alone, ETS, 1).quantiles["area"][0.8] == [20 / 2]
    later = pd.Series({"a": 4.0, "b": 5.0})
    assert calibrate(alone, ETS, 1, scale=later).quantiles["area"][0.8] == [20 / 4], "by the scale of the forecast"
    assert calibrate(alone, ETS, 1, scale=later.iloc[1:]).quantiles["area"][0.8] == [20 / 2]
    shown = covered(CALM[CALM["reported"] | ~CALM["seasoned"]], ETS, 1, {"a": "area", "b": "area"})
    assert list(shown["high80"]) == [13 + 4 * 20 / 4] * 2


def test_a_level_that_selection_never_saw_is_not_judged():
    county = DRAWN[DRAWN["reported"] & (DRAWN["series_id"] == "a")].assign(series_id="c", level="county")
    rows = covered(pd.concat([DRAWN, county]), ETS, 2, {"a": "area", "b": "area", "c": "county"})
    assert set(rows["series_id"]) == {"a", "b"}


def test_each_series_has_its_error_beside_naive():
    rows = covered(DRAWN, ETS, 2, {"a": "area", "b": "area"})
    found = by_series(rows, ETS)
    assert (found["a"]["mase"], found["a"]["mase_naive"]) == (0.0, pytest.approx((4 / 4 + 8 / 4) / 2))
    assert (found["a"]["wape"], found["a"]["wape_naive"]) == (0.0, pytest.approx((4 + 8) / (30 + 40)))
    assert (found["a"]["windows"], found["a"]["coverage80"]) == (1.0, 1.0)
    assert found["b"]["wape"] == 0.0, "no demand at all is no division by zero"


MEMBERS = (NAIVE, ETS, "lightgbm")


def test_the_report_periods_cannot_change_what_is_chosen():
    panel, config = drawn_panel(), plan(3, 2, 2)
    published = published_series(config, ["a", "b", "c"])
    before = rolled(panel, published, config, last_value).table
    first_report = before.loc[before["reported"], "origin"].min()
    changed = panel.assign(y=np.where(panel["ds"] > first_report, panel["y"] * 7 + 500, panel["y"]))
    after = rolled(changed, published, config, last_value).table
    selection = [table[~table["reported"]].reset_index(drop=True) for table in (before, after)]
    pd.testing.assert_frame_equal(*selection)
    assert not before[before["reported"]].equals(after[after["reported"]])
    assert calibrate(selection[0], ETS, 6).quantiles == calibrate(selection[1], ETS, 6).quantiles


def test_scaled_error_agrees_with_utilsforecast():
    panel, config = drawn_panel(), plan(1, 1, 6)
    table = rolled(panel, published_series(config, ["a", "b", "c"]), config, last_value).table
    for _, rows in table.groupby("origin"):
        known = panel[panel["ds"] <= rows["origin"].iloc[0]]
        theirs = mase(rows.rename(columns={"series_id": "unique_id"}), list(MEMBERS), 12, known)
        ours = mean_scaled_errors(rows, MEMBERS)
        assert [ours[name] for name in MEMBERS] == pytest.approx(list(theirs[list(MEMBERS)].mean()), rel=1e-12)
        printed = published_errors(rows, known.rename(columns={"unique_id": "series_id"}), MEMBERS, 12)
        assert list(printed["mase"]) == pytest.approx([ours[name] for name in MEMBERS], rel=1e-12)


def test_published_smape_is_in_percent_of_the_mean_of_both():
    rows = series("a", "2024-01-01", [100.0, 50.0]).assign(ets=[300.0, 50.0])
    known = series("a", "2023-01-01", range(12))
    assert smape(rows, [ETS])[ETS].iloc[0] == pytest.approx((200 / 400 + 0) / 2)
    assert published_errors(rows, known, [ETS], 1).loc[ETS, "smape"] == pytest.approx((200 * 200 / 400 + 0) / 2)
