"""Every metric of the demand benchmarks against a number worked by hand."""

import numpy as np
import pandas as pd
import pytest

from evaluation.backtest import (
    mean_scaled_errors,
    published_errors,
    scaled_quantile_loss,
    weighted_errors,
    weighted_quantile_loss,
)
from models.demand.intervals import DECILES, series_scale
from tests.models.demand.demand_data import series, together

KNOWN = together(
    series("a", "2024-01-01", [10, 20, 14, 26]),  # season of two: |14 − 10| = 4 and |26 − 20| = 6, mean 5
    series("b", "2024-01-01", [1, 1, 3, 1]),      # |3 − 1| = 2 and |1 − 1| = 0, mean 1
)  # fmt: skip
AHEAD = together(series("a", "2024-05-01", [20, 30]), series("b", "2024-05-01", [0, 2])).assign(
    ets=[25.0, 30.0, 1.0, 0.0], origin="2024-04"
)
TABLE = AHEAD.assign(scale=[5.0, 5.0, 1.0, 1.0]).rename(columns={"unique_id": "series_id"})


def test_the_scale_is_the_seasonal_difference_of_what_was_known():
    assert dict(series_scale(KNOWN.rename(columns={"unique_id": "series_id"}), 2)) == {"a": 5.0, "b": 1.0}


def test_mase():
    expected = ((5 / 5 + 0 / 5) / 2 + (1 / 1 + 2 / 1) / 2) / 2
    assert mean_scaled_errors(TABLE, ["ets"])["ets"] == pytest.approx(expected)
    assert published_errors(TABLE, KNOWN, ["ets"], 2).loc["ets", "mase"] == pytest.approx(expected)


def test_smape_mae_and_rmse():
    found = published_errors(TABLE, KNOWN, ["ets"], 2).loc["ets"]
    assert found["smape"] == pytest.approx(200 * ((5 / 45 + 0 / 60) / 2 + (1 / 1 + 2 / 2) / 2) / 2)
    assert found["mae"] == pytest.approx(((5 + 0) / 2 + (1 + 2) / 2) / 2)
    assert found["rmse"] == pytest.approx((np.sqrt((25 + 0) / 2) + np.sqrt((1 + 4) / 2)) / 2)


def test_wape():
    assert weighted_errors(TABLE, ["ets"])["ets"] == pytest.approx((5 + 0 + 1 + 2) / (20 + 30 + 0 + 2))


def test_quantile_losses():
    table = TABLE.assign(low=[10.0, 30, 0, 0], high=[22.0, 20, 4, 1])
    said = {0.1: "low", 0.9: "high"}
    # at .1: y above the quantile costs .1 of the distance, y below it .9; at .9 the other way round; twice that
    low = [0.1 * 10, 0, 0, 0.1 * 2]
    high = [0.1 * 2, 0.9 * 10, 0.1 * 4, 0.9 * 1]
    loss = [one + other for one, other in zip(low, high, strict=True)]  # twice the mean of two
    assert scaled_quantile_loss(table, said) == pytest.approx(
        ((loss[0] / 5 + loss[1] / 5) / 2 + (loss[2] / 1 + loss[3] / 1) / 2) / 2
    )
    assert weighted_quantile_loss(table, said) == pytest.approx(sum(loss) / (20 + 30 + 0 + 2))


def test_one_number_at_every_quantile_is_the_absolute_error_again():
    table = TABLE.assign(**dict.fromkeys(DECILES.values(), TABLE["ets"]))
    assert scaled_quantile_loss(table, DECILES) == pytest.approx(mean_scaled_errors(table, ["ets"])["ets"])
    assert weighted_quantile_loss(table, DECILES) == pytest.approx(weighted_errors(table, ["ets"])["ets"])


def test_true_quantiles_lose_less_than_the_best_number():
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"y": rng.normal(100, 10, 4000), "series_id": "a", "origin": 0, "scale": 10.0, "ets": 100.0})
    drawn = np.sort(rng.normal(100, 10, 100_000))
    table = many.assign(**{name: drawn[int(p * len(drawn))] for p, name in DECILES.items()})
    assert scaled_quantile_loss(table, DECILES) < 0.82 * mean_scaled_errors(many, ["ets"])["ets"]
