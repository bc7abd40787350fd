"""A private PostgreSQL server for a test session: made in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

GIVEN = "LUOTAIN_TEST_POSTGRES"
"""URL of a server to use instead, e.g. postgresql+psycopg://user:password@host/database; tables are made in it."""

DEBIAN = Path("/usr/lib/postgresql")
PASSWORD = "only for this test"


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server.  Skips with a reason where there is none, but never in CI."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="luotain-pg-", dir="/tmp"))  # short: a socket's path has 107 bytes
    try:
        with _running(_programs(), folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if found:
        return found[-1].parent
    reason = f"no PostgreSQL server software under {DEBIAN}: apt-get install postgresql, or set {GIVEN}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[str]:
    data, secret, port = folder / "data", folder / "password", _free_port()
    secret.write_text(PASSWORD, encoding="utf-8")
    owner = _owner(folder, secret)
    options = ["-D", str(data), "-U", "owner", "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8"]
    _call([programs / "initdb", *options, "--locale=C", "--no-sync"], owner)
    settings = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c shared_buffers=16MB"
    control = [programs / "pg_ctl", "-D", str(data), "-w", "-t", "60"]
    _call([*control, "-l", str(folder / "log"), "-o", settings, "start"], owner)
    try:
        yield f"postgresql+psycopg://owner:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/postgres"
    finally:
        _call([*control, "-m", "immediate", "stop"], owner)


def _owner(folder: Path, secret: Path) -> Callable[[], None] | None:
    """The server refuses to run as root: then it runs as the user `postgres`, who gets the folder."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("postgres")
    for path in (folder, secret):
        os.chown(path, user.pw_uid, user.pw_gid)

    def become() -> None:
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


def _call(command: list[str | Path], become: Callable[[], None] | None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        preexec_fn=become,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr[-500:]}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
