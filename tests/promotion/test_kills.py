"""F11: kill -9 at any moment of training and promotion leaves no half model visible, and the next run goes on."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.loader import PROJECT_ROOT
from configs.workspace import Workspace
from evaluation.evaluate import recomputed
from models.bundles.bundle import read_bundle
from models.bundles.signing import trusted_keys
from models.registry import connect
from serving.records.promotions import read_promotions
from tests.counts import count
from tests.promotion.world import NEED
from training.ledger import open_ledger


class Worker:
    """A process with everything loaded, whose children train and promote."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._line() == "ready"

    def run(self, var: Path, seconds: float | None = None, megabytes: int = 0) -> int:
        """One training and promotion, killed after so long or with so little memory; its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{var} {megabytes}\n")
        self._process.stdin.flush()
        child = int(self._line())
        timer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL)) if seconds is not None else None
        if timer:
            timer.start()
        code = int(self._line())
        if timer:
            timer.cancel()
        return code

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.promotion.killing"], cwd=PROJECT_ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    yield Worker(process)
    process.communicate()


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
def test_F20_a_training_that_runs_out_of_memory_promotes_nothing(worker: Worker, var: Path) -> None:
    workspace = Workspace.of("var")
    for step in range(count("training_memory", small=2, full=16)):
        before = [version.version for version in connect(workspace).versions(NEED)]
        code = worker.run(var, megabytes=4 + 6 * step)
        assert half_visible(workspace) == []
        if code == 0:
            break  # from here on the memory is enough
        after = [version.version for version in connect(workspace).versions(NEED)]
        assert after == before or len(after) == len(before) + 1  # registered whole, and refused memory in promotion
        assert open_ledger(workspace).live(NEED) is None
    assert step > 0
    assert "ran out of memory; nothing half-made was kept" in (var / "said.txt").read_text()
