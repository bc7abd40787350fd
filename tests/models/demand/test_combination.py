"""Who serves which series: groups, weights on the simplex, and choices that never see what they are judged on."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from configs.errors import ConfigError
from evaluation.backtest import choose, rolled
from evaluation.backtest.choosing import combined_columns, first_of_the_best
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import (
    ALL,
    BY_GROUP,
    Choice,
    Combination,
    GroupChoice,
    equally_weighted,
    fit_weights,
    groups_of,
    served,
    useful,
    weighted,
)
from models.demand.hierarchy import published_series
from tests.models.demand.demand_data import monthly, series, together

LISTED = ("seasonal_naive", "seasonal_mean", "ets", "intermittent", "lightgbm", "mean", "weighted")


# --- groups -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values,                                       group",
    [
        ([5, 6, 7] * 4,                            "dense"),
        ([0, 0, 7] * 4,                            "intermittent"),
        ([0, 5, 7] * 4,                            "dense"),         # a third of zeros is less than 40 %
        ([1, 2, 3, 2, 3, 4, 3, 4, 6, 5, 7, 10],    "trending"),      # seasonal means 2, 3, 4.3, 7.3
        ([2, 2, 2, 10, 10, 10, 11, 11, 11],        "dense"),         # one jump is no trend
        ([9, 9, 9, 6, 6, 6, 4, 4, 4],              "trending"),      # falling, twice by a third
        ([1, 2, 3, 4, 5],                          "dense"),         # fewer than three seasons show no trend
        ([0, 0, 0] * 4,                            "intermittent"),
    ],
)  # fmt: skip
def test_what_kind_a_series_is(values, group):
    panel = series("a", "2020-01-01", values)
    assert groups_of(panel, Combination(), 3)["a"] == group


def test_by_scale_the_dense_series_are_thirds_of_their_level():
    panel = together(
        *(series(f"s{level:02}", "2020-01-01", [level, level + 1] * 6) for level in (40, 1, 20, 2, 30, 3)),
        series("rare", "2020-01-01", [0, 0, 0, 99] * 3),
    )
    found = groups_of(panel, Combination(by="scale"), 2)
    assert dict(found) == {
        "rare": "intermittent",
        **dict.fromkeys(("s01", "s02"), "dense_small"),
        **dict.fromkeys(("s03", "s20"), "dense_middle"),
        **dict.fromkeys(("s30", "s40"), "dense_large"),
    }


def test_who_may_serve_whom():
    rule = Combination()
    assert rule.averaged(LISTED) == ("ets", "lightgbm")
    assert rule.weighted_in(LISTED, "dense") == ("seasonal_naive", "seasonal_mean", "ets", "lightgbm")
    assert rule.weighted_in(LISTED, "trending") == ("ets", "lightgbm"), "a mean of the past cannot grow"
    assert "intermittent" in rule.weighted_in(LISTED, "intermittent")
    assert rule.averaged(("seasonal_naive", "mean")) == ("ets", "lightgbm")
    assert useful(["seasonal_naive"], "trending") == ("seasonal_naive",), "who is alone serves all"


def test_a_strange_member_is_named():
    with pytest.raises(ConfigError, match="members"):
        monthly(members=["seasonal_naive", "prophet"])
    with pytest.raises(ConfigError, match=r"`combination\.of` weighs `theta`, which `members` does not list"):
        monthly(combination={"of": ["theta"]})


# --- weights ------------------------------------------------------------------------------------------------------


def least(forecasts: np.ndarray, actual: np.ndarray, scale: np.ndarray) -> float:
    """The least scaled absolute error over the simplex, as a linear programme: min Σt, t ≥ ±(Fw − y)/s."""
    rows, members = forecasts.shape
    scaled, target = forecasts / scale[:, None], actual / scale
    cost = np.r_[np.zeros(members), np.full(rows, 1 / rows)]
    above = np.block([[scaled, -np.eye(rows)], [-scaled, -np.eye(rows)]])
    equal = np.r_[np.ones(members), np.zeros(rows)][None]
    return float(linprog(cost, above, np.r_[target, -target], equal, [1.0]).fun)


@pytest.mark.parametrize("seed", range(4))
def test_weights_reach_the_linear_programmes_optimum(seed):
    rng = np.random.default_rng(seed)
    actual = rng.gamma(4, 25, 300)
    scale = rng.uniform(5, 20, 300)
    forecasts = actual[:, None] + rng.normal(0, [5, 10, 20, 40], (300, 4)) + rng.normal(0, 6, 300)[:, None]
    weights = fit_weights(forecasts, actual, scale, 0.0)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    mine = float((np.abs(forecasts @ weights - actual) / scale).mean())
    assert mine <= least(forecasts, actual, scale) * 1.005
    assert np.argmax(weights) == 0, "the surest member weighs most"


def test_shrinkage_moves_weights_to_equal_ones():
    rng = np.random.default_rng(1)
    actual = rng.gamma(4, 25, 200)
    forecasts = np.column_stack([actual, actual + 50])
    none, half, whole = (fit_weights(forecasts, actual, np.ones(200), s) for s in (0.0, 0.5, 1.0))
    assert none == pytest.approx([1, 0], abs=0.01)
    assert half == pytest.approx((none + 0.5) / 2)
    assert list(whole) == [0.5, 0.5]


TWO_GROUPS = Choice(
    {
        ALL: GroupChoice("ets", {"ets": 0.5, "lightgbm": 0.5}, 1, {}),
        "dense": GroupChoice("weighted", {"ets": 0.25, "lightgbm": 0.75}, 2, {"ets": 1.0}),
    }
)


def test_every_group_is_served_by_its_own_choice():
    table = pd.DataFrame({"group": ["dense", "new", "dense"], "ets": [4.0, 8, 12], "lightgbm": [8.0, 16, 4]})
    assert list(weighted(table, TWO_GROUPS)) == [4 / 4 + 8 * 3 / 4, (8 + 16) / 2, 12 / 4 + 4 * 3 / 4]
    assert list(served(table, TWO_GROUPS)) == [7.0, 8.0, 6.0], "a group that is not named takes the choice of all"
    assert list(equally_weighted(table, ["ets", "lightgbm"])) == [6.0, 12.0, 8.0]
    assert TWO_GROUPS.member(["dense", "dense"]) == "weighted"
    assert TWO_GROUPS.member(["dense", "new"]) == BY_GROUP
    assert Choice.from_json(TWO_GROUPS.as_json()) == TWO_GROUPS


# --- choices by back-test -----------------------------------------------------------------------------------------

CONFIG = monthly(
    members=["seasonal_naive", "ets", "lightgbm", "weighted"],
    backtest={"selection_windows": 3, "report_windows": 2, "step": 6},
    combination={"smallest_group": 4, "shrinkage": 0.0},
)


def drawn() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return together(*(series(name, "2019-01-01", 100 + rng.integers(0, 40, 66)) for name in "abcd"))


def forecaster(known: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
    """`ets` is right about a and b, `lightgbm` about c and d (told the drawn future), each is far off else."""
    future = drawn()
    ahead = future[(future["ds"] > known["ds"].max())].groupby("unique_id").head(horizon)
    early = ahead["unique_id"].isin(["a", "b"]).to_numpy()
    y = ahead["y"].to_numpy()
    return ahead[["unique_id", "ds"]].assign(
        seasonal_naive=y + 90, ets=np.where(early, y + 1, y + 30), lightgbm=np.where(early, y - 30, y - 1), weighted=0.0
    )


def test_weights_of_the_back_test_beat_its_members_and_report_windows_cannot_move_them():
    published = published_series(CONFIG, list("abcd"))
    found = rolled(drawn(), published, CONFIG, forecaster)
    one = found.choice.of("dense")
    assert one.member == "weighted"
    assert one.windows == 3
    assert one.weights["seasonal_naive"] > 0.1, "too high by 90, where the others together are too low"
    assert one.errors["weighted"] < min(one.errors["ets"], one.errors["lightgbm"])
    first = found.table.loc[found.table["reported"], "origin"].min()
    moved = drawn().assign(y=lambda rows: np.where(rows["ds"] > first, rows["y"] * 9, rows["y"]))
    again = rolled(moved, published, CONFIG, forecaster)
    assert again.choice == found.choice
    honest = found.table["served"] - found.table["y"]
    assert np.isfinite(honest).all()


def bottom(errors: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Two selection origins; `errors`: member → its error at the first and at the second."""
    origins = pd.to_datetime(["2022-01-01", "2022-07-01"])
    rows = [
        {"origin": when, "known": 36 + 6 * k, "reported": False, "unique_id": name, "ds": when, "step": 1, "y": 100.0}
        | {"scale": 1.0, "group": "dense", "regime": False, "weighted": 0.0}
        | {member: 100.0 + both[k] for member, both in errors.items()}
        for k, when in enumerate(origins)
        for name in (f"s{index:02}" for index in range(20))
    ]
    return pd.DataFrame(rows)


def test_a_selection_window_is_weighted_by_the_other_windows_only():
    config = monthly(members=["ets", "lightgbm", "weighted"], combination={"shrinkage": 0.0, "smallest_group": 5})
    table = bottom({"ets": (0.0, 40.0), "lightgbm": (-40.0, 0.0)})
    found, choice = combined_columns(table, config)
    wrong = (found["weighted"] - 100).groupby(found["origin"]).mean().round()
    # the second window knows only that ETS was right in the first, and the other way round
    assert list(wrong) == [-40, 40]
    assert choice.of("dense").member in ("ets", "lightgbm"), "weights that would not have held are not chosen"


@pytest.mark.parametrize(
    "ets,                lightgbm,          chosen",
    [
        ([1.0, 1.2, 0.8],   [0.9, 1.3, 0.7],   "ets"),       # 1.00 and 0.97, standard error .07: not told apart
        ([1.0, 1.2, 0.8],   [0.9, 1.1, 0.7],   "lightgbm"),  # better by the same in every window
        ([0.9, 1.1, 0.7],   [1.0, 1.2, 0.8],   "ets"),
        ([1.0, 1.2],        [0.9, 1.25],       "lightgbm"),  # two windows have no standard error worth the name
    ],
)  # fmt: skip
def test_of_members_that_cannot_be_told_apart_the_first_serves(ets, lightgbm, chosen):
    rows = pd.DataFrame({"origin": range(len(ets)), "unique_id": "a", "y": 0.0, "scale": 1.0})
    assert first_of_the_best(rows.assign(ets=ets, lightgbm=lightgbm), ["ets", "lightgbm"]) == chosen


def test_a_growing_series_is_never_served_by_the_past_alone():
    config = monthly(members=["seasonal_naive", "seasonal_mean", "ets", "lightgbm", "weighted"])
    table = bottom(
        {"seasonal_naive": (0.0, 0.0), "seasonal_mean": (0.0, 0.0), "ets": (9.0, 9.0), "lightgbm": (4.0, 4.0)}
    )
    one = choose(table, config)
    assert one.of("dense").member == "seasonal_naive"
    assert one.of("trending").member == "lightgbm", "though nothing of that kind was seen"
    assert set(one.of("trending").weights) == {"ets", "lightgbm"}


def test_a_small_group_takes_the_choice_of_all():
    config = monthly(members=["ets", "lightgbm"], combination={"smallest_group": 3})
    table = bottom({"ets": (1.0, 1.0), "lightgbm": (2.0, 2.0)})
    few = table["unique_id"].isin(["s00", "s01"])
    table = table.assign(group=np.where(few, "intermittent", "dense"), lightgbm=np.where(few, 100.0, table["lightgbm"]))
    assert choose(table, config).of("intermittent").member == "ets", "2 series are fewer than 3"
    own = config.model_copy(update={"combination": Combination(smallest_group=2)})
    assert choose(table, own).of("intermittent").member == "lightgbm"


def test_without_any_window_the_first_member_serves_with_equal_weights():
    config = monthly(members=["weighted", "ets", "lightgbm"])
    one = choose(bottom({"ets": (1.0, 1.0), "lightgbm": (2.0, 2.0)}).iloc[:0], config).of("dense")
    assert (one.member, one.weights, one.windows) == ("weighted", {"ets": 0.5, "lightgbm": 0.5}, 0)
