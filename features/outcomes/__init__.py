"""Declared outcomes of need tasks: who is in the cohort, what happened to them afterwards, and from which day on."""

from features.outcomes.label import is_open, label_history, label_rows
from features.outcomes.overlap import features_overlap
from features.outcomes.rules import NO_YES, OutcomeRule
from features.outcomes.sections import (
    CountAtLeast,
    DistinctAtLeast,
    EpisodeEnd,
    MinutesChange,
    OrderedChange,
    Step,
)
from features.outcomes.window import Attrition, Labels, Window

__all__ = [
    "NO_YES",
    "Attrition",
    "CountAtLeast",
    "DistinctAtLeast",
    "EpisodeEnd",
    "Labels",
    "MinutesChange",
    "OrderedChange",
    "OutcomeRule",
    "Step",
    "Window",
    "features_overlap",
    "is_open",
    "label_history",
    "label_rows",
]
