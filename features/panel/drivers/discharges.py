"""Ended stays by area as dated records, without anybody's pseudonym."""

import pandas as pd

from configs.errors import DataError
from features.panel.dimensions import stays_at
from features.store import Snapshot, read_table

COLUMNS = ("client_id", "start", "end", "kind", "recorded_at", "end_recorded_at", "superseded_at")
STAYS = ("client_id", "birth_year", "municipality", "valid_from", "valid_to", "superseded_at")


def ended_stays(snapshot: Snapshot, kind: str) -> pd.DataFrame:
    """`area, day, recorded_at, superseded_at`: one row per episode of `kind` that ended, by its client's area.

    `recorded_at` is when the end became known.  Raises DataError when no such episode ended.
    """
    stays = read_table(snapshot, "residents", columns=STAYS)
    residents = stays[stays["superseded_at"].isna()].drop(columns="superseded_at")
    residents = residents.assign(**{name: residents[name].astype(object) for name in ("client_id", "municipality")})
    parts = [_of_bucket(snapshot, bucket, kind, residents) for bucket in range(snapshot.n_buckets)]
    found = pd.concat(parts, ignore_index=True)
    if found.empty:
        raise DataError(
            f"The driver discharges has nothing to read: no episode of kind {kind} ended. "
            "Check the mapping's code list or remove `drivers.discharges`."
        )
    return found


def _of_bucket(snapshot: Snapshot, bucket: int, kind: str, residents: pd.DataFrame) -> pd.DataFrame:
    episodes = read_table(snapshot, "episodes", bucket, COLUMNS)
    ended = episodes[(episodes["kind"] == kind) & episodes["end"].notna()]
    ended = ended.assign(client_id=ended["client_id"].astype(object))
    events = stays_at(ended, residents, "end")
    known = events[["recorded_at", "end_recorded_at"]].max(axis=1)
    return pd.DataFrame(
        {
            "area": events["municipality"].astype(str).to_numpy(),
            "day": events["end"].dt.normalize().to_numpy(),
            "recorded_at": known.to_numpy(),
            "superseded_at": events["superseded_at"].to_numpy(),
        }
    )
