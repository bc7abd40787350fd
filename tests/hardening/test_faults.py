"""F8, F15, F18, F19, F25: a full disk, two at once, the nights of the clock, no permission, bit rot."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import features.manifest
from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from features.ingest.__main__ import main
from features.ingest.locking import LOCK
from tests.features.deliveries.extracts import ANNA, Extracts, county, report_of
from tests.hardening.stores import KEY, config_of, contact_rows, is_whole, waiting

NOBODY = 65534


@pytest.fixture
def extracts(var: Path, monkeypatch: pytest.MonkeyPatch) -> Extracts:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY)
    return waiting(var)


def run_ingest(extracts: Extracts, before: str = "", **changed: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, after some lines of Python."""
    program = f"""
import sys
from features.ingest.__main__ import main
{textwrap.dedent(before)}
raise SystemExit(main(["--config", sys.argv[1]]))
"""
    return subprocess.run(
        [sys.executable, "-c", program, str(config_of(extracts, **changed))],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_F8_no_space_is_one_sentence_and_the_old_data_stays(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(features.manifest, "write_atomically", full)
    assert main(["--config", str(config_of(extracts))]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert contact_rows(extracts) == 1


@pytest.mark.parametrize("limit", [0, 500, 3_000, 12_000])
def test_F8_writing_stops_at_any_byte_and_the_old_data_stays(limit: int, extracts: Extracts) -> None:
    """The system refuses to make any file longer: the engine's own writes fail as on a full disk."""
    before = extracts.snapshot().sha256
    minutes = (f"{ANNA};2024-05-01 {n // 60:02d}:{n % 60:02d}:00;;T1;{n * 7919 % 10_007};{n % 97}" for n in range(1200))
    extracts.contacts(*minutes, name="contacts_3.csv")
    ended = run_ingest(
        extracts,
        f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        """,
    )
    assert ended.returncode in (1, 3)
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("luotain: ")
    assert ANNA not in ended.stderr
    assert extracts.snapshot().sha256 == before
    assert is_whole(extracts.store)
    extracts.ingest()
    assert contact_rows(extracts) == 2 + 1200
    assert not list(extracts.store.glob("**/*.part"))


def test_F15_a_second_ingest_is_refused_while_one_runs(extracts: Extracts) -> None:
    with (extracts.store / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="Another ingest is writing"):
            extracts.ingest()


def test_F15_two_commands_at_once_leave_one_whole_store(extracts: Extracts) -> None:
    config = str(config_of(extracts))
    command = [sys.executable, "-m", "features.ingest", "--config", config]
    both = [subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) in ([0, 0], [0, 3])
    for process, error in zip(both, errors, strict=True):
        assert process.returncode == 0 or "Another ingest is writing" in error
    assert contact_rows(extracts) == 2
    assert is_whole(extracts.store)
    assert len(extracts.snapshot().batches) == 2


def test_F18_every_hour_of_the_nights_of_the_clock(var: Path) -> None:
    """23 hours in spring, and in autumn the doubled hour is one hour of wall-clock time: none lost, none twice."""
    extracts = county(var)
    spring = [f"{ANNA};2024-03-31 {hour:02d}:30:00;;T1;A01;1" for hour in range(24)]
    autumn = [f"{ANNA};2024-10-27 {hour:02d}:30:00;;T1;A01;1" for hour in range(24)]
    again = f"{ANNA};2024-10-27 03:30:00;;T2;A01;1"  # another contact in the repeated hour
    extracts.contacts(*spring, *autumn, again)
    report = report_of(extracts.ingest())
    assert (report.rows, report.accepted, report.quarantined) == (49, 48, {"bad_time": 1})
    assert extracts.reasons() == {2 + 3: "bad_time"}  # 03:30 did not exist on 31 March
    hours = extracts.read().time.dt.strftime("%m-%d %H").value_counts()
    assert hours.drop("10-27 03").unique().tolist() == [1]
    assert hours["10-27 03"] == 2


def test_F19_a_store_that_may_not_be_written_is_one_sentence(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "manifest.json")

    monkeypatch.setattr(features.manifest, "write_atomically", refuse)
    assert main(["--config", str(config_of(extracts))]) == 1
    assert capsys.readouterr().err == (
        "luotain: the system refused: Permission denied (manifest.json). Check free space and permissions.\n"
    )
    assert contact_rows(extracts) == 1


@pytest.fixture
def open_var(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder whose parents anybody may enter: a process without root's rights must reach it."""
    root = Path(tempfile.mkdtemp(prefix="luotain-"))
    root.chmod(0o755)
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("LUOTAIN_VAR", str(root))
    yield root
    for path in root.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(root)


@pytest.mark.parametrize("place", ["store", "store/data/contacts", "extracts/contacts_2.csv"])
def test_F19_without_permission_the_command_ends_with_a_sentence(place: str, open_var: Path) -> None:
    extracts = waiting(open_var)
    config_of(extracts)
    before = extracts.snapshot().sha256
    if os.geteuid() == 0:
        for path in (open_var, *open_var.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    refused = open_var / place
    refused.chmod(0o000 if refused.is_file() else 0o555)
    ended = run_ingest(
        extracts,
        f"""
        import os
        if os.geteuid() == 0:
            os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
        """,
    )
    assert ended.returncode in (1, 3), ended.stderr
    assert "ermission" in ended.stderr
    assert ended.stderr.count("\n") == 1
    refused.chmod(0o755)
    assert extracts.snapshot().sha256 == before
    assert is_whole(extracts.store)


def test_F19_a_file_where_the_store_should_be_is_one_sentence(
    var: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY)
    extracts = county(var)
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    extracts.store.write_text("not a folder")
    assert main(["--config", str(config_of(extracts))]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: raw[:100] + b"X" + raw[101:], lambda raw: b""])
def test_F25_a_damaged_data_file_is_refused(damage: Callable[[bytes], bytes], extracts: Extracts) -> None:
    file = next((extracts.store / "data" / "contacts").glob("*.parquet"))
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match="is damaged"):
        extracts.read()


def test_F25_a_single_rotten_bit_anywhere_is_found(extracts: Extracts) -> None:
    file = next((extracts.store / "data" / "contacts").glob("*.parquet"))
    good = file.read_bytes()
    for place in range(0, len(good), max(1, len(good) // 40)):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert not is_whole(extracts.store)
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
