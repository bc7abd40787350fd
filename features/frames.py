"""Frames as Parquet, on disk and in bytes, read without a Python handle in Arrow's threads.

`pandas.read_parquet` gives Arrow an open Python file.  A thread of Arrow's pool may still hold it when the command
ends; it then asks for the lock of an interpreter that is gone, and the process aborts after its work was done
(apache/arrow issues 34314 and 50482).  Hence a path goes to Arrow as a path, and bytes are read on the caller's thread.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_frame(file: Path, columns: Sequence[str] | None = None, filters: Sequence[Any] | None = None) -> pd.DataFrame:
    """A file's rows, all of them or those that pass `filters` (Arrow's own form).  Raises OSError without the file."""
    wanted = None if columns is None else list(columns)
    chosen = None if filters is None else list(filters)
    return pq.read_table(file, columns=wanted, filters=chosen, partitioning=None).to_pandas()


def column_names(file: Path) -> list[str]:
    """A file's columns in their order, without reading a row."""
    return list(pq.read_schema(file).names)


def frame_of(content: bytes) -> pd.DataFrame:
    """The rows of a file held in memory."""
    return pq.read_table(pa.BufferReader(content), use_threads=False, pre_buffer=False).to_pandas(use_threads=False)


def write_frame(frame: pd.DataFrame, file: Path) -> None:
    """The frame without its index as a file, numbers without a dictionary.

    Arrow's dictionary of numbers looks for a free place for ever when the system gives it no memory to grow (Arrow 25,
    `DictEncoderImpl::Put`, seen under `RLIMIT_AS`): a training would hang instead of saying so.
    """
    texts = [str(name) for name, kind in frame.dtypes.items() if kind.kind == "O"]  # numbers and days have other kinds
    frame.to_parquet(file, index=False, use_dictionary=texts)


def frame_bytes(frame: pd.DataFrame) -> bytes:
    """The frame without its index as a file's bytes: the same bytes for the same frame."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
