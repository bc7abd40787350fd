"""A need model and a segmentation, trained for real on a small generated history, and their reports."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.audit.__main__ import client_read
from evaluation.audit.material import Material
from evaluation.audit.settings import AuditConfig, Book
from evaluation.audit.summary import Read, summarise
from models.bundles.bundle import Bundle, read_bundle
from models.bundles.signing import trusted_keys
from models.registry import CHAMPION, RegisteredBundle, Registry, connect
from tests.training import small_training as small
from tests.training.promotion.world import patch_registers
from training import need, segmentation

TODAY = date(2025, 1, 1)
NEED, SEGMENTATION = "need_heavier_home_care_6m", "segmentation_suuntima_like"
CONFIG = load_config("configs/audit.yaml", AuditConfig).model_copy(update={"repeats": 20, "interaction_rows": 30})
BOOK = load_config(CONFIG.book, Book)


@dataclass(frozen=True)
class World:
    """The data folder of a small county whose two models are live."""

    workspace: Workspace
    registry: Registry
    history: Path
    bundles: dict[str, Bundle]

    def material(self, name: str) -> Material:
        version = self.registry.latest(name)
        assert version is not None
        return Material(self.workspace, self.registry, version)

    def read(self, name: str) -> Read:
        """Measured anew."""
        return client_read(self.material(name), self.bundles[name], self.history, small.SNAPSHOT, CONFIG)


def residents() -> pd.DataFrame:
    """With what a report reads besides: two people live in a municipality of their own."""
    made = small.residents().assign(recorded_at=pd.Timestamp("2020-01-01"), legacy_org="west")
    made.loc[:1, "municipality"] = "907"
    return made


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Iterator[World]:
    root = shutil.copytree(empty_registry, tmp_path_factory.mktemp("audit") / "var")
    people = residents()
    with pytest.MonkeyPatch.context() as patch:
        patch_registers(patch, people)
        patch.setattr("training.tracking.verify_bundle", read_bundle)  # no child parses it: that has tests of its own
        patch.setattr("evaluation.audit.drawn.clients.read_table", lambda *_: people)
        patch.setenv("LUOTAIN_VAR", str(root))
        rules = root / "eligibility.yaml"
        rules.write_text(
            'version: "1"\nsocial: []\nhealth: []\nlong_term:\n'
            "  - {feature: contact_months__365d, at_least: 1}\n  - {feature: emergency_contacts__365d, at_least: 0}\n"
        )
        need.train(small.need_config())
        segmentation.train(small.segmentation_config(str(rules)))
        yield _world(Workspace(root))


def _world(workspace: Workspace) -> World:
    registry = connect(workspace)
    bundles = {}
    for name in (NEED, SEGMENTATION):
        version = registry.latest(name)
        assert version is not None
        registry.set_alias(name, CHAMPION, version.version)
        bundles[name] = _bundle(workspace, registry, version)
    return World(workspace, registry, _history(workspace.root / "history"), bundles)


def _bundle(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> Bundle:
    fetched = registry.fetch(version.name, version.version, workspace.root / f"{version.name}-bundle")
    return read_bundle(fetched, trusted_keys(workspace.keys))


def _history(folder: Path) -> Path:
    """Two parts, as the command leaves them."""
    folder.mkdir()
    made = small.history()
    rows = pd.concat([made.rows, made.frame], axis=1)
    half = np.arange(len(rows)) < len(rows) // 2
    for number, part in enumerate((rows[half], rows[~half])):
        part.reset_index(drop=True).to_parquet(folder / f"part-{number:05d}.parquet", index=False)
    return folder


@pytest.fixture(scope="package")
def reports(world: World) -> dict[str, dict[str, Any]]:
    """The reports of both models, as the JSON keeps them."""
    return {name: summarise(world.read(name), CONFIG, BOOK, TODAY) for name in (NEED, SEGMENTATION)}


@pytest.fixture(scope="package")
def report(reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return reports[NEED]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs this folder: its small registers stand in the place of the store and are taken away after it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("audit"))
