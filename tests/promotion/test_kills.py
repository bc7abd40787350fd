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
from contextlib import contextmanager
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

    def run(self, seconds: float | None) -> int:
        """One training and promotion, killed after so long; its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
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


@contextmanager
def worker(var: Path) -> Iterator[Worker]:
    environment = {**os.environ, "LUOTAIN_VAR": str(var), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.promotion.killing"], cwd=PROJECT_ROOT, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield Worker(process)
    finally:
        process.communicate()


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
def test_F11_kill_9_during_training_and_promotion_leaves_no_half_model(
    trained_need: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(trained_need, tmp_path / "var")
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    workspace, rng = Workspace.of("var"), random.Random(11)
    wanted = count("training_kills", small=3, full=50)
    undisturbed = connect(workspace).version(NEED, "1").sha256
    killed, ended = 0, 0
    with worker(tmp_path / "var") as work:
        started = time.perf_counter()
        assert work.run(None) == 0
        whole = time.perf_counter() - started
        while killed < wanted:
            code = work.run(rng.uniform(0.0, whole))
            killed, ended = killed + (code == -signal.SIGKILL), ended + (code == 0)
            assert half_visible(workspace) == []
        assert work.run(None) == 0
    registry = connect(workspace)
    newest, champion = registry.latest(NEED), registry.champion(NEED)
    assert newest is not None
    assert champion == newest
    assert {version.sha256 for version in registry.versions(NEED)} == {undisturbed}  # same inputs, same model
    assert open_ledger(workspace).verify() is None
    statuses = [run.info.status for run in registry.client.search_runs([registry.experiment_id()], max_results=500)]
    assert "RUNNING" not in statuses  # the dead runs were found and marked
