"""A desk with one good candidate, and further versions of it."""

import shutil
from pathlib import Path

import pytest

from configs.loader import StrictConfig
from configs.workspace import Workspace
from models.registry import Registry
from tests.models.bundles.small_bundle import model_files, trained
from training.promotion.desk import Desk, PromoteConfig, open_desk
from training.promotion.gates import Comparison, Gate, Gates, Limit
from training.tracking import tracked_run

NAME = "need_demo"
GOOD = {"auroc": 0.75, "baseline_auroc": 0.7, "calibration_slope": 1.0, "additivity_max_error": 1e-15}
GATE = Gate(
    beats_baseline=(Comparison(metric="auroc", better="higher"),),
    not_worse_than_champion=(Comparison(metric="auroc", better="higher", margin=0.01),),
    limits={"calibration_slope": Limit(low=0.7, high=1.3), "additivity_max_error": Limit(high=1e-9)},
)
GATES = Gates(kinds={"booster": GATE.model_copy(update={"not_worse_than_champion": ()})})
"""What a promotion adds to the metrics of a version whose config names nobody and whose data have no date."""


class Nothing(StrictConfig):
    """A training without settings."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store") / "var"
    with tracked_run(Workspace(folder), NAME, "booster", Nothing(), "a" * 64) as run:
        run.log_metrics(GOOD)
        run.register_bundle(model_files(*trained()))
    return folder


@pytest.fixture
def desk(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A store with one candidate, a signing key, and an empty ledger."""
    shutil.copytree(template, tmp_path / "var")
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("LUOTAIN_ACTOR", "tester")
    return open_desk(PromoteConfig(var="var", gates="configs/gates.yaml", reason="a test"))


def another_version(registry: Registry, metrics: dict[str, float], snapshot: str = "a" * 64) -> str:
    """The same bundle again, as if another training had made it."""
    first = registry.version(NAME, "1")
    run_id = registry.client.create_run(registry.experiment_id()).info.run_id
    registry.client.log_artifacts(run_id, str(registry.artefact(first.run_id, "bundle")), "bundle")
    for key, value in metrics.items():
        registry.client.log_metric(run_id, key, value)
    return registry.register(NAME, run_id, first.sha256, {"kind": "booster", "snapshot_sha256": snapshot})
