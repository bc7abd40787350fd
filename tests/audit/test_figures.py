"""Every number of the report follows from what is stored: computed again here with scikit-learn, numpy and LightGBM."""

import json
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from evaluation import metrics as reference
from evaluation.audit.figures.measured import Side, auroc_interval, measured
from evaluation.held_out.stored import PROBABILITY_METRICS
from models.learners.calibration import sigmoid
from models.needs.need import NeedModel
from tests.audit.conftest import CONFIG, NEED, SEGMENTATION, World
from tests.training.need_rows import drawn
from tests.training.small_training import DATES, FRAME, ROWS

Report = dict[str, Any]


@pytest.fixture(scope="module")
def part(world: World) -> pd.DataFrame:
    frame = world.material(NEED).frame("predictions.parquet")
    assert frame is not None
    return frame


@pytest.mark.parametrize("column, prefix", [("p", ""), ("baseline_p", "baseline")])
def test_performance_is_scikit_learns_on_the_stored_predictions(
    report: Report, part: pd.DataFrame, column: str, prefix: str
) -> None:
    (told,) = report["figures"]["performance"]
    label, p = part["label"].to_numpy(), part[column].to_numpy()
    odds = np.log(p / (1 - p)).reshape(-1, 1)
    slope = LogisticRegression(C=np.inf, max_iter=5000, tol=1e-10).fit(odds, label).coef_[0, 0]
    expected = {
        "auroc": sk.roc_auc_score(label, p),
        "auprc": sk.average_precision_score(label, p),
        "brier": sk.brier_score_loss(label, p),
        "log_loss": sk.log_loss(label, p),
        "calibration_slope": slope,
        "observed_to_expected": label.sum() / p.sum(),
    }
    for name, value in expected.items():
        assert told["metrics"][name][prefix or "value"] == pytest.approx(value, abs=1e-4 if "slope" in name else 1e-12)
    shift = told["metrics"]["calibration_intercept"][prefix or "value"]
    assert sigmoid(odds[:, 0] + shift).sum() == pytest.approx(label.sum())
    assert (told["rows"], told["clients"], told["events"]) == (len(part), part["client"].nunique(), label.sum())


@pytest.mark.parametrize("metric", PROBABILITY_METRICS)
def test_intervals_are_those_of_the_readable_bootstrap(metric: str) -> None:
    part = drawn()
    told, compute = measured(part, repeats=40)[metric], PROBABILITY_METRICS[metric]
    label, p, base = (part[name].to_numpy() for name in ("label", "p", "baseline_p"))
    clients = part["client"].to_numpy()
    for prefix, statistic in (
        ("", lambda rows: compute(label[rows], p[rows])),
        ("baseline_", lambda rows: compute(label[rows], base[rows])),
        ("gain_", lambda rows: compute(label[rows], p[rows]) - compute(label[rows], base[rows])),
    ):
        found = reference.bootstrap(clients, statistic, 40)
        assert found is not None
        assert (told[f"{prefix}low"], told[f"{prefix}high"]) == pytest.approx((found.low, found.high), abs=1e-6)


def test_the_area_alone_has_the_same_interval_and_a_single_class_has_none() -> None:
    part = drawn()
    whole = measured(part, repeats=30)["auroc"]
    assert auroc_interval(part, 30) == pytest.approx((whole["low"], whole["high"]))
    assert auroc_interval(part.assign(label=1), 30) == (None, None)
    assert np.isnan(Side.of(np.zeros(4), np.full(4, 0.1)).auroc(np.ones(4)))


def test_thresholds_count_what_would_be_offered(report: Report, part: pd.DataFrame) -> None:
    (told,) = report["figures"]["performance"]
    label, p = part["label"].to_numpy(), part["p"].to_numpy()
    for line in told["thresholds"]:
        offered, t = p >= line["threshold"], line["threshold"]
        benefit = (np.sum(offered & (label == 1)) - np.sum(offered & (label == 0)) * t / (1 - t)) / len(p)
        assert line["net_benefit"] == pytest.approx(benefit)
        if line["recall"] is not None:
            assert line["recall"] == pytest.approx(sk.recall_score(label, offered))
            assert line["offered"] == pytest.approx(offered.mean())
        cells = sk.confusion_matrix(label, offered).ravel()
        assert (line["recall"] is None) == any(0 < cell < 5 for cell in cells)


def test_groups_are_the_rows_of_each_group(report: Report, part: pd.DataFrame) -> None:
    shown = [line for line in report["figures"]["performance"][0]["groups"] if line["events"] is not None]
    assert shown
    for line in shown:
        own = part[part[f"group_{line['grouping']}"] == line["group"]]
        assert line["n"] == own["client"].nunique()
        assert line["observed_to_expected"] == pytest.approx(own["label"].sum() / own["p"].sum())
        assert line["auroc"] == pytest.approx(sk.roc_auc_score(own["label"], own["p"]))


def test_importance_is_lightgbms_own_contributions_over_the_sample(report: Report, world: World) -> None:
    model = NeedModel.from_bundle(world.bundles[NEED])
    newest = FRAME[(ROWS["as_of"] == DATES[-1]).to_numpy()]
    used = model.parts.used_columns(newest)
    trees = lightgbm.Booster(model_str=world.bundles[NEED].text("heavier_home_care_6m.lgb.txt"))
    shares = model.model.calibration.slope * np.asarray(trees.predict(used, pred_contrib=True))[:, :-1]
    (told,) = report["figures"]["explanation"]
    families = [spec.family for spec in model.parts.explainer.specs]
    for line_told in told["importance"]:
        own = np.abs(shares[:, [family == line_told["family"] for family in families]].sum(axis=1))
        assert line_told["mean"] == pytest.approx(own.mean(), abs=1e-9)
    assert sum(line["share"] for line in told["importance"]) == pytest.approx(1)
    assert report["figures"]["sample"] == {"as_of": "2024-01-01", "clients": 160, "answered": 160, "rows": 160}


def test_interactions_add_up_to_the_same_explanation(report: Report) -> None:
    found = report["figures"]["explanation"][0]["interactions"]
    assert found["rows"] == CONFIG.interaction_rows
    assert found["remainder"] < 1e-9
    assert 0 < found["share"] < 1
    means = [pair["mean"] for pair in found["pairs"]]
    assert means == sorted(means, reverse=True)


def test_the_explanations_of_a_sound_model_pass_every_check(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert report["figures"]["replayed"]["equal"] == 1
        assert report["figures"]["replayed"]["largest"] == 0
        for one in report["figures"]["explanation"]:
            found = one["checks"]
            assert max(found["additivity"].values()) < 1e-9
            assert found["alone"]["equal"] == 1
            assert found["noise"]["overlap"] > 0.8
            assert found["permutation"]["rank"] > 0.7
            assert found["sentences"]["consistent"] == 1
            assert found["sentences"]["sum_error"] < 1e-9


def test_segment_examples_are_means_of_the_proposed_segments_clients(reports: dict[str, Report]) -> None:
    report = reports[SEGMENTATION]
    counts = [part["n"] for part in report["figures"]["explanation"][0]["examples"]]
    assert len(counts) == 4
    assert all(n is None or n == 0 or n >= 5 for n in counts)
    assert [one["id"] for one in report["figures"]["explanation"]] == ["complexity", "resources"]


def test_the_stored_report_is_json_without_any_client(report: Report) -> None:
    text = json.dumps(report, allow_nan=False)
    assert not any(client in text for client in ROWS["client_id"].unique())


def test_the_metrics_of_the_run_are_those_of_the_report(report: Report, world: World) -> None:
    logged = world.material(NEED).metrics
    told = report["figures"]["performance"][0]["metrics"]
    for name in PROBABILITY_METRICS:
        assert told[name]["value"] == pytest.approx(logged[name], abs=1e-9)
