"""Text columns as integer codes with names: small in memory, quick to write."""

import numpy as np
import pandas as pd


def coded(codes: np.ndarray, names: list[str] | tuple[str, ...]) -> pd.Categorical:
    """A text column from positions in `names`; -1 is empty."""
    return pd.Categorical.from_codes(codes, pd.Index(names))  # type: ignore[arg-type]


def constant(name: str, n: int) -> pd.Categorical:
    """The same text in every row."""
    return coded(np.zeros(n, dtype=np.int8), [name])
