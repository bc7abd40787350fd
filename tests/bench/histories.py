"""`python -m tests.bench.histories`: the kernel beside its peers, then 200,000 clients in bounded memory.

Every runner starts from the same Parquet file, masks both clocks and ends with the same wide float32 frame.  Each runs
in a process of its own and may use both cores; the best of TIMES runs counts (the first compiles and fills caches).
No time is printed before the values were found equal.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from configs.loader import var_folder
from tests.bench import wanted
from tests.bench.report import Figure, finish, tell
from tests.bench.worlds import large
from tests.bench.worlds.events import one_file

CLIENTS = 20_000
TIMES = {"kernel": 7, "polars_best": 7, "duckdb_best": 5, "flattener": 2, "duckdb_filter": 1}
"""Runs per runner: more of the quick ones, whose times vary most."""
TARGETS = {"flattener": 8.0, "duckdb_filter": 15.0, "duckdb_best": 3.0, "polars_best": 2.0}
SHOWN = {
    "kernel": "luotain, features.kernel",
    "polars_best": "Polars, best query",
    "duckdb_best": "DuckDB, best statements",
    "flattener": "timeseriesflattener",
    "duckdb_filter": "DuckDB, count(*) FILTER",
}
GIB = 1 << 30


def main() -> None:
    """Both parts, the table and the figures."""
    folder = var_folder("var/bench")
    measured = compared(folder)
    ratios = _shown(measured)
    finish({**ratios, **large.figures(folder)})


def compared(folder: Path) -> dict[str, dict[str, Any]]:
    """Every runner's figures.  Raises SystemExit when a runner's values are not the kernel's."""
    tell(f"histories: {CLIENTS:,} clients, one file")
    file = one_file(folder, CLIENTS)
    measured, truth = {}, None
    for name, times in TIMES.items():
        tell(f"histories: {SHOWN[name]}, {times} runs")
        out = folder / f"frame-{name}.npy"
        measured[name] = _run(name, file, out, times)
        frame = np.load(out)
        out.unlink()
        truth = frame if truth is None else truth
        fault = wanted.differences(frame, truth)
        if fault:
            raise SystemExit(f"{SHOWN[name]} gives other values than the kernel: {fault}. No time is shown.")
    return measured


def _run(name: str, file: Path, out: Path, times: int) -> dict[str, Any]:
    arguments = [sys.executable, "-m", "tests.bench.runners", name, str(file), str(out), str(times)]
    printed = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(printed.splitlines()[-1]))


def _shown(measured: dict[str, dict[str, Any]]) -> dict[str, Figure]:
    """The table; the ratios of rows per second."""
    speed = {name: one["rows"] / one["best_s"] for name, one in measured.items()}
    print(f"{'runner':<28}{'best s':>9}{'cpu s':>9}{'first s':>9}{'rows/s':>12}{'kernel is':>12}{'peak GiB':>10}")
    for name, one in measured.items():
        ratio = f"{speed['kernel'] / speed[name]:.2f} x"
        line = f"{one['best_s']:>9.3f}{one['cpu_s']:>9.3f}{one['first_s']:>9.3f}{speed[name]:>12,.0f}{ratio:>12}"
        print(f"{SHOWN[name]:<28}{line}{one['peak_bytes'] / GIB:>10.2f}")
    figures = {"kernel_rows_per_s": Figure(speed["kernel"], "rows/s")}
    for name, target in TARGETS.items():
        figures[f"kernel_over_{name}"] = Figure(speed["kernel"] / speed[name], "ratio", at_least=target)
    return figures


if __name__ == "__main__":
    main()
