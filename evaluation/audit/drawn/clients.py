"""Reads the newest date of a history part by part and draws the clients whose reasons are looked at.

No client id leaves this module: what comes out are rows of features and the groups that they belong to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.audit.drawn.weighted import Strata, draw, tenths
from evaluation.county_reasons.asked import Asked, check_features
from features.frames import read_frame
from features.store import Snapshot, read_table
from models.explaining.comparison import band_name, band_of
from models.needs.need import AGE, NeedModel
from models.segments.eligibility import answered, holds_all

GROUPINGS = {"sex": "sex", "language": "language", "municipality": "municipality", "source": "source"}
"""Grouping → the column of `residents` that it comes from; `age_band` comes from the feature age."""
RESIDENTS = ["client_id", "valid_from", "recorded_at", "superseded_at", *GROUPINGS.values(), "legacy_org"]
UNKNOWN = "unknown"


@dataclass(frozen=True)
class DrawnClients:
    """A stratified sample (tenths of the main probability) of the clients about whom a model answers today."""

    as_of: pd.Timestamp
    asked: int
    """Clients of the history on the day."""
    answered: int
    """Of those: about whom the model answers."""
    whole: np.ndarray
    """Sampled rows x every feature of the model's catalogue (float32)."""
    used: np.ndarray
    """Sampled rows x the model's used features (float32)."""
    groups: pd.DataFrame
    """One column per grouping, in the order of `used`."""
    strata: Strata

    def part(self, kept: np.ndarray) -> "DrawnClients":
        """The rows of a mask."""
        groups = self.groups[kept].reset_index(drop=True)
        rows = self.whole[kept], self.used[kept]
        return DrawnClients(self.as_of, self.asked, self.answered, *rows, groups, self.strata.part(kept))


def newest_parts(history: Path) -> tuple[pd.Timestamp, list[Path]]:
    """(newest date, files) of a history.  Raises DataError when it has no rows."""
    parts = sorted(history.glob("part-*.parquet"))
    dates = [read_frame(part, columns=["as_of"])["as_of"].max() for part in parts]
    known = [date for date in dates if not pd.isna(date)]
    if not known:
        raise DataError("The history has no rows. Build it again: `python -m features.histories`.")
    return max(known), parts


def drawn_clients(asked: Asked, history: Path, snapshot: Snapshot, rows: int, seed: int) -> DrawnClients:
    """The sample of one model.  Raises DataError when the history lacks a feature, or nobody is answered about."""
    as_of, parts = newest_parts(history)
    scores, where, people = [], [], 0
    for number, frame in enumerate(_frames(asked, parts, as_of)):
        people += len(frame)
        whole = np.ascontiguousarray(frame[list(asked.model.feature_names)].to_numpy(np.float32))
        kept = np.flatnonzero(answered_rows(asked, whole))
        scores.append(asked.outputs[0].model.learner.raw(asked.model.parts.used_columns(whole[kept])))
        where.append(np.column_stack([np.full(len(kept), number), kept]))
    every, places = np.concatenate(scores), np.concatenate(where)
    if not len(every):
        raise DataError(f"{asked.version.name} answers about nobody on {as_of.date()}; nothing can be explained.")
    stratum = tenths(every)
    chosen = draw(stratum, rows, seed)
    strata = Strata(stratum[chosen], np.bincount(stratum, minlength=10) / len(stratum))
    whole, groups = _read_again(asked, parts, places[chosen], as_of, snapshot)
    return DrawnClients(as_of, people, len(every), whole, asked.model.parts.used_columns(whole), groups, strata)


def answered_rows(asked: Asked, whole: np.ndarray) -> np.ndarray:
    """True for the whole rows of clients about whom the model answers, all rows at once."""
    model = asked.model
    frame = {name: whole[:, place].astype(np.float64) for place, name in enumerate(model.feature_names)}
    if not isinstance(model, NeedModel):
        return answered(model.rules, frame, len(whole))
    old_enough = model.task.ages.hold(frame[AGE]) if AGE in frame else np.ones(len(whole), bool)
    return np.asarray(old_enough & holds_all(model.task.cohort.where, frame, len(whole)))


def _frames(asked: Asked, parts: list[Path], as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    for part in parts:
        frame = read_frame(part, filters=[("as_of", "==", as_of)])
        check_features(asked, list(frame.columns))
        yield frame


def _read_again(
    asked: Asked, parts: list[Path], places: np.ndarray, as_of: pd.Timestamp, snapshot: Snapshot
) -> tuple[np.ndarray, pd.DataFrame]:
    """(whole rows, groups) of the sampled clients, in the order of `places` (part, row of the part's newest date)."""
    names, rows, groups = list(asked.model.feature_names), [], []
    for number in np.unique(places[:, 0]):
        columns = list(dict.fromkeys(["client_id", AGE, *names]))
        read = read_frame(parts[number], columns=columns, filters=[("as_of", "==", as_of)])
        chosen = read.iloc[places[places[:, 0] == number, 1]]
        bucket = int(parts[number].stem.removeprefix("part-"))
        rows.append(chosen[names].to_numpy(np.float32))
        groups.append(groups_of(chosen, read_table(snapshot, "residents", bucket, RESIDENTS), as_of))
    every = pd.concat(groups, ignore_index=True)
    return np.concatenate(rows), every.loc[:, every.nunique() > 1]  # where everybody is alike, nothing is compared


def groups_of(clients: pd.DataFrame, residents: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Groups of clients (client_id, age) by what was recorded of them before `as_of`: the latest stay counts."""
    day = as_of.to_datetime64()
    known = residents[(residents["valid_from"] < day) & (residents["recorded_at"] < day)]
    known = known[~(known["superseded_at"] < day)].sort_values("valid_from", kind="stable")
    stays = known.assign(client_id=known["client_id"].astype(object)).drop_duplicates("client_id", keep="last")
    own = stays.set_index("client_id").reindex(clients["client_id"].astype(object))
    bands = [band_name(int(band)) for band in band_of(clients[AGE].to_numpy(np.float64))]
    columns = {name: _text(own[column]) for name, column in {**GROUPINGS, "legacy_org": "legacy_org"}.items()}
    return pd.DataFrame({"age_band": bands, **columns})


def _text(column: pd.Series) -> np.ndarray:
    return column.astype(object).where(column.notna(), UNKNOWN).astype(str).to_numpy()
