"""LightGBM's door: same inputs same text, shares that add up, unknown values, and clear faults."""

import numpy as np
import pytest

from configs.errors import ModelError
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedClasses, BoostedTrees
from models.learners.calibration import Calibration
from tests.models.client_case import SMALL_TREES, draw, labels, names
from tests.plans import covers


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return draw(400)


@pytest.fixture(scope="module")
def trees(rows) -> BoostedTrees:
    return BoostedTrees.fit(rows, labels(rows), names(), SMALL_TREES)


def test_same_inputs_give_the_same_text(rows, trees):
    assert BoostedTrees.fit(rows, labels(rows), names(), SMALL_TREES).text == trees.text


def test_another_seed_gives_another_text(rows, trees):
    other = SMALL_TREES.model_copy(update={"seed": 7})
    assert BoostedTrees.fit(rows, labels(rows), names(), other).text != trees.text


def test_text_round_trip_keeps_every_number(rows, trees):
    again = BoostedTrees.from_bytes(trees.to_bytes())
    assert np.array_equal(again.raw(rows), trees.raw(rows))
    assert again.feature_names == names()


def test_bulk_and_single_rows_agree(rows, trees):
    many = np.concatenate([rows, rows])  # 800 rows: more threads
    assert np.array_equal(trees.raw(many)[: len(rows)], trees.raw(rows))


def test_an_unknown_value_is_a_value_of_its_own(rows, trees):
    unknown = rows.copy()
    unknown[:, names().index("emergency_contacts__90d")] = np.nan
    assert np.isfinite(trees.raw(unknown)).all()
    assert not np.array_equal(trees.raw(unknown), trees.raw(rows))


@pytest.mark.parametrize("learner", ["lightgbm", "logistic"])
def test_base_and_shares_add_up_to_the_score(rows, trees, learner):
    logistic = LogisticRegression.fit(rows, labels(rows), names(), BaselineSettings())
    model = trees if learner == "lightgbm" else logistic
    base, shares = model.contributions(rows)
    assert shares.shape == rows.shape
    assert np.abs(base + shares.sum(axis=1) - model.raw(rows)).max() < 1e-9


def test_logistic_round_trip_and_median_fill(rows):
    model = LogisticRegression.fit(rows, labels(rows), names(), BaselineSettings())
    again = LogisticRegression.from_bytes(model.to_bytes())
    assert np.array_equal(again.raw(rows), model.raw(rows))
    place = names().index("rai_cps")
    unknown, median = rows[:1].copy(), rows[:1].copy()
    unknown[0, place], median[0, place] = np.nan, model.median[place]
    assert np.array_equal(model.raw(unknown), model.raw(median))


def test_an_all_unknown_column_does_no_harm(rows):
    empty = rows.copy()
    empty[:, names().index("rai_cps")] = np.nan
    model = LogisticRegression.fit(empty, labels(rows), names(), BaselineSettings())
    trees = BoostedTrees.fit(empty, labels(rows), names(), SMALL_TREES)
    assert np.isfinite(model.raw(empty)).all()
    assert np.isfinite(trees.raw(empty)).all()


@pytest.mark.parametrize("fit", [lambda x, y: BoostedTrees.fit(x, y, names(), SMALL_TREES),
                                 lambda x, y: LogisticRegression.fit(x, y, names(), BaselineSettings())])  # fmt: skip
def test_labels_all_alike_are_refused_in_one_sentence(rows, fit):
    with pytest.raises(ModelError, match="400 training labels are all alike"):
        fit(rows, np.ones(len(rows), dtype=np.int8))


@covers("000-77", "001-H9")
@pytest.mark.parametrize("direction", [1, -1])
def test_a_known_direction_is_never_broken(rows, direction):
    noise = np.random.default_rng(8).integers(0, 2, len(rows))  # a label that tells nothing about emergency use
    place = names().index("emergency_contacts__365d")
    directions = [direction if place == column else 0 for column in range(len(names()))]
    trees = BoostedTrees.fit(rows, noise, names(), SMALL_TREES, directions)
    ladder = np.repeat(rows[:50], 8, axis=0)
    ladder[:, place] = np.tile(np.arange(8), 50)
    steps = np.diff(trees.raw(ladder).reshape(50, 8), axis=1) * direction
    assert (steps >= 0).all()
    free = BoostedTrees.fit(rows, noise, names(), SMALL_TREES)
    assert (np.diff(free.raw(ladder).reshape(50, 8), axis=1) * direction < 0).any()


def test_damaged_text_is_a_model_error():
    with pytest.raises(ModelError, match="trees cannot be read"):
        BoostedTrees("tree\nnonsense").raw(draw(1))


def test_calibration_moves_probabilities_and_shares_alike(rows, trees):
    explained = BinaryModel(trees, Calibration(0.5, -1.0)).explain(rows)
    base, shares = trees.contributions(rows)
    assert explained.base == pytest.approx(-1.0 + 0.5 * base, abs=1e-12)
    assert np.allclose(explained.shares, 0.5 * shares, atol=1e-12)
    shown = np.log(explained.probabilities / (1 - explained.probabilities))
    assert np.abs(explained.base + explained.shares.sum(axis=1) - shown).max() <= 1e-9


@pytest.mark.parametrize("entry", [{"learner": "forest"}, {"file": "gone.txt"}])
def test_a_bundle_entry_that_fits_nothing_is_refused(trees, entry):
    files, good = BinaryModel(trees, Calibration()).to_files("x")
    with pytest.raises(ModelError):
        BinaryModel.from_files(files, {**good, **entry})


def test_classes_are_probabilities(rows):
    classes = np.arange(len(rows)) % 3
    found = BoostedClasses.fit(rows, classes, 3, names(), SMALL_TREES).probabilities(rows)
    assert found.shape == (400, 3)
    assert np.allclose(found.sum(axis=1), 1.0)
