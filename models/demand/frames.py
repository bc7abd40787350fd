"""Tables in a demand bundle."""

import io

import pandas as pd

from models.bundles.bundle import Bundle


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The frame without its index, the same bytes for the same frame."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def read_frame(bundle: Bundle, name: str) -> pd.DataFrame:
    """One table of a verified bundle."""
    return pd.read_parquet(io.BytesIO(bundle.bytes_of(name)))
