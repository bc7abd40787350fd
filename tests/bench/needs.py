"""`python -m tests.bench.needs`: the need tasks on a simulated county of 100,000 residents, and on the hospital log.

The county walks the project's own road; its registered models are held against what the same learner achieves when it
is taught everybody's outcomes in a second county.  `BENCH_RESIDENTS=8000` measures smaller counties.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.evaluate import recomputed
from evaluation.needs.slopes import LEAST_EVENTS
from features.histories import load_history
from features.store import open_snapshot
from models.names import need_model
from models.needs.need_task import load_task
from models.registry import RegisteredBundle, Registry, connect
from tests.bench.chapters import hospital
from tests.bench.chapters.achievable import Taught, achievable
from tests.bench.counties import RESIDENTS, SECOND, county, run
from tests.bench.paired import Estimate, slopes_missed
from tests.bench.report import Figure, finish, tell
from tests.bench.worlds.held_out_rows import Again, held_out_again
from training.need import NeedConfig
from training.needs.outcome import REPORT_FILE

SEED = 1
CONFIG = "configs/need_all.yaml"
SIZE = int(os.environ.get("BENCH_RESIDENTS", RESIDENTS))


@dataclass(frozen=True, eq=False)
class Measured:
    """One task as its training stored it."""

    again: Again
    rows: int
    events: int
    served: Estimate
    line: Estimate
    gain: Estimate
    """Served - logistic regression, AUROC."""
    slope: Estimate
    municipalities: tuple[int, int]
    """Slopes that miss .9-1.1, and slopes measured, over every question of the task."""


def main() -> None:
    """The county's tasks, the hospital log where it is found, the figures."""
    config = load_config(CONFIG, NeedConfig)
    found = _measured(county(SEED, SIZE), config)
    taught = achievable(county(SECOND, SIZE), config, [one.again for one in found.values()]) if found else {}
    _table(found, taught)
    finish({**_figures(config, found, taught), **hospital.figures()})


def _measured(workspace: Workspace, config: NeedConfig) -> dict[str, Measured]:
    """By task, in the config's order; a task without a registered model is not there."""
    run(workspace, "features.histories", config.histories)
    registry = connect(workspace)
    if any(registry.latest(need_model(load_task(name).id)) is None for name in config.tasks):
        _train(workspace)
    data = open_snapshot(workspace.store), load_history(workspace, config.histories)
    found = {}
    for name in (*config.tasks, *config.tasks_where_enough):
        task = load_task(name).id
        version = registry.latest(need_model(task))
        if version is not None:
            tell(f"county {SEED}: {task}")
            stored = _stored(registry, version, task)
            value = float(stored["figures"]["auroc"]["model"]["value"])
            again = held_out_again(workspace, registry, version, config, data, value)
            found[task] = _one(again, stored)
    return found


def _train(workspace: Workspace) -> None:
    """A task that cannot be trained does not stop the others; it is missing from the figures."""
    tell(f"county {SEED}: training of the need tasks")
    try:
        run(workspace, "training.need", CONFIG)
    except subprocess.CalledProcessError:
        tell("some task was not trained")


def _stored(registry: Registry, version: RegisteredBundle, task: str) -> dict[str, Any]:
    """The block of the main question with every question's municipality slopes.  Raises ModelError where the stored
    predictions do not give the logged metrics."""
    recomputed(registry, version)
    report = json.loads(registry.artefact(version.run_id, REPORT_FILE).read_text(encoding="utf-8"))
    return {**report["probabilities"]["outputs"][task]["all"], "slopes": report["slopes"]}


def _one(again: Again, stored: Mapping[str, Any]) -> Measured:
    auroc, slope = stored["figures"]["auroc"], stored["figures"]["calibration_slope"]
    missed = [slopes_missed(lines, LEAST_EVENTS) for lines in stored["slopes"].values()]
    return Measured(
        again=again,
        rows=stored["rows"],
        events=stored["events"],
        served=Estimate.of(auroc["model"]),
        line=Estimate.of(auroc["baseline"]),
        gain=Estimate.of(auroc["difference"]),
        slope=Estimate.of(slope["model"]),
        municipalities=(sum(one[0] for one in missed), sum(one[1] for one in missed)),
    )


def _table(found: Mapping[str, Measured], taught: Mapping[str, Taught]) -> None:
    """One line per task."""
    titles = f"{'served AUROC':>22}{'logistic':>22}{'served - logistic':>24}{'slope':>22}{'best':>7}{'gap':>8}"
    print(f"{'task':<28}{'rows':>7}{'events':>8}{titles}  taught rows (events)  municipality slopes off")
    for task, one in found.items():
        best = taught[task]
        values = f"{one.served!s:>22}{one.line!s:>22}{one.gain!s:>24}{one.slope!s:>22}"
        gap = f"{best.auroc:>7.3f}{best.auroc - one.served.value:>+8.3f}"
        off = f"{one.municipalities[0]} of {one.municipalities[1]}"
        print(f"{task:<28}{one.rows:>7}{one.events:>8}{values}{gap}  {best.rows:,} ({best.events:,})  {off}")


def _figures(config: NeedConfig, found: Mapping[str, Measured], taught: Mapping[str, Taught]) -> dict[str, Figure]:
    figures = {
        "tasks_measured": Figure(len(found), "tasks", at_least=len(config.tasks)),
        "municipality_slopes_missed": Figure(_sum(found.values(), 0), "slopes", at_most=0),
        "municipality_slopes_measured": Figure(_sum(found.values(), 1), "slopes"),
    }
    for task, one in found.items():
        best = taught[task].auroc
        figures[f"auroc_{task}"] = Figure(one.served.value, "AUROC")
        figures[f"gain_over_line_low_{task}"] = Figure(one.gain.low, "AUROC")
        figures[f"achievable_{task}"] = Figure(best, "AUROC", at_least=0.78, at_most=0.92)
        figures[f"gap_{task}"] = Figure(best - one.served.value, "AUROC")
        figures[f"slope_{task}"] = Figure(one.slope.value, "slope", at_least=0.9, at_most=1.1)
    return figures


def _sum(found: Iterable[Measured], place: int) -> int:
    return sum(one.municipalities[place] for one in found)


if __name__ == "__main__":
    main()
