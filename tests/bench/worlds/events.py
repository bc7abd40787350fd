"""Generated contacts for the benchmarks: seeded, stamped at noon, recorded late, sometimes corrected."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.tables import CONTACTS, TABLES, Table

FIRST_DAY, DAYS = np.datetime64("2021-01-01", "D"), 1095
AS_OF = np.arange("2023-02", "2024-02", dtype="datetime64[M]").astype("datetime64[D]")
"""Twelve monthly prediction dates; the longest window lies inside the generated days."""
SERVICES = tuple(f"service_{number:02d}" for number in range(20))
EVENTS_PER_CLIENT = 60
CORRECTED, NOT_DONE, MISSING = 0.02, 0.04, 0.03
SEED = 20_240_101
NOON = np.timedelta64(12, "h")
ROW_GROUP = 65_536


@dataclass(frozen=True)
class People:
    """Some clients of one bucket: their pseudonyms, sorted."""

    ids: np.ndarray
    bucket: int

    @classmethod
    def of(cls, count: int, bucket: int, n_buckets: int) -> "People":
        """Pseudonyms that features.store.bucket_of puts into `bucket`."""
        tail = hashlib.sha256(f"{SEED}/{bucket}".encode()).hexdigest()[:24]
        return cls(np.array([f"{place * n_buckets + bucket:08x}{tail}" for place in range(count)], object), bucket)


def contacts(people: People) -> pa.Table:
    """The contacts of some clients in the canonical layout, by client and time."""
    random = np.random.default_rng((SEED, people.bucket))
    rows = len(people.ids) * EVENTS_PER_CLIENT
    corrected = int(rows * CORRECTED)
    drawn = _drawn(random, people, rows - corrected)
    drawn = _with_corrections(random, drawn, corrected)
    order = np.lexsort((drawn["recorded_at"], drawn["time"], drawn["client"]))
    return _canonical({name: values[order] for name, values in drawn.items()}, people)


def residents(people: People) -> pa.Table:
    """One stay per client, observed from the first generated day."""
    rows = len(people.ids)
    start = np.full(rows, FIRST_DAY - np.timedelta64(1, "D"), "datetime64[s]")
    columns = {
        "client_id": people.ids,
        "birth_year": np.full(rows, 1950.0),
        "sex": "unknown",
        "language": "fi",
        "municipality": "901",
        "history_start": start,
        "valid_from": start,
        "non_disclosure": np.zeros(rows, bool),
        "recorded_at": start,
    }
    return _table(TABLES["residents"], columns, rows)


def _drawn(random: np.random.Generator, people: People, rows: int) -> dict[str, np.ndarray]:
    """Everyone has a contact and few have many; most contacts are recorded within days, some only after months."""
    weight = random.gamma(0.8, size=len(people.ids))
    day = FIRST_DAY + random.integers(0, DAYS, rows)
    lag = np.minimum(random.exponential(random.choice([1.5, 25.0], rows, p=[0.85, 0.15])), 300).astype("timedelta64[D]")
    more = np.searchsorted(np.cumsum(weight / weight.sum())[:-1], random.random(rows - len(people.ids)))
    client = np.concatenate([np.arange(len(people.ids)), more])
    return {
        "client": client,
        "time": day.astype("datetime64[s]") + NOON,
        "recorded_at": (day + lag).astype("datetime64[s]") + NOON + np.timedelta64(6, "h"),
        "superseded_at": np.full(rows, np.datetime64("NaT"), "datetime64[s]"),
        "service": random.choice(len(SERVICES), rows, p=_falling(len(SERVICES))),
        "professional": (client * 7 + random.choice(8, rows, p=_falling(8)) * 131) % 1500,
        "minutes": np.where(random.random(rows) < MISSING, np.nan, random.integers(1, 25, rows) * 5.0),
        "done": random.random(rows) >= NOT_DONE,
        "named": random.random(rows) >= MISSING,
    }


def _with_corrections(
    random: np.random.Generator, drawn: dict[str, np.ndarray], corrected: int
) -> dict[str, np.ndarray]:
    """Some rows are closed later by another version with another service and duration."""
    places = random.choice(len(drawn["client"]), corrected, replace=False)
    later = {name: values[places] for name, values in drawn.items()}
    later["recorded_at"] = later["recorded_at"] + random.integers(1, 200, corrected).astype("timedelta64[D]")
    drawn["superseded_at"][places] = later["recorded_at"]
    later["service"] = (later["service"] + 1) % len(SERVICES)
    later["minutes"] = later["minutes"] + 5
    return {name: np.concatenate([drawn[name], later[name]]) for name in drawn}


def _falling(count: int) -> np.ndarray:
    """Shares of codes, the first the commonest."""
    weight = 1 / np.arange(1, count + 1) ** 0.7
    return np.asarray(weight / weight.sum())


def _canonical(drawn: dict[str, np.ndarray], people: People) -> pa.Table:
    named = np.array([hashlib.sha256(f"professional {number}".encode()).hexdigest()[:32] for number in range(1500)])
    columns = {
        "client_id": pa.DictionaryArray.from_arrays(drawn["client"].astype(np.int32), people.ids),
        "time": drawn["time"],
        "sector": "primary",
        "service": pa.DictionaryArray.from_arrays(drawn["service"].astype(np.int32), SERVICES),
        "channel": "in_person",
        "professional_id": pa.DictionaryArray.from_arrays(
            pa.array(drawn["professional"].astype(np.int32), mask=~drawn["named"]), named
        ),
        "urgency": "non_urgent",
        "status": pa.DictionaryArray.from_arrays(drawn["done"].astype(np.int32), ["no_show", "done"]),
        "minutes": pa.array(drawn["minutes"], from_pandas=True),
        "recorded_at": drawn["recorded_at"],
        "superseded_at": drawn["superseded_at"],
    }
    return _table(CONTACTS, columns, len(drawn["client"]))


def _table(table: Table, columns: dict[str, object], rows: int) -> pa.Table:
    """Every canonical column: those given, one word for those given as a word, and nothing for the rest."""
    types = {"text": pa.string(), "time": pa.timestamp("s"), "flag": pa.bool_()}
    given = {"source": "bench/a", "legacy_org": "a", **columns}
    made = {}
    for column in table.columns:
        value = given.get(column.name)
        kind = types.get(column.kind, pa.float64())
        held = pa.repeat(pa.scalar(value, kind), rows) if value is None or isinstance(value, str) else value
        made[column.name] = held.cast(kind) if isinstance(held, (pa.Array, pa.ChunkedArray)) else pa.array(held, kind)
    return pa.table(made)


def one_file(folder: Path, clients: int) -> Path:
    """The file that every runner starts from; made once."""
    file = folder / f"contacts-{clients}-{version()}.parquet"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        write(contacts(People.of(clients, 0, 1)), unfinished)
        unfinished.rename(file)
    return file


def write(table: pa.Table, file: Path) -> None:
    """As the store writes, with larger row groups."""
    pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP)


def version() -> str:
    """A name for what this file generates, so that a changed generator does not reuse old files."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def grid(client_ids: np.ndarray) -> pd.DataFrame:
    """Every client on every date, by client and date: the rows of the wide frame."""
    clients = np.repeat(client_ids, len(AS_OF))
    return pd.DataFrame({"client_id": clients, "as_of": np.tile(AS_OF, len(client_ids)).astype("datetime64[s]")})
