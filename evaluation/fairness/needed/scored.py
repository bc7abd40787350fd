"""About whom a version answers on given dates, with its probabilities: the rows that are held against true need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.county_reasons.asked import ClientModel
from evaluation.fairness.comparing.parts import GROUP, UNKNOWN
from features.frames import column_names, read_frame
from features.store import Snapshot, read_table
from models.explaining.comparison import band_name, band_of
from models.learners.binary import BinaryModel
from models.needs.need import AGE, NeedModel
from models.segments.eligibility import answered, holds_all
from models.segments.segmentation import output_id

PEOPLE = ("sex", "language", "municipality")
STAYS = ("client_id", "valid_from", "superseded_at", *PEOPLE)


@dataclass(frozen=True, eq=False)
class Scored:
    """Rows (client_id, as_of) of whole clients, every feature of the history, and each output's probability."""

    rows: pd.DataFrame
    features: Mapping[str, np.ndarray]
    p: Mapping[str, np.ndarray]


def scored(model: ClientModel, history: Path, dates: Sequence[pd.Timestamp], most_rows: int, seed: int) -> Scored:
    """What the version would answer on the dates; at most `most_rows` rows, whole clients drawn at random.

    Raises DataError when the history lacks a feature of the model, or nobody is answered about on the dates.
    """
    frames = [_answered(model, part, dates) for part in sorted(history.glob("part-*.parquet"))]
    frame = _drawn(pd.concat(frames, ignore_index=True), most_rows, seed)
    if frame.empty:
        raise DataError("the model answers about nobody on the dates of its hold-out")
    used = model.parts.used_columns(frame[list(model.feature_names)].to_numpy(np.float32))
    values = {str(name): frame[name].to_numpy() for name in frame if name not in ("client_id", "as_of")}
    p = {name: one.probabilities(used) for name, one in outputs_of(model).items()}
    return Scored(frame[["client_id", "as_of"]].astype({"client_id": object}), values, p)


def newest_date(history: Path) -> pd.Timestamp:
    """The last date of a history."""
    return max(read_frame(part, columns=["as_of"])["as_of"].max() for part in sorted(history.glob("part-*.parquet")))


def outputs_of(model: ClientModel) -> Mapping[str, BinaryModel]:
    """Every probability of a model by the id that answers carry."""
    if isinstance(model, NeedModel):
        return model.outputs
    return {output_id(axis.axis, level): one for axis in model.axes for level, one in axis.steps}


def groups_of_people(found: Scored, snapshot: Snapshot) -> pd.DataFrame:
    """group_* of each row, as the stored predictions have them: by the latest known stay."""
    residents = read_table(snapshot, "residents", columns=STAYS)
    current = residents[residents["superseded_at"].isna()].sort_values("valid_from", kind="stable")
    stays = current.astype({"client_id": object}).drop_duplicates("client_id", keep="last").set_index("client_id")
    own = stays.reindex(found.rows["client_id"])
    columns = {GROUP + name: own[name].astype(object).fillna(UNKNOWN).astype(str).to_numpy() for name in PEOPLE}
    if AGE in found.features:
        columns[GROUP + "age_band"] = np.array([band_name(int(band)) for band in band_of(found.features[AGE])])
    return pd.DataFrame(columns)


def _answered(model: ClientModel, part: Path, dates: Sequence[pd.Timestamp]) -> pd.DataFrame:
    absent = set(model.feature_names) - set(column_names(part))
    if absent:
        raise DataError(f"the history has no feature {min(absent)}, which the model reads")
    frame = read_frame(part, filters=[("as_of", "in", list(dates))])
    values = {name: frame[name].to_numpy(np.float64) for name in model.feature_names}
    if not isinstance(model, NeedModel):
        return frame[answered(model.rules, values, len(frame))]
    old_enough = model.task.ages.hold(values[AGE]) if AGE in values else np.ones(len(frame), bool)
    return frame[old_enough & holds_all(model.task.cohort.where, values, len(frame))]


def _drawn(frame: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """Whole clients, at random, until there are so many rows."""
    if len(frame) <= most:
        return frame
    client, people = pd.factorize(frame["client_id"].astype(object), sort=True)
    order = np.random.default_rng(seed).permutation(len(people))
    kept = order[: int(np.searchsorted(np.cumsum(np.bincount(client)[order]), most, side="right"))]
    return frame[np.isin(client, kept)].reset_index(drop=True)
