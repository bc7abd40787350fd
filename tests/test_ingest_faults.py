"""Faults during an ingest: readers see the old snapshot or the new one, never a part of either."""

import fcntl
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import features.manifest
import features.sources.write
from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from features.ingest.__main__ import main
from features.ingest.run import LOCK
from features.sources.engine import Engine
from tests.extracts import ANNA, BERTTA, Extracts, county


class Killed(BaseException):
    """Stands for the death of the process at a chosen moment."""


@pytest.fixture
def extracts(var: Path, monkeypatch: pytest.MonkeyPatch) -> Extracts:
    """One ingested delivery, a second one waiting.  The key is fixed: the two clients lie in two buckets."""
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", "02" * 32)
    made = county(var)
    made.contacts(f"{ANNA};2024-03-01;;T1;A01;1", name="contacts_1.csv")
    made.ingest()
    made.contacts(f"{ANNA};2024-03-01;;T1;A01;1", f"{BERTTA};2023-03-01;;T1;A01;1", name="contacts_2.csv")
    return made


def config_of(extracts: Extracts) -> Path:
    config = extracts.var / "ingest.yaml"
    config.write_text(
        f"var: x\nsources: ['{extracts.var}/sources/*.yaml']\nn_buckets: 4\nquarantine_limit: 0.9\n"
        "identity: {test_range: link}\n"
    )
    return config


def dying_after(calls: int, action: Callable[..., object]) -> Callable[..., object]:
    left = [calls]

    def instead(*args: object, **kwargs: object) -> object:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return action(*args, **kwargs)

    return instead


STEPS = [
    (features.sources.write, "flush_file", range(3)),
    (features.sources.write, "flush_folder", range(2)),
    (features.sources.write, "file_sha256", range(3)),
    (features.manifest, "write_atomically", range(2)),
    (features.manifest, "flush_folder", range(1)),
    (Engine, "run", range(0, 110, 10)),
]


@pytest.mark.parametrize(
    "place, name, calls", [(place, name, calls) for place, name, moments in STEPS for calls in moments]
)
def test_F10_death_at_any_step_leaves_the_old_snapshot(
    place: object, name: str, calls: int, extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = extracts.snapshot().sha256
    with monkeypatch.context() as patch:
        patch.setattr(place, name, dying_after(calls, getattr(place, name)))
        with pytest.raises(Killed):
            extracts.ingest()
    assert extracts.snapshot().sha256 == before
    assert len(extracts.read()) == 1
    extracts.ingest()
    assert len(extracts.read()) == 2
    assert not list(extracts.store.glob("**/*.part"))


@pytest.mark.slow
def test_F10_kill_9_before_the_manifest_is_replaced(extracts: Extracts) -> None:
    before = extracts.snapshot().sha256
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        import features.manifest
        from tests.extracts import Extracts

        def die(*_):
            os.kill(os.getpid(), signal.SIGKILL)

        features.manifest.write_atomically = die
        Extracts(Path(sys.argv[1])).ingest()
        """
    )
    ended = subprocess.run([sys.executable, "-c", program, str(extracts.var)], cwd=PROJECT_ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert extracts.snapshot().sha256 == before
    left = set(extracts.store.glob("data/contacts/*.parquet"))
    assert len(left) > len(extracts.snapshot().tables["contacts"])
    extracts.ingest()
    assert len(extracts.read()) == 2
    assert not (extracts.store / ".scratch").exists()


def test_F10_files_of_a_killed_ingest_are_removed_by_the_next(extracts: Extracts) -> None:
    orphan = extracts.store / "data" / "contacts" / "deadbeef0000-000.parquet"
    orphan.write_bytes(b"half a file")
    extracts.ingest()
    assert not orphan.exists()


def test_F15_a_second_ingest_is_refused_while_one_runs(extracts: Extracts) -> None:
    with (extracts.store / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="Another ingest is writing"):
            extracts.ingest()


def test_F8_a_full_disk_is_one_sentence_and_the_old_data_stays(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(features.sources.write, "flush_file", full)
    assert main(["--config", str(config_of(extracts))]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert len(extracts.read()) == 1


def test_F19_a_store_that_may_not_be_written_is_one_sentence(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "manifest.json")

    monkeypatch.setattr(features.manifest, "write_atomically", refuse)
    assert main(["--config", str(config_of(extracts))]) == 1
    assert capsys.readouterr().err == (
        "luotain: the system refused: Permission denied (manifest.json). Check free space and permissions.\n"
    )
    assert len(extracts.read()) == 1


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: raw[:100] + b"X" + raw[101:], lambda raw: b""])
def test_F25_a_damaged_data_file_is_refused(damage: Callable[[bytes], bytes], extracts: Extracts) -> None:
    file = next((extracts.store / "data" / "contacts").glob("*.parquet"))
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match="is damaged"):
        extracts.read()


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace('"rows":1', '"rows":2', 1)])
def test_F25_a_damaged_manifest_is_refused(damage: Callable[[str], str], extracts: Extracts) -> None:
    manifest = extracts.store / "manifest.json"
    manifest.write_text(damage(manifest.read_text()))
    with pytest.raises(DataError, match="its checksum does not hold"):
        extracts.snapshot()


def test_F25_a_missing_data_file_is_named(extracts: Extracts) -> None:
    next((extracts.store / "data" / "contacts").glob("*.parquet")).unlink()
    with pytest.raises(DataError, match="The store lacks"):
        extracts.read()
