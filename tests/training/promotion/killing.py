"""The process that is killed: it trains and promotes for real, one forked child per line on stdin.

Everything is imported once; `python -m tests.training.promotion.killing` prints "ready", and for each line "<data
folder> <MB>" the number of the child that has begun, and its exit code when it ends.  MB > 0: from the first fit on the
child may take so much more memory than it has.  The test kills the child, never this process.
"<data folder> both" promotes in two processes at once.
"""

import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from configs.command import run_command
from tests.counts import PROVING
from tests.training.promotion.world import NEED, check_here, desk, gates, patch_registers, train_need
from training import need
from training import promote as command
from training.promote import promote


def work() -> None:
    """One training and its promotion, as the commands do them."""
    with pytest.MonkeyPatch.context() as patch:
        patch_registers(patch)
        if not PROVING:  # `make prove` kills the whole way, the child that parses the bundle too
            check_here(patch)
        train_need()
        promote(desk(), NEED, gates())


def child(var: str, megabytes: int) -> int:
    os.environ["LUOTAIN_VAR"] = var
    for stream in (1, 2):
        os.dup2(os.open(f"{var}/said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    if megabytes:
        fit = need.fit_step
        need.fit_step = lambda *given: (allow(megabytes), fit(*given))[1]
    return run_command(work)


def allow(megabytes: int) -> None:
    """From here on the system gives this process so much more memory than it has, and no more."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def rival(var: str, why: str) -> int:
    """A promotion that has judged its candidate, waits until the other one has too, and then writes."""
    os.environ["LUOTAIN_VAR"] = var
    os.dup2(os.open(f"{var}/said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    write = command.make_live

    def together(*given: Any) -> None:
        (Path(var) / f"judged.{why}").touch()
        ends = time.monotonic() + 120
        while len(list(Path(var).glob("judged.*"))) < 2 and time.monotonic() < ends:
            time.sleep(0.01)
        write(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "make_live", together)
        check_here(patch)
        return run_command(lambda: print(promote(desk(why), NEED, gates()), file=sys.stderr))


def both(var: str) -> str:
    """The exit codes of two promotions at once, each in a process of its own."""
    children = []
    for why in ("first", "second"):
        number = os.fork()
        if number == 0:
            os._exit(rival(var, why))
        children.append(number)
    return " ".join(str(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])) for number in children)


def main() -> int:
    print("ready", flush=True)
    for line in sys.stdin:
        var, megabytes = line.split()
        if megabytes == "both":
            print(both(var), flush=True)
            continue
        number = os.fork()
        if number == 0:
            os._exit(child(var, int(megabytes)))
        print(number, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
