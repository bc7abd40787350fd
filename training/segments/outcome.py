"""What a training of a scheme stores about its hold-out: predictions, proposals, levels, calibrations, sets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.held_out.calibrations import compare_calibrations
from evaluation.held_out.rivals import SERVED, Rival
from evaluation.held_out.sets import covered
from evaluation.metrics import accuracy, kappa, macro_f1
from evaluation.needs.levels import quadratic_kappa
from models.segments.conformal import ConformalSets
from training.rows.holdout import Rows
from training.segments.axes import FittedAxis, Learned, held_out_segments
from training.segments.config import SetSettings
from training.segments.rivals import Contest, proposals
from training.segments.sets import HoldOutRows, Measured, fitted_sets, measured_sets, one_limit

LOGISTIC, DIRECT = "logistic", "direct"


def predictions(axes: Sequence[FittedAxis], learned: Learned, rows: Rows) -> pd.DataFrame:
    """predictions.parquet: one output per axis and level."""
    test, found = learned.split.test, []
    for axis in axes:
        known = learned.known(axis.place)[test]
        levels, used = learned.records.levels[test, axis.place][known], learned.used[test][known]
        for output, step, fitted in axis.outputs:
            p, baseline_p = fitted.model.probabilities(used), fitted.baseline.probabilities(used)
            found.append(rows.part(known).predictions(output, levels >= step, p, baseline_p))
    return pd.concat(found)


def classes(contest: Contest, rivals: Mapping[str, Rival], rows: Rows, sets: ConformalSets) -> pd.DataFrame:
    """classes.parquet: rows whose every axis was recorded; `covered` = the segment is in the set of credible ones."""
    learned = contest.learned
    part = rows.part(learned.whole[learned.split.test])
    served, line = (proposals(rivals, contest.scheme, name) for name in (SERVED, LOGISTIC))
    inside = covered(sets.members(rivals[SERVED].proposing), contest.classes(contest.test))
    return part.classes(learned.segments[contest.test], served, line).assign(covered=inside)


def direct_metrics(contest: Contest, rivals: Mapping[str, Rival]) -> dict[str, float]:
    """The direct model's proposals in the same figures as the served ones'."""
    label = contest.learned.segments[contest.test].astype(str)
    proposed = proposals(rivals, contest.scheme, DIRECT).astype(str)
    measures = {"macro_f1": macro_f1, "kappa": kappa, "accuracy": accuracy}
    found = {f"{DIRECT}_{name}": compute(label, proposed) for name, compute in measures.items()}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def level_metrics(axes: Sequence[FittedAxis], learned: Learned) -> dict[str, float]:
    """Agreement of the most likely level with the recorded one, per axis; squared distances from three levels on."""
    found = dict[str, float]()
    for axis in axes:
        rows = learned.split.test & learned.known(axis.place)
        label = learned.records.levels[rows, axis.place]
        proposed = axis.served.level_probabilities(learned.used[rows]).argmax(axis=1)
        found[f"{axis.axis.id}_kappa"] = kappa(label, proposed)
        if len(axis.axis.levels) > 2:
            found[f"{axis.axis.id}_quadratic_kappa"] = quadratic_kappa(label, proposed, len(axis.axis.levels))
    return {name: value for name, value in found.items() if np.isfinite(value)}


def calibrations(axes: Sequence[FittedAxis], learned: Learned) -> dict[str, Any]:
    """calibrations.json: the served learner's raw scores through every calibration, per output."""
    found: dict[str, Any] = {}
    for axis in axes:
        rows = learned.split.test & learned.known(axis.place)
        levels = learned.records.levels[rows, axis.place]
        for output, step, fitted in axis.outputs:
            held = fitted.held_out
            raw = fitted.model.learner.raw(learned.used[rows])
            label = (levels >= step).astype(np.int8)
            found[output] = compare_calibrations(held.scores[fitted.served], held.labels, held.folds, raw, label)
    return found


def sets_of(contest: Contest, settings: SetSettings, kind: str = "") -> ConformalSets:
    """Sets from the out-of-fold probabilities of training rows, calibrated as the served ones are."""
    shares = held_out_segments(contest.scheme, contest.axes, contest.learned, kind)
    names = [segment.id for segment in contest.scheme.segments]
    return fitted_sets(shares, contest.learned.segments[contest.train], names, settings)


def sets_measured(
    contest: Contest, served: ConformalSets, settings: SetSettings, rivals: Mapping[str, Rival], found: pd.DataFrame
) -> Measured:
    """The sets on the hold-out.  `found` are the rows of classes.parquet in the order of the hold-out."""
    names = [segment.id for segment in contest.scheme.segments]
    groups = {
        str(column).removeprefix("group_"): found[column].to_numpy()
        for column in found.columns
        if str(column).startswith("group_")
    }
    rows = HoldOutRows(contest.classes(contest.test), found["client"].to_numpy(), groups)
    shares = held_out_segments(contest.scheme, contest.axes, contest.learned)
    pooled = one_limit(shares, contest.learned.segments[contest.train], names, settings.coverage)
    own, line = (rivals[name].proposing for name in (SERVED, LOGISTIC))
    return measured_sets((served, own), (sets_of(contest, settings, LOGISTIC), line), pooled, rows)


def served_kinds(axes: Sequence[FittedAxis]) -> dict[str, str]:
    """Which kind of learner each output serves."""
    return {output: fitted.served for axis in axes for output, _, fitted in axis.outputs}


def losses_of(axes: Sequence[FittedAxis]) -> dict[str, Mapping[str, float]]:
    """Out-of-fold log loss of each output by kind of learner."""
    return {output: fitted.held_out.losses for axis in axes for output, _, fitted in axis.outputs}
