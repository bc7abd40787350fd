"""What the gates read of a fairness table: how many groups fail, and the largest gap."""

from evaluation.fairness.comparing.figures import OBSERVED, RECALL
from evaluation.fairness.comparing.rows import FairnessTable

RECALL_FAILURES, OBSERVED_FAILURES = "fairness_recall_gap_failures", "fairness_observed_expected_failures"
LARGEST_GAP, COMPARISONS = "fairness_max_recall_gap", "fairness_comparisons"


def fairness_metrics(table: FairnessTable) -> dict[str, float]:
    """Groups whose recall is too far below the rest's, groups whose observed/expected is outside the range, the
    largest gap of recall among tested groups (0 = nobody is below the rest), and how many gaps were tested.

    Hidden groups count: a number of failing groups tells of no person.
    """
    return {
        RECALL_FAILURES: float(sum(RECALL in row.verdict for row in table.rows)),
        OBSERVED_FAILURES: float(sum(OBSERVED in row.verdict for row in table.rows)),
        LARGEST_GAP: largest_recall_gap(table),
        COMPARISONS: float(table.comparisons),
    }


def largest_recall_gap(table: FairnessTable) -> float:
    """How far the recall of the worst tested group lies below everybody else's.  Share, 0-1; 0 = none is below."""
    recalls = [row.metrics[RECALL] for row in table.rows if RECALL in row.metrics]
    tested = [one.difference for one in recalls if one.gap_low is not None and one.difference is not None]
    return max([0.0, *(-gap for gap in tested)])
