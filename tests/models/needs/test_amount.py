"""Expected amounts: contributions add up, the interval covers, the bundle says the same again."""

import numpy as np
import pytest

from configs.errors import ModelError
from models.learners.amount import BINS, AmountModel
from models.learners.boosting import BoostedTrees, BoostingSettings

SETTINGS = BoostingSettings(trees=60, minimum_rows=10)
NAMES = ("a", "b")


def drawn(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (rows, 2)).astype(np.float32)
    return x, 20 * x[:, 0] + rng.normal(0, 5 + 10 * (x[:, 0] > 0), rows)


@pytest.fixture(scope="module")
def model() -> AmountModel:
    rows, amounts = drawn(2000)
    half = BoostedTrees.fit_amount(rows[:1000], amounts[:1000], NAMES, SETTINGS)
    return AmountModel.fit(half, half.raw(rows[1000:]), amounts[1000:])


def test_base_and_shares_add_up_to_the_value(model: AmountModel) -> None:
    rows, _ = drawn(50, seed=1)
    explained = model.explain(rows)
    assert np.abs(explained.base + explained.shares.sum(axis=1) - model.values(rows)).max() <= 1e-9


def test_new_clients_are_covered_in_every_group_of_like_predictions(model: AmountModel) -> None:
    rows, amounts = drawn(4000, seed=2)
    values = model.values(rows)
    low, high = model.interval(values)
    inside = (amounts >= low) & (amounts <= high)
    groups = np.searchsorted(model.edges, values, side="right")
    shares = [float(inside[groups == group].mean()) for group in range(4)]
    assert shares == pytest.approx([0.8] * 4, abs=0.08)  # 250 held-out residuals each


def test_the_interval_is_wider_where_amounts_spread_more(model: AmountModel) -> None:
    low, high = model.interval(np.array([-30.0, 30.0]))
    assert (high - low)[1] > 1.5 * (high - low)[0]


def test_a_bundle_says_the_same_again(model: AmountModel) -> None:
    rows, _ = drawn(20, seed=3)
    files, entry = model.to_files("minutes")
    again = AmountModel.from_files(files, entry)
    assert np.array_equal(again.values(rows), model.values(rows))
    assert again.interval(np.array([3.0])) == model.interval(np.array([3.0]))
    with pytest.raises(ModelError, match=r"lacks its file minutes\.amount\.lgb\.txt"):
        AmountModel.from_files({}, entry)


def test_amounts_that_teach_nothing_are_refused() -> None:
    rows, amounts = drawn(300)
    with pytest.raises(ModelError, match="300 training amounts are all alike"):
        BoostedTrees.fit_amount(rows, np.zeros(300), NAMES, SETTINGS)
    trees = BoostedTrees.fit_amount(rows, amounts, NAMES, SETTINGS)
    with pytest.raises(ModelError, match="do not follow what happened"):
        AmountModel.fit(trees, trees.raw(rows), -amounts)


class Scores:
    """A learner whose raw score is its first column."""

    kind = "lightgbm"
    feature_names = NAMES

    def raw(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0].astype(np.float64)


def test_the_line_is_least_squares_by_hand():
    raw, amounts = np.array([0.0, 1, 2, 3]), np.array([10.0, 14, 16, 20])
    fitted = AmountModel.fit(Scores(), raw, amounts)  # type: ignore[arg-type]
    # means 1.5 and 15; covariance (1.5*5 + .5*1 + .5*1 + 1.5*5) / 4 = 4, variance 5 / 4: slope 3.2
    assert (fitted.slope, fitted.intercept) == (pytest.approx(3.2), pytest.approx(15 - 3.2 * 1.5))


def test_the_interval_is_counted_over_one_more_than_the_people_seen():
    raw = np.repeat([0.0, 10, 20, 30], 19)
    residual = np.tile(np.arange(-9.0, 10.0), 4)  # -9 … 9 in every group; their mean is 0, so the line is raw itself
    fitted = AmountModel.fit(Scores(), raw, raw + residual)  # type: ignore[arg-type]
    assert (fitted.slope, fitted.intercept) == (pytest.approx(1), pytest.approx(0, abs=1e-9))
    # 19 people: the 10 % place is the (19 + 1) * .1 = 2nd lowest, the 90 % place the 18th
    np.testing.assert_allclose(fitted.below, [-8.0] * BINS)
    np.testing.assert_allclose(fitted.above, [8.0] * BINS)
    low, high = fitted.interval(np.array([0.0, 30.0]))
    np.testing.assert_allclose(np.column_stack([low, high]), [[-8, 8], [22, 38]])
