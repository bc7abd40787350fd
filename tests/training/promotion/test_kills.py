"""F11, F20: kill -9 at any moment of training and promotion, or no memory, leaves no half model visible."""

import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from configs.command import run_command
from configs.workspace import Workspace
from evaluation.evaluate import recomputed
from models.bundles.bundle import read_bundle
from models.bundles.signing import trusted_keys
from models.registry import connect
from serving.records.promotions import read_promotions
from tests.counts import count
from tests.training.promotion.worker import Worker
from tests.training.promotion.world import NEED, train_need
from training import need
from training.promotion.ledger import open_ledger


@pytest.fixture
def var(trained_need: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trained store of this test's own."""
    shutil.copytree(trained_need, tmp_path / "var")
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


def half_visible(workspace: Workspace) -> list[str]:
    """What anybody could see that is not whole: versions, the champion, the ledger."""
    registry, keys, found = connect(workspace), trusted_keys(workspace.keys), []
    for version in registry.versions(NEED):
        bundle = read_bundle(registry.artefact(version.run_id, "bundle"), keys)
        metrics = recomputed(registry, version)  # every stored file is there and gives the logged figures
        if bundle.sha256 != version.sha256 or "auroc" not in metrics or "additivity_max_error" not in metrics:
            found.append(f"version {version.version}")
    ledger, champion = read_promotions(workspace), registry.champion(NEED)
    if ledger is not None and ledger.first_bad is not None:
        found.append(f"ledger entry {ledger.first_bad}")
    live = ledger.live(NEED) if ledger is not None else None
    if champion is not None and (live is None or int(champion.version) > int(live.version)):
        found.append("an alias that the ledger does not know")
    return found


@pytest.mark.proof("training_kills")
def test_F11_kill_9_during_training_and_promotion_leaves_no_half_model(worker: Worker, var: Path) -> None:
    workspace, rng = Workspace.of("var"), random.Random(11)
    wanted = count("training_kills", small=3, full=50)
    undisturbed = connect(workspace).version(NEED, "1").sha256
    started = time.perf_counter()
    assert worker.run(var) == 0
    whole, killed = time.perf_counter() - started, 0
    while killed < wanted:
        killed += worker.run(var, rng.uniform(0.0, whole)) == -signal.SIGKILL
        assert half_visible(workspace) == []
    assert worker.run(var) == 0
    registry = connect(workspace)
    newest, champion = registry.latest(NEED), registry.champion(NEED)
    assert newest is not None
    assert champion == newest
    assert {version.sha256 for version in registry.versions(NEED)} == {undisturbed}  # same inputs, same model
    assert open_ledger(workspace).verify() is None
    statuses = [run.info.status for run in registry.client.search_runs([registry.experiment_id()], max_results=500)]
    assert "RUNNING" not in statuses  # the dead runs were found and marked


@pytest.mark.proof("training_memory")
def test_F20_a_training_that_the_system_gives_no_memory_promotes_nothing_half(worker: Worker, var: Path) -> None:
    workspace, codes = Workspace.of("var"), []
    for step in range(count("training_memory", small=1, full=16)):
        before = len(connect(workspace).versions(NEED))
        codes.append(worker.run(var, megabytes=1 + 4 * step))
        assert half_visible(workspace) == []
        if codes[-1] == 0:
            break  # from here on the memory is enough
        assert len(connect(workspace).versions(NEED)) - before in (
            0,
            1,
        )  # whole, where only the promotion had too little
        assert open_ledger(workspace).live(NEED) is None
    assert codes[0] != 0


def test_F20_out_of_memory_is_one_sentence_and_an_exit_code(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(need, "fit_step", lambda *_: np.zeros(2**58))
    assert run_command(train_need) == 1
    said = capsys.readouterr().err
    assert said.startswith("luotain: the machine ran out of memory; nothing half-made was kept.")
    assert "Traceback" not in said
    registry = connect(place)
    assert [version.version for version in registry.versions(NEED)] == ["1"]
    newest = registry.client.search_runs([registry.experiment_id()], max_results=1)[0]
    assert newest.info.status == "FAILED"
