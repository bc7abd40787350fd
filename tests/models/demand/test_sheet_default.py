"""A plain sheet without configuration: rhythm, members, back-test, known-future columns, faults by series and date."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from utilsforecast.losses import mase

from configs.errors import DataError
from models.demand.sheet_default import forecast_sheet, inferring, theta
from models.demand.sheet_default.inferring import LONGEST
from models.demand.sheet_default.reading import read_sheet
from models.demand.sheet_default.rolling import Choice, choose, rolling
from tests.models.demand.sheet_data import FREQ, SEASON, bad, few_windows, sheet  # noqa: F401 (a fixture)
from training import forecast_sheet as command

pytestmark = pytest.mark.usefixtures("few_windows")


def test_few_series_are_tested_on_more_windows_and_the_first_knows_two_seasons(monkeypatch):
    monkeypatch.undo()
    few, many = (read_sheet(sheet("month", 84, names)).rows for names in ("ab", [f"s{k}" for k in range(25)]))
    plan = inferring.default_config(few, "month", 6).backtest
    assert (plan.selection_windows, plan.report_windows) == (5, 4)
    assert inferring.default_config(many, "month", 6).backtest.windows == 4
    short = inferring.default_config(read_sheet(sheet("month", 40, "ab")).rows, "month", 12)
    assert 40 - 12 - (short.backtest.windows - 1) * short.backtest.step >= 20
    assert max(short.lightgbm.lags) <= 20 // 2 + 4


@pytest.mark.parametrize(
    "period, periods, horizon",
    [
        ("day", 200, 28),
        ("week", 180, 12),
        ("month", 60, 12),
        ("week", 208, LONGEST["week"]),   # 18 months
        ("month", 60, LONGEST["month"]),
    ],
)  # fmt: skip
def test_rhythm_season_and_horizon_are_told_from_the_dates(period, periods, horizon):
    found = forecast_sheet(sheet(period, periods), horizon)
    assert (found.config.period, found.config.season_length, found.config.horizon) == (period, SEASON[period], horizon)
    assert {one.status for one in found.statuses} == {"forecast"}
    assert list(found.forecast.groupby("series_id").size()) == [horizon] * 3
    for _, rows in found.forecast.groupby("series_id"):
        assert list(rows["step"]) == list(range(1, horizon + 1))
        ordered = rows[["low95", "low80", "value", "high80", "high95"]].to_numpy()
        assert (np.diff(ordered, axis=1) >= 0).all()
    for errors in found.backtest.values():
        assert {"mase", "mase_naive", "wape", "wape_naive", "windows"} <= set(errors)
    last = pd.to_datetime(sheet(period, periods)["ds"]).max()
    assert found.forecast["ds"].min() == pd.date_range(last, periods=2, freq=FREQ[period])[1]


def test_the_horizon_is_12_weeks_when_none_is_asked_and_18_months_at_most():
    assert forecast_sheet(sheet("week", 120, "a")).config.horizon == 12
    for wrong in (0, 79):
        with pytest.raises(DataError, match=rf"horizon {wrong} is not possible; 1 to 78 weeks"):
            forecast_sheet(sheet("week", 120, "a"), wrong)


def test_a_seasonal_sheet_is_forecast_better_than_its_naive_and_intervals_hold_what_comes():
    whole = sheet("month", 72, "abcdefghijklmnopqrst", noise=8.0)
    ahead = pd.to_datetime(whole["ds"]) >= "2024-01-01"
    found = forecast_sheet(whole[~ahead], 12)
    came = whole[ahead].assign(ds=pd.to_datetime(whole["ds"]), y=whole["y"].astype(float))
    joined = found.forecast.rename(columns={"series_id": "unique_id"}).merge(came, on=["unique_id", "ds"])
    assert joined["y"].between(joined["low80"], joined["high80"]).mean() == pytest.approx(0.8, abs=0.1)
    assert np.mean([one["mase"] for one in found.backtest.values()]) < 0.9 * np.mean(
        [one["mase_naive"] for one in found.backtest.values()]
    )


FAULTS = [
    ("a date that is none",    {"ds": "2020-13-01"},  "The date '2020-13-01' is not a date"),
    ("a negative value",       {"y": "-3"},           "The value at 2020-03-01 is not a number"),
    ("a word for a value",     {"y": "paljon"},       "The value at 2020-03-01 is not a number"),
    ("a value left out",       {"y": ""},             "The value at 2020-03-01 is not a number"),
    ("a date twice",           {"ds": "2020-04-01"},  "The date 2020-04-01 is given twice"),
    ("a day inside the month", {"ds": "2020-03-15"},  "The date 2020-03-15 lies between periods"),
]  # fmt: skip


@pytest.mark.parametrize("fault, reason", [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_fault_is_named_by_series_and_date_and_the_others_are_forecast(fault, reason):
    given = sheet("month", 48, "ab")
    row = (given["unique_id"] == "b") & (given["ds"] == "2020-03-01")
    for name, value in fault.items():
        given.loc[row, name] = value
    found = forecast_sheet(given, 6)
    assert set(found.forecast["series_id"]) == {"a"}
    refused = [one for one in found.statuses if one.status == "refused"]
    assert [one.series_id for one in refused] == ["b"]
    assert refused[0].reason.startswith(reason)


def test_other_faults_of_a_series_are_named_too():
    good = sheet("month", 48, "ab")
    short = sheet("month", 12, "c").assign(ds=good["ds"].iloc[36:48].to_numpy())
    early = sheet("month", 40, "d")
    still = sheet("month", 48, "e").assign(y="7")
    weekly = sheet("week", 60, "f")
    found = forecast_sheet(pd.concat([good, short, early, still, weekly]), 6)
    told = {one.series_id: one.reason for one in found.statuses}
    assert told["a"] == told["b"] == ""
    assert told["c"].startswith("Not enough data: 12 periods; 22 are needed to forecast 6 months")
    assert told["d"] == "It ends before 2022-12-01, where the other series end; send it in a sheet of its own."
    assert told["e"].startswith("Every value is 7")
    assert told["f"].startswith("From 2019-01-07 to 2019-01-14 is no month, the rhythm of most series")


def test_a_value_of_a_day_to_come_is_refused_when_today_is_known():
    given = sheet("month", 48, "ab")
    found = read_sheet(given, date(2022, 11, 30))
    assert [(one.series_id, one.reason) for one in found.refused] == [
        (name, "The date 2022-12-01 is still to come, but has a value; leave `y` empty.") for name in "ab"
    ]
    with pytest.raises(DataError, match="a: The date 2022-12-01 is still to come"):
        forecast_sheet(given, 6, date(2022, 11, 30))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda frame: frame.drop(columns="y"), "has no column y; it needs unique_id, ds, y"),
        (lambda frame: frame.iloc[:0], "has 0 rows"),
        (lambda frame: frame.assign(ds="tammikuu"), "No series of the sheet has two dates"),
        (lambda frame: frame.iloc[::3], "step by 9"),
        (lambda frame: frame.assign(y="x"), "can be forecast; the first, a: The value at 2019-01-01"),
    ],
)
def test_what_is_no_sheet_is_one_sentence(change, message):
    with pytest.raises(DataError, match=message):
        forecast_sheet(change(sheet("month", 48, "a")), 6)


@pytest.mark.parametrize("how", ["%d.%m.%Y", "typed", "comma", "month ends", "sundays"])
def test_a_spreadsheets_own_ways_of_writing_are_read(how):
    given = sheet("week" if how == "sundays" else "month", 120 if how == "sundays" else 48, "a")
    plain = read_sheet(given).rows
    days = pd.to_datetime(given["ds"])
    if how == "typed":
        given = given.assign(ds=days, y=given["y"].astype(float))
    elif how == "comma":
        given = given.assign(y=given["y"].str.replace(".", ",", regex=False))
    elif how == "month ends":
        given = given.assign(ds=(days + pd.offsets.MonthEnd(0)).dt.strftime("%Y-%m-%d"))
    elif how == "sundays":
        given = given.assign(ds=(days + pd.Timedelta(days=6)).dt.strftime("%Y-%m-%d"))
    else:
        given = given.assign(ds=days.dt.strftime(how))
    pd.testing.assert_frame_equal(read_sheet(given).rows[["unique_id", "ds", "y"]], plain[["unique_id", "ds", "y"]])


# --- members and choice ---------------------------------------------------------------------------------------------


def test_theta_is_smoothing_with_half_the_slope():
    flat = theta.forecast(np.full((1, 30), 7.0), 12, 3)
    assert flat[0] == pytest.approx([7, 7, 7])
    line = theta.forecast(np.arange(40.0)[None, :], 12, 3)[0]
    assert np.diff(line) == pytest.approx([0.5, 0.5])
    assert line[0] > 38
    late = np.where(np.arange(40) < 10, np.nan, 5.0)[None, :]
    assert theta.forecast(late, 12, 2)[0] == pytest.approx([5, 5])


def test_theta_is_as_good_as_the_librarys_on_seasonal_series():
    from statsforecast import StatsForecast
    from statsforecast.models import Theta

    panel = read_sheet(sheet("month", 72, "abcdefgh", noise=10.0)).rows
    known, came = panel[panel["ds"] < "2024-01-01"], panel[panel["ds"] >= "2024-01-01"]
    theirs = StatsForecast(models=[Theta(season_length=12)], freq="MS").forecast(
        df=known[["unique_id", "ds", "y"]], h=12
    )
    values = known.pivot(index="unique_id", columns="ds", values="y").to_numpy()
    ours = theirs.assign(ours=theta.forecast(values, 12, 12).ravel()).merge(came[["unique_id", "ds", "y"]])
    errors = mase(ours, ["ours", "Theta"], 12, known)[["ours", "Theta"]].mean()
    assert errors["ours"] < 1.1 * errors["Theta"]


def test_the_choice_looks_at_selection_windows_only():
    rows = pd.DataFrame(
        {"origin": 1, "unique_id": "a", "y": 10.0, "scale": 1.0, "with_columns": False, "reported": [False, True]}
    )
    table = rows.assign(seasonal_naive=[10.0, 99.0], theta=[12.0, 10.0], lightgbm=[12.0, 10.0], mean=[12.0, 10.0])
    assert choose(table, ()) == Choice("seasonal_naive", ())
    assert choose(table[table["reported"]], ()) == Choice("mean", ())


def test_no_window_sees_what_comes_after_it(monkeypatch):
    from models.demand.sheet_default import members
    from models.demand.sheet_default.inferring import default_config

    panel = read_sheet(sheet("month", 60, "abc")).rows[["unique_id", "ds", "y"]]
    config = default_config(panel, "month", 6)
    seen: list[tuple[pd.Timestamp, int]] = []

    def listening(known: pd.DataFrame, config: object, horizon: int) -> pd.DataFrame:
        seen.append((known["ds"].max(), horizon))
        ahead = pd.date_range(known["ds"].max(), periods=horizon + 1, freq="MS")[1:]
        rows = pd.MultiIndex.from_product([list("abc"), ahead], names=["unique_id", "ds"]).to_frame(index=False)
        return rows.assign(**dict.fromkeys(members.MEMBERS, 1.0))

    monkeypatch.setattr(members, "forecast", listening)
    table = rolling(panel, config, ())
    assert len(seen) == config.backtest.windows
    assert (table["ds"] > table["origin"]).all()
    first_report = table.loc[table["reported"], "origin"].min()
    assert table.loc[~table["reported"], "ds"].max() <= first_report


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_forecast_by_itself(tmp_path: Path, capsys):
    file, out = tmp_path / "sheet.csv", tmp_path / "forecast.csv"
    pd.concat([sheet("month", 48, "ab"), bad("restless").iloc[:48]]).to_csv(file, index=False)
    assert command.main(["--file", str(file), "--horizon", "6", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"3 series forecast by \w+, 1 of them by themselves, 6 months ahead", printed)
    assert "z: Forecast by itself" in printed
    series = pd.read_csv(out.with_name("forecast_series.csv")).set_index("series_id")
    assert series.loc["z", "reason"].startswith("Forecast by itself")
    assert series.loc["a", "member"] == series.loc["b", "member"]


def test_the_command_writes_forecast_and_statuses(tmp_path: Path, capsys):
    given = sheet("month", 48, "ab")
    given.loc[(given["unique_id"] == "b") & (given["ds"] == "2020-03-01"), "y"] = "-3"
    file, out = tmp_path / "sheet.csv", tmp_path / "new" / "forecast.csv"
    given.to_csv(file, index=False, sep=";")
    assert command.main(["--file", str(file), "--horizon", "6", "--out", str(out)]) == 0
    assert list(pd.read_csv(out)["series_id"]) == ["a"] * 6
    series = pd.read_csv(out.with_name("forecast_series.csv")).set_index("series_id")
    assert list(series["status"]) == ["forecast", "refused"]
    assert series.loc["a", "mase"] > 0
    printed = capsys.readouterr().out
    assert "1 series forecast by" in printed
    assert "b: The value at 2020-03-01" in printed
    assert command.main(["--file", str(tmp_path / "none.csv"), "--out", str(out)]) == 3
    assert "none.csv is missing" in capsys.readouterr().err
    assert command.main(["--file", str(tmp_path), "--out", str(out)]) == 3
    assert "is a folder, not a CSV file" in capsys.readouterr().err
    assert command.main(["--file", str(file), "--out", str(out.parent)]) == 3
    assert "new is a folder" in capsys.readouterr().err
