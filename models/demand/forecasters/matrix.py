"""A panel as one matrix [series, period] and back: the shape in which thousands of series are handled at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class PanelMatrix:
    """`values` is [series, period], NaN where a series was not observed; `dates` are every period's first day."""

    ids: np.ndarray
    dates: pd.DatetimeIndex
    values: np.ndarray

    def until(self, period: int) -> "PanelMatrix":
        """What was known after the period at this place (0 = the first)."""
        return PanelMatrix(self.ids, self.dates[: period + 1], self.values[:, : period + 1])

    def of(self, ids: Sequence[str]) -> "PanelMatrix":
        """These series in this order."""
        place = pd.Index(self.ids).get_indexer(pd.Index(ids))
        return PanelMatrix(self.ids[place], self.dates, self.values[place])


def panel_matrix(panel: pd.DataFrame, freq: str = "D") -> PanelMatrix:
    """The matrix of a panel `unique_id, ds, y` whose dates are period starts of `freq`."""
    ids, row = np.unique(panel["unique_id"].to_numpy(dtype=object).astype(str), return_inverse=True)
    dates = pd.date_range(panel["ds"].min(), panel["ds"].max(), freq=freq)
    values = np.full((len(ids), len(dates)), np.nan)
    values[row, dates.searchsorted(panel["ds"])] = panel["y"].to_numpy(float)
    return PanelMatrix(ids, dates, values)


def long_table(ids: np.ndarray, dates: pd.DatetimeIndex, values: np.ndarray, name: str) -> pd.DataFrame:
    """`unique_id, ds, <name>` of a matrix [series, period], sorted by series and date."""
    return pd.DataFrame(
        {"unique_id": np.repeat(ids, len(dates)), "ds": np.tile(dates.to_numpy(), len(ids)), name: values.ravel()}
    )
