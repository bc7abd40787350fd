"""Several bundles checked by one child: a bad one, even well signed, harms neither the child nor the good ones."""

import pytest

from configs.workspace import Workspace
from models.bundles.bundle import write_bundle
from models.bundles.signing import load_or_create_signing_key, trusted_keys
from models.bundles.together import good_bundles
from serving.engine import shelf as shelf_module
from serving.engine.shelf import Shelf
from tests.models.bundles.small_bundle import model_files, trained
from tests.serving.fake_registry import Registry


@pytest.fixture(scope="module")
def files():
    return model_files(*trained())


def test_F2_F3_only_whole_true_and_our_own_bundles_are_good(tmp_path, files):
    workspace = Workspace(tmp_path)
    key = load_or_create_signing_key(workspace.keys)
    text = files["booster.txt"]
    made = {
        "good": files,
        "cut": {**files, "booster.txt": text[: len(text) // 2]},  # aborts or fails where it is parsed
        "other": {**files, "booster.txt": text.replace(b"leaf_value=", b"leaf_value=9", 1)},  # golden rows differ
        "as_good": {**files, "notes.txt": b"x"},
    }
    sums = {name: write_bundle(tmp_path / name, "booster", content, key) for name, content in made.items()}
    (tmp_path / "as_good" / "notes.txt").write_bytes(b"y")  # changed after it was signed
    found = good_bundles([tmp_path / name for name in (*made, "nothing")], trusted_keys(workspace.keys))
    assert found == {tmp_path / "good": sums["good"]}


def test_bundles_that_nobody_checked_are_checked_by_one_child(tmp_path, monkeypatch):
    workspace, registry, asked = Workspace(tmp_path), Registry(), []
    key = load_or_create_signing_key(workspace.keys)
    for number, name in enumerate(("one", "two", "three")):
        folder = tmp_path / f"made-{name}"
        registry.add(
            name, "1", folder, write_bundle(folder, "booster", model_files(*trained(), number=b"%d" % number), key)
        )
    monkeypatch.setattr(shelf_module, "connect", lambda _workspace: registry)
    monkeypatch.setattr(shelf_module, "verify_bundle", lambda *_: pytest.fail("a child of its own"))
    together = shelf_module.good_bundles
    monkeypatch.setattr(
        shelf_module, "good_bundles", lambda folders, keys: asked.append(len(folders)) or together(folders, keys)
    )
    first, second = Shelf(workspace, ("one", "two", "three")), Shelf(workspace, ("one", "two", "three"))
    first.refresh()
    second.refresh()
    assert (first.missing(), second.missing(), asked) == ((), (), [3])
