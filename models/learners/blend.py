"""The mean of boosted trees and logistic regression on the log-odds scale, explained as exactly as either alone.

With about a thousand labels each errs in its own way, and their mean is steadier than the better of the two.  A sum of
two scores has the sum of their contributions, so nothing of the explanation is lost.
"""

import json
from dataclasses import dataclass

import numpy as np

from models.learners.baseline import LogisticRegression
from models.learners.boosting import BoostedTrees


@dataclass(frozen=True)
class Blend:
    """score = (1 - line_share) * trees + line_share * line."""

    trees: BoostedTrees
    line: LogisticRegression
    line_share: float
    kind = "blend"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.trees.feature_names

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """Log-odds of each row before calibration."""
        return (1 - self.line_share) * self.trees.raw(rows) + self.line_share * self.line.raw(rows)

    def contributions(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """(base, shares [rows x features]): both halves' shares, weighted."""
        tree_base, tree_shares = self.trees.contributions(rows)
        line_base, line_shares = self.line.contributions(rows)
        share = self.line_share
        return (1 - share) * tree_base + share * line_base, (1 - share) * tree_shares + share * line_shares

    def to_bytes(self) -> bytes:
        """JSON holding both halves."""
        values = {
            "line_share": self.line_share,
            "line": json.loads(self.line.to_bytes()),
            "trees": self.trees.to_bytes().decode("utf-8"),
        }
        return json.dumps(values, indent=1).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Blend":
        """The inverse of `to_bytes`."""
        values = json.loads(data)
        line = LogisticRegression.from_bytes(json.dumps(values["line"]).encode("utf-8"))
        return cls(BoostedTrees.from_bytes(values["trees"].encode("utf-8")), line, float(values["line_share"]))
