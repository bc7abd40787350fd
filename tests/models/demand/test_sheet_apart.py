"""What one series of a sheet may change: those that stand apart, and columns that are known ahead."""

import numpy as np
import pandas as pd
import pytest

from models.demand.sheet_default import forecast_sheet, known_future
from models.demand.sheet_default.apart import standing_apart
from serving.pages.language import language
from serving.pages.planner.saying import in_every_language
from tests.models.demand.sheet_data import FREQ, SEASON, bad, few_windows, sheet  # noqa: F401 (a fixture)

pytestmark = pytest.mark.usefixtures("few_windows")


# --- series that stand apart ------------------------------------------------------------------------------------------


SPIKE = [100.0] * 40 + [400.0] + [100.0] * 19
KINDS = ("restless", "a typo", "a jump", "mostly zeros", "a missing month")


@pytest.mark.parametrize("kinds", [("a typo",), KINDS])
def test_bad_series_leave_every_other_forecast_as_it_is_to_the_bit(kinds):
    alone = forecast_sheet(sheet("month", 60, "abc"), 6)
    worse = [bad(kind).assign(unique_id=kind) for kind in kinds]
    both = forecast_sheet(pd.concat([worse[0], sheet("month", 60, "abc"), *worse[1:]]), 6)
    others = both.forecast[both.forecast["series_id"].isin(list("abc"))].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, alone.forecast, check_exact=True)
    assert {name: both.backtest[name] for name in "abc"} == alone.backtest
    assert (both.member, both.config) == (alone.member, alone.config)
    statuses = {one.series_id: one for one in both.statuses}
    for kind in kinds:
        assert statuses[kind].reason
        assert (statuses[kind].status == "refused") == (kind == "a missing month") == (kind not in both.members)


def test_a_series_apart_is_forecast_alone_as_among_others_with_its_own_intervals():
    one, among = (forecast_sheet(given, 6) for given in (bad("restless"), pd.concat([sheet(), bad("restless")])))
    mine = among.forecast[among.forecast["series_id"] == "z"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, one.forecast, check_exact=True)
    assert one.member == "by_series"
    assert set(one.members) == {"z"}
    assert among.backtest["z"] == one.backtest["z"]
    wide = (mine["high80"] - mine["low80"]).mean()
    assert wide > (among.forecast["high80"] - among.forecast["low80"])[among.forecast["series_id"] == "a"].mean()
    assert one.statuses[0].reason == "Forecast by itself: it changes from period to period by half of its mean or more."


@pytest.mark.parametrize(
    "values, apart",
    [
        (100 + 60 * np.sin(np.arange(72) / 12 * 2 * np.pi), False),
        (np.tile([100.0] * 11 + [0.0], 6), False),  # closed every December
        (50 * 4.0 ** (np.arange(72) / 48), False),  # grows fourfold in four years
        (np.where(np.arange(72) == 5, 900.0, 100.0 + np.arange(72) % 3), True),
        (np.where(np.arange(72) < 60, 10.0, 100.0) + np.arange(72) % 2, True),
    ],
)
def test_what_stands_apart_is_told_from_the_series_itself(values, apart):
    panel = pd.DataFrame({"unique_id": "a", "ds": pd.date_range("2019-01-01", periods=72, freq="MS"), "y": values})
    assert bool(standing_apart(panel, 12)) == apart


@pytest.mark.parametrize("values, code", [([1.0, 90.0] * 30, "apart_restless"), (SPIKE, "apart_odd")])
def test_why_a_series_stands_apart_is_said_in_three_languages(values, code):
    days = pd.date_range("2019-01-01", periods=60, freq="MS")
    why = standing_apart(pd.DataFrame({"unique_id": "z", "ds": days, "y": values}), 5)["z"]
    said = in_every_language(why)
    assert (why.code, len({*said.values()})) == (code, 3)
    assert language("en").text("why.other") not in said.values()
    assert said["fi"].startswith("Ennustettu erikseen")


# --- known-future columns -------------------------------------------------------------------------------------------


def with_campaign(periods: int = 150, horizon: int = 6) -> pd.DataFrame:
    """Series that a campaign doubles for a while, at times that repeat nothing; the coming campaign is known."""
    rng = np.random.default_rng(9)
    days = pd.date_range("2020-01-06", periods=periods + horizon, freq="W-MON")
    parts = []
    for name in "abcd":
        campaign = (rng.random(periods + horizon) < 0.2).astype(float)
        campaign[-horizon:] = [1, 0, 1, 0, 0, 1]
        y = 100 * np.where(campaign == 1, 2.0, 1.0) * rng.normal(1, 0.03, periods + horizon)
        rows = pd.DataFrame(
            {"unique_id": name, "ds": days.strftime("%Y-%m-%d"), "y": y.astype(str), "campaign": campaign}
        )
        rows.loc[rows.index[-horizon:], "y"] = ""
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def test_a_known_campaign_moves_the_forecast_and_one_that_says_nothing_is_left_out():
    found = forecast_sheet(with_campaign(), 6)
    assert found.drivers == ("campaign",)
    for _, rows in found.forecast.groupby("series_id"):
        assert list(rows["value"]) == pytest.approx([200, 100, 200, 100, 100, 200], rel=0.12)
    without = forecast_sheet(with_campaign().drop(columns="campaign"), 6)
    assert np.mean([o["mase"] for o in found.backtest.values()]) < 0.3 * np.mean(
        [o["mase"] for o in without.backtest.values()]
    )


def test_a_column_without_a_future_or_a_past_is_not_used_and_named():
    given = with_campaign()
    gone = given.assign(campaign=given["campaign"].where(given["y"] != ""))
    found = forecast_sheet(gone.assign(flat=1.0), 6)
    assert found.drivers == ()
    assert found.notes == (
        "The column `campaign` has no number for a at 2022-11-21 and is not used.",
        "The column `flat` never changed in the past, so its effect is not known; it is not used.",
    )


def test_one_series_without_a_number_of_a_column_costs_the_others_nothing():
    given = with_campaign()
    one = given[given["unique_id"] == "d"].assign(unique_id="z", campaign=np.nan)
    both, alone = forecast_sheet(pd.concat([given, one]), 6), forecast_sheet(given, 6)
    assert both.drivers == ("campaign",)
    others = both.forecast[both.forecast["series_id"] != "z"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, alone.forecast, check_exact=True)
    said = next(one.reason for one in both.statuses if one.series_id == "z")
    assert said == "Forecast by itself, without the columns: `campaign` has no number at 2020-01-06."


def test_effects_are_taken_out_and_put_back_exactly():
    given = with_campaign()
    rows = given[given["y"] != ""].assign(ds=lambda f: pd.to_datetime(f["ds"]), y=lambda f: f["y"].astype(float))
    effects = known_future.fit_effects(rows, ["campaign"])
    assert effects.by_series["a"] == pytest.approx([np.log(2)], abs=0.05)
    plain = known_future.without(rows, effects)
    assert plain["y"].std() < 0.2 * rows["y"].std()
    assert known_future.put_back(plain["y"].to_numpy(), rows, effects) == pytest.approx(rows["y"].to_numpy())
