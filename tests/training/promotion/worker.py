"""The test's side of `tests.training.promotion.killing`."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from configs.loader import PROJECT_ROOT


class Worker:
    """A process with everything loaded, whose children train and promote."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.training.promotion.killing"], cwd=PROJECT_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._line() == "ready"

    def run(self, var: Path, seconds: float | None = None, megabytes: int = 0) -> int:
        """One training and promotion, killed after so long or with so little memory; its exit code."""
        self._ask(f"{var} {megabytes}")
        child = int(self._line())
        timer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL)) if seconds is not None else None
        if timer:
            timer.start()
        code = int(self._line())
        if timer:
            timer.cancel()
        return code

    def both(self, var: Path) -> tuple[int, ...]:
        """Two promotions at once; their exit codes."""
        self._ask(f"{var} both")
        return tuple(int(code) for code in self._line().split())

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()

    def _ask(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
