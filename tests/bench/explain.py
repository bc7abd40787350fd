"""`python -m tests.bench.explain`: explaining a county at once, beside shap.TreeExplainer and every other way found.

60,000 rows of 120 features, five learners, the two that are served among them.  Each opponent runs in a process of its
own and may use both cores; preparing the explainer is part of every run, and the best of TIMES runs counts (the first
compiles and fills caches).  No time is printed before the values were compared with LightGBM's own.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from configs.loader import var_folder
from tests.bench.report import Figure, finish, tell
from tests.bench.worlds import explained_models
from tests.bench.worlds.explained_models import CASES, Case

OURS, TRUTH = "bulk", "pred_contrib"
TIMES = {
    OURS: 9,
    "bulk_one_thread": 9,
    "leaf_tables": 5,
    "leaf_sums": 3,
    "woodelf_halves": 3,
    "woodelf_one": 2,
    "fast_treeshap": 1,
    TRUTH: 2,
    "tree_explainer": 2,
    "tree_walk": 1,
}
"""Runs per opponent: more of the quick ones, whose times vary most."""
SHOWN = {
    OURS: ("luotain, models.explaining.bulk", 2),
    "bulk_one_thread": ("  on one thread", 1),
    "leaf_tables": ("  a table for each leaf (Fast TreeSHAP v2)", 2),
    "leaf_sums": ("  no table (Linear TreeSHAP)", 2),
    "woodelf_halves": ("woodelf-explainer, two processes", 2),
    "woodelf_one": ("woodelf-explainer", 1),
    "fast_treeshap": ("fasttreeshap v1", 2),
    TRUTH: ("LightGBM pred_contrib", 2),
    "tree_explainer": ("shap.TreeExplainer", 2),
    "tree_walk": ("shap.TreeExplainer, own walk, two processes", 2),
}
"""What an opponent is called, and on how many cores it works."""
FORKED = {"woodelf_halves", "tree_walk"}
"""Opponents that work in processes of their own, whose processor time is not seen."""
NAMED = (OURS, TRUTH, "tree_explainer")
"""The opponents of the target, asked for the slow learner too."""
NEEDS = {"fast_treeshap": "fasttreeshap_fixed", "woodelf_one": "woodelf", "woodelf_halves": "woodelf"}
"""Opponents that are left out where their package is not installed."""
TARGETS = {"tree_explainer": 2.5, TRUTH: 2.5, "woodelf_halves": 1.0, "fast_treeshap": 1.0}
AGREEMENT, MOST_WRONG, GIB = 1e-4, 1e-4, 1 << 30
TAIL = f"{'off by':>8}{'wrong':>7}{'peak GiB':>10}"
"""Greatest difference of one number from LightGBM's, rows with a difference above AGREEMENT, most memory."""
Measured = dict[str, dict[str, Any]]


def main() -> None:
    """Every learner's table and the figures."""
    folder = var_folder("var/bench") / "explain"
    folder.mkdir(parents=True, exist_ok=True)
    tell(f"explain: {explained_models.ROWS:,} rows are drawn, {len(CASES)} learners trained")
    explained_models.write(folder)
    figures: dict[str, Figure] = {"rows": Figure(explained_models.ROWS, "rows", at_least=50_000)}
    for case in CASES:
        figures |= shown(case, compared(folder, case))
    finish(figures)


def compared(folder: Path, case: Case) -> Measured:
    """Every opponent's figures.  Raises SystemExit when one gives other values than LightGBM."""
    measured: Measured = {}
    for name in opponents(case):
        tell(f"explain: {case.name}: {SHOWN[name][0].strip()}")
        measured[name] = _run(name, case, folder)
    truth = np.load(_values(folder, TRUTH))
    for name, one in measured.items():
        furthest = np.abs(np.load(_values(folder, name)) - truth).max(axis=1)
        one["furthest"], one["wrong"] = float(furthest.max()), int((~(furthest <= AGREEMENT)).sum())
        _check(name, case, one)
    for name in measured:
        _values(folder, name).unlink()
    return measured


def _check(name: str, case: Case, one: dict[str, Any]) -> None:
    """woodelf rounds thresholds to float32, so a value that lies at one may go the other way: few rows are let pass."""
    if one["wrong"] > (0 if name == OURS else MOST_WRONG * one["rows"]):
        raise SystemExit(f"{SHOWN[name][0]} is {one['furthest']:.1e} off for {case.name}. No time is shown.")


def opponents(case: Case) -> list[str]:
    """Who is asked."""
    installed = [name for name in TIMES if name not in NEEDS or find_spec(NEEDS[name])]
    return [name for name in installed if name in NAMED or not case.slow]


def _run(name: str, case: Case, folder: Path) -> dict[str, Any]:
    times = str(1 if case.slow and name != OURS else TIMES[name])
    arguments = ["-m", "tests.bench.explaining", name, case.id, str(folder), str(_values(folder, name)), times]
    printed = subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(printed.splitlines()[-1]))


def _values(folder: Path, name: str) -> Path:
    return folder / f"values-{name}.npy"


def shown(case: Case, measured: Measured) -> dict[str, Figure]:
    """One learner's table; the ratios of rows per second."""
    speed = {name: one["rows"] / one["best_s"] for name, one in measured.items()}
    print(f"{case.name:<46}{'cores':>6}{'best s':>9}{'cpu s':>8}{'rows/s':>12}{'bulk is':>9}" + TAIL)
    for name, one in measured.items():
        called, cores = SHOWN[name]
        ratio = f"{speed[OURS] / speed[name]:.1f} x"
        cpu = "–" if name in FORKED else f"{one['cpu_s']:.2f}"
        line = f"{cores:>6}{one['best_s']:>9.3f}{cpu:>8}{speed[name]:>12,.0f}{ratio:>9}"
        tail = f"{one['furthest']:>8.0e}{one['wrong']:>7}{one['peak_bytes'] / GIB:>10.2f}"
        print(f"{called:<46}{line}{tail}")
    print(flush=True)
    ratios = {name: speed[OURS] / speed[name] for name in TARGETS if name in speed}
    return {
        f"{case.id}_rows_per_s": Figure(speed[OURS], "rows/s"),
        f"{case.id}_agreement": Figure(measured[OURS]["furthest"], "log-odds", at_most=AGREEMENT),
        **{f"{case.id}_over_{name}": Figure(one, "ratio", at_least=TARGETS[name]) for name, one in ratios.items()},
    }


if __name__ == "__main__":
    main()
