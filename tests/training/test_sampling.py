"""Which rows a large task learns from: sizes, whole clients, and the intercept that sampling would have moved."""

import numpy as np
import pytest

from models.learners.baseline import BaselineSettings
from models.learners.boosting import BoostingSettings
from training.fitting import FitSettings
from training.needs.fits import fit_step
from training.needs.sampling import Bounds, by_outcome, chosen_rows, whole_clients
from training.rows.held_out import Sample
from training.search import Searcher, SearchSettings

RNG = np.random.default_rng


def test_the_rare_outcome_is_kept_and_the_shift_is_the_ratio_of_what_was_kept() -> None:
    labels = np.array([1] * 100 + [0] * 9900, dtype=np.int8)
    rows, shift = by_outcome(np.arange(10_000), labels, 1000, RNG(0))
    assert (len(rows), int(labels[rows].sum())) == (1000, 100)
    assert shift == pytest.approx(np.log((100 / 100) / (900 / 9900)))


def test_few_rows_are_all_kept_without_a_shift() -> None:
    labels = np.array([0, 1, 0, 1], dtype=np.int8)
    rows, shift = by_outcome(np.arange(4), labels, 10, RNG(0))
    assert (rows.tolist(), shift) == ([0, 1, 2, 3], 0.0)


def test_no_client_both_teaches_and_calibrates() -> None:
    clients = np.repeat(np.array([f"client{place}" for place in range(200)], dtype=object), 5)
    labels = (np.arange(1000) % 7 == 0).astype(np.int8)
    picked = chosen_rows(labels, clients, Bounds(max_rows=300, max_comparison_rows=100), seed=1)
    assert not set(clients[picked.fit]) & set(clients[picked.calibrate])
    assert (len(picked.fit), len(picked.line), len(picked.calibrate)) == (300, 100, 200)
    assert set(picked.line) <= set(picked.fit)


def test_a_hold_out_is_cut_to_whole_clients() -> None:
    clients = np.repeat(np.array(["a", "b", "c", "d"], dtype=object), 3)
    mask = clients != "d"
    kept = whole_clients(clients, mask, 7, seed=0)
    assert kept.sum() == 6  # two of the three clients of the mask
    assert not kept[clients == "d"].any()
    assert whole_clients(clients, mask, 9, seed=0) is mask


def test_sampling_does_not_move_the_probabilities(tmp_path) -> None:
    rng = RNG(5)
    rows = rng.normal(0, 1, (30_000, 3)).astype(np.float32)
    labels = (rng.random(30_000) < 1 / (1 + np.exp(-(rows[:, 0] - 3)))).astype(np.int8)
    clients = np.array([f"c{place // 3}" for place in range(30_000)], dtype=object)
    settings = FitSettings(
        boosting=BoostingSettings(trees=60), baseline=BaselineSettings(c=1.0), served="blend", line_share=0.5
    )
    searcher = Searcher(SearchSettings(), tmp_path / "search.sqlite", "study", "data")
    bounds = Bounds(folds_until=1000, max_rows=4000, max_comparison_rows=2000)
    step = fit_step("need", Sample(rows, labels, clients, ("a", "b", "c")), settings, bounds, searcher)
    assert step.rows == 4000  # of 24,000: the common outcome was sampled
    for model in (step.fitted.model, step.fitted.trees, step.fitted.baseline):
        assert model.probabilities(rows).mean() == pytest.approx(
            labels.mean(), rel=0.12
        )  # 400 outcomes calibrate: standard error 5 %
        explained = model.explain(rows[:20])
        total = explained.base + explained.shares.sum(axis=1)
        assert np.abs(total - np.log(explained.probabilities / (1 - explained.probabilities))).max() <= 1e-9
