"""One bucket of the store as MEDS events: sorted by subject and time, every event with its own clock."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from meds import DataSchema

from features.exports.meds.settings import SEPARATOR, Event, ExportConfig
from features.exports.meds.subjects import subject_ids
from features.store import Snapshot, read_table

UNKNOWN = "UNK"
"""Stands in a code for an empty cell."""

CLOCKS = {"recorded_at": pa.timestamp("us"), "superseded_at": pa.timestamp("us"), "row_id": pa.int64()}
"""Columns beside those of MEDS: when the event became known, when a correction closed it, and which row it is of."""


def bucket_events(snapshot: Snapshot, bucket: int, config: ExportConfig) -> tuple[pa.Table, list[int]]:
    """The events of one bucket and its subjects; clients under non-disclosure are in neither."""
    residents = read_table(snapshot, "residents", bucket, ["client_id", "non_disclosure"])
    hidden = set(residents.client_id[residents.non_disclosure].astype(str))
    numbers = subject_ids(client for client in residents.client_id.cat.categories if client not in hidden)
    parts = [_events(snapshot, bucket, event, numbers, config) for event in config.events]
    events = pa.concat_tables(parts).sort_by(
        [("subject_id", "ascending"), ("time", "ascending"), ("code", "ascending"), ("row_id", "ascending")]
    )
    return _static_first(DataSchema.align(events)), sorted(numbers.values())


def schema_of(config: ExportConfig) -> pa.Schema:
    """The columns of every shard."""
    plain = [("subject_id", pa.int64()), ("time", pa.timestamp("us")), ("code", pa.string())]
    modifiers = [(name, pa.string()) for name in config.modifiers]
    return pa.schema([*plain, ("numeric_value", pa.float32()), *CLOCKS.items(), *modifiers])


def _events(snapshot: Snapshot, bucket: int, event: Event, numbers: dict[str, int], config: ExportConfig) -> pa.Table:
    frame = read_table(snapshot, event.table, bucket, event.columns)
    frame["row_id"] = np.arange(len(frame), dtype=np.int64)
    kept = frame.client_id.isin(numbers)
    if event.at:
        kept &= frame[event.at].notna()
    if not config.corrected_rows:
        kept &= frame.superseded_at.isna()
    frame = frame[kept]
    columns = {
        "subject_id": pa.array(frame.client_id.astype(object).map(numbers), pa.int64()),
        "time": _times(frame, event),
        "code": _codes(frame, event),
        "numeric_value": _numbers(frame, event),
        "recorded_at": _stamps(frame[event.clock]),
        "superseded_at": _stamps(frame.superseded_at),
        "row_id": pa.array(frame.row_id, pa.int64()),
        **{name: _texts(frame[name]) for name in event.modifiers},
    }
    schema = schema_of(config)
    table = pa.table([columns.get(field.name, pa.nulls(len(frame), field.type)) for field in schema], schema=schema)
    return _first_of_each(table) if event.once else table


def _times(frame: pd.DataFrame, event: Event) -> pa.Array:
    if event.at is None:
        return pa.nulls(len(frame), pa.timestamp("us"))
    if frame[event.at].dtype.kind == "M":
        return _stamps(frame[event.at])
    years = frame[event.at].to_numpy(np.int64) - 1970
    return pa.array(years.astype("datetime64[Y]").astype("datetime64[us]"))


def _stamps(times: pd.Series) -> pa.Array:
    return pa.array(times.to_numpy("datetime64[us]"), pa.timestamp("us"), from_pandas=True)


def _codes(frame: pd.DataFrame, event: Event) -> pa.Array:
    parts = [_part(frame[part]) if is_column else pa.scalar(part) for part, is_column in event.parts]
    if all(isinstance(part, pa.Scalar) for part in parts):
        return pa.array([event.code] * len(frame), pa.string())
    return pc.binary_join_element_wise(*parts, SEPARATOR)


def _part(cells: pd.Series) -> pa.Array:
    """A cell as part of a code: never empty, and never with the mark that divides parts."""
    return pc.replace_substring(pc.fill_null(_texts(cells), UNKNOWN), SEPARATOR, "/")


def _texts(cells: pd.Series) -> pa.Array:
    return pa.array(cells.astype(object), pa.string(), from_pandas=True)


def _numbers(frame: pd.DataFrame, event: Event) -> pa.Array:
    if event.number is None:
        return pa.nulls(len(frame), pa.float32())
    return pa.array(frame[event.number].to_numpy(np.float32), pa.float32(), from_pandas=True)


def _first_of_each(table: pa.Table) -> pa.Table:
    """Of equal codes of a subject the earliest: a person is born once, however many stays there are."""
    ordered = table.sort_by([("subject_id", "ascending"), ("time", "ascending"), ("row_id", "ascending")])
    keys = pd.DataFrame({"subject": ordered["subject_id"], "code": ordered["code"]})
    return ordered.filter(pa.array(~keys.duplicated().to_numpy()))


def _static_first(events: pa.Table) -> pa.Table:
    """Events without a time before the others of their subject, as MEDS readers expect them."""
    subjects = events["subject_id"].to_numpy()
    has_time = ~events["time"].is_null().to_numpy(zero_copy_only=False)
    return events.take(pa.array(np.lexsort((np.arange(len(subjects)), has_time, subjects))))


def codes_in(parts: Sequence[pa.Table]) -> set[str]:
    """Every code that occurs."""
    return {code for part in parts for code in pc.unique(part["code"]).to_pylist()}
