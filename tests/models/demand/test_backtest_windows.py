"""The windows of a back-test are cut before the first report origin, and none of them sees what it is judged on."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from evaluation.backtest import (
    Window,
    covered,
    rolled,
    windows,
)
from models.demand.config import DemandConfig
from models.demand.hierarchy import level_of, published_series
from tests.models.demand.backtest_rows import ETS, drawn_panel, last_value, plan
from tests.models.demand.demand_data import monthly, series, together, weekly


@pytest.mark.parametrize(
    "selection, report, step, horizon, expected",
    [
        # 60 periods, horizon 6: the last window knows 54
        (1, 1, 6, 6,  [(48, 6, False), (54, 6, True)]),
        (2, 2, 6, 6,  [(36, 6, False), (42, 6, False), (48, 6, True), (54, 6, True)]),
        # windows closer than the horizon: a selection horizon ends where the first report window begins
        (3, 1, 2, 6,  [(48, 6, False), (50, 4, False), (52, 2, False), (54, 6, True)]),
        (2, 2, 2, 6,  [(48, 4, False), (50, 2, False), (52, 6, True), (54, 6, True)]),
    ],
)  # fmt: skip
def test_windows_are_cut_before_the_first_report_origin(selection, report, step, horizon, expected):
    made = windows(60, plan(selection, report, step, horizon=horizon))
    assert made == tuple(Window(*one) for one in expected)


def test_selection_origins_may_lie_closer_than_report_origins():
    config = monthly(backtest={"selection_windows": 3, "report_windows": 2, "step": 6, "selection_step": 2})
    known = [(one.known, one.horizon, one.reported) for one in windows(60, config)]
    assert known == [(42, 6, False), (44, 4, False), (46, 2, False), (48, 6, True), (54, 6, True)]


@pytest.mark.parametrize("selection", range(1, 6))
@pytest.mark.parametrize("report", range(1, 4))
@pytest.mark.parametrize("step", [1, 3, 6, 8])
def test_no_selection_window_sees_a_report_period(selection, report, step):
    made = windows(120, plan(selection, report, step))
    first = min(one.known for one in made if one.reported)
    assert all(one.horizon > 0 and one.known + one.horizon <= first for one in made if not one.reported)
    assert all(one.horizon == 6 for one in made if one.reported)
    assert made[-1].known + made[-1].horizon == 120
    assert [one.known for one in made] == sorted({one.known for one in made})


@pytest.mark.parametrize("periods, enough", [(16 + 6 + 2 * 6, True), (16 + 6 + 2 * 6 - 1, False)])
def test_series_too_short_for_the_first_window_are_an_error(periods, enough):
    if enough:
        assert windows(periods, plan(2, 1, 6))[0].known == 16
        return
    with pytest.raises(ModelError, match=r"has 33 periods; the first back-test window would know 15, at least 16"):
        windows(periods, plan(2, 1, 6))


def test_a_forecaster_is_told_nothing_after_its_origin():
    panel, config = drawn_panel(), plan(3, 2, 2)
    told: list[tuple[int, pd.Timestamp, int]] = []

    def listening(known: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
        told.append((known["ds"].nunique(), known["ds"].max(), horizon))
        return last_value(known, config, horizon)

    table = rolled(panel, published_series(config, ["a", "b", "c"]), config, listening).table
    dates = pd.date_range("2020-01-01", periods=60, freq="MS")
    made = windows(60, config)
    assert told == [(one.known, dates[one.known - 1], one.horizon) for one in made]
    assert (table["ds"] > table["origin"]).all()
    first_report = table.loc[table["reported"], "origin"].min()
    assert table.loc[~table["reported"], "ds"].max() <= first_report
    assert set(table.loc[table["reported"], "step"]) == set(range(1, 7))


def test_a_late_joiner_is_left_out_of_windows_that_know_too_little_of_it():
    config = weekly(minimum_periods=60, horizon=4, backtest={"selection_windows": 1, "report_windows": 1, "step": 4})
    mondays = {"901": ("2022-01-03", 100), "902": ("2022-07-25", 71)}  # 902 joined 29 weeks later
    parts = [
        series(f"{area}|visits|{band}", start, 10.0 + np.arange(periods) % 5, "W-MON")
        for area, (start, periods) in mondays.items()
        for band in ("under65", "65to74", "75plus")
    ]
    config = config.model_copy(update={"measures": {"visits": config.measures["visits"]}})
    panel = together(*parts)
    published = published_series(config, sorted(panel["unique_id"].unique()))
    table = rolled(panel, published, config, last_value).table
    areas = {reported: set(rows["series_id"].str.split("|").str[0]) for reported, rows in table.groupby("reported")}
    # 71 - 4 = 67 periods known at the report origin, 71 - 4 - 4 = 63 at the selection origin: both enough for 60
    assert areas == {False: {"901", "902", "county"}, True: {"901", "902", "county"}}
    stricter = config.model_copy(update={"minimum_periods": 65})
    table = rolled(panel, published, stricter, last_value).table
    areas = {reported: set(rows["series_id"].str.split("|").str[0]) for reported, rows in table.groupby("reported")}
    assert areas == {False: {"901"}, True: {"901", "902", "county"}}, "no county without one of its areas"
    assert set(covered(table, ETS, 4, level_of(published))["level"]) == {"area"}
