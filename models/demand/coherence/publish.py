"""The coherent forecast of a panel: points that add up over areas and time, intervals calibrated at every level."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.panel.periods import Period
from models.demand.coherence.intervals import Widths, fit_widths, published_intervals
from models.demand.coherence.reconcile import Coherence, coherent_windows
from models.demand.coherence.summing import Summing
from models.demand.coherence.temporal import WITHIN, Bucket, buckets, over
from models.demand.coherence.windows import Windows, scales
from models.demand.forecasters.matrix import PanelMatrix


@dataclass(frozen=True)
class CoherentForecast:
    """`tables`: per period `series_id, ds, step, value, low80, high80, low95, high95` of every published series."""

    coherence: Coherence
    windows: Windows
    """The published series' residual windows, as the chosen method would have said them."""
    tables: Mapping[Period, pd.DataFrame]
    widths: Mapping[Period, Widths]


def coherent_forecast(
    history: PanelMatrix,
    ahead: np.ndarray,
    coherence: Coherence,
    windows: Windows,
    period: Period,
    season: int,
    sums_ahead: np.ndarray | None = None,
    sums_windows: Windows | None = None,
) -> CoherentForecast:
    """From the bottom series' history, their forecast [bottom, step], a fitted method and their residual windows.

    `sums_ahead` and `sums_windows` are forecasts of the distinct sums themselves, which MinT needs.  Series, windows
    and the method's summing must name the bottom series in one order.
    """
    summing = coherence.summing
    now = np.array([history.values.shape[1] - 1])
    points = summing.of(coherence.bottom(ahead, scales(history.values, now, season)[:, 0], sums_ahead))
    total = summing.of(history.values)
    judged = coherent_windows(coherence, windows, sums_windows, scales(total, windows.origins, season))
    scale = scales(total, now, season)[:, 0]
    dates = pd.date_range(history.dates[-1], periods=points.shape[1] + 1, freq=history.dates.freq)[1:]
    tables, widths = {}, {}
    for one in WITHIN[period]:
        found = buckets(dates, one, period)
        if found:
            widths[one] = fit_widths(judged, summing.level_of, found)
            tables[one] = _table(points, found, scale, widths[one], summing)
    return CoherentForecast(coherence, judged, tables, widths)


def _table(
    points: np.ndarray, found: tuple[Bucket, ...], scale: np.ndarray, widths: Widths, summing: Summing
) -> pd.DataFrame:
    known = np.array([summing.level_of[str(one)] in widths for one in summing.published])
    table = published_intervals(
        over(points[known], found), summing.published[known], scale[known], widths, summing.level_of
    )
    starts = pd.DatetimeIndex([one.start for one in found])
    return table.assign(ds=starts[table["step"].to_numpy() - 1])[
        ["series_id", "ds", "step", "value", "low80", "high80", "low95", "high95"]
    ]
