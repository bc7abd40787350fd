"""The comparison table: figures, paired differences, and what is said of the direct model."""

import numpy as np
import pytest

from configs.errors import ModelError
from evaluation import metrics
from evaluation.held_out.boosting_machine import BoostingMachine
from evaluation.held_out.rivals import SERVED, Rival, Target, compared, direct_is_better, rows_of
from tests.models.client_case import draw, labels, names
from training.segments.printed import rivals_table

N = 120
CLIENTS = np.random.default_rng(2).integers(0, 70, N)


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(1)
    label, segment = rng.integers(0, 2, N), rng.integers(0, 3, N)
    good = np.clip(0.25 + 0.5 * label + rng.normal(0, 0.15, N), 0.01, 0.99)
    worse = np.clip(good + rng.normal(0, 0.3, N), 0.01, 0.99)
    sure, flat = np.eye(3)[segment] * 0.7 + 0.1, np.full((N, 3), 1 / 3)
    target = Target({"complexity": label}, {"complexity": CLIENTS}, segment, CLIENTS)
    rivals = [
        Rival(SERVED, {"complexity": good}, sure, {"complexity": 0.4, "segment": 0.9}),
        Rival("logistic", {"complexity": worse}, flat, {"complexity": 0.5, "segment": 1.1}),
        Rival("direct", {}, flat, {"segment": 1.0}),
    ]
    return compared(target, rivals, repeats=50), label, good, worse


def test_every_figure_is_the_plain_one_with_its_interval(comparison):
    found, label, good, _ = comparison
    served = found["outputs"]["complexity"][SERVED]
    for name in ("auroc", "log_loss", "brier", "calibration_slope"):
        assert served[name]["value"] == pytest.approx(getattr(metrics, name)(label, good), abs=1e-6)
        assert served[name]["low"] <= served[name]["value"] <= served[name]["high"]
    assert served["out_of_fold_log_loss"] == 0.4
    assert found["segment"][SERVED]["kappa"]["value"] == 1.0


def test_differences_are_paired_and_of_the_served_model_minus_the_other(comparison):
    found, label, good, worse = comparison
    line = found["outputs"]["complexity"]["logistic"]
    gain = metrics.auroc(label, good) - metrics.auroc(label, worse)
    assert line["difference"]["auroc"]["value"] == pytest.approx(gain)
    drawn = metrics.bootstrap(
        CLIENTS, lambda rows: metrics.auroc(label[rows], good[rows]) - metrics.auroc(label[rows], worse[rows]), 50
    )
    bounds = line["difference"]["auroc"]
    assert (bounds["low"], bounds["high"]) == pytest.approx((drawn.low, drawn.high))  # the same draws for both
    assert "difference" not in found["outputs"]["complexity"][SERVED]
    assert "direct" not in found["outputs"]["complexity"]  # it has no axes


@pytest.mark.parametrize("direct, better", [(1.0, False), (0.8, True), (None, None)])
def test_the_direct_model_is_told_when_it_is_better_on_training_rows(comparison, direct, better):
    found = comparison[0]
    segment = {**found["segment"], "direct": {**found["segment"]["direct"], "out_of_fold_log_loss": direct}}
    assert direct_is_better({**found, "segment": segment}) is better


def test_the_table_names_each_model_once_and_the_run_keeps_what_no_other_metric_tells(comparison):
    text = rivals_table(comparison[0], {"complexity": "blend"})
    assert "complexity: blend" in text
    assert text.count("    logistic regression") == 2
    assert text.count("served minus this") == 3
    assert "macro log loss is not lower" in text
    assert "Explainable boosting machine: not measured" in text
    assert {"direct_segment_kappa", "direct_segment_macro_f1"} <= set(rows_of(comparison[0]))
    assert not any(name.startswith(("served_", "logistic_")) for name in rows_of(comparison[0]))


def test_a_rival_without_segments_says_so():
    with pytest.raises(ModelError, match="prior proposes no segment"):
        _ = Rival("prior").proposing


def test_the_boosting_machine_learns_beside_unknown_values_and_repeats_itself():
    rows = draw(300)
    first, second = (BoostingMachine.fit(rows, labels(rows), bags=1, seed=20260101) for _ in range(2))
    new = draw(600, seed=8)
    assert len(names()) == new.shape[1]
    assert metrics.auroc(labels(new, seed=9), first.probabilities(new)) > 0.66
    assert np.array_equal(first.probabilities(new), second.probabilities(new))
