"""The report of labels: what `decisions:` in configs/segmentation.yaml would change, before anybody switches it."""

from typing import Any

import pandas as pd

from configs.errors import DataError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.monitoring.decided import stored_decisions
from features.store import open_snapshot
from models.segments.scheme import load_scheme
from training.feedback.effect import effects
from training.feedback.label_changes import agreements, changes
from training.feedback.settings import FeedbackConfig, LabelSettings
from training.rows.decision_labels import day_after, decision_labels
from training.rows.records import recorded_segmentations
from training.segmentation import Given
from training.segments.config import SegmentationConfig


def label_report(config: FeedbackConfig, workspace: Workspace, settings: LabelSettings) -> dict[str, Any]:
    """Labels by origin, transitions, agreement of sources, and what each source does to the held-out figures.

    Reads the ingested decisions, as the training does.  Raises DataError for a store without recorded segmentations.
    """
    snapshot = open_snapshot(workspace.store)
    wanted = load_config(settings.segmentation, SegmentationConfig)
    scheme = load_scheme(wanted.scheme)
    records, decisions = recorded_segmentations(snapshot, scheme), stored_decisions(workspace, snapshot)
    until = day_after(snapshot.data_until)
    return {
        "scheme": f"{scheme.id} {scheme.version}",
        "switch": wanted.decisions,
        "sources": changes(records, decisions, scheme, settings.sources, until),
        "agreements": agreements(records, decisions, scheme, settings.within_days),
        "effects": _effects(config, wanted, decisions, settings) if settings.trained else [],
    }


def _effects(
    config: FeedbackConfig, wanted: SegmentationConfig, decisions: pd.DataFrame, settings: LabelSettings
) -> list[dict[str, Any]]:
    if decisions.empty:
        return []
    try:
        given = Given.of(wanted)
    except DataError as error:  # no history was built: the rest of the report stands without the training
        return [{"source": "none", "refused": str(error)}]
    records = recorded_segmentations(given.snapshot, given.scheme)
    until = day_after(given.snapshot.data_until)
    sources = [(one, decision_labels(decisions, given.scheme, one, until)) for one in settings.sources]
    return effects(given, records, sources, config.repeats, config.seed)
