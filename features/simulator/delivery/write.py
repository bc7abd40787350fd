"""One extract file: the canonical rows turned back into the columns, codes and dates that its mapping YAML describes.

The mapping files are the one description of a delivery: the ingest reads by them, the simulator writes by them.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from configs.errors import ConfigError
from features.sources.mapping import ColumnMapping, SourceMapping

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Written:
    """What was delivered: file name, rows in it, checksum."""

    name: str
    rows: int
    sha256: str
    faults: dict[str, int]


def file_table(frame: pd.DataFrame, mapping: SourceMapping, identifiers: np.ndarray) -> pa.Table:
    """The rows as text columns of the file, in the order of the mapping."""
    columns: dict[str, pa.Array] = {}
    for name, column in [*mapping.columns.items(), ("legacy_org", mapping.legacy_org)]:
        if column.from_ is None:
            continue
        values = frame["person" if name == "client_id" else name]
        columns[column.origins[0]] = _cells(name, values, column, mapping, identifiers)
    return pa.table(columns)


def _cells(
    name: str, values: pd.Series, column: ColumnMapping, mapping: SourceMapping, identifiers: np.ndarray
) -> pa.Array:
    if column.pseudonymise == "henkilotunnus":
        return pa.array(identifiers).take(pa.array(values.to_numpy()))
    if mapping.canonical.by_name[name].kind == "time":
        return _times(values.to_numpy().astype("datetime64[s]"), column.formats[0] if column.formats else "%Y-%m-%d")
    if column.codes is not None:
        return _coded(name, values, column.codes)
    if mapping.canonical.by_name[name].kind in ("number", "integer"):
        return _numbers(values.to_numpy(), mapping.format.decimal)
    return _texts(values)


def _texts(values: pd.Series) -> pa.Array:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy()
        return pa.array(values.cat.categories.astype(str)).take(pa.array(codes, mask=codes < 0))
    return pa.array(values.to_numpy(), from_pandas=True, type=pa.string())


def _coded(name: str, values: pd.Series, codes: dict[str, str | int | float | bool]) -> pa.Array:
    """The source's code of every canonical value; a value without a code is a fault of the mapping."""
    back = {value: code for code, value in reversed(codes.items())}
    groups = values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")
    known = groups.cat.categories
    used = groups.cat.codes.to_numpy()
    missing = [str(known[code]) for code in np.unique(used) if code >= 0 and known[code] not in back]
    if missing:
        raise ConfigError(f"The mapping of `{name}` has no code for {', '.join(missing)}. Add it under `codes`.")
    return pa.array([back.get(value, "") for value in known], type=pa.string()).take(pa.array(used, mask=used < 0))


def _numbers(values: np.ndarray, decimal: str) -> pa.Array:
    """At most two decimals; whole numbers without any."""
    known, position = np.unique(np.round(values.astype(np.float64), 2) + 0.0, return_inverse=True)
    texts = [
        None if np.isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".").replace(".", decimal) for value in known
    ]
    return pa.array(texts, type=pa.string()).take(pa.array(position))


def _times(values: np.ndarray, form: str) -> pa.Array:
    """Dates by a table of days, clock times by a table of seconds: much faster than formatting each."""
    missing = np.isnat(values)
    seconds = outside_the_missing_hour(np.where(missing, np.datetime64(0, "s"), values)).astype(np.int64)
    day, second = np.divmod(seconds, SECONDS_PER_DAY)
    known, position = np.unique(day, return_inverse=True)
    day_form, _, clock_form = form.partition(" ")
    dates = pd.DatetimeIndex(known.astype("datetime64[D]")).strftime(day_form)
    text = pa.array(dates.to_numpy(), type=pa.string()).take(pa.array(position, mask=missing))
    if not clock_form:
        return text
    return pc.binary_join_element_wise(text, _clock_table().take(pa.array(second)), " ")


def outside_the_missing_hour(times: np.ndarray) -> np.ndarray:
    """Wall-clock times that exist: on the last Sunday of March the hour from 3 to 4 is skipped."""
    days = times.astype("datetime64[D]")
    march = days.astype("datetime64[M]").astype(np.int64) % 12 == 2
    sunday = (days.astype(np.int64) + 3) % 7 == 6
    in_last_week = (days + 7).astype("datetime64[M]") != days.astype("datetime64[M]")
    hour = (times - days.astype("datetime64[s]")).astype(np.int64) // 3600
    skipped = march & sunday & in_last_week & (hour == 3)
    return np.where(skipped, days.astype("datetime64[s]") + np.timedelta64(4, "h"), times)


@lru_cache(maxsize=1)
def _clock_table() -> pa.Array:
    return pa.array([f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}" for s in range(SECONDS_PER_DAY)])


def csv_bytes(table: pa.Table, mapping: SourceMapping) -> bytes:
    """The file before any fault: quotes nowhere, empty cells for what is missing."""
    sink = io.BytesIO()
    options = arrow_csv.WriteOptions(include_header=False, delimiter=mapping.format.separator, quoting_style="none")
    sink.write((mapping.format.separator.join(table.column_names) + "\n").encode())
    arrow_csv.write_csv(table, sink, options)
    data = sink.getvalue()
    return data if mapping.format.encoding == "utf-8" else data.decode("utf-8").encode(mapping.format.encoding)


def write_extract(
    folder: Path, mapping: SourceMapping, data: bytes, rows: int, faults: dict[str, int], covers_until: str
) -> Written:
    """The file, then its marker: a reader takes only files that have one."""
    name = Path(mapping.files).name
    target = folder / name
    target.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    marker = {"sha256": digest, "rows": rows, "covers_until": covers_until}
    (folder / f"{name}.complete").write_text(json.dumps(marker, sort_keys=True) + "\n")
    return Written(name, rows, digest, faults)
