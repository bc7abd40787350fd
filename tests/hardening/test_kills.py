"""F10: death in the middle of an ingest; readers see the old snapshot or the new one, never a part of either."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import features.manifest
import features.sources.settling.write
from configs.loader import PROJECT_ROOT
from features.sources.engine import Engine
from tests.counts import count
from tests.features.deliveries.extracts import ANNA, BERTTA, Extracts
from tests.hardening.stores import KEY, config_of, contact_rows, is_whole, waiting


class Killed(BaseException):
    """Stands for the death of the process at a chosen moment: nothing is cleared up after it."""


@pytest.fixture
def extracts(var: Path, monkeypatch: pytest.MonkeyPatch) -> Extracts:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY)
    return waiting(var)


class Calls:
    """Counts calls, and at the chosen one does something else."""

    def __init__(self, at: int, instead: Callable[[], object]) -> None:
        self.at, self.instead, self.made = at, instead, 0

    def of(self, action: Callable[..., object]) -> Callable[..., object]:
        def watched(*args: object, **kwargs: object) -> object:
            self.made += 1
            if self.made == self.at:
                self.instead()
            return action(*args, **kwargs)

        return watched


def _die() -> None:
    raise Killed


STEPS = [
    (features.sources.settling.write, "flush_file", range(1, 4)),
    (features.sources.settling.write, "flush_folder", range(1, 3)),
    (features.sources.settling.write, "file_sha256", range(1, 4)),
    (features.manifest, "write_atomically", range(1, 3)),
    (features.manifest, "flush_folder", range(1, 2)),
    (Engine, "run", range(1, 60, 6)),
]


@pytest.mark.parametrize("place, name, at", [(place, name, at) for place, name, moments in STEPS for at in moments])
def test_F10_death_at_any_step_leaves_the_old_snapshot(
    place: object, name: str, at: int, extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = extracts.snapshot().sha256
    with monkeypatch.context() as patch:
        patch.setattr(place, name, Calls(at, _die).of(getattr(place, name)))
        with pytest.raises(Killed):
            extracts.ingest()
    assert extracts.snapshot().sha256 == before
    assert is_whole(extracts.store)
    assert contact_rows(extracts) == 1
    extracts.ingest()
    assert contact_rows(extracts) == 2
    assert not list(extracts.store.glob("**/*.part"))


SYSTEM_CALLS = ((os, "fsync"), (os, "replace"), (os, "rename"), (Path, "replace"), (Path, "mkdir"), (Path, "unlink"))


def _fail() -> None:
    raise OSError(5, "Input/output error")


def _ingest_failing_at(extracts: Extracts, at: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the `at`-th file-system call of an ingest fail; the number of calls it came to."""
    calls = Calls(at, _fail)
    with monkeypatch.context() as patch:
        for place, name in SYSTEM_CALLS:
            patch.setattr(place, name, calls.of(getattr(place, name)))
        try:
            extracts.ingest()
        except OSError:
            assert calls.made >= at
    return calls.made


def test_F10_a_failure_of_each_file_system_call_leaves_the_old_or_the_new(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = extracts.snapshot().sha256
    at, outcomes = 0, []
    while True:
        at += 1
        made = _ingest_failing_at(extracts, at, monkeypatch)
        now = extracts.snapshot().sha256
        assert is_whole(extracts.store)
        outcomes.append(now == before)
        assert contact_rows(extracts) == (1 if now == before else 2)
        if now != before and made < at:
            break
        if now != before:
            extracts.ingest()
            assert contact_rows(extracts) == 2
            _back(extracts, before)
    assert at > 10  # fsync of two files, a quarantine, two folders, two manifests; renames; folders made
    assert outcomes[:10] == [True] * 10


def _back(extracts: Extracts, sha256: str) -> None:
    """Publish the earlier snapshot again, so that the next failure meets the same store."""
    earlier = extracts.store / "manifests" / f"{sha256}.json"
    (extracts.store / "manifest.json").write_bytes(earlier.read_bytes())


def test_F10_files_of_a_killed_ingest_are_removed_by_the_next(extracts: Extracts) -> None:
    orphan = extracts.store / "data" / "contacts" / "deadbeef0000-000.parquet"
    orphan.write_bytes(b"half a file")
    extracts.ingest()
    assert not orphan.exists()


PROGRAM = textwrap.dedent(
    """
    import sys
    from features.ingest.__main__ import main

    print("ready", flush=True)
    sys.stdin.readline()
    raise SystemExit(main(["--config", sys.argv[1]]))
    """
)


def _started(config: Path) -> subprocess.Popen[str]:
    """An ingest that has loaded everything and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(config)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _go(process: subprocess.Popen[str], seconds: float | None) -> int:
    """Let it ingest, and kill it -9 after so long; its exit code."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode


@pytest.mark.proof("ingest_kills")
def test_F10_kill_9_at_random_moments_leaves_the_old_or_the_new(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [
        f"2024-05-{day:02d} {hour:02d}:{minute:02d}:00"
        for day in range(1, 21)
        for hour in range(24)
        for minute in range(60)
    ]
    extracts.contacts(*(f"{ANNA};{time};;T1;A01;1" for time in times), name="contacts_3.csv")
    config, before, rng = config_of(extracts), extracts.snapshot().sha256, random.Random(10)
    started = time.perf_counter()
    assert _go(_started(config), None) == 0
    whole = time.perf_counter() - started
    after = extracts.snapshot().sha256
    killed = 0
    for _ in range(count("ingest_kills", small=3, full=20)):
        _back(extracts, before)
        killed += _go(_started(config), rng.uniform(0.0, whole * 0.6)) == -signal.SIGKILL
        assert extracts.snapshot().sha256 in (before, after)
        assert is_whole(extracts.store)
        extracts.ingest(quarantine_limit=0.9)
        assert contact_rows(extracts) == 2 + len(times)
        assert extracts.snapshot().sha256 == after
        assert not (extracts.store / ".scratch").exists()
    assert killed  # at least one was really killed in the middle
    assert extracts.read().client_id.nunique() == len({ANNA, BERTTA})
