"""The process that is killed: it trains and promotes for real, one forked child per line on stdin.

Everything is imported once; `python -m tests.promotion.killing` prints "ready", and for each line "go" the number of
the child that has begun.  The test kills the child, never this process.
"""

import os
import sys

import pytest

from tests.promotion.world import NEED, desk, gates, patch_registers, train_need
from training.promote import promote


def work() -> int:
    """One training and its promotion, as the commands do them."""
    with pytest.MonkeyPatch.context() as patch:
        patch_registers(patch)
        train_need()
        promote(desk(), NEED, gates())
    return 0


def main() -> int:
    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(work())
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
