"""Does weighting mend the bias of the records?  Two models beside what is truly so of everybody; simulator only.

`python -m evaluation.selection --config configs/selection.yaml`, after training once with `fit.weights: none` and once
with `fit.weights: inverse_probability`, writes selection.json into `var/published/<snapshot>/`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError, ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.clusters.__main__ import proposing_model
from evaluation.held_out.rivals import Rival, Target, compared
from evaluation.published import SELECTION_JSON, published_folder
from evaluation.truth import AXES, read_truth
from features.histories import History, load_history
from features.manifest import write_atomically
from features.store import open_snapshot, read_table
from models.names import segmentation_model
from models.registry import Registry, connect
from models.segments.scheme import Scheme
from models.segments.segmentation import SegmentationModel, output_id

DEFAULT = "configs/selection.yaml"
WEIGHTED, UNWEIGHTED = "weighted", "unweighted"
SETTINGS = {WEIGHTED: "inverse_probability", UNWEIGHTED: "none"}
EVERYBODY, RECORDED, UNRECORDED = "everybody", "with a record", "without a record"


class SelectionConfig(StrictConfig):
    """configs/selection.yaml."""

    var: str
    histories: str
    scheme: str
    weighted: str | None = None
    """A version; null = the newest that was trained with `fit.weights: inverse_probability`."""
    unweighted: str | None = None
    """A version; null = the newest that was trained with `fit.weights: none`."""
    repeats: int = Field(default=100, ge=20, le=5000)
    """Bootstrap draws of clients behind each interval."""


@dataclass(frozen=True)
class Everybody:
    """Long-term clients at one date: whole feature rows, true levels (rows x axes of the scheme), who has a record."""

    rows: np.ndarray
    levels: np.ndarray
    recorded: np.ndarray

    def part(self, kept: np.ndarray) -> "Everybody":
        """The clients of a mask."""
        return Everybody(self.rows[kept], self.levels[kept], self.recorded[kept])


def make(config: SelectionConfig) -> tuple[Path, dict[str, Any]]:
    """Compare and write.  Raises DataError without a truth, ModelError without both models."""
    workspace = Workspace.of(config.var)
    history = load_history(workspace, config.histories)
    registry = connect(workspace)
    models, versions = {}, {}
    for name in (WEIGHTED, UNWEIGHTED):
        wanted = getattr(config, name) or newest_with(registry, config.scheme, SETTINGS[name])
        version, models[name] = proposing_model(workspace, registry, config.scheme, wanted)
        versions[name] = version.version
    everybody = everybody_of(workspace, history, models[WEIGHTED].scheme)
    summary = {"versions": versions, **compare(models, everybody, config.repeats)}
    folder = published_folder(workspace, history.snapshot_sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / SELECTION_JSON, text.encode())
    return folder, summary


def newest_with(registry: Registry, scheme: str, weights: str) -> str:
    """The newest version that was trained with this `fit.weights`.  Raises ModelError when there is none."""
    name = segmentation_model(scheme)
    for version in sorted(registry.versions(name), key=lambda one: -int(one.version)):
        if registry.params(version.run_id).get("fit.weights") == weights:
            return version.version
    raise ModelError(
        f"No version of {name} was trained with `fit.weights: {weights}`. Write it into configs/segmentation.yaml "
        "and run `python -m training.segmentation`."
    )


def everybody_of(workspace: Workspace, history: History, scheme: Scheme) -> Everybody:
    """Every long-term client of the history's last date, with the simulator's true levels."""
    absent = [axis.id for axis in scheme.axes if axis.id not in AXES]
    if absent:
        raise DataError(f"The simulator knows the true levels of {', '.join(AXES)}, not of {', '.join(absent)}.")
    last = history.rows["as_of"].max()
    rows = history.rows[(history.rows["as_of"] == last).to_numpy()].reset_index()
    truth = read_truth(workspace).monthly
    long_term = truth[(truth["as_of"] == last) & truth["long_term"]].astype({"client_id": object})
    both = rows.astype({"client_id": object}).merge(long_term, on="client_id", validate="one_to_one")
    levels = np.column_stack([_levels(both, axis.id, axis.level_ids) for axis in scheme.axes])
    records = read_table(open_snapshot(workspace.store), "segment_records", columns=["client_id", "scheme"])
    own = records[(records["scheme"].astype(object) == scheme.id).to_numpy()]["client_id"].astype(object)
    frame = history.frame.iloc[both["index"].to_numpy()].to_numpy(np.float32)
    return Everybody(frame, levels, both["client_id"].isin(set(own)).to_numpy())


def _levels(both: pd.DataFrame, axis: str, level_ids: Sequence[str]) -> np.ndarray:
    """Level number of each client: the truth tells whether the axis's upper level holds."""
    column, level = AXES[axis]
    return np.where(both[column].to_numpy(bool), level_ids.index(level), 0)


def compare(models: Mapping[str, SegmentationModel], everybody: Everybody, repeats: int) -> dict[str, Any]:
    """Both models against the true levels: of everybody, of those with a record and of those without.

    JSON-ready: {"groups": {group: {"clients", "recorded_share", "figures"}}}; `figures` as
    `evaluation.held_out.rivals.compared` tells them, `difference` of the unweighted model being weighted minus
    unweighted on the same draws of clients.
    """
    masks = {
        EVERYBODY: np.ones(len(everybody.levels), dtype=bool),
        RECORDED: everybody.recorded,
        UNRECORDED: ~everybody.recorded,
    }
    groups = {name: _group(models, everybody.part(mask), repeats) for name, mask in masks.items() if mask.sum() > 1}
    return {"recorded_share": float(everybody.recorded.mean()), "groups": groups}


def _group(models: Mapping[str, SegmentationModel], clients: Everybody, repeats: int) -> dict[str, Any]:
    scheme = models[WEIGHTED].scheme
    numbers = np.arange(len(clients.levels))
    target = Target(
        {output_id(axis, axis.levels[1]): clients.levels[:, place] >= 1 for place, axis in enumerate(scheme.axes)},
        {output_id(axis, axis.levels[1]): numbers for axis in scheme.axes},
        _segments(scheme, clients.levels),
        numbers,
    )
    rivals = [_rival(name, models[name], clients.rows) for name in (WEIGHTED, UNWEIGHTED)]
    return {"clients": len(numbers), "figures": compared(target, rivals, repeats)}


def _rival(name: str, model: SegmentationModel, rows: np.ndarray) -> Rival:
    used = model.parts.used_columns(rows)
    outputs = {
        output_id(axis.axis, axis.axis.levels[1]): 1 - axis.level_probabilities(used)[:, 0] for axis in model.axes
    }
    return Rival(name, outputs, model.segment_probabilities(used))


def _segments(scheme: Scheme, levels: np.ndarray) -> np.ndarray:
    place = {segment.id: number for number, segment in enumerate(scheme.segments)}
    cells = {
        tuple(axis.level_ids.index(level) for axis, level in zip(scheme.axes, combination, strict=True)): place[segment]
        for combination, segment in scheme.combinations()
    }
    return np.array([cells[tuple(row)] for row in levels.tolist()], dtype=np.int64)


SHOWN = {"outputs": ("auroc", "log_loss", "calibration_slope"), "segment": ("macro_f1", "kappa", "macro_log_loss")}


def _said(summary: Mapping[str, Any]) -> str:
    versions = summary["versions"]
    lines = [
        f"Weighted (version {versions[WEIGHTED]}) and unweighted (version {versions[UNWEIGHTED]}) against the truth; "
        f"{summary['recorded_share']:.1%} have a record"
    ]
    for group, found in summary["groups"].items():
        lines.append(f"  {group}: {found['clients']} long-term clients")
        figures = found["figures"]
        for output, rivals in figures["outputs"].items():
            lines += [_line(f"{output} {key}", key, rivals) for key in SHOWN["outputs"]]
        lines += [_line(f"segment {key}", key, figures["segment"]) for key in SHOWN["segment"]]
    return "\n".join(lines)


def _line(title: str, key: str, rivals: Mapping[str, Any]) -> str:
    weighted, unweighted = rivals[WEIGHTED][key], rivals[UNWEIGHTED][key]
    difference = rivals[UNWEIGHTED]["difference"][key]
    if weighted["value"] is None or unweighted["value"] is None or difference["low"] is None:
        return f"    {title:<34} not defined"
    return (
        f"    {title:<34} weighted {weighted['value']:.3f}  unweighted {unweighted['value']:.3f}  "
        f"difference {difference['low']:+.4f} .. {difference['high']:+.4f}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m evaluation.selection --config configs/selection.yaml`."""
    path = parse_config_path(argv, "evaluation.selection", "Weighted and unweighted beside the truth.", DEFAULT)

    def action() -> None:
        folder, summary = make(load_config(path, SelectionConfig))
        say(_said(summary))
        say(f"Published in {folder.parent.name}/{folder.name}/{SELECTION_JSON}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
