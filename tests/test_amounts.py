"""An expected amount: in its own unit, adding up to what is shown, with an interval from people it has not seen."""

import json

import numpy as np
import pytest

from configs.errors import ModelError
from models.learners.amount import BINS, AmountModel
from models.learners.boosting import BoostedTrees
from tests.client_case import SMALL_TREES

NAMES = ("visits", "noise")


def drawn(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and amounts: 20 a visit, the spread growing with the visits."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.integers(0, 10, rows), rng.normal(size=rows)]).astype(np.float32)
    return values, 20.0 * values[:, 0] - 60 + rng.normal(size=rows) * (2 + 3 * values[:, 0])


@pytest.fixture(scope="module")
def model() -> AmountModel:
    rows, amounts = drawn(1_000, seed=1)
    held, held_amounts = drawn(2_000, seed=2)
    trees = BoostedTrees.fit_amount(rows, amounts, NAMES, SMALL_TREES)
    return AmountModel.fit(trees, trees.raw(held), held_amounts)


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


def test_contributions_are_in_the_unit_and_add_up(model):
    rows, _ = drawn(200, seed=3)
    explained = model.explain(rows)
    assert np.abs(explained.base + explained.shares.sum(axis=1) - explained.values).max() <= 1e-9
    np.testing.assert_allclose(explained.values, model.values(rows), atol=1e-9)
    many = rows[:, 0] == 9
    assert explained.shares[many, 0].mean() > 50  # nine visits against 4.5 on average: some 90 above


def test_new_people_fall_inside_four_times_in_five_also_where_the_spread_is_wide(model):
    rows, amounts = drawn(4_000, seed=4)
    said = model.values(rows)
    low, high = model.interval(said)
    inside = (amounts >= low) & (amounts <= high)
    assert 0.77 < inside.mean() < 0.83
    few, many = rows[:, 0] <= 1, rows[:, 0] >= 8
    assert 0.70 < inside[few].mean() < 0.93
    assert 0.70 < inside[many].mean() < 0.93
    assert (high - low)[many].mean() > 3 * (high - low)[few].mean()


def test_the_bundle_says_the_same(model):
    files, entry = model.to_files("home_care_minutes_6m")
    again = AmountModel.from_files(files, json.loads(json.dumps(entry)))
    rows, _ = drawn(50, seed=5)
    assert again.explain(rows).values.tolist() == model.explain(rows).values.tolist()
    assert again.to_files("home_care_minutes_6m") == (files, entry)


@pytest.mark.parametrize(
    "raw,             amounts,          message",
    [
        ([1.0, 1, 1, 1],  [1.0, 2, 3, 4],   "do not follow"),   # every score the same
        ([1.0, 2, 3, 4],  [4.0, 3, 2, 1],   "do not follow"),   # the wrong way round
    ],
)  # fmt: skip
def test_scores_that_say_nothing_are_refused(raw, amounts, message):
    with pytest.raises(ModelError, match=message):
        AmountModel.fit(Scores(), np.array(raw), np.array(amounts))  # type: ignore[arg-type]


def test_equal_amounts_teach_nothing_and_a_lost_file_is_named():
    with pytest.raises(ModelError, match="200 training amounts are all alike"):
        BoostedTrees.fit_amount(drawn(200, seed=6)[0], np.full(200, 30.0), NAMES, SMALL_TREES)
    with pytest.raises(ModelError, match="lacks its file gone"):
        AmountModel.from_files({}, {"file": "gone"})
