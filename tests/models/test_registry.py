"""MLflow as the register of signed bundles: only whole runs become versions, and a moved data folder still loads."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from models.bundles.golden import GOLDEN_FILE
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.champions import champions_in
from models.registry import CHAMPION, Registry, connect
from tests.models.bundles.small_bundle import model_files, trained
from training import tracking
from training.tracking import flat, tracked_run


class Settings(StrictConfig):
    """A training's config, as small as can be."""

    seed: int = 1
    trees: dict[str, int] = {"count": 8}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one registered model: two versions, the first one champion."""
    folder = tmp_path_factory.mktemp("store") / "var"
    workspace = Workspace(folder)
    for seed in (1, 2):
        with tracked_run(workspace, "need_demo", "booster", Settings(seed=seed), "a" * 64) as run:
            run.log_metrics({"auroc": 0.75, "baseline_auroc": 0.5})
            run.log_frame("predictions.parquet", pd.DataFrame({"row": [1, 2], "p": [0.25, 0.5]}))
            run.register_bundle(model_files(*trained()), {"scheme": "demo"})
    connect(workspace).set_alias("need_demo", CHAMPION, "1")
    return folder


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Workspace:
    """The template moved to another place: nothing may depend on where it was made."""
    shutil.copytree(template, tmp_path / "moved here" / "var")
    return Workspace(tmp_path / "moved here" / "var")


def test_what_is_live_is_read_from_the_file_as_the_client_tells_it(workspace: Workspace) -> None:
    read = connect(workspace)
    asked = Registry(lambda: read.client, read.artifacts, read.tracking_uri)
    assert read.champions() == asked.champions()
    assert read.champion("need_demo") == asked.champion("need_demo")
    assert read.champion("need_demo").version == "1"  # type: ignore[union-attr]
    assert read.champion("nothing") is asked.champion("nothing") is None


def test_what_is_live_is_read_without_loading_mlflow(workspace: Workspace) -> None:
    code = "import sys; from models.registry import connect; from configs.workspace import Workspace; "
    code += "print(connect(Workspace.of('var')).champion('need_demo').version, 'mlflow' in sys.modules)"
    environment = {**os.environ, "LUOTAIN_VAR": str(workspace.root)}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["1", "False"]


@pytest.mark.parametrize("damage", ["DROP TABLE registered_model_aliases", "ALTER TABLE model_versions RENAME TO old"])
def test_a_file_of_another_form_is_left_to_the_client(workspace: Workspace, damage: str) -> None:
    file = workspace.mlflow / "mlflow.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(damage)
    assert champions_in(file) is None
    assert champions_in(file.with_name("none.db")) is None


def test_a_version_knows_its_run_data_and_bundle(workspace: Workspace) -> None:
    registry = connect(workspace)
    latest = registry.latest("need_demo")
    assert latest is not None
    assert (latest.version, latest.kind, latest.snapshot_sha256) == ("2", "booster", "a" * 64)
    assert latest.tags["scheme"] == "demo"
    assert len(latest.tags["git_commit"]) >= 7
    assert datetime.now(UTC) - latest.created < timedelta(hours=1)
    assert registry.metrics(latest.run_id) == {"auroc": 0.75, "baseline_auroc": 0.5}
    assert registry.params(latest.run_id) == {"seed": "2", "trees.count": "8"}
    assert [version.version for version in registry.versions("need_demo")] == ["1", "2"]
    assert registry.names() == ("need_demo",)


def test_the_champion_is_fetched_verified_and_is_the_model_that_was_trained(
    workspace: Workspace, tmp_path: Path
) -> None:
    registry = connect(workspace)
    champion = registry.champion("need_demo")
    assert champion is not None
    assert champion.version == "1"
    folder = registry.fetch(champion.name, champion.version, tmp_path / "fetched")
    bundle = verify_bundle(folder, trusted_keys(workspace.keys))
    assert bundle.sha256 == champion.sha256
    assert bundle.files == model_files(*trained())


def test_the_same_training_gives_the_same_bundle(workspace: Workspace) -> None:
    first, second = connect(workspace).versions("need_demo")
    assert first.sha256 == second.sha256


def test_artefacts_are_read_after_the_data_folder_moved_and_new_ones_go_to_the_new_place(workspace: Workspace) -> None:
    registry = connect(workspace)
    champion = registry.champion("need_demo")
    assert champion is not None
    path = registry.artefact(champion.run_id, "predictions.parquet")
    assert path.is_relative_to(workspace.root)
    assert pd.read_parquet(path)["p"].tolist() == [0.25, 0.5]
    with tracked_run(workspace, "need_demo", "booster", Settings(), "b" * 64) as run:
        run.log_json("attrition.json", {"rows": 3})
    assert (workspace.mlflow / "artifacts" / run.run_id / "artifacts" / "attrition.json").read_text() == '{"rows":3}'


def test_what_is_not_there_is_none_or_one_sentence(workspace: Workspace) -> None:
    registry = connect(workspace)
    assert registry.champion("need_other") is None
    assert registry.latest("need_other") is None
    assert registry.versions("need_other") == ()
    with pytest.raises(ModelError, match="not found"):
        registry.version("need_demo", "9")
    latest = registry.latest("need_demo")
    assert latest is not None
    with pytest.raises(ModelError, match=r"no artefact nothing\.json"):
        registry.artefact(latest.run_id, "nothing.json")


def test_F11_a_run_that_fails_registers_nothing(workspace: Workspace) -> None:
    with (
        pytest.raises(ModelError, match="stopped"),
        tracked_run(workspace, "need_demo", "booster", Settings(), "a" * 64) as run,
    ):
        raise ModelError("stopped")
    registry = connect(workspace)
    assert registry.client.get_run(run.run_id).info.status == "FAILED"
    assert len(registry.versions("need_demo")) == 2


def test_F2_a_bundle_that_cannot_repeat_its_golden_rows_is_not_registered(workspace: Workspace) -> None:
    files = model_files(*trained())
    files[GOLDEN_FILE] = files[GOLDEN_FILE].replace(b'"prediction":[0.', b'"prediction":[0.9')
    with (
        pytest.raises(ModelError, match="golden rows"),
        tracked_run(workspace, "need_demo", "booster", Settings(), "a" * 64) as run,
    ):
        run.register_bundle(files)
    assert len(connect(workspace).versions("need_demo")) == 2


def test_P14_a_table_with_client_ids_is_refused(workspace: Workspace) -> None:
    with (
        pytest.raises(ModelError, match="client_id"),
        tracked_run(workspace, "need_demo", "booster", Settings(), "a" * 64) as run,
    ):
        run.log_frame("rows.parquet", pd.DataFrame({"client_id": ["x"]}))


def test_a_metric_that_is_no_number_is_refused(workspace: Workspace) -> None:
    with (
        pytest.raises(ModelError, match="auroc"),
        tracked_run(workspace, "need_demo", "booster", Settings(), "a" * 64) as run,
    ):
        run.log_metrics({"auroc": np.nan})


def test_MLFLOW_TRACKING_URI_wins_over_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    registry = connect(Workspace(tmp_path / "var"))
    registry.experiment_id()
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "var" / "mlflow" / "mlflow.db").exists()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "sqlite:///{a_file}/mlflow.db", "nonsense://x"])
def test_F5_a_registry_that_is_down_is_one_sentence(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_file").write_text("no folder")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri.format(a_file=tmp_path / "a_file"))
    with pytest.raises(ModelError, match="MLFLOW_TRACKING_URI"):
        connect(Workspace(tmp_path / "var"))


def test_no_telemetry_no_pickles() -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"


def test_the_store_is_made_early_by_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    (tmp_path / "any.yaml").write_text("var: var\n")
    assert tracking.main(["--config", str(tmp_path / "any.yaml")]) == 0
    assert (tmp_path / "var" / "mlflow" / "mlflow.db").exists()
    assert "MLflow is ready" in capsys.readouterr().out


def test_nested_settings_become_flat_parameters() -> None:
    assert flat({"a": {"b": 1, "c": {"d": [1, 2]}}, "e": None}) == {"a.b": "1", "a.c.d": "[1, 2]", "e": "None"}
