"""What the training of a scheme measures, chooses and stores, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import DataError
from configs.loader import read_yaml
from configs.workspace import Workspace
from models.registry import connect
from models.segments.segmentation import SegmentationModel
from tests.models.client_case import names
from tests.plans import covers
from tests.training import small_training
from tests.training.small_training import (
    CLIENTS,
    DATES,
    FIT,
    FRAME,
    SNAPSHOT,
    STAMP,
    build,
    bundle,
    contacts,
    history,
    records,
    residents,
    segmentation_config,
)
from training import segmentation
from training.promotion.gates import Comparison, Gate, judge

eligibility = small_training.eligibility


@pytest.fixture(scope="module")
def tables():
    return {"segment_records": records(), "residents": residents(), "contacts": contacts()}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, tables):
    """A data folder whose store is these tables."""
    root = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation, "open_snapshot", lambda _: SNAPSHOT)
        patch.setattr(segmentation, "load_history", lambda *_: history())
        patch.setattr(segmentation, "build", build)
        patch.setattr(segmentation, "read_table", lambda _, name, columns=None: tables[name])
        patch.setattr("training.rows.records.read_table", lambda _, name: tables[name])
        patch.setattr("evaluation.fairness.traits.read_table", lambda _, name, columns: tables[name])
        patch.setenv("LUOTAIN_VAR", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Workspace.of("var")


@pytest.fixture
def given(tables):
    """The tables, put back afterwards."""
    before = dict(tables)
    yield tables
    tables.update(before)


def config(eligibility: str, **changes) -> segmentation.SegmentationConfig:
    return segmentation_config(eligibility, **changes)


@pytest.fixture(scope="module")
def trained(workspace, eligibility):
    segmentation.train(config(eligibility))
    return connect(workspace)


def newest_artefact(trained, name: str):
    version = trained.latest("segmentation_suuntima_like")
    return json.loads(trained.artefact(version.run_id, name).read_text())


@covers("000-1")
def test_every_way_of_answering_is_stored_beside_the_served_one(trained):
    stored = newest_artefact(trained, "comparisons.json")
    assert set(stored["outputs"]["complexity"]) == {"served", "prior", "logistic", "lightgbm"}
    assert set(stored["segment"]) == {"served", "prior", "logistic", "lightgbm", "direct"}
    assert stored["outputs"]["complexity"]["prior"]["auroc"]["value"] == 0.5
    assert stored["segment"]["direct"]["out_of_fold_log_loss"] > 0
    assert stored["choice"]["served"] == {"complexity": "lightgbm", "resources": "lightgbm"}
    metrics = trained.metrics(trained.latest("segmentation_suuntima_like").run_id)
    for output in ("complexity", "resources"):
        served = stored["outputs"][output]["served"]
        for name in ("auroc", "log_loss", "brier", "calibration_slope"):
            assert served[name]["value"] == pytest.approx(metrics[f"{output}_{name}"], abs=1e-6)
    assert stored["segment"]["served"]["kappa"]["value"] == pytest.approx(metrics["kappa"])
    assert set(newest_artefact(trained, "calibrations.json")["resources"]) == {
        "affine",
        "isotonic",
        "beta",
        "venn_abers",
    }


def test_the_served_model_carries_its_segment_sets_and_the_run_tells_what_they_are_worth(trained, workspace, tmp_path):
    version = trained.latest("segmentation_suuntima_like")
    metrics, report = trained.metrics(version.run_id), newest_artefact(trained, "conformal_report.json")
    for prefix in ("", "baseline_"):
        assert 0 < metrics[f"{prefix}conformal_coverage"] <= 1
        assert 1 <= metrics[f"{prefix}conformal_set_size"] <= 4
    assert report["overall"]["share"] == pytest.approx(metrics["conformal_coverage"])
    model = SegmentationModel.from_bundle(bundle(trained, workspace, tmp_path, "segmentation_suuntima_like"))
    assert model.conformal.rows == tuple(one["rows"] for one in report["limits"])
    classes = pd.read_parquet(trained.artefact(version.run_id, "classes.parquet"))
    assert sum(model.conformal.rows) + len(classes) <= CLIENTS  # no hold-out row is behind a limit


@covers("001-A1")
def test_label_coverage_is_stored_by_group(trained):
    told = newest_artefact(trained, "label_coverage.json")
    assert told["overall"]["share"] == 1.0
    assert {one["grouping"] for one in told["groups"]} == {"municipality", "legacy_org", "age_band"}


def test_the_learner_is_chosen_on_training_rows_and_logistic_regression_may_be_it(
    workspace, eligibility, trained, capsys
):
    fit = {**FIT, "line_share": 0.5, "served": "auto"}
    segmentation.train(config(eligibility, fit=fit, served={"resources": "logistic"}))
    stored = newest_artefact(trained, "comparisons.json")["choice"]
    losses = stored["out_of_fold_log_loss"]["complexity"]
    assert set(losses) == {"logistic", "lightgbm", "blend"}
    assert stored["served"] == {"complexity": min(losses, key=losses.get), "resources": "logistic"}
    said = capsys.readouterr().out
    assert "(the lowest)" in said
    assert "served: logistic regression (as configured)" in said


def test_served_logistic_regression_is_explained_checked_and_let_through_the_gate(workspace, eligibility, trained):
    segmentation.train(config(eligibility, fit={**FIT, "served": "logistic"}))
    version = trained.latest("segmentation_suuntima_like")
    metrics = trained.metrics(version.run_id)
    assert metrics["served_is_baseline"] == 1.0
    assert metrics["additivity_max_error"] <= 1e-9
    assert metrics["shap_agreement_max_difference"] <= 1e-6
    assert metrics["trees_complexity_auroc"] > 0.5
    rule = Comparison(metric="auroc", better="higher")
    assert judge(Gate(beats_baseline=(rule,)), metrics, None)[0].passed
    assert not judge(Gate(beats_baseline=(rule,)), {**metrics, "served_is_baseline": 0.0}, None)[0].passed
    report = json.loads(trained.artefact(version.run_id, "report.json").read_text())
    assert "No better than the simple baseline" not in json.dumps(report["verdict"])


def test_records_may_be_weighted_by_how_likely_they_were(workspace, eligibility, trained, given, capsys):
    few = records().iloc[::2]
    given["segment_records"] = few
    segmentation.train(config(eligibility, fit={**FIT, "weights": "inverse_probability", "folds": 2}))
    metrics = trained.metrics(trained.latest("segmentation_suuntima_like").run_id)
    assert 1 < metrics["weights_effective_rows"] < len(few)
    assert "weighted by inverse probability of a record" in capsys.readouterr().out


THREE = ["low", "some", "high"]


def three_levels(folder) -> str:
    """The scheme with a third level of complexity; the middle one leads where the upper one does."""
    values = read_yaml("configs/schemes/suuntima_like.yaml")
    axis = values["axes"][0]
    middle = {**axis["levels"][1], "id": "some"}
    axis["levels"].insert(1, middle)
    values["cells"] += [
        {**cell, "levels": {**cell["levels"], "complexity": "some"}}
        for cell in values["cells"]
        if cell["levels"]["complexity"] == "high"
    ]
    values["id"] = "three_levels"
    file = folder / "three_levels.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True))
    return str(file)


def test_an_axis_of_three_levels_is_trained_ordered_and_measured_with_squared_distances(
    workspace, eligibility, trained, given, tmp_path
):
    score = FRAME[:, names().index("emergency_contacts__90d")] + np.nan_to_num(FRAME[:, names().index("rai_cps")])
    chosen = np.arange(CLIENTS) * len(DATES) + np.arange(CLIENTS) % len(DATES)
    noisy = score[chosen] + np.random.default_rng(2).normal(0, 2.5, CLIENTS)
    level = np.digitize(noisy, np.quantile(noisy, [0.4, 0.75]))
    ordered = records().assign(scheme="three_levels", axis1_level=np.array(THREE)[level])
    given["segment_records"] = ordered
    segmentation.train(config(eligibility, scheme=three_levels(tmp_path)))
    version = trained.latest("segmentation_three_levels")
    metrics = trained.metrics(version.run_id)
    assert metrics["complexity_some_auroc"] > 0.6
    assert metrics["complexity_high_auroc"] > 0.6
    assert metrics["complexity_quadratic_kappa"] > metrics["complexity_kappa"] > 0
    assert "resources_quadratic_kappa" not in metrics  # two levels: the unweighted one is all there is
    stored = pd.read_parquet(trained.artefact(version.run_id, "predictions.parquet"))
    assert set(stored["output"]) == {"complexity_some", "complexity_high", "resources"}
    by_row = stored.pivot(index="row", columns="output", values="label")
    assert (by_row["complexity_high"] <= by_row["complexity_some"]).all()
    model = SegmentationModel.from_bundle(bundle(trained, workspace, tmp_path, "segmentation_three_levels"))
    shares = model.axes[0].level_probabilities(model.parts.used_columns(FRAME))
    assert shares.shape[1] == 3
    assert shares.min() >= 0
    assert shares.sum(axis=1) == pytest.approx(1.0)
    answer = model.answer(FRAME[0], STAMP)
    assert [axis.id for axis in answer.axes] == ["complexity_some", "complexity_high", "resources"]


def test_a_level_that_never_occurs_is_named_and_nothing_is_saved(workspace, eligibility, trained, given, tmp_path):
    before = trained.names()
    two_only = records().assign(scheme="three_levels")
    given["segment_records"] = two_only
    with pytest.raises(DataError, match="the level some of scheme three_levels never occurs"):
        segmentation.train(config(eligibility, scheme=three_levels(tmp_path)))
    assert trained.names() == before


def test_a_column_that_nobody_knows_is_left_out_with_a_line(
    workspace, eligibility, trained, tmp_path, capsys, monkeypatch
):
    """rai_cps has a direction in the config and is nowhere known: it neither stops the training nor is it learned."""
    emptied = FRAME.copy()
    emptied[:, names().index("rai_cps")] = np.nan
    monkeypatch.setattr("tests.training.small_training.FRAME", emptied)
    segmentation.train(config(eligibility))
    assert "Left out, because no training row knows them: rai_cps." in capsys.readouterr().out
    model = SegmentationModel.from_bundle(bundle(trained, workspace, tmp_path, "segmentation_suuntima_like"))
    assert "rai_cps" not in model.parts.used
    assert model.answer(FRAME[0], STAMP).status in {"answered", "not_eligible", "not_assessable"}
