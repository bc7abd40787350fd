"""F4: a model for other features than this release computes is never activated, however well it is signed."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from configs.workspace import Workspace
from models.bundles import golden
from models.bundles.bundle import read_bundle, write_bundle
from models.bundles.signing import load_or_create_signing_key, trusted_keys
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from models.parts import CATALOGUE, USED
from serving.engine import shelf as shelf_module
from serving.engine.shelf import Shelf
from tests.models.client_case import draw, labels, parts
from tests.serving.fake_registry import Registered, Registry

TASK = load_task("configs/needs/heavier_home_care_6m.yaml")
NAME = f"need_{TASK.id}"


@dataclass
class Bundles:
    """The files of a good model, and signed bundles made of changed ones."""

    workspace: Workspace
    registry: Registry
    files: dict
    made: int = 0

    def promote(self, **changed):
        self.made += 1
        folder = self.workspace.root / f"registered-{self.made}"
        key = load_or_create_signing_key(self.workspace.keys)
        sha256 = write_bundle(folder, "need", {**self.files, **changed}, key)
        self.registry.add(NAME, str(self.made), folder, sha256)
        self.registry.live[NAME] = Registered(NAME, str(self.made), f"run-{self.made}", sha256)


@pytest.fixture(scope="module")
def files():
    return need_files()


def need_files():
    """The files of a small good model of one need task."""
    rows = draw(200)
    described = parts(rows)
    used = described.used_columns(rows)
    trained = LogisticRegression.fit(used, labels(rows), described.used, BaselineSettings())
    model = NeedModel(described, TASK, BinaryModel(trained, Calibration(0.9, 0.1)))
    drawn = golden.draw_rows(rows, count=4)
    columns = tuple(f"c{n}" for n in range(drawn.shape[1]))
    return golden.with_golden(model.to_files(), columns, drawn, model.golden_outputs(drawn))


@pytest.fixture
def bundles(tmp_path, monkeypatch, files):
    registry = Registry()
    monkeypatch.setattr(shelf_module, "connect", lambda _workspace: registry)
    monkeypatch.setattr(shelf_module, "verify_bundle", read_bundle)  # the child process has tests of its own
    return Bundles(Workspace(tmp_path), registry, files)


def changed_family(files, **change):
    catalogue = json.loads(files[CATALOGUE])
    catalogue["families"]["emergency_contacts"] |= change
    return json.dumps(catalogue).encode()


def other_used(files):
    return json.dumps({"used": [*json.loads(files[USED])["used"][:-1], "shoe_size__90d"]}).encode()


@pytest.mark.parametrize(
    "item,                        changed",
    [
        ("a table there is not", lambda files: {"catalogue": changed_family(files, table="dreams")}),
        ("a way of counting there is not", lambda files: {"catalogue": changed_family(files, aggregate="smell")}),
        ("a column there is not", lambda files: {"catalogue": changed_family(files, value="mood", aggregate="sum")}),
        ("a feature that its own catalogue does not give", lambda files: {"used": other_used(files)}),
        ("no list of features", lambda files: {"used": b"{}"}),
    ],
)
def test_F4_a_model_for_other_features_is_not_activated(bundles, item, changed):
    bundles.promote()
    shelf = Shelf(bundles.workspace, (NAME,))
    shelf.refresh()
    assert shelf.get(NAME).chosen.version == "1", shelf.faults
    names = {"catalogue": CATALOGUE, "used": USED}
    bundles.promote(**{names[name]: content for name, content in changed(bundles.files).items()})
    shelf.refresh()
    assert shelf.get(NAME).chosen.version == "1", item  # the last good one stays
    assert shelf.faults[NAME]
    assert read_bundle(
        bundles.workspace.root / "registered-2", trusted_keys(bundles.workspace.keys)
    )  # signed and whole
    rows = np.asarray(draw(3))
    assert shelf.get(NAME).model.parts.used_columns(rows).shape == (3, 9)
