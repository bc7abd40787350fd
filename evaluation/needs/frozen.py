"""A registered need model asked again at later dates, with the labels of those dates' windows."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from evaluation.needs.decay import StepRows
from features.histories import History, build
from features.outcomes import Labels, Window, label_history
from features.store import Snapshot
from models.needs.need import AGE, NeedModel, NeedTask, main_place
from models.segments.eligibility import holds_all


def frozen_steps(
    snapshot: Snapshot, history: History | None, model: NeedModel, dates: Sequence[date], step_months: int
) -> list[StepRows]:
    """The cohort of the model's task at every date, labelled from the store and scored by the model as it is.

    `history` holds the clients of the complete dates (None when no date is complete).  Its features are used when they
    are those of the model, and built again with the model's own catalogue when they are not.
    """
    window = Window(model.task.horizon_days, model.task.gap_days)
    frame = pd.DataFrame({"client": [], "as_of": [], "label": [], "p": []})
    if history is not None:
        frame = _scored(snapshot, history, model, window, dates)
    steps = []
    for place, day in enumerate(dates):
        own = frame[frame["as_of"] == np.datetime64(day)]
        until = labels_known(day, window)
        steps.append(
            StepRows(
                months=place * step_months,
                as_of=day,
                complete_until=until,
                complete=until <= snapshot.data_until,
                client=own["client"].to_numpy(),
                label=own["label"].to_numpy(np.int8),
                p=own["p"].to_numpy(np.float64),
            )
        )
    return steps


def labels_known(as_of: date, window: Window) -> date:
    """The day up to which the data must reach so that every label of `as_of` is known."""
    return as_of + timedelta(days=window.reach_days)


def yes_labels(labels: Labels, task: NeedTask) -> np.ndarray:
    """bool[kept rows]: the outcome of the main likelihood: "yes", or at or above the task's main level."""
    return labels.label >= main_place(task)


def _scored(
    snapshot: Snapshot, history: History, model: NeedModel, window: Window, dates: Sequence[date]
) -> pd.DataFrame:
    asked = history.rows["as_of"].isin(pd.to_datetime(list(dates))).to_numpy()
    labels = label_history(snapshot, history.rows[asked], model.task.outcome, window, model.task.cohort.open_episode)
    places = np.flatnonzero(asked)[labels.kept]
    rows = history.rows.iloc[places].reset_index(drop=True)
    values = _features(snapshot, history, model, places)
    inside = _in_cohort(model, values)
    return pd.DataFrame(
        {
            "client": rows["client_id"].astype(object).to_numpy()[inside],
            "as_of": rows["as_of"].to_numpy()[inside],
            "label": yes_labels(labels, model.task)[inside],
            "p": model.model.probabilities(model.parts.used_columns(values[inside])) if inside.any() else [],
        }
    )


def _features(snapshot: Snapshot, history: History, model: NeedModel, places: np.ndarray) -> np.ndarray:
    """float32 rows of the model's catalogue."""
    same = history.catalogue.sha256 == model.catalogue.sha256
    if same and history.vocabulary.to_json() == model.vocabulary.to_json():
        return history.frame.iloc[places].to_numpy(np.float32)
    rows = history.rows.iloc[places].reset_index(drop=True)
    return build(snapshot, rows, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)


def _in_cohort(model: NeedModel, values: np.ndarray) -> np.ndarray:
    """True for the rows that the task is about, by the same conditions as in training."""
    column = {name: values[:, place] for place, name in enumerate(model.feature_names)}
    inside = holds_all(model.task.cohort.where, column, len(values))
    return inside & model.task.ages.hold(column[AGE]) if AGE in column else inside
