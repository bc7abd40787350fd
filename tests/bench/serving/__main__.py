"""`python -m tests.bench.serving` (`make bench-serving`): the service under an open loop of planned requests.

Two workers; at least 1,000 different clients; no answer is cached; every request is authenticated, reads the client's
rows, runs the kernel, explains, and commits its audit entry before it is answered.  `--seconds` shortens the phases.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from configs.loader import PROJECT_ROOT
from tests.bench.report import Figure, finish, tell
from tests.bench.serving import pages
from tests.bench.serving.place import Place, busiest_share, cpu_by_process, demo_folder, made, questions, running
from tests.bench.serving.split import inside

RATES = {60: 150.0, 100: 300.0}
"""Requests per second and the greatest p99 in milliseconds."""
MOST_TIMES_EMPTY, MOST_RESTART_S, MOST_POSTED_MS, WARM_SECONDS, SEED = 6.0, 10.0, 60.0, 10.0, 20_240_101


@dataclass(frozen=True)
class Phase:
    """What was seen at one rate."""

    name: str
    sent: int
    errors: int
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    """Of the service, per answer."""
    generator_cpu: float
    """Share of one core."""
    late_p99: float
    """Milliseconds that the generator itself was late."""
    refused: dict[int, int]
    """HTTP status of what was not 200 (0 = no answer) and how often."""
    busiest: float
    """Share of the busier worker in the processor time of both."""


def main() -> None:
    """Start, load, stop; then the empty endpoint; then the pages; then the split."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serving")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each phase (default: 60)")
    seconds = parser.parse_args().seconds
    place = made(demo_folder(), PROJECT_ROOT / "var" / "bench" / "serving")
    asked = questions(place)
    tell(f"serving: {len(asked):,} different clients")
    order = np.random.default_rng(SEED).permutation(len(asked))
    shuffled = [asked[number] for number in order]
    with running(place, place.start_service(), "/readyz") as (root, ready):
        tell(f"serving: ready in {ready:.1f} s")
        phase(place, root, "warm", shuffled, 30, min(WARM_SECONDS, seconds))
        phases = [phase(place, root, f"{rate} req/s", shuffled, rate, seconds) for rate in RATES]
    with running(place, place.start_empty(), "/readyz") as (root, _):
        nothing = [{**one, "path": "/v1/empty", "body": _plain(one["body"])} for one in shuffled]
        phase(place, root, "warm", nothing, 30, min(WARM_SECONDS, seconds) / 2)
        empty = phase(place, root, "empty 60 req/s", nothing, 60, seconds / 2)
    opened = pages.measured(place, 2 * seconds)
    seen = inside(place, shuffled)
    _table([*phases, empty], seen.steps)
    wall, cpu, rows = seen.posted
    p95 = float(np.percentile(wall, 95))
    print(
        f"posted rows: {len(wall):,} clients, {np.median(rows):.0f} rows (most {rows.max()}), "
        f"p50 {np.median(wall):.1f} ms, p95 {p95:.1f} ms, processor time p95 {np.percentile(cpu, 95):.1f} ms"
    )
    posted = {"serving_posted_rows_p95": Figure(p95, "ms", at_most=MOST_POSTED_MS)}
    finish({**_figures(phases, empty, ready, len(asked)), **posted, **opened})


def phase(
    place: Place, root: psutil.Process, name: str, asked: list[dict[str, Any]], rate: float, seconds: float
) -> Phase:
    """Run the generator in a process of its own and sum up."""
    plan = place.folder / "plan.json"
    plan.write_text(json.dumps(_plan(place, asked, rate, seconds)), encoding="utf-8")
    before = cpu_by_process(root)
    words = [sys.executable, "-m", "tests.bench.serving.load", str(plan)]
    done = subprocess.run(words, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
    after, seen = cpu_by_process(root), json.loads(done.stdout)
    spent = sum(after.values()) - sum(before.values())
    waited, count = np.array(seen["milliseconds"]), len(seen["statuses"])
    found = Phase(
        name,
        count,
        sum(status != 200 for status in seen["statuses"]),
        *(float(np.percentile(waited, part)) for part in (50, 95, 99)),
        1000 * spent / max(1, seen["statuses"].count(200)),
        seen["cpu"] / seen["wall"],
        float(np.percentile(seen["late"], 99)),
        {status: times for status, times in Counter(seen["statuses"]).items() if status != 200},
        busiest_share(before, after),
    )
    tell(f"serving: {name}: {found}")
    return found


def _plan(place: Place, asked: list[dict[str, Any]], rate: float, seconds: float) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": place.port,
        "rate": rate,
        "seconds": seconds,
        "seed": SEED,
        "requests": asked,
    }


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("decision_point", "purpose", "client_id")}


def _table(phases: list[Phase], steps: dict[str, float]) -> None:
    times = f"{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'cpu ms':>9}"
    print(f"{'':<18}{'sent':>7}{'errors':>8}{times}{'generator':>11}{'late p99':>10}")
    for one in phases:
        print(
            f"{one.name:<18}{one.sent:>7,}{one.errors:>8}{one.p50:>9.1f}{one.p95:>9.1f}{one.p99:>9.1f}"
            f"{one.cpu_ms:>9.1f}{one.generator_cpu:>10.0%} {one.late_p99:>9.1f}"
        )
    rest = phases[0].cpu_ms - sum(steps.values())
    parts = {**steps, "framework and the rest": rest}
    print("processor time of one request (ms): " + ", ".join(f"{name} {spent:.1f}" for name, spent in parts.items()))


def _figures(phases: list[Phase], empty: Phase, ready: float, clients: int) -> dict[str, Figure]:
    figures = {}
    for one, (rate, limit) in zip(phases, RATES.items(), strict=True):
        figures[f"serving_p99_{rate}"] = Figure(one.p99, "ms", at_most=limit)
        figures[f"serving_errors_{rate}"] = Figure(one.errors, "requests", at_most=0)
        figures[f"serving_sent_{rate}"] = Figure(one.sent, "requests")
        figures[f"serving_busiest_{rate}"] = Figure(one.busiest, "share")
    return {
        **figures,
        "serving_clients": Figure(clients, "clients", at_least=1000),
        "serving_cpu_ms": Figure(phases[0].cpu_ms, "ms"),
        "serving_empty_cpu_ms": Figure(empty.cpu_ms, "ms"),
        "serving_times_empty": Figure(phases[0].cpu_ms / empty.cpu_ms, "times", at_most=MOST_TIMES_EMPTY),
        "serving_generator_cpu": Figure(max(one.generator_cpu for one in phases), "cores"),
        "serving_restart_to_ready": Figure(ready, "s", at_most=MOST_RESTART_S),
    }


if __name__ == "__main__":
    main()
