"""Fitting: calibrated on clients that the learner had not seen, the same again from the same inputs, and the search."""

import dataclasses
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from evaluation.metrics import auroc, calibration_slope
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.boosting import BoostedTrees, BoostingSettings
from models.learners.calibration import fit_platt
from models.segments.scheme import load_scheme
from tests.models.client_case import SMALL_TREES, draw, labels, names
from training.fitting import FitSettings, best_share, chosen, fit_calibrated
from training.rows.held_out import HeldOut, Sample, out_of_fold_trees
from training.rows.holdout import numbered, shuffled
from training.rows.records import standing
from training.rows.splits import client_folds
from training.search import Searcher, SearchSettings

SETTINGS = FitSettings(folds=3, boosting=SMALL_TREES)


@pytest.fixture(scope="module")
def sample() -> Sample:
    rows = draw(600)
    return Sample(rows, labels(rows), np.arange(600) // 2, names())


def searcher(folder, trials: int) -> Searcher:
    return Searcher(SearchSettings(trials=trials), folder / "search.sqlite", "need_x", "f" * 64)


def test_held_out_probabilities_are_calibrated_and_better_than_chance(sample, tmp_path):
    fitted = fit_calibrated(sample, SETTINGS, searcher(tmp_path, 0))
    new = draw(2000, seed=9)
    for model in (fitted.model, fitted.baseline):
        p = model.probabilities(new)
        assert auroc(labels(new, seed=10), p) > 0.66
        assert 0.75 < calibration_slope(labels(new, seed=10), p) < 1.35


def test_the_same_inputs_give_the_same_bytes(sample, tmp_path):
    first, second = (fit_calibrated(sample, SETTINGS, searcher(tmp_path, 0)) for _ in range(2))
    assert first.model.to_files("x") == second.model.to_files("x")
    assert first.baseline.to_files("x") == second.baseline.to_files("x")


def test_out_of_fold_scores_never_saw_the_client(sample):
    """A label that is pure noise per client cannot be told by a model that did not see the client."""
    noise = np.random.default_rng(5).integers(0, 2, 300)[sample.clients]
    identity = np.column_stack([sample.clients, sample.rows]).astype(np.float32)
    noisy = Sample(identity, noise, sample.clients, ("client", *sample.names))
    folds = client_folds(noisy.clients, noisy.labels, 3, seed=1)
    assert auroc(noise, out_of_fold_trees(noisy, folds, SMALL_TREES)) < 0.6


def test_a_search_is_never_worse_than_its_start_and_resumes_to_the_same_end(sample, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    tried: list[float] = []

    def loss(settings) -> float:
        tried.append(abs(settings.trees - 200) + settings.leaves)
        return tried[-1]

    best = searcher(whole, 4).best(SMALL_TREES.model_copy(update={"trees": 100}), loss)
    assert len(tried) == 4
    assert abs(best.trees - 200) + best.leaves == min(tried) <= tried[0]

    def stops(settings) -> float:
        if len(tried) == 6:  # after two trials
            raise KeyboardInterrupt
        return loss(settings)

    start = SMALL_TREES.model_copy(update={"trees": 100})
    with pytest.raises(KeyboardInterrupt):
        searcher(broken, 4).best(start, stops)
    assert searcher(broken, 4).best(start, loss) == best
    before = len(tried)
    assert searcher(broken, 4).best(start, loss) == best
    assert len(tried) == before  # a finished search is only read


KILLED = """
import os, sys
from pathlib import Path
from models.learners.boosting import BoostingSettings
from training.search import Searcher, SearchSettings

tried = []

def loss(settings):
    if len(tried) == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    tried.append(settings)
    return abs(settings.trees - 200) + settings.leaves

folder = Path(sys.argv[1])
Searcher(SearchSettings(trials=4), folder / "search.sqlite", "need_x", "f" * 64).best(BoostingSettings(trees=100), loss)
"""


@pytest.mark.parametrize("killed_in", [0, 1, 3])
def test_a_search_killed_by_the_system_resumes_to_the_same_end(tmp_path, killed_in):
    """SIGKILL in the middle of a trial: nothing is caught, the half trial is tried again."""

    def loss(settings) -> float:
        return abs(settings.trees - 200) + settings.leaves

    start = BoostingSettings(trees=100)
    died = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(killed_in)], cwd=PROJECT_ROOT, check=False)
    assert died.returncode == -9
    left: list[BoostingSettings] = []
    resumed = searcher(tmp_path, 4).best(start, lambda tried: left.append(tried) or loss(tried))
    assert len(left) == 4 - killed_in
    assert resumed == searcher(tmp_path / "unbroken", 4).best(start, loss)


def test_a_larger_budget_goes_on_and_a_smaller_one_says_what_it_said(tmp_path):
    start, calls = BoostingSettings(trees=100, depth=9, ridge=0.0), [0]

    def loss(settings) -> float:
        calls[0] += 1
        return abs(settings.trees - 200) + settings.depth

    small = searcher(tmp_path, 2).best(start, loss)
    searcher(tmp_path, 5).best(start, loss)
    assert calls == [5]
    assert searcher(tmp_path, 2).best(start, loss) == small
    assert calls == [5]


def test_a_search_out_of_time_says_how_far_it_came_and_always_knows_its_start(tmp_path, capsys):
    settings = SearchSettings(trials=50, minutes=1e-9)
    found = Searcher(settings, tmp_path / "s.sqlite", "need_x", "f" * 64).best(SMALL_TREES, lambda tried: tried.trees)
    assert found.trees == SMALL_TREES.trees
    assert "1 of 50 trials" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wanted,     losses,                                              served",
    [
        ("auto",     {"logistic": 0.50, "lightgbm": 0.49, "blend": 0.48}, "blend"),
        ("auto",     {"logistic": 0.47, "lightgbm": 0.49, "blend": 0.48}, "logistic"),
        ("auto",     {"logistic": 0.48, "lightgbm": 0.48, "blend": 0.48}, "logistic"),  # the plainest of equals
        ("lightgbm", {"logistic": 0.47, "lightgbm": 0.49, "blend": 0.48}, "lightgbm"),
        ("blend",    {"logistic": 0.47, "lightgbm": 0.49},                "lightgbm"),  # a blend without a line
    ],
)  # fmt: skip
def test_the_served_learner_is_named_or_the_best_on_held_out_training_rows(wanted, losses, served):
    held_out = SimpleNamespace(losses=losses, scores=losses)
    assert chosen(FitSettings(served=wanted), held_out) == served


def test_the_choice_reads_the_training_rows_only_and_the_chosen_is_what_answers(sample, tmp_path):
    settings = SETTINGS.model_copy(update={"served": "auto", "line_share": 0.5})
    fitted = fit_calibrated(sample, settings, searcher(tmp_path, 0))
    losses = fitted.held_out.losses
    assert set(losses) == {"logistic", "lightgbm", "blend"}
    assert fitted.served == min(losses, key=losses.get) == fitted.model.learner.kind
    assert np.array_equal(
        fitted.kinds[fitted.served].probabilities(sample.rows), fitted.model.probabilities(sample.rows)
    )


def test_a_held_out_probability_is_calibrated_without_its_own_fold(sample, tmp_path):
    held_out = fit_calibrated(sample, SETTINGS, searcher(tmp_path, 0)).held_out
    before = held_out.calibrated("logistic")
    fold = held_out.folds == 0
    few = fold & (np.arange(len(fold)) < 60)
    turned = HeldOut(held_out.folds, np.where(few, 1 - held_out.labels, held_out.labels), held_out.scores)
    assert np.array_equal(turned.calibrated("logistic")[fold], before[fold])
    assert not np.array_equal(turned.calibrated("logistic")[~fold], before[~fold])


def test_a_weight_of_two_is_the_row_twice(sample):
    rows, labels = sample.rows[:200], sample.labels[:200]
    weights = np.where(np.arange(200) < 100, 2.0, 1.0)
    twice = np.r_[np.arange(100), np.arange(200)]
    raw = np.nan_to_num(rows[:, 0].astype(float)) / 50 - 1
    heavy, doubled = fit_platt(raw, labels, weights), fit_platt(raw[twice], labels[twice])
    assert (heavy.slope, heavy.intercept) == pytest.approx((doubled.slope, doubled.intercept))
    settings = SMALL_TREES.model_copy(update={"row_share": 1.0, "feature_share": 1.0, "minimum_rows": 1})
    trees = BoostedTrees.fit(rows, labels, names(), settings, weights=weights)
    again = BoostedTrees.fit(rows[twice], labels[twice], names(), settings)
    assert not np.allclose(trees.raw(rows), BoostedTrees.fit(rows, labels, names(), settings).raw(rows))
    assert auroc(labels, trees.raw(rows)) == pytest.approx(auroc(labels, again.raw(rows)), abs=0.03)
    line = LogisticRegression.fit(rows, labels, names(), BaselineSettings(), weights)
    assert not np.allclose(
        line.coefficients, LogisticRegression.fit(rows, labels, names(), BaselineSettings()).coefficients
    )


def test_another_sample_is_another_search(sample):
    changed = sample.labels.copy()
    changed[0] = 1 - changed[0]
    others = [
        dataclasses.replace(sample, labels=changed),
        dataclasses.replace(sample, weights=np.full(len(sample.labels), 1.0)),
        dataclasses.replace(sample, directions=(1,)),
    ]
    assert len({one.fingerprint() for one in [sample, *others]}) == 4


RESIDENTS = pd.DataFrame(
    {
        "client_id": ["a", "a", "b"],
        "valid_from": pd.to_datetime(["2020-01-01", "2023-01-01", "2020-01-01"]),
        "superseded_at": pd.to_datetime([None, None, None]),
        "sex": ["female", "female", "male"],
        "language": ["fi", "fi", "sv"],
        "municipality": ["901", "902", "903"],
        "source": ["vtj", "vtj", "vtj"],
    }
)
ROWS = pd.DataFrame({"client_id": ["a", "b", "c", "a"], "as_of": pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"])})


def test_stored_predictions_hold_groups_and_no_client_id():
    numbers = numbered(ROWS, np.array([84.0, 30.0, np.nan, 84.0]), RESIDENTS, seed=1).numbers
    assert "client_id" not in numbers
    assert numbers["group_municipality"].tolist() == ["902", "903", "unknown", "902"]  # the latest stay
    assert numbers["group_age_band"].tolist() == ["75-84", "30-49", "unknown", "75-84"]
    assert numbers["client"].nunique() == 3
    assert numbers["client"][0] == numbers["client"][3]


def test_without_residents_only_age_bands_are_groups():
    numbers = numbered(ROWS, np.full(4, 20.0), RESIDENTS.iloc[:0], seed=1)
    stored = shuffled(numbers.predictions("x", np.array([0, 1, 0, 1]), np.full(4, 0.5), np.full(4, 0.5)))
    assert [name for name in stored if name.startswith("group_")] == ["group_age_band"]
    assert stored["row"].tolist() == [0, 1, 2, 3]


def records(*drawn: tuple) -> pd.DataFrame:
    """(client, time, scheme, version, axis 1, axis 2, superseded)"""
    columns = ["client_id", "time", "scheme", "scheme_version", "axis1_level", "axis2_level", "superseded_at"]
    frame = pd.DataFrame(drawn, columns=columns)
    for name in ("time", "superseded_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")


def test_labels_are_the_standing_records_of_the_scheme_at_their_own_midnight():
    found = standing(
        records(
            ("b", "2024-02-01 10:00", "suuntima_like", "1", "high", None, None),
            ("a", "2024-01-05 09:00", "suuntima_like", "1", "low", "weak", None),
            ("a", "2024-01-06 09:00", "suuntima_like", "1", "low", "weak", "2024-01-07"),  # corrected later
            ("a", "2024-01-08 09:00", "suuntima_like", "2", "low", "weak", None),  # another version
            ("a", "2024-01-09 09:00", "other", "1", "x", "y", None),  # another scheme
            ("c", "2024-01-09 09:00", "suuntima_like", "1", None, None, None),  # no level
        ),
        SCHEME,
    )
    assert found.clients.tolist() == ["a", "b"]
    assert found.as_of.astype(str).tolist() == ["2024-01-05", "2024-02-01"]
    assert found.levels.tolist() == [[0, 1], [1, -1]]
    assert [step["rows_after"] for step in found.attrition] == [5, 4, 3, 2]


def test_an_unknown_level_is_named():
    with pytest.raises(DataError, match="axis1_level holds 'huge'; the scheme allows low, high"):
        standing(records(("a", "2024-01-05", "suuntima_like", "1", "huge", "weak", None)), SCHEME)


def test_no_record_of_the_scheme_is_a_sentence():
    with pytest.raises(DataError, match="No recorded segmentation of scheme suuntima_like version 1"):
        standing(records(("a", "2024-01-05", "other", "1", "low", "weak", None)), SCHEME)


def test_the_share_of_the_line_with_the_lowest_held_out_loss_counts() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 2, 2000)
    labels = (rng.random(2000) < 1 / (1 + np.exp(-truth))).astype(np.int8)
    rows = truth.reshape(-1, 1).astype(np.float32)
    sample = Sample(rows, labels, np.arange(2000).astype(str).astype(object), ("a",))
    settings = FitSettings(line_share=0.4, line_shares=(0.25, 0.9))
    noise = rng.normal(0, 1, 2000) + 0.2 * truth
    folds = np.arange(2000) % 4
    assert best_share(settings, folds, truth, noise, sample) == 0.9  # the line knows the truth
    assert best_share(settings, folds, noise, truth, sample) == 0.25
    assert best_share(FitSettings(line_share=0.4), folds, truth, noise, sample) == 0.4
