"""Time and memory of one process, or of a command and every process it starts."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import psutil

T = TypeVar("T")
STATUS = Path("/proc/self/status")
EVERY_S = 0.02


@dataclass(frozen=True)
class Spent:
    """Wall time, processor time, and the most memory at once."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def peak_bytes() -> int:
    """The most this process has held.  getrusage would count what its parent held before the start."""
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@dataclass(frozen=True)
class Timed:
    """Wall time of the first run (compilation and cold caches included) and of the best, and its processor time."""

    first_s: float
    best_s: float
    cpu_s: float


def best_of(times: int, work: Callable[[], T]) -> tuple[T, Timed]:
    """The last result and the times."""
    spent = []
    for _ in range(times):
        start, cpu = time.perf_counter(), time.process_time()
        result = work()
        spent.append((time.perf_counter() - start, time.process_time() - cpu))
    return result, Timed(spent[0][0], *min(spent))


def command(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    output: Path | None = None,
    must_succeed: bool = True,
) -> Spent:
    """Run a command; its memory is the greatest sum over it and its children, shared pages counted in each.

    What it prints goes to the file `output`, or nowhere.  Raises CalledProcessError when it fails and must not.
    """
    with (output or Path(os.devnull)).open("wb") as said:
        spent, code = _measured(arguments, environment, said)
    if code and must_succeed:
        raise subprocess.CalledProcessError(code, list(arguments))
    return spent


def _measured(arguments: Sequence[str], environment: Mapping[str, str] | None, said: BinaryIO) -> tuple[Spent, int]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = psutil.Popen(arguments, stdout=said, env=environment)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _held(process))
        time.sleep(EVERY_S)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak), int(
        process.returncode
    )


def _held(process: psutil.Process) -> int:
    try:
        return sum(_resident(one) for one in [process, *process.children(recursive=True)])
    except psutil.NoSuchProcess:
        return 0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
