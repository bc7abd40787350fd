"""What is measured beside the served model: stored in its run as JSON, and printed as short tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.held_out.rivals import Rival, compared, rows_of
from models.segments.conformal import ConformalSets
from training.segments import outcome, printed
from training.segments.axes import FittedAxis, choice_metrics
from training.segments.config import SegmentationConfig
from training.segments.reach import Reach, reach_said
from training.segments.rivals import Contest, target_of
from training.segments.sets import Measured

CALIBRATIONS, RIVALS = "calibrations.json", "comparisons.json"
SETS, COVERAGE = "conformal_report.json", "label_coverage.json"


@dataclass(frozen=True)
class Beside:
    """Four tables and the choice of what is served."""

    axes: Sequence[FittedAxis]
    comparison: Mapping[str, Any]
    calibrations: Mapping[str, Any]
    sets: Measured
    reach: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        config: SegmentationConfig,
        contest: Contest,
        rivals: Mapping[str, Rival],
        sets: ConformalSets,
        classes: pd.DataFrame,
        reached: Reach,
    ) -> "Beside":
        """Everything measured.  `classes` are the rows of classes.parquet in the order of the hold-out."""
        return cls(
            contest.axes,
            compared(target_of(contest), list(rivals.values()), config.comparisons.repeats),
            outcome.calibrations(contest.axes, contest.learned),
            outcome.sets_measured(contest, sets, config.sets, rivals, classes),
            reached.as_dict(),
        )

    @property
    def files(self) -> dict[str, Mapping[str, Any]]:
        """Artefacts of the run by name."""
        choice = {"served": outcome.served_kinds(self.axes), "out_of_fold_log_loss": outcome.losses_of(self.axes)}
        return {
            CALIBRATIONS: self.calibrations,
            RIVALS: {**self.comparison, "choice": choice},
            SETS: self.sets.as_dict(),
            COVERAGE: self.reach,
        }

    @property
    def metrics(self) -> dict[str, float]:
        """For the run."""
        return {**choice_metrics(self.axes), **rows_of(self.comparison), **self.sets.metrics}

    def said(self, wanted: Mapping[str, str]) -> list[str]:
        """What the command prints.  `wanted` is what the config asked to serve, by output."""
        served = outcome.served_kinds(self.axes)
        return [
            reach_said(self.reach),
            printed.choices_said(outcome.losses_of(self.axes), served, wanted),
            printed.rivals_table(self.comparison, served),
            printed.calibrations_table(self.calibrations),
            printed.sets_table(self.sets.as_dict()),
        ]
