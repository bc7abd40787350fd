"""The blend: the mean of two scores, explained as exactly as either, the same after a round trip."""

import numpy as np
import pytest

from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from tests.models.client_case import SMALL_TREES, draw, labels, names
from training.publishing.publish import explained_output


@pytest.fixture(scope="module")
def blend() -> Blend:
    rows = draw(600)
    trees = BoostedTrees.fit(rows, labels(rows), names(), SMALL_TREES)
    return Blend(trees, LogisticRegression.fit(rows, labels(rows), names(), BaselineSettings()), 0.25)


def test_the_score_is_the_weighted_mean(blend):
    rows = draw(50, seed=3)
    expected = 0.75 * blend.trees.raw(rows) + 0.25 * blend.line.raw(rows)
    np.testing.assert_allclose(blend.raw(rows), expected, atol=0)


def test_contributions_add_up_to_the_shown_log_odds(blend):
    model = BinaryModel(blend, Calibration(slope=1.3, intercept=-0.2))
    explained = model.explain(draw(50, seed=4))
    p = explained.probabilities
    np.testing.assert_allclose(explained.base + explained.shares.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    assert np.abs(explained.shares).max() > 0.1


def test_a_round_trip_gives_the_same_answers_and_bytes(blend):
    again = Blend.from_bytes(blend.to_bytes())
    rows = draw(50, seed=5)
    np.testing.assert_array_equal(again.raw(rows), blend.raw(rows))
    assert again.to_bytes() == blend.to_bytes()


@pytest.mark.parametrize("spoil", [False, True])
def test_shap_confirms_both_halves_and_notices_a_wrong_one(blend, spoil):
    model = BinaryModel(blend, Calibration(slope=1.3, intercept=-0.2))
    output = explained_output("x", {"fi": "x", "sv": "x", "en": "x"}, model, draw(40, seed=6))
    if spoil:
        output.served_contributions[0, 0] += 1e-3
    assert (output.agreement_max_difference < 1e-6) is not spoil
