"""The end of every training run of a client model: measure, report, golden rows, and one registered version."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evaluation.audit.explained import outputs
from evaluation.held_out.stored import CLASSES_FILE, PREDICTIONS_FILE, measure, measure_classes
from evaluation.report.shap_report import ExplainedOutput, ReportIdentity, write_report
from features.attrition import ATTRITION_CSV, ATTRITION_JSON, attrition_csv, attrition_json
from models.answers import Text
from models.bundles.bundle import Bundle
from models.bundles.golden import draw_rows, with_golden
from models.learners.binary import BinaryModel
from models.needs.need import NeedModel
from models.owners import Owners, owner_tags
from models.parts import ClientParts
from models.registry import RegisteredBundle
from models.segments.segmentation import SegmentationModel, output_id
from training.publishing.leak_alarm import REPORTED, Alarm
from training.tracking import TrackedRun

DATA_UNTIL = "data_until"
"""Tag of a version: the last day of its data."""
LEAKS_WAIVED = "leaks_waived"
"""Tag of a version: the features that somebody answered for."""
MOST_EXPLAINED_ROWS = 1000
"""Hold-out rows that the audit report explains."""


class ClientModel(Protocol):
    """What segmentation and need models have in common."""

    parts: ClientParts

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]: ...

    def to_files(self) -> dict[str, bytes]: ...


@dataclass(frozen=True)
class Outcome:
    """A trained model with what is to be stored about it.  `training` are whole rows, for the golden ones."""

    model: Any
    training: np.ndarray
    identity: ReportIdentity
    predictions: pd.DataFrame
    outputs: Sequence[ExplainedOutput]
    attrition: Sequence[Mapping[str, object]]
    metrics: Mapping[str, float]
    alarm: Alarm
    """What the leak alarm measured before anything was fitted."""
    classes: pd.DataFrame | None = None
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """More tables for the run, by file name."""
    documents: Mapping[str, object] = field(default_factory=dict)
    """More JSON for the run, by file name."""
    owners: Owners | None = None
    """Who answers for the model; the gate asks for them."""


def measured(outcome: Outcome) -> dict[str, float]:
    """Every metric of the hold-out."""
    classes = measure_classes(outcome.classes) if outcome.classes is not None else {}
    return {**measure(outcome.predictions), **classes, **outcome.metrics}


def publish(run: TrackedRun, outcome: Outcome, metrics: Mapping[str, float]) -> RegisteredBundle:
    """Store everything in the run and register the bundle as the last act."""
    parts: ClientParts = outcome.model.parts
    run.log_frame(PREDICTIONS_FILE, outcome.predictions)
    if outcome.classes is not None:
        run.log_frame(CLASSES_FILE, outcome.classes)
    for name, frame in outcome.frames.items():
        run.log_frame(name, frame)
    for name, values in outcome.documents.items():
        run.log_json(name, values)
    run.log_bytes(ATTRITION_JSON, attrition_json(outcome.attrition).encode())
    run.log_bytes(ATTRITION_CSV, attrition_csv(outcome.attrition).encode())
    with tempfile.TemporaryDirectory() as folder:
        checks = write_report(
            Path(folder),
            replace(outcome.identity, git_commit=run.tags["git_commit"]),
            outcome.predictions,
            outcome.outputs,
            parts.explainer.specs,
            parts.catalogue,
            outcome.classes,
            outcome.attrition,
            outcome.alarm.as_dict(REPORTED),
            parts.vocabulary.off,
        )
        run.log_folder(Path(folder))
    files = bundle_files(outcome.model, outcome.training)
    run.log_metrics({**metrics, **checks, "replay_share": replay_share(outcome, files)})
    waived = ", ".join(sorted({leak.feature for _, leak in outcome.alarm.waived}))
    tags = {LEAKS_WAIVED: waived} if waived else {}
    return run.register_bundle(files, {**tags, **owner_tags(outcome.owners), DATA_UNTIL: outcome.identity.data_until})


def replay_share(outcome: Outcome, files: Mapping[str, bytes]) -> float:
    """Share of the explained hold-out rows whose probability and contributions the model gives bit for bit the same
    when it is read back from its files.  1 = every answer can be replayed."""
    again = type(outcome.model).from_bundle(Bundle("", "", files))
    models = answering(again)
    same = total = 0
    for output in outcome.outputs:
        explained = models[output.id].explain(output.rows)
        as_served = np.column_stack([output.probabilities, output.served_contributions])
        replayed = np.column_stack([explained.probabilities, explained.shares])
        same += int((as_served == replayed).all(axis=1).sum())
        total += len(output.rows)
    return same / total if total else 0.0


def answering(model: NeedModel | SegmentationModel) -> Mapping[str, BinaryModel]:
    """Every yes-or-no probability of a client model by its output's id."""
    if isinstance(model, NeedModel):
        return model.outputs
    return {output_id(axis.axis, level): one for axis in model.axes for level, one in axis.steps}


def bundle_files(model: ClientModel, training: np.ndarray) -> dict[str, bytes]:
    """The model's files with its golden rows, which are synthetic."""
    rows = draw_rows(training)
    return with_golden(model.to_files(), model.parts.feature_names, rows, model.golden_outputs(rows))


def explained_output(id: str, name: Text, model: BinaryModel, used: np.ndarray) -> ExplainedOutput:
    """What the audit report needs to check one served output, on at most MOST_EXPLAINED_ROWS rows."""
    return outputs.explained_output(id, name, model, used[:MOST_EXPLAINED_ROWS])
