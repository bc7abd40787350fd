"""`python -m tests.bench.retrain_scale`: retraining the segmentation and every need task on 200,000 clients x 12 dates.

A simulated county large enough that its history holds 200,000 clients; the two training commands are timed with their
shipped settings.  `RETRAIN_RESIDENTS=8000` measures a smaller one.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from configs.loader import load_config, read_yaml
from configs.workspace import Workspace
from features.histories import HistoriesConfig, find_history
from features.windows import index_dates
from tests.bench.counties import county, run
from tests.bench.measure import Spent, command
from tests.bench.report import Figure, finish, tell

SEED = 7
RESIDENTS = int(os.environ.get("RETRAIN_RESIDENTS", 250_000))
"""About 82 of 100 residents are clients of the history (measured on a county of 100,000)."""
CLIENTS, DATES = 200_000, 12
SHIPPED = "configs/histories.yaml"
FIRST = "2021-10-01"
"""Twelve quarters up to the last date of the shipped config."""
TRAININGS = {"segmentation": "configs/segmentation.yaml", "need": "configs/need_all.yaml"}
"""Every shipped task, also those that the demo's small county cannot bear."""
MOST_MINUTES, MOST_GIB = 20.0, 8.0
GIB = 1 << 30
TOLD = ("Need task", "training ", "hold-out", "LightGBM learned from", "Registered", "Segmentation")


@dataclass(frozen=True)
class Size:
    """What the history holds."""

    clients: int
    rows: int
    dates: int


def main() -> None:
    """County, history, the two trainings, the figures."""
    workspace = county(SEED, RESIDENTS)
    histories = histories_config(workspace.root)
    tell(f"county {SEED}: history of {DATES} dates")
    run(workspace, "features.histories", str(histories))
    size = _size(workspace, str(histories))
    print(f"{RESIDENTS:,} residents: {size.clients:,} clients, {size.dates} dates, {size.rows:,} rows")
    spent, said = {}, []
    for name in TRAININGS:
        tell(f"county {SEED}: training.{name}")
        spent[name], output = _trained(workspace, name, training_config(workspace.root, name, histories))
        said += lines_told(output)
    print("\n".join(said))
    _table(spent)
    finish(figures(size, spent, len(registered(said))))


def histories_config(folder: Path) -> Path:
    """The shipped config with twelve quarterly dates, written into the folder."""
    shipped = read_yaml(SHIPPED)
    dates = {**shipped["dates"], "first": FIRST}
    return _write(folder / "histories_12.yaml", {**shipped, "dates": {key: str(dates[key]) for key in dates}})


def training_config(folder: Path, name: str, histories: Path) -> Path:
    """A shipped training config that reads the twelve dates."""
    return _write(folder / f"{name}_12.yaml", {**read_yaml(TRAININGS[name]), "histories": str(histories)})


def lines_told(output: str) -> list[str]:
    """Of a training's own output: each task, its rows, what was sampled, what was registered."""
    return [line for line in output.splitlines() if line.strip().startswith(TOLD)]


def registered(said: Sequence[str]) -> list[str]:
    """The lines that name a registered model."""
    return [line for line in said if line.startswith("Registered")]


def figures(size: Size, spent: dict[str, Spent], models: int) -> dict[str, Figure]:
    """The target is of both trainings together; memory is that of the larger."""
    minutes = {name: one.seconds / 60 for name, one in spent.items()}
    peak = max(one.peak_bytes for one in spent.values()) / GIB
    return {
        "clients": Figure(size.clients, "clients", at_least=CLIENTS),
        "dates": Figure(size.dates, "dates", at_least=DATES),
        "models_registered": Figure(models, "models", at_least=1 + len(read_yaml("configs/need_all.yaml")["tasks"])),
        "minutes": Figure(sum(minutes.values()), "min", at_most=MOST_MINUTES),
        "peak_gib": Figure(peak, "GiB", at_most=MOST_GIB),
        **{f"{name}_minutes": Figure(value, "min") for name, value in minutes.items()},
        **{f"{name}_cpu_minutes": Figure(one.cpu_seconds / 60, "min") for name, one in spent.items()},
    }


def _trained(workspace: Workspace, name: str, config: Path) -> tuple[Spent, str]:
    """One training command: what it took, what it printed.  A task that fails lacks among the registered models."""
    environment = {**os.environ, "LUOTAIN_VAR": str(workspace.root)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    output = workspace.root / f"{name}_12.txt"
    arguments = [sys.executable, "-m", f"training.{name}", "--config", str(config)]
    spent = command(arguments, environment, output, must_succeed=False)
    return spent, output.read_text(encoding="utf-8")


def _size(workspace: Workspace, config: str) -> Size:
    """Counted in the history's own parts."""
    parts = sorted(find_history(workspace, config).glob("part-*.parquet"))
    clients = [pd.read_parquet(part, columns=["client_id"])["client_id"] for part in parts]
    grid = load_config(config, HistoriesConfig).dates
    return Size(
        sum(one.nunique() for one in clients),
        sum(len(one) for one in clients),
        len(index_dates(grid.first, grid.last, grid.step)),
    )


def _table(spent: dict[str, Spent]) -> None:
    print(f"{'training':<16}{'min':>8}{'cpu min':>10}{'peak GiB':>10}")
    for name, one in spent.items():
        print(f"{name:<16}{one.seconds / 60:>8.1f}{one.cpu_seconds / 60:>10.1f}{one.peak_bytes / GIB:>10.2f}")


def _write(file: Path, values: dict[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return file


if __name__ == "__main__":
    main()
