"""The service as a process of its own, as `serving.serve` starts it, over a data folder that may be empty."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from configs.loader import PROJECT_ROOT

MOST_SECONDS = 180
"""On a loaded machine; nothing here measures a time."""


@dataclass
class Running:
    """A started service."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own, kept open until it is closed."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def status(self, path: str) -> int:
        """What a GET is answered; 0 = no answer."""
        connection = self.connect()
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def begun(self) -> int:
        """How many workers have started to answer so far."""
        return self.log.read_text(encoding="utf-8").count("Completed startup hook")

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in below if _is_worker(one)]


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until it holds."""
    until = time.monotonic() + MOST_SECONDS
    while not holds():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.1)


@contextmanager
def running(
    words: Sequence[str], variables: Mapping[str, str], port: int, log: Path, cwd: Path = PROJECT_ROOT
) -> Iterator[Running]:
    """Started and answering; what is left of it at the end is killed, and nothing else."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**os.environ, **variables},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    service = Running(process, port, log)
    try:
        eventually(lambda: process.poll() is not None or service.status("/livez") == 200, "the service answers /livez")
        assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        yield service
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _is_worker(process: psutil.Process) -> bool:
    try:
        return any("worker.service" in word for word in process.cmdline())
    except psutil.Error:
        return False
