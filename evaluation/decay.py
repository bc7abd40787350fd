"""`python -m evaluation.decay --config configs/decay.yaml`: how a need model ages when nobody trains it again.

The newest version of each task's model is asked again every three months after its training data end; the table is
printed and written to `var/published/<snapshot>/decay_<task>.json`.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import ConfigError, ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.metrics import INTERVAL_LEVEL
from evaluation.needs.decay import FIGURES, LEFT, RESCORED, RESCORED_SAME, decay_steps
from evaluation.needs.draws import REPEATS
from evaluation.needs.frozen import frozen_steps, labels_known
from evaluation.needs.told import shown
from evaluation.published import DECAY, published_folder
from features.histories import Grid, HistoriesConfig, History, build_grid, load_history
from features.manifest import write_atomically
from features.outcomes import Window
from features.store import Snapshot, open_snapshot
from features.windows import index_dates
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.names import need_model
from models.needs.need import NeedModel
from models.registry import RegisteredBundle, Registry, connect

DEFAULT = "configs/decay.yaml"
FORMAT = 1
STEP_MONTHS = 3
TITLES = {RESCORED: "scored again", RESCORED_SAME: "scored again, same", LEFT: "score left as it was"}


class DecayConfig(StrictConfig):
    """configs/decay.yaml."""

    var: str
    histories: str
    """Whose history: the config that the model was trained from."""
    tasks: tuple[str, ...] = Field(min_length=1)
    """Ids of need tasks with a registered model."""
    trained_until: date | None = None
    """The first day of which training saw nothing; only for a bundle that does not say it itself."""
    months: int = Field(default=24, ge=STEP_MONTHS, le=60)
    repeats: int = Field(default=REPEATS, ge=20, le=2000)


def measure_task(config: DecayConfig, task: str, workspace: Workspace, registry: Registry) -> dict[str, Any]:
    """The decay of one task's newest model, ready for JSON.  Raises ModelError, ConfigError or DataError."""
    version = registry.latest(need_model(task))
    if version is None:
        raise ModelError(f"No version of {need_model(task)} is registered. Train it: `python -m training.need`.")
    model = _fetched(workspace, registry, version)
    snapshot = open_snapshot(workspace.store)
    until = trained_until(config, model)
    dates = step_dates(until, config.months)
    history = _history(config, workspace, snapshot, model, dates)
    steps = frozen_steps(snapshot, history, model, dates, STEP_MONTHS)
    return {
        "format": FORMAT,
        "task": task,
        "name": model.task.name.as_text(),
        "model": version.name,
        "version": version.version,
        "bundle_sha256": version.sha256,
        "snapshot_sha256": snapshot.sha256,
        "data_until": str(snapshot.data_until),
        "trained_until": str(until),
        "horizon_days": model.task.horizon_days,
        "gap_days": model.task.gap_days,
        "repeats": config.repeats,
        "level": INTERVAL_LEVEL,
        "steps": decay_steps(steps, repeats=config.repeats),
    }


def trained_until(config: DecayConfig, model: NeedModel) -> date:
    """The first day of which training saw nothing: as the bundle says, or else as the config does."""
    said = getattr(model, "trained_until", None)
    if said is not None:
        return date.fromisoformat(str(said))
    if config.trained_until is None:
        raise ConfigError(
            f"The bundle of {need_model(model.task.id)} does not say until when it was trained. "
            "Write `trained_until: YYYY-MM-DD` in the config or train a new version."
        )
    return config.trained_until


def step_dates(until: date, months: int) -> tuple[date, ...]:
    """Dates every three months, the first of a month, from the first one at or after `until` to `months` later."""
    first = until if until.day == 1 else date(until.year + until.month // 12, until.month % 12 + 1, 1)
    far = first.replace(year=first.year + months // 12 + 1)
    return index_dates(first, far, "quarter")[: months // STEP_MONTHS + 1]


def _fetched(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> NeedModel:
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return NeedModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))


def _history(
    config: DecayConfig, workspace: Workspace, snapshot: Snapshot, model: NeedModel, dates: Sequence[date]
) -> History | None:
    """The clients of every date whose labels are complete; built when the configured history lacks one of them."""
    window = Window(model.task.horizon_days, model.task.gap_days)
    complete = [day for day in dates if labels_known(day, window) <= snapshot.data_until]
    if not complete:
        return None
    settings = load_config(config.histories, HistoriesConfig)
    grid = settings.dates
    if not set(complete) <= set(index_dates(grid.first, grid.last, grid.step)):
        later = Grid(first=complete[0], last=complete[-1], step="quarter")
        settings = settings.model_copy(update={"dates": later})
        build_grid(workspace, settings)
    return load_history(workspace, settings)


def write(workspace: Workspace, found: Mapping[str, Any]) -> Path:
    """Write `decay_<task>.json` beside what else is published of the snapshot; the file."""
    folder = published_folder(workspace, found["snapshot_sha256"])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / DECAY.format(task=found["task"])
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(file, text.encode())
    return file


def told(found: Mapping[str, Any]) -> str:
    """The printed table: three lines per step; a step whose labels are not complete says so."""
    lines = [
        f"{found['model']} version {found['version']}, trained until {found['trained_until']}, "
        f"window {found['horizon_days']} days, data until {found['data_until']}",
        f"  {'months':>6}  {'date':<12}{'':<22}{'clients':>8}{'events':>8}  {'AUROC':<26}{'cal. slope':<26}O/E",
    ]
    for step in found["steps"]:
        start = f"  {step['months']:>6}  {step['as_of']:<12}"
        if not step["complete"]:
            lines.append(f"{start}labels not complete: they need data until {step['complete_until']}")
            continue
        rows = step["rows"] if step["months"] else {RESCORED: step["rows"][RESCORED]}  # all three are the same then
        lines += [f"{start}{TITLES[name]:<22}{_figures(row)}".rstrip() for name, row in rows.items()]
    return "\n".join(lines)


def _figures(row: Mapping[str, Any]) -> str:
    counts = "".join(f"{'–' if row[name] is None else row[name]:>8}" for name in ("clients", "events"))
    return f"{counts}  " + "".join(f"{shown(row[name]):<26}" for name in FIGURES)


def _run(path: str) -> None:
    config = load_config(path, DecayConfig)
    workspace = Workspace.of(config.var)
    registry = connect(workspace)
    for task in config.tasks:
        found = measure_task(config, task, workspace, registry)
        file = write(workspace, found)
        say(told(found))
        say(f"Published in {workspace.published.name}/{file.parent.name}/{file.name}.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure how the models of need tasks age."""
    path = parse_config_path(argv, "evaluation.decay", "How a need model ages when nobody trains it again.", DEFAULT)
    return run_command(lambda: _run(path))


if __name__ == "__main__":
    raise SystemExit(main())
