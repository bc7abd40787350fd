"""Many rows: the rare outcome stays, the common one is sampled, and the probabilities are those of all rows again."""

import numpy as np
import pytest

from models.learners.calibration import sigmoid
from training.fitting import FitSettings
from training.needs.fits import fit_amount, fit_step
from training.needs.sampling import Bounds, by_outcome
from training.rows.held_out import Sample
from training.search import Searcher, SearchSettings

NAMES = ("strong", "noise")
SETTINGS = FitSettings.model_validate(
    {"folds": 3, "boosting": {"trees": 30, "minimum_rows": 20, "threads": 1}, "line_share": 0.25}
)
FEW = Bounds(folds_until=100, max_rows=2_000, max_comparison_rows=500, max_calibration_rows=100_000)


def drawn(clients: int = 20_000, seed: int = 1) -> Sample:
    """One row per client; the outcome is rare (about 3 %) and follows the first column exactly logistically."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(clients, 2)).astype(np.float32)
    labels = (rng.random(clients) < chance(rows)).astype(np.int8)
    names = np.array([f"{number:06x}" for number in range(clients)], object)
    return Sample(rows, labels, names, NAMES)


def chance(rows: np.ndarray) -> np.ndarray:
    """The true probability of the outcome."""
    return sigmoid(1.2 * rows[:, 0].astype(np.float64) - 4)


def searcher(tmp_path) -> Searcher:
    return Searcher(SearchSettings(), tmp_path / "search.sqlite", "test", "0")


@pytest.mark.parametrize(
    "yes, no,  most, kept_yes, kept_no, shift",
    [
        (10, 90,  100, 10, 90, 0.0),                              # few enough: nothing is sampled
        (10, 90,   50, 10, 40, np.log(1 / (40 / 90))),            # every yes stays; 40 of 90 no stand for all
        (90, 10,   50, 40, 10, np.log((40 / 90) / 1)),            # the common outcome may be yes
        (60, 140, 100, 50, 50, np.log((50 / 60) / (50 / 140))),   # even the rarer one fills half at most
    ],
)  # fmt: skip
def test_the_rarer_outcome_stays_and_the_shift_is_the_log_of_the_rates(yes, no, most, kept_yes, kept_no, shift):
    labels = np.repeat([1, 0], [yes, no]).astype(np.int8)
    rows, found = by_outcome(np.arange(yes + no), labels, most, np.random.default_rng(1))
    assert (int(labels[rows].sum()), int((labels[rows] == 0).sum())) == (kept_yes, kept_no)
    assert found == pytest.approx(shift, abs=1e-12)
    assert np.all(np.diff(rows) > 0)


def test_sampled_models_say_the_share_of_all_rows_and_still_add_up(tmp_path):
    sample, fresh = drawn(60_000), drawn(seed=2)
    step = fit_step("need", sample, SETTINGS, FEW, searcher(tmp_path))
    assert step.rows == 2_000
    truth = chance(fresh.rows)
    for model in (step.fitted.model, step.fitted.trees, step.fitted.baseline):
        p = model.probabilities(fresh.rows)
        assert p.mean() == pytest.approx(truth.mean(), rel=0.12)  # uncorrected it would be several times as much
        top = np.argsort(p)[-2_000:]
        assert p[top].mean() == pytest.approx(truth[top].mean(), rel=0.15)
        explained = model.explain(fresh.rows[:50])
        assert np.abs(explained.base + explained.shares.sum(axis=1) - explained.log_odds).max() <= 1e-9
        np.testing.assert_allclose(explained.probabilities, p[:50], atol=1e-12)


def test_without_the_correction_the_probabilities_would_be_far_off(tmp_path):
    """The test above can fail: the raw scores of the sampled trees are those of another county."""
    sample = drawn()
    step = fit_step("need", sample, SETTINGS, FEW, searcher(tmp_path))
    assert sigmoid(step.fitted.trees.learner.raw(sample.rows)).mean() > 3 * sample.labels.mean()


@pytest.mark.parametrize("rows, held_out", [(300, False), (301, True)])
def test_few_rows_are_calibrated_on_folds_as_ever(tmp_path, rows, held_out):
    sample = drawn(clients=rows, seed=3)
    sample = sample.__class__(sample.rows, (sample.rows[:, 0] > 0.5).astype(np.int8), sample.clients, NAMES)
    step = fit_step("need", sample, SETTINGS, Bounds(folds_until=300), searcher(tmp_path))
    assert step.rows == rows if not held_out else step.rows < rows


def test_the_same_rows_give_the_same_trees(tmp_path):
    twice = [fit_step("need", drawn(2_000), SETTINGS, FEW, searcher(tmp_path)).fitted.trees for _ in range(2)]
    assert twice[0].to_files("need") == twice[1].to_files("need")


def test_an_amount_is_learned_from_the_bounded_rows_and_covers_new_clients():
    sample, rng = drawn(6_000), np.random.default_rng(5)
    truth = 30 + 20 * sample.rows[:, 0]
    amounts = (truth + rng.normal(0, 10, len(truth))).astype(np.float32)
    first, rest = slice(0, 4_000), slice(4_000, None)
    learned = Sample(sample.rows[first], sample.labels[first], sample.clients[first], NAMES)
    model = fit_amount(learned, amounts[first], SETTINGS, Bounds(max_rows=3_000))
    said = model.values(sample.rows[rest])
    low, high = model.interval(said)
    inside = (amounts[rest] >= low) & (amounts[rest] <= high)
    assert 0.76 < inside.mean() < 0.84  # 80 % promised, 2,000 clients
    assert abs((said - amounts[rest]).mean()) < 1
