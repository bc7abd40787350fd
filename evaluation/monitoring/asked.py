"""The live models about clients asked about every row of a history: a probability per output, NaN where none is due."""

from collections.abc import Iterator, Sequence

import numpy as np

from configs.errors import ModelError
from configs.workspace import Workspace
from evaluation.live_bundles import verified
from features.histories import History, build
from features.store import Snapshot
from models.needs.need import AGE, NeedModel
from models.registry import Registry
from models.segments.eligibility import answered, holds_all
from models.segments.segmentation import SegmentationModel, output_id

KINDS = ("need", "segmentation")
ClientModel = NeedModel | SegmentationModel


def live_models(registry: Registry, workspace: Workspace, asked: Sequence[str]) -> Iterator[tuple[str, ClientModel]]:
    """The live models about clients, by registered name.  Raises ModelError for a name that is not live."""
    live = {name: one for name, one in sorted(registry.champions().items()) if one.kind in KINDS}
    absent = [name for name in asked if name not in live]
    if absent:
        raise ModelError(f"No version of {absent[0]} is live. Live are: {', '.join(live) or 'none'}.")
    wanted = [live[name] for name in asked or live]
    for name, bundle in verified(workspace, registry, wanted).items():
        segments = bundle.kind == "segmentation"
        yield name, SegmentationModel.from_bundle(bundle) if segments else NeedModel.from_bundle(bundle)


def probabilities(snapshot: Snapshot, history: History, name: str, model: ClientModel) -> dict[str, np.ndarray]:
    """What is told of it -> probability per row.  A need is called as its model, an axis by model and level."""
    values = _values(snapshot, history, model)
    columns = {name: values[:, place] for place, name in enumerate(model.feature_names)}
    inside = _cohort(model, columns, len(values))
    used = model.parts.used_columns(values[inside])
    if isinstance(model, NeedModel):
        served = {name: model.model}
    else:
        served = {f"{name} {output_id(axis.axis, level)}": step for axis in model.axes for level, step in axis.steps}
    found = {}
    for output, one in served.items():
        found[output] = np.full(len(values), np.nan)
        if inside.any():
            found[output][inside] = one.probabilities(used)
    return found


def _cohort(model: ClientModel, columns: dict[str, np.ndarray], rows: int) -> np.ndarray:
    """bool[rows]: about whom the model answers."""
    if isinstance(model, SegmentationModel):
        return answered(model.rules, columns, rows)
    inside = holds_all(model.task.cohort.where, columns, rows)
    return inside & model.task.ages.hold(columns[AGE]) if AGE in columns else inside


def _values(snapshot: Snapshot, history: History, model: ClientModel) -> np.ndarray:
    """float32 rows of the model's own catalogue and vocabulary."""
    same = history.catalogue.sha256 == model.catalogue.sha256
    if same and history.vocabulary.to_json() == model.vocabulary.to_json():
        return history.frame.to_numpy(np.float32)
    return build(snapshot, history.rows, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)
