"""A served probability with rows to explain: what `shap` needs to tell the same story with its own code."""

import numpy as np

from evaluation.report.explanation import ExplainedOutput, LinearHalf
from models.answers import Text
from models.learners.baseline import LogisticRegression
from models.learners.binary import BinaryModel, Learner
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees


def explained_output(id: str, name: Text, model: BinaryModel, rows: np.ndarray) -> ExplainedOutput:
    """What the audit report needs to check one served output.  `rows` are float32 rows of the used features."""
    explained = model.explain(rows)
    trees, line, share = halves(model.learner)
    return ExplainedOutput(
        id=id,
        name=name,
        booster=trees.booster if trees else None,
        line=linear_half(line, rows, share) if line else None,
        slope=model.calibration.slope,
        intercept=model.calibration.intercept,
        rows=rows,
        served_base=explained.base,
        served_contributions=explained.shares,
        probabilities=explained.probabilities,
    )


def halves(learner: Learner) -> tuple[BoostedTrees | None, LogisticRegression | None, float]:
    """(trees, line, the line's share of the score)."""
    if isinstance(learner, Blend):
        return learner.trees, learner.line, learner.line_share
    if isinstance(learner, LogisticRegression):
        return None, learner, 1.0
    return (learner if isinstance(learner, BoostedTrees) else None), None, 0.0


def linear_half(line: LogisticRegression, rows: np.ndarray, share: float) -> LinearHalf:
    """The linear part of a score, for shap.LinearExplainer."""
    return LinearHalf(line.coefficients, line.intercept, line.standardised(rows), share)
