"""Structural breaks: what members learn from, what they say, and that the back-test tells it with and without."""

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import validate_config
from evaluation.backtest import calibrate
from models.demand.config import DemandConfig
from models.demand.forecasters.members import forecast_members
from models.demand.regimes import Regime, inside_any, restored, treated
from tests.models.demand.demand_data import monthly, series
from tests.plans import covers


def regime(treatment: str, first: str = "2020-03-01", after: str | None = "2020-05-01", **more: str) -> Regime:
    said = {"name": "break", "from": first, "treatment": treatment, **({"to": after} if after else {}), **more}
    return validate_config(said, Regime, "regime")


@pytest.mark.parametrize(
    "day,          inside",
    [("2020-02-29", False), ("2020-03-01", True), ("2020-04-30", True), ("2020-05-01", False)],
)  # fmt: skip
def test_a_regime_holds_its_first_day_and_not_the_day_after_it(day, inside):
    assert list(regime("flag").holds(pd.Series([pd.Timestamp(day)]))) == [inside]


def test_a_regime_without_an_end_still_lasts():
    days = pd.Series(pd.to_datetime(["2020-01-01", "2031-01-01"]))
    assert list(regime("flag", after=None).holds(days)) == [False, True]
    assert list(inside_any(days, ())) == [False, False]


@pytest.mark.parametrize(
    "values,                                                     message",
    [
        ({"from": "2022-01-01", "to": "2020-01-01"},             "ends on 2020-01-01, before it begins"),
        ({"from": "1.3.2020"},                                   "write a day like 2020-03-01"),
        ({"treatment": "forget"},                                "exclude"),
        ({"until": "2022-01-01"},                                "until"),
    ],
)  # fmt: skip
def test_a_regime_that_cannot_be_is_named(values, message):
    with pytest.raises(ConfigError, match=message):
        monthly(regimes=[{"name": "break", "from": "2020-03-01", "treatment": "flag", **values}])


def test_a_config_with_regimes_is_read_again_from_the_bundle():
    config = monthly(regimes=[{"name": "pandemic", "from": "2020-03-01", "to": "2022-07-01", "treatment": "model"}])
    assert validate_config(config.model_dump(mode="json"), DemandConfig, "bundle") == config


#             season of three; the third season is broken
VALUES = [10, 20, 30, 12, 22, 32, 50, 50, 50, 16, 26, 36]
BROKEN = ("2020-07-01", "2020-10-01")


def learned(treatment: str, values: list[float] = VALUES) -> list[float]:
    panel = series("a", "2020-01-01", values)
    return list(treated(panel, [regime(treatment, *BROKEN)], 3)["y"])


def test_what_members_learn_from():
    filled = [(12 + 16) / 2, (22 + 26) / 2, (32 + 36) / 2]  # the same season before and after
    assert learned("exclude") == [10, 20, 30, 12, 22, 32, *filled, 16, 26, 36]
    assert learned("flag") == VALUES
    ratio = 150 / sum(filled)
    assert learned("model") == pytest.approx([10, 20, 30, 12, 22, 32, *([50 / ratio] * 3), 16, 26, 36])
    assert learned("exclude", VALUES[:9])[6:] == [12, 22, 32], "nothing after it yet: the season before"


def test_a_series_that_lies_wholly_in_a_regime_stays_as_it_is():
    panel = series("a", "2020-01-01", [3.0, 4.0, 5.0, 6.0])
    for treatment in ("exclude", "model"):
        assert list(treated(panel, [regime(treatment, "2019-01-01", None)], 3)["y"]) == [3, 4, 5, 6]


def test_a_modelled_level_is_put_back_where_a_forecast_lies_in_the_regime():
    panel = series("a", "2020-01-01", [10, 10, 10, 10, 10, 10, 20, 20, 20])
    lasting = [regime("model", "2020-07-01", "2020-11-01")]
    ahead = series("a", "2020-10-01", [10.0, 10.0]).rename(columns={"y": "ets"})
    assert list(restored(ahead, panel, lasting, 3, ["ets"])["ets"]) == [10 * 2.0, 10]  # October, then November
    assert list(restored(ahead, panel, [regime("exclude", "2020-07-01", "2020-11-01")], 3, ["ets"])["ets"]) == [10, 10]


@covers("002-A20")
def test_an_excluded_break_does_not_pull_the_forecast():
    level = 100 + 20 * np.sin(np.arange(60) * np.pi / 6)
    level[36:48] *= 0.3  # a year of closed doors
    panel = series("a", "2018-01-01", level)
    span = {"name": "closed", "from": "2021-01-01", "to": "2022-01-01"}
    wrong = {}
    for treatment in ("exclude", "flag"):
        config = monthly(members=["seasonal_mean"], regimes=[{**span, "treatment": treatment}])
        found = forecast_members(panel, config, 12)["seasonal_mean"]
        wrong[treatment] = float(np.abs(found - level[:12]).mean())
    assert wrong["exclude"] < 0.01
    assert wrong["flag"] == pytest.approx(100 * 0.7 / 5, rel=0.01), "a fifth of the seasons, 70 % too low"


@covers("002-A20")
def test_a_break_calibrates_no_interval():
    rows = pd.DataFrame(
        {"level": "area", "series_id": "a", "origin": 1, "step": 1, "y": 10.0, "ets": [11.0, 9, 11, 60], "scale": 1.0}
    )
    calm = calibrate(rows.assign(regime=[False, False, False, True]), "ets", 1).quantiles
    assert calm["area"][0.95] == [1.0]
    assert calibrate(rows, "ets", 1).quantiles["area"][0.95] == [50.0]
