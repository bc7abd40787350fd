"""The process that is killed: it trains and promotes for real, one forked child per line on stdin.

Everything is imported once; `python -m tests.promotion.killing` prints "ready", and for each line "<data folder> <MB>"
the number of the child that has begun, and its exit code when it ends.  MB > 0: the child may take so much more memory
than it has.  The test kills the child, never this process.
"""

import os
import resource
import sys
from pathlib import Path

import pytest

from configs.command import run_command
from tests.promotion.world import NEED, desk, gates, patch_registers, train_need
from training.promote import promote


def work() -> None:
    """One training and its promotion, as the commands do them."""
    with pytest.MonkeyPatch.context() as patch:
        patch_registers(patch)
        train_need()
        promote(desk(), NEED, gates())


def child(var: str, megabytes: int) -> int:
    os.environ["LUOTAIN_VAR"] = var
    for stream in (1, 2):
        os.dup2(os.open(f"{var}/said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    if megabytes:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return run_command(work)


def main() -> int:
    print("ready", flush=True)
    for line in sys.stdin:
        var, megabytes = line.split()
        number = os.fork()
        if number == 0:
            os._exit(child(var, int(megabytes)))
        print(number, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
