"""Tables of a registered version from what its run stored: predictions, traits, segment sets, amounts, back-tests."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.fairness.comparing.figures import Certainty, WorkingPoint
from evaluation.fairness.comparing.parts import tabulate
from evaluation.fairness.comparing.rows import FairnessTable
from evaluation.fairness.comparing.table import fairness_table, joined
from evaluation.fairness.settings import AXIS_THRESHOLD
from evaluation.fairness.subjects.outcomes import amounts_part, backtest_table, sets_part
from evaluation.fairness.traits import TRAITS_FILE, TraitsConfig
from evaluation.held_out.stored import CLASSES_FILE, PREDICTIONS_FILE
from features.frames import read_frame
from models.registry import RegisteredBundle, Registry

FAIRNESS_FILE, ENCODING_FILE = "fairness.json", "encoding.json"
AMOUNTS_FILE, BACKTEST_FILE = "amounts.parquet", "backtest.parquet"
CLIENT_KINDS = ("need", "segmentation")
OLD_SHARE = 0.1
"""Of versions trained before working points were stored: a tenth of the clients."""


def tables_of(
    registry: Registry, version: RegisteredBundle, traits: TraitsConfig, testing: Certainty, smallest: int
) -> list[FairnessTable]:
    """Every table that the run's stored rows give: likelihoods, then segment sets or amounts where there are any."""
    run, names = version.run_id, registry.artefact_names(version.run_id)
    people = read_frame(registry.artefact(run, TRAITS_FILE)) if TRAITS_FILE in names else None
    predictions = read_frame(registry.artefact(run, PREDICTIONS_FILE))
    found = [
        fairness_table(
            traits.compared(predictions),
            working_points(registry, version, predictions),
            people,
            subject=version.name,
            testing=testing,
            smallest=smallest,
            asked=traits.asked,
        )
    ]
    for file, part_of in ((CLASSES_FILE, sets_part), (AMOUNTS_FILE, amounts_part)):
        if file in names:
            rows = joined(traits.compared(read_frame(registry.artefact(run, file))), people)
            part = part_of(rows.reset_index(drop=True))
            if part is not None:
                found.append(tabulate(version.name, [part], testing, smallest))
    return found


def working_points(registry: Registry, version: RegisteredBundle, predictions: pd.DataFrame) -> dict[str, WorkingPoint]:
    """Per output who is offered something, as the training stored it."""
    if FAIRNESS_FILE in registry.artefact_names(version.run_id):
        told = json.loads(registry.artefact(version.run_id, FAIRNESS_FILE).read_text(encoding="utf-8"))
        return {str(output): WorkingPoint(**point) for output, point in told["working_points"].items()}
    outputs = [str(output) for output, part in predictions.groupby("output", observed=True) if _is_need(part)]
    old = WorkingPoint(threshold=AXIS_THRESHOLD) if version.kind == "segmentation" else WorkingPoint(share=OLD_SHARE)
    return dict.fromkeys(outputs, old)


def encoding_of(registry: Registry, version: RegisteredBundle) -> Mapping[str, Any] | None:
    """Whether the model tells the recording instance, as the training measured it; None for older versions."""
    if ENCODING_FILE not in registry.artefact_names(version.run_id):
        return None
    found: dict[str, Any] = json.loads(registry.artefact(version.run_id, ENCODING_FILE).read_text(encoding="utf-8"))
    return found


def demand_table(registry: Registry, version: RegisteredBundle, testing: Certainty, smallest: int) -> FairnessTable:
    """Forecast error, bias and coverage of each area and group of people, on the stored back-test."""
    backtest = read_frame(registry.artefact(version.run_id, BACKTEST_FILE))
    return backtest_table(version.name, backtest, testing, smallest)


def _is_need(part: pd.DataFrame) -> bool:
    """A step below the main level ("stable or heavier") is no need: it has no day of an event."""
    return "event_days" not in part or bool(part["event_days"].notna().any())
