"""Is it as good for everyone?  Tables by group with intervals; `python -m evaluation.fairness` publishes them."""

from evaluation.fairness.figures import Testing, WorkingPoint
from evaluation.fairness.rows import FairnessRow, FairnessTable, Measured, as_json, from_json
from evaluation.fairness.table import fairness_table

__all__ = [
    "FairnessRow",
    "FairnessTable",
    "Measured",
    "Testing",
    "WorkingPoint",
    "as_json",
    "fairness_table",
    "from_json",
]
