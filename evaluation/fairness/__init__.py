"""Is it as good for everyone?  Tables by group with intervals; `python -m evaluation.fairness` publishes them."""

from evaluation.fairness.comparing.figures import Certainty, WorkingPoint
from evaluation.fairness.comparing.rows import FairnessRow, FairnessTable, Measured, as_json, from_json
from evaluation.fairness.comparing.table import fairness_table
from evaluation.fairness.publish import read_published, tables_in, true_need_in

__all__ = [
    "Certainty",
    "FairnessRow",
    "FairnessTable",
    "Measured",
    "WorkingPoint",
    "as_json",
    "fairness_table",
    "from_json",
    "read_published",
    "tables_in",
    "true_need_in",
]
