"""What the members say: means of seasons, rare demand, growth, and series that a library stumbles on."""

import numpy as np
import pandas as pd
import pytest

from evaluation.backtest import rolled
from models.demand.config import DemandConfig
from models.demand.forecasters import statistical
from models.demand.forecasters.combination import served
from models.demand.forecasters.members import fit_members, forecast_members, singles
from models.demand.hierarchy import published_series
from tests.models.demand.demand_data import monthly, series, together
from tests.plans import covers


def say(panel: pd.DataFrame, *names: str, season: int = 3, horizon: int = 4, **more: str) -> dict[str, list[float]]:
    found = statistical.forecast(panel, "MS", season, horizon, True, names=names, **more)
    return {name: list(found[name]) for name in names}


@pytest.mark.parametrize(
    "values,                     ahead",
    [
        ([1, 2, 3, 5, 6, 7],     [(1 + 5) / 2, (2 + 6) / 2, (3 + 7) / 2, (1 + 5) / 2]),
        ([9, 1, 2, 3, 5, 6, 7],  [(1 + 5) / 2, (2 + 6) / 2, (3 + 7) / 2, (1 + 5) / 2]),  # part of a season: left out
        ([1, 2, 3],              [1, 2, 3, 1]),
        ([4, 8],                 [8, 8, 8, 8]),  # no season at all: the last value
    ],
)  # fmt: skip
def test_the_seasonal_mean_by_hand(values, ahead):
    assert say(series("a", "2020-01-01", values), "seasonal_mean")["seasonal_mean"] == ahead


def test_seasonal_means_belong_to_their_own_series():
    panel = together(series("a", "2020-01-01", [1, 2, 3] * 3), series("b", "2020-02-01", [7, 8, 9, 9] * 2))
    assert say(panel, "seasonal_mean", horizon=3)["seasonal_mean"][:3] == [1, 2, 3]


RARE = [0, 0, 6, 0, 0, 0, 6, 0, 0, 6, 0, 0, 0, 0, 6, 0, 0, 6, 0, 0, 0, 6, 0, 0]


@pytest.mark.parametrize("method", ["tsb", "croston"])
def test_rare_demand_is_forecast_by_its_rate(method):
    panel = series("a", "2020-01-01", RARE)
    found = say(panel, "intermittent", method=method)["intermittent"]
    assert found == [found[0]] * 4, "a rate, not a rhythm"
    assert found[0] == pytest.approx(6 * 6 / 24, rel=0.35)


def test_tsb_forgets_a_service_that_ended_and_croston_does_not():
    ended = series("a", "2020-01-01", [*RARE, *[0] * 24])
    tsb, croston = (say(ended, "intermittent", method=one)["intermittent"][0] for one in ("tsb", "croston"))
    assert tsb < 0.2 < 1 < croston


@pytest.mark.parametrize("values", [[0.0] * 30, [7.0] * 30, [0.0] * 29 + [5.0], [1.0, 0.0] * 15, [1e6] * 29 + [0.0]])
def test_no_member_stumbles_on_a_strange_series(values):
    names = ("seasonal_naive", "seasonal_mean", "ets", "theta", "ces", "intermittent")
    plain = series("plain", "2020-01-01", 50 + 10 * np.sin(np.arange(30.0)))
    found = statistical.forecast(together(series("odd", "2020-01-01", values), plain), "MS", 12, 6, True, names=names)
    numbers = found[list(names)].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()
    if len(set(values)) == 1:
        assert found.loc[found["unique_id"] == "odd", list(names)].to_numpy() == pytest.approx(values[0], abs=0.01)


def test_only_what_is_needed_is_computed():
    assert singles(monthly(members=["seasonal_naive", "mean"])) == {"seasonal_naive", "ets", "lightgbm"}
    assert singles(monthly(members=["theta", "seasonal_naive"])) == {"theta", "seasonal_naive"}
    weighing = monthly(members=["seasonal_naive", "weighted"], combination={"of": ["seasonal_naive"]})
    assert singles(weighing) == {"seasonal_naive"}
    table = forecast_members(series("a", "2020-01-01", range(30)), weighing, 2)
    assert list(table.columns) == ["unique_id", "ds", "seasonal_naive", "weighted"]


# --- growth -------------------------------------------------------------------------------------------------------

GROWTH = 3.9  # planned growth of a digital clinic over four years (project plan of Päijät-Häme)


def growing(periods: int, seed: int = 8) -> pd.DataFrame:
    """Nine services that stay and one that grows by GROWTH in 48 months, all with a season."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.1 * np.sin(np.arange(periods) * np.pi / 6)
    still = [series(f"s{k}", "2019-01-01", 100 * (k + 1) * season * rng.normal(1, 0.03, periods)) for k in range(9)]
    level = 100 * GROWTH ** (np.arange(periods) / 48)
    return together(*still, series("grows", "2019-01-01", level * season * rng.normal(1, 0.03, periods)))


@pytest.fixture(scope="module")
def grown() -> tuple[pd.DataFrame, DemandConfig, pd.DataFrame]:
    """48 months known; the back-test of the same 48; what is served for the next 12."""
    config = monthly(
        members=["weighted", "seasonal_naive", "seasonal_mean", "ets", "lightgbm"],
        horizon=6,
        backtest={"selection_windows": 2, "report_windows": 1, "step": 6},
        combination={"smallest_group": 3},
        lightgbm={
            "lags": [1, 2, 3, 12],
            "rolling": [3, 6],
            "rounds": 60,
            "smallest_leaf": 5,
            "date_features": ["month"],
        },
    )
    known = growing(60)[lambda rows: rows["ds"] < "2023-01-01"]
    tested = rolled(known, published_series(config, sorted(known["unique_id"].unique())), config, forecast_members)
    fitted = fit_members(known, config, 12).forecasts
    groups = fitted["unique_id"].eq("grows").map({True: "trending", False: "dense"})
    return known, config, fitted.assign(value=lambda rows: served(rows.assign(group=groups), tested.choice))


@covers("002-A2")
def test_a_service_that_grows_fourfold_is_forecast_beyond_all_that_was_seen(grown):
    known, _, found = grown
    highest = known.loc[known["unique_id"] == "grows", "y"].max()
    ahead = found[found["unique_id"] == "grows"].set_index("ds")
    truth = growing(60).query("unique_id == 'grows' and ds >= '2023-01-01'").set_index("ds")["y"]
    assert ahead["seasonal_naive"].max() <= highest, "the naive forecast cannot"
    assert ahead["value"].iloc[-1] > 1.1 * highest
    wrong, naive = (float((ahead[name] - truth).abs().sum() / truth.sum()) for name in ("value", "seasonal_naive"))
    assert naive > 0.25
    assert wrong < naive / 1.8, "growth is followed, damped as ETS does"


def test_growth_of_one_is_not_growth_of_all(grown):
    known, _, found = grown
    last = known.groupby("unique_id")["y"].apply(lambda y: y.iloc[-12:].mean())
    mean = found.groupby("unique_id")["value"].mean()
    for name in (f"s{k}" for k in range(9)):
        assert mean[name] == pytest.approx(last[name], rel=0.06)
