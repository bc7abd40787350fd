"""The road of training on a small drawn county: registered, repeatable, stopped by leaks, measured for fairness."""

import json
from itertools import pairwise

import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError, DataError, GateError
from configs.loader import load_config, read_yaml
from evaluation.fairness.comparing.figures import USUAL
from evaluation.fairness.gaps import fairness_metrics
from evaluation.fairness.stored import tables_of
from evaluation.fairness.traits import TraitsConfig
from evaluation.report.shap_report import render
from models.bundles.golden import golden_rows
from models.needs.need import NeedModel
from models.segments.segmentation import SegmentationModel
from tests.models.client_case import names
from tests.plans import covers
from tests.training import small_training
from tests.training.small_training import FIT, FRAME, STAMP, bundle, need_config, segmentation_config
from training import need, segmentation
from training.publishing.publish import LEAKS_WAIVED

patched, workspace, eligibility, trained = (
    small_training.patched,
    small_training.workspace,
    small_training.eligibility,
    small_training.trained,
)


@covers("002-A6")
def test_need_is_registered_with_its_baseline_beside_it(trained, workspace, tmp_path):
    version = trained.latest("need_heavier_home_care_6m")
    metrics = trained.metrics(version.run_id)
    assert metrics["auroc"] > 0.6
    assert metrics["baseline_auroc"] > 0.6
    assert metrics["additivity_max_error"] <= 1e-9
    assert {"calibration_slope", "brier", "unseen_clients_auroc"} & set(metrics)
    stored = pd.read_parquet(trained.artefact(version.run_id, "predictions.parquet"))
    assert "client_id" not in stored
    assert stored["group_municipality"].isin(["901", "902"]).all()
    model = NeedModel.from_bundle(bundle(trained, workspace, tmp_path, "need_heavier_home_care_6m"))
    assert model.answer(FRAME[0], STAMP).status == "answered"
    assert "sex" not in {spec.family for spec in model.parts.explainer.specs}


def test_segmentation_is_registered_with_both_axes_and_proposals(trained, workspace, tmp_path):
    version = trained.latest("segmentation_suuntima_like")
    metrics = trained.metrics(version.run_id)
    assert {"complexity_auroc", "resources_auroc", "baseline_complexity_auroc", "macro_f1", "kappa"} <= set(metrics)
    assert {"direct_macro_f1", "label_coverage", "one_feature_max_auroc"} <= set(metrics)
    assert metrics["label_coverage"] == 1.0
    classes = pd.read_parquet(trained.artefact(version.run_id, "classes.parquet"))
    assert set(classes["label"]) <= {"self_managed", "cooperative", "community", "network"}
    model = SegmentationModel.from_bundle(bundle(trained, workspace, tmp_path, "segmentation_suuntima_like"))
    assert sum(share.probability for share in model.answer(FRAME[0], STAMP).segments) == pytest.approx(1.0)


def test_the_same_inputs_give_the_same_bundle_and_both_models_are_printed(trained, workspace, eligibility, capsys):
    before = {name: trained.latest(name).sha256 for name in trained.names()}
    need.train(need_config())
    segmentation.train(segmentation_config(eligibility))
    assert {name: trained.latest(name).sha256 for name in trained.names()} == before
    said = capsys.readouterr().out
    assert "heavier_home_care_6m: LightGBM" in said
    assert "complexity: LightGBM" in said
    assert said.count("  logistic regression") >= 3 + 1  # three outputs, and the proposed segment


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"minimum_positives": 5000}, DataError, "at least 5000 are needed"),
        ({"without_families": ["sexx"]}, ConfigError, "no family is called `sexx`"),
        ({"tasks": ["configs/needs/gone.yaml"]}, ConfigError, "gone.yaml does not exist"),
        ({"fit": {**FIT, "folds": 200}}, DataError, "200 folds need at least 200"),
        ({"fit": {**FIT, "directions": {"rai_cp": "rises"}}}, ConfigError, "Did you mean `rai_cps`"),
        ({"fit": {**FIT, "directions": {"rai_cps": "grows"}}}, ConfigError, "fit.directions.rai_cps"),
    ],
)
def test_a_fault_is_one_sentence_and_saves_nothing(workspace, trained, changes, error, message):
    before = trained.latest("need_heavier_home_care_6m").version
    with pytest.raises(error, match=message):
        need.train(need_config(**changes))
    assert trained.latest("need_heavier_home_care_6m").version == before


def test_a_rule_on_a_feature_that_is_not_built_is_refused(workspace, tmp_path, eligibility):
    values = {**read_yaml(eligibility), "social": [{"feature": "social_contact__365d", "at_least": 1}]}
    file = tmp_path / "eligibility.yaml"
    file.write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError, match="Did you mean `social_contacts__365d`"):
        segmentation.train(segmentation_config(str(file)))


WAIVER = {"feature": "rai_cps", "reason": "Assessed by a nurse before the date.", "by": "quality lead"}


def newest_run(registry, name: str):
    """The newest run of a name, registered or not."""
    client = registry.client
    runs = client.search_runs([registry.experiment_id()], f"attributes.run_name = '{name}'", max_results=1)
    return runs[0].info


def test_a_leak_stops_the_training_before_anything_is_fitted(trained, workspace, monkeypatch, capsys):
    before = trained.latest("need_heavier_home_care_6m").version
    monkeypatch.setattr(need, "fit_step", lambda *_: pytest.fail("something was fitted"))
    with pytest.raises(GateError, match=r"`rai_cps` against heavier_home_care_6m: AUC 0\.\d{3}.*waivers") as refused:
        need.train(need_config(leak_alarm={"bound": 0.55}))
    assert refused.value.exit_code == 5
    assert "leak alarm" in capsys.readouterr().out
    assert trained.latest("need_heavier_home_care_6m").version == before
    run = newest_run(trained, "need_heavier_home_care_6m")
    stored = json.loads(trained.artefact(run.run_id, "leaks.json").read_text())
    assert run.status == "FAILED"
    assert {"outcome": "heavier_home_care_6m", "feature": "rai_cps"} in stored["stopped"]


def test_a_waived_leak_passes_and_is_shown_wherever_the_model_is(trained, workspace, eligibility, capsys):
    features = [name for name in names() if name != "sex__female"]
    waivers = [{**WAIVER, "feature": name} for name in features]
    segmentation.train(segmentation_config(eligibility, leak_alarm={"bound": 0.51, "waivers": waivers}))
    assert "waived: rai_cps against complexity: Assessed by a nurse before the date. (quality lead)" in (
        capsys.readouterr().out
    )
    version = trained.latest("segmentation_suuntima_like")
    assert "rai_cps" in version.tags[LEAKS_WAIVED]
    assert trained.metrics(version.run_id)["one_feature_max_auroc"] == 0.5  # every feature was answered for
    stored = json.loads(trained.artefact(version.run_id, "leaks.json").read_text())
    assert {one["outcome"] for one in stored["outcomes"]} == {"complexity", "resources"}
    report = trained.artefact(version.run_id, "report.html").read_text()
    assert "Assessed by a nurse before the date." in report
    told = json.loads(trained.artefact(version.run_id, "report.json").read_text())
    assert told["leaks"]["waived"]
    assert "vastauksen kopio" not in report
    told["leaks"]["outcomes"][0]["features"][0]["copy"] = "equal"
    assert render(told).count("vastauksen kopio") == 1


@pytest.mark.parametrize(
    "waiver, message",
    [
        ({**WAIVER, "reason": "is fine"}, "at least 10 characters"),
        ({**WAIVER, "by": " "}, "who decided"),
        ({"feature": "rai_cps", "reason": WAIVER["reason"]}, "`leak_alarm.waivers.0.by` is missing"),
        ({**WAIVER, "feature": "rai_cp"}, "Did you mean `rai_cps`"),
    ],
)
def test_a_waiver_that_says_nothing_or_names_nothing_is_refused(trained, workspace, waiver, message):
    with pytest.raises(ConfigError, match=message):
        need.train(need_config(leak_alarm={"waivers": [waiver]}))


@pytest.mark.parametrize("name", ["need_heavier_home_care_6m", "segmentation_suuntima_like"])
def test_fairness_is_measured_and_can_be_computed_again_from_what_is_stored(trained, name):
    version = trained.latest(name)
    again = tables_of(trained, version, load_config("configs/traits.yaml", TraitsConfig), USUAL, 5)[0]
    logged = trained.metrics(version.run_id)
    assert {**logged, **fairness_metrics(again)} == logged
    assert {"fairness_recall_gap_failures", "fairness_observed_expected_failures"} <= set(logged)
    assert "homeless" in again.missing
    assert {row.trait for row in again.rows} >= {"municipality", "sex"}
    told = json.loads(trained.artefact(version.run_id, "encoding.json").read_text())
    assert logged["encoding_max_from_score"] >= 0.5
    assert {one["trait"] for one in told["adversaries"]} <= {"instance", "legacy_org"}
    people = pd.read_parquet(trained.artefact(version.run_id, "traits.parquet"))
    assert not [column for column in people if column != "row" and not column.startswith("trait_")]


def test_the_attrition_table_goes_down_to_the_training_rows(trained, workspace):
    run = trained.latest("need_heavier_home_care_6m").run_id
    steps = json.loads(trained.artefact(run, "attrition.json").read_text())
    table = trained.artefact(run, "attrition.csv").read_text(encoding="utf-8-sig").splitlines()
    assert table[0] == "filter;rows_before;rows_after;clients_before;clients_after"
    assert len(table) == len(steps) + 1
    for before, after in pairwise(steps):
        assert after["rows_before"] == before["rows_after"], after
        assert after["clients_before"] == before["clients_after"], after
    report = json.loads(trained.artefact(run, "report.json").read_text())["data"]
    assert steps[-1]["rows_after"] == report["training_rows"]
    assert steps[-1]["rows_before"] - steps[-1]["rows_after"] == report["holdout_rows"]
    assert report["attrition"] == steps


def test_golden_rows_are_no_clients_rows(trained, workspace, tmp_path):
    stored = golden_rows(bundle(trained, workspace, tmp_path, "need_heavier_home_care_6m").files["golden.json"])
    real = {row.tobytes() for row in FRAME}
    assert len(stored) > 10
    assert not any(row.tobytes() in real for row in stored)
