"""Every version about clients against the simulator's truth; on real data the one sentence that says why not."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.workspace import Workspace
from evaluation.county_reasons.asked import ClientModel, read_model
from evaluation.fairness.comparing.figures import Certainty, WorkingPoint
from evaluation.fairness.comparing.rows import as_json
from evaluation.fairness.needed.need import TrueNeed, need_of_axis, need_of_task
from evaluation.fairness.needed.scored import Scored, groups_of_people, newest_date, outputs_of, scored
from evaluation.fairness.needed.states import States
from evaluation.fairness.needed.table import Foretold, true_need_table
from evaluation.fairness.stored import working_points
from evaluation.fairness.traits import TraitsConfig, traits_of
from evaluation.held_out.stored import PREDICTIONS_FILE
from evaluation.truth import Truth
from features.frames import read_frame
from features.histories import find_history
from features.store import Snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.needs.need import NeedModel
from models.registry import RegisteredBundle, Registry
from models.segments.segmentation import output_id

NO_TRUTH = "real data has no true need (only a simulated county has)"
SEED = 1
"""Of the clients that are drawn when there are too many rows."""


@dataclass(frozen=True, eq=False)
class TruthRead:
    """What every version is held against."""

    snapshot: Snapshot
    history: Path
    states: States
    traits: TraitsConfig
    testing: Certainty
    smallest: int
    most_rows: int


def truth_of(
    truth: Truth | None,
    workspace: Workspace,
    snapshot: Snapshot,
    histories: str,
    traits: TraitsConfig,
    testing: Certainty,
    smallest: int,
    most_rows: int,
) -> TruthRead | str:
    """What versions are held against; without a truth, or without its history, a sentence that says why not."""
    if truth is None:
        return NO_TRUTH
    try:
        history = find_history(workspace, histories)
    except DataError as error:
        return str(error)
    return TruthRead(snapshot, history, States.of(truth), traits, testing, smallest, most_rows)


def against_need(
    read: TruthRead | str, workspace: Workspace, registry: Registry, version: RegisteredBundle
) -> dict[str, Any]:
    """`true_need` of one version in fairness.json: {table, not_available, without}."""
    if isinstance(read, str):
        return told(None, read)
    model = _model(workspace, registry, version)
    predictions = read_frame(registry.artefact(version.run_id, PREDICTIONS_FILE))
    points = working_points(registry, version, predictions)
    try:
        found = scored(model, read.history, _dates(model, read.history, predictions), read.most_rows, SEED)
    except DataError as error:
        return told(None, str(error))
    outputs, without = _foretold(model, found, points, read.states)
    if not outputs:
        return told(None, next(iter(without.values()), "the version has no output with a working point"), without)
    people = pd.concat([groups_of_people(found, read.snapshot), _traits(read, found)], axis=1)
    client = pd.factorize(found.rows["client_id"])[0]
    table = true_need_table(version.name, client, people, outputs, read.testing, read.smallest, read.traits.asked)
    return told(as_json(table), None, without)


def told(
    table: Mapping[str, Any] | None, reason: str | None, without: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The table or why there is none; `without`: outputs that have no true need, and why."""
    return {"table": table, "not_available": reason, "without": dict(without or {})}


def _dates(model: ClientModel, history: Path, predictions: pd.DataFrame) -> list[pd.Timestamp]:
    """A need task is held against the dates of its hold-out, an axis against the newest date of the history."""
    if isinstance(model, NeedModel):
        return [pd.Timestamp(date) for date in sorted(predictions["as_of"].unique())]
    return [newest_date(history)]


def _traits(read: TruthRead, found: Scored) -> pd.DataFrame:
    return traits_of(read.snapshot, read.traits, found.rows, found.features)


def _foretold(
    model: ClientModel, found: Scored, points: Mapping[str, WorkingPoint], states: States
) -> tuple[list[Foretold], dict[str, str]]:
    outputs, without = list[Foretold](), dict[str, str]()
    for output in outputs_of(model):
        if output not in points:
            continue
        need = _need(model, output, states, found.rows)
        if isinstance(need, str):
            without[output] = need
        elif not 0 < int(need.needs[need.known].sum()) < int(need.known.sum()):
            without[output] = "the truth tells of nobody with, or of nobody without, this need on these dates"
        else:
            outputs.append(Foretold(output, np.asarray(found.p[output], np.float64), points[output], need))
    return outputs, without


def _need(model: ClientModel, output: str, states: States, rows: pd.DataFrame) -> TrueNeed | str:
    if isinstance(model, NeedModel):
        return need_of_task(model.task, output, states, rows)
    axis, level = next(
        (one.axis, level) for one in model.axes for level, _ in one.steps if output_id(one.axis, level) == output
    )
    return need_of_axis(axis, level, states, rows)


def _model(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> ClientModel:
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return read_model(verify_bundle(fetched, trusted_keys(workspace.keys))).model
