"""Both trainings on a generated history: measured, reported, registered, and the same bytes from the same inputs."""

import json
from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import ConfigError, DataError, GateError
from configs.loader import load_config, read_yaml, validate_config
from configs.workspace import Workspace
from evaluation.fairness.comparing.figures import USUAL
from evaluation.fairness.gaps import fairness_metrics
from evaluation.fairness.stored import tables_of
from evaluation.fairness.traits import TraitsConfig
from evaluation.shap_report import render
from features.catalogue.specs import feature_specs
from features.histories import History
from features.outcomes import label_rows
from models.answers import ModelStamp
from models.bundles.bundle import read_bundle
from models.bundles.golden import golden_rows
from models.bundles.signing import trusted_keys
from models.need import NeedModel
from models.registry import connect
from models.segmentation import SegmentationModel
from tests.client_case import catalogue, draw, labels, names, vocabulary
from tests.plans import covers
from training import need, segmentation
from training.publish import LEAKS_WAIVED

CLIENTS, DATES = 160, pd.to_datetime(["2023-01-01", "2023-04-01", "2023-07-01", "2023-10-01", "2024-01-01"])
SNAPSHOT = SimpleNamespace(sha256="a" * 64, data_until=date(2024, 12, 31))
STAMP = ModelStamp("x", "1", "0" * 64, "2024-12-31", "2025-01-01")
FIT = {
    "folds": 3,
    "boosting": {"trees": 20, "minimum_rows": 10, "threads": 1},
    "directions": {"emergency_contacts": "rises", "rai_cps": "rises"},
}
ROWS = pd.DataFrame(
    {"client_id": np.repeat([f"{n:032x}" for n in range(CLIENTS)], len(DATES)), "as_of": np.tile(DATES, CLIENTS)}
)
FRAME = draw(len(ROWS), seed=4)
FRAME[:, names().index("home_care_episode")] = 1
LABEL = labels(FRAME, seed=5)


def history() -> History:
    specs = feature_specs(catalogue(), vocabulary())
    frame = pd.DataFrame(FRAME, columns=list(names()))
    return History(ROWS, frame, specs, catalogue(), vocabulary(), SNAPSHOT.sha256)


def episodes() -> pd.DataFrame:
    """Every client has light home care from 2022; a row with the label steps up 40 days later, and back down."""
    base = pd.DataFrame({"client_id": ROWS["client_id"].unique(), "start": pd.Timestamp("2022-01-01")})
    base = base.assign(end=pd.NaT, intensity="light")
    steps = ROWS[LABEL == 1]
    start = steps["as_of"] + pd.Timedelta(days=40)
    heavier = pd.DataFrame({"client_id": steps["client_id"], "start": start, "intensity": "regular"})
    heavier["end"] = start + pd.Timedelta(days=20)
    both = pd.concat([base, heavier], ignore_index=True)
    both["end"] = pd.to_datetime(both["end"])
    return both.assign(
        kind="home_care_regular", recorded_at=both["start"], end_recorded_at=both["end"], superseded_at=pd.NaT
    )


def records() -> pd.DataFrame:
    """One recorded segmentation per client, at one of the dates."""
    chosen = np.arange(CLIENTS) * len(DATES) + np.arange(CLIENTS) % len(DATES)
    return pd.DataFrame(
        {
            "client_id": ROWS["client_id"].to_numpy()[chosen],
            "time": ROWS["as_of"].to_numpy()[chosen],
            "scheme": "suuntima_like",
            "scheme_version": "1",
            "axis1_level": np.where(LABEL[chosen] == 1, "high", "low"),
            "axis2_level": np.where(labels(FRAME, seed=6)[chosen] == 1, "weak", "strong"),
            "superseded_at": pd.NaT,
        }
    )


def residents() -> pd.DataFrame:
    clients = ROWS["client_id"].unique()
    number = np.arange(len(clients))
    return pd.DataFrame(
        {
            "client_id": clients,
            "sex": np.where(number % 2, "female", "male"),
            "language": "fi",
            "municipality": np.where(number % 3, "901", "902"),
            "postal_area": np.where(number % 3, "90110", "90210"),
            "source": "population",
            "valid_from": pd.Timestamp("2020-01-01"),
            "valid_to": pd.NaT,
            "died_on": pd.NaT,
            "superseded_at": pd.NaT,
        }
    )


def contacts() -> pd.DataFrame:
    """Odd clients are of one legacy organisation, even ones of the other."""
    clients = ROWS["client_id"].unique()
    odd = np.arange(len(clients)) % 2 == 1
    return pd.DataFrame(
        {
            "client_id": clients,
            "time": pd.Timestamp("2024-06-01"),
            "service": "nurse_visit",
            "legacy_org": np.where(odd, "west", "east"),
            "source": np.where(odd, "avohilmo/instance_a", "avohilmo/instance_b"),
            "superseded_at": pd.NaT,
        }
    )


def build(_snapshot, rows, _catalogue, _vocabulary) -> History:
    keyed = {pair: place for place, pair in enumerate(zip(ROWS["client_id"], ROWS["as_of"], strict=True))}
    places = [keyed[pair] for pair in zip(rows["client_id"], pd.to_datetime(rows["as_of"]), strict=True)]
    whole = history()
    return History(rows, whole.frame.iloc[places], whole.specs, whole.catalogue, whole.vocabulary, SNAPSHOT.sha256)


@pytest.fixture(scope="module")
def patched():
    tables = {
        "episodes": episodes(),
        "segment_records": records(),
        "residents": residents(),
        "contacts": contacts(),
    }
    with pytest.MonkeyPatch.context() as patch:
        for module in (need, segmentation):
            patch.setattr(module, "open_snapshot", lambda _: SNAPSHOT)
            patch.setattr(module, "load_history", lambda *_: history())
            patch.setattr(module, "read_table", lambda _, name, columns=None: tables[name])
        patch.setattr("training.needs.labelled.label_history", lambda _, *asked: labelled(tables, *asked))
        patch.setattr("training.records.read_table", lambda _, name: tables[name])
        patch.setattr("evaluation.fairness.traits.read_table", lambda _, name, columns: tables[name])
        patch.setattr(segmentation, "build", build)
        yield patch


def labelled(tables, rows, rule, window, kinds):
    return label_rows(rows, tables, tables["residents"], rule, window, SNAPSHOT.data_until, kinds)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, patched) -> Workspace:
    root = tmp_path_factory.mktemp("var")
    patched.setenv("LUOTAIN_VAR", str(root))
    patched.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Workspace.of("var")


@pytest.fixture(scope="module")
def eligibility(tmp_path_factory) -> str:
    rules = {
        "version": "1",
        "social": [{"feature": "social_contacts__365d", "at_least": 1}],
        "health": [{"feature": "emergency_contacts__365d", "at_least": 1}],
        "long_term": [{"feature": "contact_months__365d", "at_least": 4}],
    }
    file = tmp_path_factory.mktemp("configs") / "eligibility.yaml"
    file.write_text(yaml.safe_dump(rules))
    return str(file)


def need_config(**changes) -> need.NeedConfig:
    tasks = {"tasks": ["heavier_home_care_6m"], "tasks_where_enough": []}
    values = {**read_yaml("configs/need.yaml"), "fit": FIT, "without_families": ["sex"], **tasks, **changes}
    return validate_config(values, need.NeedConfig, "need.yaml")


def segmentation_config(eligibility: str, **changes) -> segmentation.SegmentationConfig:
    given = {"eligibility": eligibility, "fit": FIT, "without_families": ["sex"], "minimum_positives": 5}
    given["comparisons"] = {"boosting_machine": False, "repeats": 20}
    values = {**read_yaml("configs/segmentation.yaml"), **given, **changes}
    return validate_config(values, segmentation.SegmentationConfig, "segmentation.yaml")


@pytest.fixture(scope="module")
def trained(workspace, eligibility):
    need.train(need_config())
    segmentation.train(segmentation_config(eligibility))
    return connect(workspace)


def bundle(trained, workspace, tmp_path, name):
    folder = trained.fetch(name, trained.latest(name).version, tmp_path / name)
    return read_bundle(folder, trusted_keys(workspace.keys))


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
