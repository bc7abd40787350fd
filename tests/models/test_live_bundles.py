"""Reports read the live bundles verified, all of them by one child process."""

from pathlib import Path
from typing import Any

import pytest

from configs.errors import ModelError
from configs.workspace import Workspace
from evaluation import live_bundles
from models.bundles.bundle import write_bundle
from models.bundles.signing import load_or_create_signing_key
from tests.models.bundles.small_bundle import model_files, trained
from tests.serving.fake_registry import Registry


def registered(folder: Path, names: tuple[str, ...]) -> tuple[Any, list[Any]]:
    registry, key = Registry(), load_or_create_signing_key(Workspace(folder).keys)  # type: ignore[no-untyped-call]
    for name in names:
        place = folder / f"made-{name}"
        registry.add(name, "1", place, write_bundle(place, "booster", model_files(*trained()), key))  # type: ignore[no-untyped-call]
    return registry, [registry.live[name] for name in names]


def test_one_child_verifies_every_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, versions = registered(tmp_path, ("one", "two"))
    monkeypatch.setattr(live_bundles, "verify_bundle", lambda *_: pytest.fail("a child of its own"))
    found = live_bundles.verified(Workspace(tmp_path), registry, versions)
    assert {name: bundle.sha256 for name, bundle in found.items()} == {one.name: one.sha256 for one in versions}
    assert live_bundles.verified(Workspace(tmp_path), registry, []) == {}


@pytest.mark.parametrize("said", [{}, {"two": "0" * 64}])
def test_F2_a_bundle_that_the_child_did_not_confirm_is_refused_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    registry, versions = registered(tmp_path, ("one", "two"))
    whole = {one.name: one.sha256 for one in versions} | said
    told = {} if not said else whole
    monkeypatch.setattr(live_bundles, "good_bundles", lambda places, _: {p: told[p.name] for p in places if told})

    def refuse(folder: Path, _: object) -> None:
        raise ModelError(f"The model bundle {folder.name} cannot be parsed.")

    monkeypatch.setattr(live_bundles, "verify_bundle", refuse)
    with pytest.raises(ModelError, match=r"The model bundle (one|two) cannot be parsed"):
        live_bundles.verified(Workspace(tmp_path), registry, versions)
