"""Whom something selected beside whom nothing did: the report must not learn from the selected only.

A drawn client stands for all of her unit with the same reason: weight = population / reached, where reached are the
drawn whose outcome is known.  The selected stand for themselves.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluation.small_cells.shown import shown_counts
from features.histories import build
from features.side_files.declared import FINDINGS
from features.store import Snapshot
from models.needs.need import AGE, NeedModel
from models.segments.eligibility import holds_all
from training.feedback.lines import Drawn, lines_of
from training.feedback.outcomes import need_outcomes

SELECTED, NOT_SELECTED, BOTH = "selected", "not_selected", "both"
CELL = ["unit", "period", "drawn_for"]


def side_by_side(
    rows: pd.DataFrame,
    reviews: pd.DataFrame,
    models: Mapping[tuple[str, str], NeedModel],
    snapshot: Snapshot,
    midnight: date,
    drawn: Drawn,
) -> list[dict[str, Any]]:
    """Per need task: observed and expected among the answered, among the drawn (weighted), and both together.

    The newest version that answered is asked about the drawn clients as well, at the day of the draw.
    """
    answered = rows[(rows["kind"] == "need") & (rows["state"] == "scored") & rows["first"]]
    found = []
    for task, own in answered.groupby("task"):
        newest = max(own[["model", "version"]].itertuples(index=False, name=None), key=_place)
        others = drawn_rows(reviews, models[newest], snapshot, midnight)
        others = others[~others["client_id"].isin(own["client_id"])]
        chosen = own[["client_id", "outcome", "probability"]].assign(weight=1.0)
        parts = {SELECTED: chosen, NOT_SELECTED: others}
        single = [line for name, part in parts.items() for line in lines_of({name: part}, drawn, "weight")]
        both = pd.concat([chosen, others], ignore_index=True)
        if any(one["hidden"] for one in single):  # the selected are told in the calibration: both would tell the rest
            both = both[:0]
        joint = {**lines_of({BOTH: both}, drawn, "weight")[0], "hidden": both.empty}
        found += [{"task": str(task), **one} for one in [*single, joint]]
    return found


def drawn_rows(reviews: pd.DataFrame, model: NeedModel, snapshot: Snapshot, midnight: date) -> pd.DataFrame:
    """client_id, outcome, probability, weight of the drawn clients of the task whose outcome is known."""
    known = reviews["as_of"].notna() & reviews["population"].notna() & (reviews["as_of"] < pd.Timestamp(midnight))
    asked = reviews[known].reset_index(drop=True)
    if asked.empty:
        return pd.DataFrame({"client_id": [], "outcome": [], "probability": [], "weight": []}).astype(
            {"outcome": float}
        )
    came = need_outcomes(snapshot, asked[["client_id", "as_of"]], model.task, midnight)
    values = build(snapshot, asked[["client_id", "as_of"]], model.catalogue, model.vocabulary).frame
    inside = _in_cohort(model, values.to_numpy(np.float32))
    # Whoever is outside the task's cohort is outside it in the population too: she was reached, and is not counted.
    reached = (came.state != "not_due").astype(float)
    size = asked.assign(reached=reached).groupby(CELL)["reached"].transform("sum")
    kept = inside & (came.state == "scored")
    used = model.parts.used_columns(values.to_numpy(np.float32)[kept])
    p = model.model.probabilities(used) if kept.any() else np.array([])
    weight = (asked["population"] / size.where(size > 0)).to_numpy()[kept]
    found = {"client_id": asked["client_id"].to_numpy(object)[kept], "outcome": came.outcome[kept]}
    return pd.DataFrame({**found, "probability": p, "weight": weight})


def findings(reviews: pd.DataFrame) -> list[dict[str, Any]]:
    """What reviewers found among the drawn: clients (few hidden), and the share of all not selected they stand for."""
    told = reviews[reviews["finding"].notna()]
    if told.empty:
        return []
    size = told.groupby(CELL, dropna=False)["client_id"].transform("size")
    weight = (told["population"] / size).fillna(0.0)
    counts = [int(told.loc[told["finding"] == name, "client_id"].nunique()) for name in FINDINGS]
    return [
        _finding(name, n, told["finding"] == name, weight)
        for name, n in zip(FINDINGS, shown_counts(counts), strict=True)
    ]


def _finding(name: str, clients: int | None, own: pd.Series, weight: pd.Series) -> dict[str, Any]:
    whole = float(weight.sum())
    share = float(weight[own].sum()) / whole if whole and clients is not None else None
    return {"finding": name, "clients": clients, "share": share}


def _in_cohort(model: NeedModel, values: np.ndarray) -> np.ndarray:
    column = {name: values[:, place] for place, name in enumerate(model.feature_names)}
    inside = holds_all(model.task.cohort.where, column, len(values))
    return inside & model.task.ages.hold(column[AGE]) if AGE in column else inside


def _place(version: Sequence[str]) -> tuple[int, str]:
    """Order of versions: by number where they are numbers."""
    return (int(version[1]) if version[1].isdigit() else -1, version[1])
