"""F26 and P14 where models are concerned: a restored copy is the same, and nothing stored holds a client's row."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.workspace import Workspace
from models.bundles.bundle import read_bundle
from models.bundles.golden import golden_rows
from models.bundles.signing import trusted_keys
from models.chain import GENESIS_HASH
from models.registry import connect
from tests.training import small_training as small
from tests.training.promotion import world
from tests.training.promotion.world import NEED, gates
from training.promote import promote
from training.promotion.ledger import open_ledger
from training.rollback import roll_back

BACKED_UP = ("records", "mlflow", "keys", "published")


def live_hashes(workspace: Workspace) -> dict[str, str]:
    """Every live version with the hash of the bundle that lies there, read and checked."""
    registry, keys = connect(workspace), trusted_keys(workspace.keys)
    return {
        name: read_bundle(registry.artefact(version.run_id, "bundle"), keys).sha256
        for name, version in registry.champions().items()
    }


def test_F26_a_restored_copy_has_the_same_ledger_and_models_and_goes_on(
    other_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = tmp_path / "there" / "var", tmp_path / "here" / "var"
    shutil.copytree(other_rows, there)
    before, hashes = open_ledger(Workspace(there)).entries(), live_hashes(Workspace(there))
    for folder in BACKED_UP:
        shutil.copytree(there / folder, here / folder)
    shutil.rmtree(there)  # the machine is lost: nothing may still point there
    monkeypatch.setenv("LUOTAIN_VAR", str(here))
    world.patch_registers(monkeypatch)
    world.check_here(monkeypatch)
    assert open_ledger(Workspace(here)).entries() == before
    assert open_ledger(Workspace(here)).verify() is None
    assert live_hashes(Workspace(here)) == hashes == {NEED: before[0].entry["bundle_sha256"]}
    assert "version 2 is live now, before it 1" in promote(world.desk(), NEED, gates())
    assert roll_back(world.desk(), NEED) == f"{NEED}: back to version 1 from 2."
    assert [one.entry["act"] for one in open_ledger(Workspace(here)).entries()] == ["promote", "promote", "rollback"]


def test_P14_nothing_that_training_and_promotion_store_holds_a_client(other_rows: Path) -> None:
    clients = {client.encode() for client in small.ROWS["client_id"].unique()}
    rows = {row.tobytes() for row in small.FRAME}
    files = [
        file for folder in ("mlflow", "records") for file in sorted((other_rows / folder).rglob("*")) if file.is_file()
    ]
    assert len(files) > 20
    for file in files:
        content = file.read_bytes().replace(GENESIS_HASH.encode(), b"")  # its zeros look like these invented clients
        assert not [client for client in clients if client in content], file.name
        if file.suffix == ".parquet":
            table = pd.read_parquet(file)
            texts = {str(value).encode() for column in table.select_dtypes(exclude="number") for value in table[column]}
            assert not texts & clients, file.name
        if file.name == "golden.json":
            assert not {row.astype(np.float32).tobytes() for row in golden_rows(content)} & rows
