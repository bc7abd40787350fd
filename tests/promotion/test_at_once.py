"""F16: two processes promote at once; one wins, the other is told in one sentence, and the ledger stays whole."""

import os
import subprocess
import sys
from pathlib import Path

from configs.loader import PROJECT_ROOT
from configs.workspace import Workspace
from models.registry import connect
from tests.promotion.world import NEED, promote_config
from training.ledger import open_ledger

PROGRAM = """
import sys
from training import promote
from training.promotion import desk

write = desk.make_live


def wait_and_write(*given):
    print("judged", flush=True)
    sys.stdin.readline()
    write(*given)


promote.make_live = wait_and_write
raise SystemExit(promote.main(["--config", sys.argv[1], "--why", sys.argv[2]]))
"""


def started(config: Path, why: str) -> subprocess.Popen[str]:
    """A promotion that has judged its candidate and waits for a line before it writes."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(config), why], cwd=PROJECT_ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return process


def judged(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "judged\n", process.stderr.read() if process.stderr else ""


def test_F16_of_two_processes_that_promote_at_once_one_wins_and_the_other_is_told(
    place: Workspace, tmp_path: Path
) -> None:
    config = promote_config(tmp_path)
    both = [started(config, f"promotion number {number}") for number in (1, 2)]
    for process in both:
        judged(process)
    for process in both:  # both have judged the same candidate against the same champion, and now both write
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=300) for process in both]
    assert sorted(process.returncode for process in both) == [0, 5]
    loser = next(out for (out, _), process in zip(said, both, strict=True) if process.returncode == 5)
    assert f"Another promotion of {NEED} was written first. Look at what is live now and run promote again." in loser
    (entry,) = open_ledger(place).entries()
    assert entry.entry["why"] in ("promotion number 1", "promotion number 2")
    assert open_ledger(place).verify() is None
    champion = connect(place).champion(NEED)
    assert champion is not None
    assert champion.version == "1"
