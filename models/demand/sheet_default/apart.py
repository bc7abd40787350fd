"""Series that are forecast by themselves, so that what is wrong with one changes no other's answer.

Everything that the series of a sheet share (trees, choice, interval quantiles) is learned from the others only.
Whether a series stands apart is told from its own values: no other series can move it in or out.
"""

from datetime import date

import numpy as np
import pandas as pd

from configs.phrases import Phrase

RESTLESS = 0.5
"""Mean change, both from period to period and from season to season, over the mean from which a series is restless."""
ODD_NOISE = 5.0
"""Standard deviations of a count by which a value may differ beside a whole median."""
RESTLESS_SAID = Phrase(
    "Forecast by itself: it changes from period to period by half of its mean or more.", "apart_restless"
)


def standing_apart(panel: pd.DataFrame, season: int) -> dict[str, str]:
    """Series of `unique_id, ds, y` that stand apart → why."""
    found = {}
    for name, rows in panel.sort_values("ds").groupby("unique_id", sort=True):
        reason = _reason(rows["y"].to_numpy(float), pd.DatetimeIndex(rows["ds"]), season)
        if reason:
            found[str(name)] = reason
    return found


def lacking(column: str, when: date) -> Phrase:
    """Why a series without a number of a known column stands apart."""
    english = f"Forecast by itself, without the columns: `{column}` has no number at {when}."
    return Phrase(english, "apart_lacking", column=column, date=when)


def _odd(when: date) -> Phrase:
    english = f"the value at {when} is unlike its neighbours and the same period of another season"
    return Phrase(f"Forecast by itself: {english}.", "apart_odd", date=when)


def _reason(y: np.ndarray, dates: pd.DatetimeIndex, season: int) -> str:
    step = np.abs(np.diff(y))
    seasonal = np.abs(y[season:] - y[:-season]) if len(y) > season else np.array([np.inf])
    if min(step.mean(), seasonal.mean()) >= RESTLESS * y.mean():
        return RESTLESS_SAID
    median = float(np.median(y))
    odd = _unlike(y, season)
    if odd.max() > median + ODD_NOISE * np.sqrt(max(median, 1.0)):
        return _odd(dates[int(odd.argmax())].date())
    return ""


def _unlike(y: np.ndarray, season: int) -> np.ndarray:
    """How far each value is at least from the one before it and from the same period of every other season."""
    nearest = np.abs(np.diff(y, prepend=y[1]))
    for other in range(season, len(y), season):
        away = np.abs(y[other:] - y[:-other])
        nearest[other:] = np.minimum(nearest[other:], away)
        nearest[:-other] = np.minimum(nearest[:-other], away)
    return nearest
