"""A data folder in which the real training of a small generated history is promoted, in a test or a child process."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from configs.loader import PROJECT_ROOT, load_config, read_yaml, validate_config
from configs.workspace import Workspace
from evaluation.published import QUALITY_JSON, published_folder
from models.bundles.bundle import read_bundle
from tests.training import small_training as small
from training import need, segmentation
from training.promotion import again
from training.promotion.desk import Desk, PromoteConfig, open_desk
from training.promotion.gates import Gates

NEED = "need_heavier_home_care_6m"
TASK = "heavier_home_care_6m"


def patch_registers(patch: pytest.MonkeyPatch, residents: pd.DataFrame | None = None) -> None:
    """Training, and scoring again, read the small history in the place of a store."""
    tables = {
        "episodes": small.episodes(),
        "segment_records": small.records(),
        "residents": small.residents() if residents is None else residents,
        "contacts": small.contacts(),
    }
    for module in (need, segmentation, again):
        patch.setattr(module, "open_snapshot", lambda _: small.SNAPSHOT)
        patch.setattr(module, "load_history", lambda *_: small.history())
        patch.setattr(module, "read_table", lambda _, name, columns=None: tables[name])
    patch.setattr("training.needs.labelled.label_history", lambda _, *asked: small.labelled(tables, *asked))
    patch.setattr("training.rows.records.read_table", lambda _, name: tables[name])
    patch.setattr("evaluation.fairness.traits.read_table", lambda _, name, columns: tables[name])
    patch.setattr(segmentation, "build", small.build)
    patch.setattr(again, "build", small.build)


def check_here(patch: pytest.MonkeyPatch) -> None:
    """Signature and hashes of every bundle are checked, and no child parses it: that takes seconds of each training and
    promotion, and has tests of its own (tests/models/bundles/test_bundle.py,
    tests/models/bundles/test_damaged_bundles.py, tests/training/test_training.py).
    """
    for door in ("tracking", "promotion.desk", "promotion.champion"):
        patch.setattr(f"training.{door}.verify_bundle", read_bundle)


def publish_quality(workspace: Workspace, undeclared: int = 0) -> None:
    """The data-quality report of the small history, as `evaluation.quality` writes it."""
    folder = published_folder(workspace, small.SNAPSHOT.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    changes = [{"declared": None}] * undeclared + [{"declared": {"en": "a merged register"}}]
    (folder / QUALITY_JSON).write_text(json.dumps({"changes": changes}))


def train_need(**changes: object) -> None:
    """The real training of one need task."""
    need.train(small.need_config(**changes))


def gates(**limits: object) -> Gates:
    """The shipped gates; calibration and fairness are loosened: 160 invented clients prove the road, not the model."""
    values = read_yaml("configs/gates.yaml")
    for kind in ("need", "segmentation"):
        values["kinds"][kind]["beats_baseline"][0]["margin"] = -1.0
        values["kinds"][kind]["not_worse_than_champion"][1]["margin"] = 1.0
        values["kinds"][kind]["limits"]["calibration_slope"] = {"low": -9.0, "high": 9.0}
        loose = {"fairness_recall_gap_failures": {"high": 99.0}, "fairness_observed_expected_failures": {"high": 99.0}}
        values["kinds"][kind]["limits"] |= loose | limits
    values["kinds"]["need"]["limits"]["observed_to_expected"] = {"low": 0.0, "high": 9.0}
    return validate_config(values, Gates, "gates.yaml")


def desk(reason: str = "a test") -> Desk:
    """The desk of the present LUOTAIN_VAR."""
    return open_desk(PromoteConfig(var="var", gates="configs/gates.yaml", reason=reason, clock="data"))


def promote_config(folder: Path) -> Path:
    """configs/promote.yaml with these gates, as files for a command."""
    (folder / "gates.yaml").write_text(yaml.safe_dump(gates().model_dump(mode="json")))
    values = {"var": "var", "gates": str(folder / "gates.yaml"), "reason": "scheduled retraining", "clock": "data"}
    file = folder / "promote.yaml"
    file.write_text(yaml.safe_dump(values))
    assert load_config(file, PromoteConfig).clock == "data"
    assert (PROJECT_ROOT / "configs" / "promote.yaml").is_file()
    return file
