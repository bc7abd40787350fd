"""Features of a built history as MEDS labels: what a model for this subject and moment would be told."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from meds import LabelSchema

from configs.errors import ConfigError
from configs.loader import nearest
from features.exports.meds.subjects import subject_id
from features.frames import read_frame

JUST_BEFORE = np.timedelta64(1, "us")
"""MEDS lets a model see the events at the prediction time; ours sees those strictly before `as_of`."""


def write_labels(parts: list[Path], features: tuple[str, ...], subjects: frozenset[int], folder: Path) -> int:
    """One file per feature and part of the history.  Returns the number of labels."""
    _refuse_unknown(parts[0], features)
    written = 0
    for part in parts:
        frame = read_frame(part, columns=["client_id", "as_of", *features])
        numbers = frame.client_id.map(subject_id)
        known = numbers.isin(subjects)
        for feature, table in _tables(frame[known], numbers[known], features):
            target = folder / feature / f"{part.stem}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, target)
            written += table.num_rows
    return written


def _tables(frame: pd.DataFrame, numbers: pd.Series, features: tuple[str, ...]) -> Iterator[tuple[str, pa.Table]]:
    times = frame.as_of.to_numpy("datetime64[us]") - JUST_BEFORE
    for feature in features:
        values = frame[feature].to_numpy(np.float32)
        known = ~np.isnan(values)  # a MEDS label is never empty: what is unknown has no row
        rows = {"subject_id": numbers.to_numpy(np.int64)[known], "prediction_time": times[known]}
        table = pa.table({**rows, "float_value": values[known]})
        yield feature, LabelSchema.align(table.sort_by([("subject_id", "ascending"), ("prediction_time", "ascending")]))


def _refuse_unknown(part: Path, features: tuple[str, ...]) -> None:
    known = pq.read_schema(part).names
    for feature in features:
        if feature not in known:
            guess = nearest(feature, known)
            hint = f" Did you mean `{guess}`?" if guess else ""
            raise ConfigError(f"The history has no feature `{feature}`.{hint}")
