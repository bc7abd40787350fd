"""Counts people by group, bucket by bucket: segment × area × age band of clients, and residents without any event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from tqdm import tqdm

from evaluation.areas.counted.people import Look, residents_of
from evaluation.client_groups.expected import COLUMNS, likelihoods, sums
from evaluation.client_groups.settings import ClientGroupsConfig
from features.cohort import Rule
from features.columnar import Columns
from features.kernel import build_features
from features.segment_records import TABLE, known_answers
from features.store import Snapshot, read_table
from models.needs.need import NeedModel
from models.segments.overviews import proposals
from models.segments.questionnaire import recorded_answers
from models.segments.segmentation import SegmentationModel

NO_GROUP = "none"
"""A client to whom no customership group is proposed (short need, or too little known)."""
HAPPENED = {"episodes": "start", "requests": "requested_at", "plans": "valid_from"}
"""When a row of a table happened; `time` in the others."""


@dataclass(frozen=True)
class Counts:
    """segments: area, band, segment, n, and COLUMNS of the expected number (0 without its model); residents: area,
    residents, silent (both of the age asked about)."""

    segments: pd.DataFrame
    residents: pd.DataFrame


@dataclass(frozen=True)
class Wanted:
    """What is counted, and as of when."""

    as_of: date
    config: ClientGroupsConfig
    rules: tuple[Rule, ...]
    area_of: Mapping[str, str]
    model: SegmentationModel
    need: NeedModel | None = None
    """Of becoming a multi-service client; None while no version is live."""


def count(snapshot: Snapshot, wanted: Wanted) -> Counts:
    """Every bucket's counts together."""
    buckets = tqdm(range(snapshot.n_buckets), desc="client groups", disable=None)
    parts = [_bucket(snapshot, bucket, wanted) for bucket in buckets]
    segments = pd.concat([part.segments for part in parts]).groupby(["area", "band", "segment"], as_index=False).sum()
    residents = pd.concat([part.residents for part in parts]).groupby("area", as_index=False).sum()
    return Counts(segments, residents)


def _bucket(snapshot: Snapshot, bucket: int, wanted: Wanted) -> Counts:
    look = Look((np.datetime64(wanted.as_of, "D"),), wanted.rules, (), wanted.area_of)
    people = residents_of(snapshot, bucket, look, wanted.model.catalogue)
    clients = people[people["is_client"].to_numpy(bool)].reset_index(drop=True)
    found = clients[["area", "band"]].assign(segment=_segments(snapshot, bucket, clients, wanted), n=1)
    found = found.assign(**_expected(snapshot, bucket, clients, wanted))
    old = people[people["age"] >= wanted.config.silent_from_age].reset_index(drop=True)
    silent = ~old["client_id"].isin(_seen(snapshot, bucket, wanted))
    counted = pd.DataFrame({"area": old["area"], "residents": 1, "silent": silent.astype(int)})
    return Counts(
        found.groupby(["area", "band", "segment"], as_index=False).sum(),
        counted.groupby("area", as_index=False).sum(),
    )


def _expected(snapshot: Snapshot, bucket: int, clients: pd.DataFrame, wanted: Wanted) -> dict[str, np.ndarray]:
    if wanted.need is None or clients.empty:
        return {name: np.zeros(len(clients)) for name in COLUMNS}
    own = clients["client_id"].to_numpy(object)
    return sums(likelihoods(snapshot, bucket, own, wanted.as_of, wanted.need))


def _segments(snapshot: Snapshot, bucket: int, clients: pd.DataFrame, wanted: Wanted) -> Sequence[str]:
    """The proposed segment of each client, as the work list shows it."""
    if clients.empty:
        return []
    model, own = wanted.model, clients["client_id"].to_numpy(object)
    tables: dict[str, Columns | pd.DataFrame] = {
        name: read_table(snapshot, name, bucket) for name in sorted({*model.catalogue.tables, "residents"})
    }
    days = np.full(len(own), np.datetime64(wanted.as_of, "D"))
    rows = build_features(tables, own, days, model.catalogue, model.vocabulary, threads=1)
    records = read_table(snapshot, TABLE, bucket)
    by_client = dict(tuple(records.groupby("client_id", observed=True, sort=False)))
    answers = [_answers(model, by_client.get(client), wanted.as_of) for client in own]
    told = proposals(model, rows, answers, wanted.as_of)
    return [one.segment or NO_GROUP for one in told]


def _answers(model: SegmentationModel, records: pd.DataFrame | None, as_of: date) -> tuple:  # type: ignore[type-arg]
    if records is None:
        return ()
    return recorded_answers(model.scheme, known_answers({TABLE: records}, as_of), as_of)


def _seen(snapshot: Snapshot, bucket: int, wanted: Wanted) -> set[str]:
    """Clients with a row that happened within the days, was recorded by `as_of` and not corrected by then.

    An episode that is still open is an event all the while.
    """
    until = pd.Timestamp(wanted.as_of)
    since = pd.Timestamp(wanted.as_of - timedelta(days=wanted.config.silent_days))
    seen: set[str] = set()
    for name in wanted.config.silent_tables:
        happened = HAPPENED.get(name, "time")
        ends = ["end"] if name == "episodes" else []
        rows = read_table(snapshot, name, bucket, ("client_id", happened, "recorded_at", "superseded_at", *ends))
        known = (rows["recorded_at"] < until) & ~(rows["superseded_at"] < until) & (rows[happened] < until)
        late = rows["end"].isna() | (rows["end"] >= since) if ends else rows[happened] >= since
        seen |= set(rows["client_id"][known & late].astype(str))
    return seen
