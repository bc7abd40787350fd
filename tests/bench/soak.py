"""`python -m tests.bench.soak` (`make soak`): the service under a steady open loop for half an hour, as it is run.

Measured: answers that are not 200, memory of all its processes after the first five minutes, models swapped under load
by the very commands that a person types (`training.promote`, `training.rollback`), and how long a restart takes until
`/readyz` says yes.
`--minutes` shortens it; the first sixth is then the warm-up.
"""

import argparse
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import yaml

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from tests.bench.report import Figure, finish, tell
from tests.bench.serving.place import Place, demo_folder, made, questions, running

MINUTES, RATE, SEED = 30.0, 20.0, 20_260_101
WARM_SHARE = 1 / 6
"""Five minutes of thirty."""
SAMPLE_SECONDS, REFRESH_SECONDS = 2.0, 5
MOST_GROWTH, MOST_RESTART_S = 0.05, 10.0
SWAPPED = "need_heavier_home_care_6m"
SOAKED, MOST_TRIES = "soak test of the service", 5
SWAPS_EVERY_S = 300.0
"""Beginning after the warm-up; a short soak swaps at its quarters."""


@dataclass
class Memory:
    """Bytes of the service's processes: resident, and anonymous (what cannot be read again from a file)."""

    seconds: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    anonymous: list[int] = field(default_factory=list)

    def sample(self, root: psutil.Process, at: float) -> None:
        """One sample of the whole tree."""
        processes = [root, *root.children(recursive=True)]
        self.seconds.append(at)
        self.resident.append(sum(_memory(one, "Rss") for one in processes))
        self.anonymous.append(sum(_memory(one, "Anonymous") for one in processes))

    def growth(self, kind: str, warm: float) -> float:
        """Share by which the last sixth of the samples after the warm-up lies above the first sixth."""
        after = np.array(getattr(self, kind), dtype=float)[np.array(self.seconds) >= warm]
        part = max(1, len(after) // 6)
        return float(np.median(after[-part:]) / np.median(after[:part]) - 1)


@dataclass(frozen=True)
class Swap:
    """A change of the live version under load."""

    act: str
    wanted: str
    seconds: float
    """Until every answer came from the wanted version."""


def main() -> None:
    """Prepare, soak, restart, tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"length (default: {MINUTES:.0f})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"requests per second (default: {RATE:.0f})")
    given = parser.parse_args()
    place = _place()
    asked = questions(place)
    second = _second_version(place)
    tell(f"soak: {len(asked):,} different clients, {SWAPPED} has versions 1 and {second}")
    seconds = given.minutes * 60
    with running(place, place.start_service(), "/readyz") as (root, started):
        tell(f"soak: started in {started:.1f} s")
        seen, memory, swaps = _soak(place, root, asked, given.rate, seconds)
    with running(place, place.start_service(), "/readyz") as (_, restart):
        tell(f"soak: ready {restart:.1f} s after the restart")
    _tell(seen, memory, swaps, seconds)
    finish(_figures(seen, memory, swaps, restart, seconds))


def _place() -> Place:
    """The benchmark's place, looking for new champions more often than once a minute."""
    demo, folder = demo_folder(), PROJECT_ROOT / "var" / "bench" / "soak"
    place = made(demo, folder)
    said = yaml.safe_load(place.config.read_text(encoding="utf-8"))
    place.config.write_text(yaml.safe_dump({**said, "refresh_seconds": REFRESH_SECONDS}, allow_unicode=True))
    return place


def _second_version(place: Place) -> str:
    """Train the swapped model from other seeds until one passes the gates; its version, with the first live again."""
    _command("features.histories", "--config", "configs/histories.yaml")
    said = yaml.safe_load((PROJECT_ROOT / "configs/need.yaml").read_text(encoding="utf-8"))
    said["tasks"], said["tasks_where_enough"] = [SWAPPED.removeprefix("need_")], []
    promote = {**yaml.safe_load((PROJECT_ROOT / "configs/promote.yaml").read_text()), "models": [SWAPPED]}
    (place.folder / "promote.yaml").write_text(yaml.safe_dump(promote), encoding="utf-8")
    for _ in range(MOST_TRIES):
        said["fit"]["boosting"]["seed"] += 1
        version, refused = _trained(place, said), _refused(place)
        if not refused:
            _command("training.rollback", "--model", SWAPPED, "--why", SOAKED, "--config", _promote(place))
            return version
        tell(f"soak: version {version} was refused by the gates: {refused}")
    raise DataError(f"None of {MOST_TRIES} further versions of {SWAPPED} passed the gates.")


def _trained(place: Place, said: dict[str, Any]) -> str:
    config = place.folder / "need.yaml"
    config.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    found = re.search(rf"Registered {SWAPPED} version (\d+)", _command("training.need", "--config", str(config)))
    if found is None:
        raise DataError(f"{SWAPPED} was not registered a second time.")
    return found[1]


def _refused(place: Place) -> str:
    """What promoting the newest version says when its gates refuse it; empty when it is live now."""
    try:
        _command("training.promote", "--config", _promote(place))
    except DataError as fault:
        return str(fault)
    return ""


def _promote(place: Place) -> str:
    return str(place.folder / "promote.yaml")


def _command(module: str, *words: str) -> str:
    """What a command printed.  LUOTAIN_VAR points at the place since it was made."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DataError(f"{module}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    return done.stdout


def _soak(
    place: Place, root: psutil.Process, asked: Sequence[dict[str, Any]], rate: float, seconds: float
) -> tuple[dict[str, Any], Memory, list[Swap]]:
    """The load in a process of its own, while memory is sampled and models are swapped."""
    memory, swaps, began = Memory(), list[Swap](), time.monotonic()
    planned = _swap_times(seconds)
    with _load(place, asked, rate, seconds) as load, _sampling(memory, root, began):
        while load.poll() is None:
            if planned and time.monotonic() - began >= planned[0]:
                planned.pop(0)
                swaps.append(_swap(place, asked, len(swaps)))
                tell(f"soak: {swaps[-1]}")
            time.sleep(SAMPLE_SECONDS)
    seen: dict[str, Any] = json.loads((place.folder / "seen.json").read_text(encoding="utf-8"))
    return seen, memory, swaps


@contextmanager
def _sampling(memory: Memory, root: psutil.Process, began: float) -> Iterator[None]:
    """Memory sampled in a thread of its own: a command that swaps a model takes a minute."""
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            memory.sample(root, time.monotonic() - began)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _swap_times(seconds: float) -> list[float]:
    if seconds < 3 * SWAPS_EVERY_S:
        return [seconds * share for share in (0.25, 0.5)]
    return list(np.arange(seconds * WARM_SHARE, seconds - SWAPS_EVERY_S / 2, SWAPS_EVERY_S))


@contextmanager
def _load(
    place: Place, asked: Sequence[dict[str, Any]], rate: float, seconds: float
) -> Iterator["subprocess.Popen[bytes]"]:
    plan = {"host": "127.0.0.1", "port": place.port, "rate": rate, "seconds": seconds, "seed": SEED}
    order = np.random.default_rng(SEED).permutation(len(asked))
    file = place.folder / "plan.json"
    file.write_text(json.dumps({**plan, "requests": [asked[number] for number in order]}), encoding="utf-8")
    with (place.folder / "seen.json").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.serving.load", str(file)], cwd=PROJECT_ROOT, stdout=out
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()


def _swap(place: Place, asked: Sequence[dict[str, Any]], number: int) -> Swap:
    """Promote or roll back, and ask until only the wanted version answers."""
    back = number % 2 == 1
    act = ("training.rollback", "--model", SWAPPED, "--why", SOAKED) if back else ("training.promote",)
    told = _command(*act, "--config", _promote(place))
    found = re.search(r"back to version (\d+)|version (\d+) is live", told)
    wanted = next(one for one in found.groups() if one) if found else ""
    question = next(one for one in asked if one["body"].get("task") == SWAPPED.removeprefix("need_"))
    began, streak = time.monotonic(), 0
    while streak < 2 * place.settings.workers * 4 and time.monotonic() - began < 120:
        streak = streak + 1 if _version(place, question) == wanted else 0
        time.sleep(0.05)
    return Swap("rollback" if back else "promote", wanted, time.monotonic() - began)


def _version(place: Place, question: dict[str, Any]) -> str:
    """The version of the model that answers a question now."""
    request = urllib.request.Request(
        f"{place.base}{question['path']}",
        data=json.dumps(question["body"]).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {question['token']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return str(json.load(reply)["stamp"]["version"])


def _memory(process: psutil.Process, kind: str) -> int:
    """Bytes of one process; 0 when it has just ended."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(rf"^{kind}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _tell(seen: dict[str, Any], memory: Memory, swaps: Sequence[Swap], seconds: float) -> None:
    """Six parts of the run, one line each."""
    print(f"{'minutes':<14}{'resident MB':>14}{'anonymous MB':>14}")
    at, edges = np.array(memory.seconds), np.linspace(0, seconds, 7)
    for low, high in pairwise(edges):
        inside = (at >= low) & (at < high)
        if inside.any():
            parts = (np.array(one)[inside].mean() / 1e6 for one in (memory.resident, memory.anonymous))
            print(f"{low / 60:>5.1f}-{high / 60:<8.1f}" + "".join(f"{part:>14.1f}" for part in parts))
    waited = np.array(seen["milliseconds"])
    print(f"{len(waited):,} requests, p50 {np.percentile(waited, 50):.1f} ms, p99 {np.percentile(waited, 99):.1f} ms")
    for swap in swaps:
        print(f"{swap.act}: version {swap.wanted} in every answer after {swap.seconds:.1f} s")


def _figures(
    seen: dict[str, Any], memory: Memory, swaps: Sequence[Swap], restart: float, seconds: float
) -> dict[str, Figure]:
    warm, failed = seconds * WARM_SHARE, sum(status != 200 for status in seen["statuses"])
    return {
        "soak_minutes": Figure(seconds / 60, "min"),
        "soak_sent": Figure(len(seen["statuses"]), "requests"),
        "soak_errors": Figure(failed, "requests", at_most=0),
        "soak_p99": Figure(float(np.percentile(seen["milliseconds"], 99)), "ms"),
        "soak_growth_resident": Figure(memory.growth("resident", warm), "share", at_most=MOST_GROWTH),
        "soak_growth_anonymous": Figure(memory.growth("anonymous", warm), "share", at_most=MOST_GROWTH),
        "soak_swaps": Figure(len(swaps), "swaps", at_least=2),
        "soak_swap_slowest": Figure(max((one.seconds for one in swaps), default=float("nan")), "s", at_most=120.0),
        "soak_restart_to_ready": Figure(restart, "s", at_most=MOST_RESTART_S),
    }


if __name__ == "__main__":
    main()
