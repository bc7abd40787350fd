"""How good is an expected amount (minutes a week)?  Model, baseline and "no change" side by side, and the interval."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.metrics import INTERVAL_LEVEL
from evaluation.needs.bands import Group, age_groups, everyone
from evaluation.needs.draws import REPEATS, figures, sides

FORMAT = 1
COLUMNS = ("row", "client", "as_of", "amount", "predicted", "low", "high", "baseline_predicted")


def amount_report(amounts: pd.DataFrame, *, repeats: int = REPEATS, smallest: int = SMALLEST_CELL) -> dict[str, Any]:
    """The figures of an expected amount, overall and by age band, ready for JSON; units are those of the amount.

    `amounts`: one line per row with `amount` (what came), `predicted`, the ends `low` and `high` of the 80 % interval,
    `baseline_predicted`, and group_*.

    all and age_bands.<band>: clients, rows, hidden, figures.<name>.{model, baseline, difference}.{value, low, high}
    (see `amount_figures`), interval.{coverage, width}, no_change.mean_absolute_error.  Groups of fewer than `smallest`
    clients are hidden.  Raises DataError for missing columns, no rows, unknown values or crossed ends.
    """
    checked_amounts(amounts)
    client = amounts["client"].to_numpy()
    return {
        "format": FORMAT,
        "repeats": repeats,
        "level": INTERVAL_LEVEL,
        "all": _group(amounts, everyone(client, None, smallest), repeats),
        "age_bands": {group.name: _group(amounts, group, repeats) for group in age_groups(amounts, None, smallest)},
    }


def checked_amounts(amounts: pd.DataFrame) -> pd.DataFrame:
    """The frame itself.  Raises DataError that names the fault."""
    missing = [column for column in COLUMNS if column not in amounts.columns]
    if missing:
        raise DataError(f"The stored amounts lack {', '.join(missing)}; needed are {', '.join(COLUMNS)}. Train again.")
    if amounts.empty:
        raise DataError("The stored amounts have no rows. Train the model again.")
    unknown = [column for column in COLUMNS[3:] if not np.isfinite(amounts[column].to_numpy(np.float64)).all()]
    if unknown:
        raise DataError(f"The stored amounts have no number in some rows of `{unknown[0]}`. Train the model again.")
    if (amounts["low"] > amounts["high"]).any():
        raise DataError("The stored amounts have an interval whose `low` lies above its `high`. Train the model again.")
    return amounts


class AmountErrors:
    """Errors (predicted - amount), sorted once, measured under any weights of their rows."""

    def __init__(self, amount: np.ndarray, predicted: np.ndarray) -> None:
        self._amount = np.asarray(amount, np.float64)
        self._error = np.asarray(predicted, np.float64) - self._amount
        size = np.abs(self._error)
        self._order = np.argsort(size, kind="stable")
        self._sorted = size[self._order]

    def figures(self, weights: np.ndarray) -> dict[str, float]:
        """As `amount_figures`, of rows repeated `weights` times."""
        total = weights.sum()
        squared = float(weights @ self._error**2)
        spread = float(weights @ (self._amount - weights @ self._amount / total) ** 2)
        return {
            "mean_absolute_error": float(weights @ np.abs(self._error) / total),
            "median_absolute_error": self._median(weights[self._order]),
            "bias": float(weights @ self._error / total),
            "root_mean_squared_error": float(np.sqrt(squared / total)),
            "r_squared": 1 - squared / spread if spread > 0 else float("nan"),
        }

    def _median(self, weights: np.ndarray) -> float:
        """The middle size, or the mean of the two in the middle."""
        counted = np.cumsum(weights)
        middle = np.array([(counted[-1] - 1) // 2, counted[-1] // 2])
        return float(self._sorted[np.searchsorted(counted, middle, side="right")].mean())


def amount_figures(amount: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Errors of an expected amount.

    mean_absolute_error      unit of the amount, 0 upwards; 0 = always exact
    median_absolute_error    the same for the middle row: few gross errors do not move it
    bias                     mean of predicted - amount, any number; above 0 = too much is foretold, 0 = right
    root_mean_squared_error  unit of the amount, 0 upwards; gross errors weigh more
    r_squared                share, at most 1; 1 = exact, 0 = no better than the mean of all, below 0 = worse than it;
                             NaN when all amounts are the same
    Source: Hyndman & Koehler 2006, International Journal of Forecasting 22:679.
    """
    return AmountErrors(amount, predicted).figures(np.ones(len(amount)))


def interval_figures(
    amount: np.ndarray, low: np.ndarray, high: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, float]:
    """How often the amount lay inside the interval (ends included), and how wide the interval is.

    coverage  share, range 0-1; an 80 % interval should have .80, less = too narrow
    width     mean of high - low, unit of the amount; of two with the same coverage the narrower is better
    Source: Gneiting & Raftery 2007, Journal of the American Statistical Association 102:359.
    """
    w = np.ones(len(amount)) if weights is None else weights
    inside = (low <= amount) & (amount <= high)
    return {"coverage": float(w @ inside / w.sum()), "width": float(w @ (high - low) / w.sum())}


def _group(amounts: pd.DataFrame, group: Group, repeats: int) -> dict[str, Any]:
    own = amounts.iloc[group.rows]
    return {
        "clients": group.clients,
        "rows": None if group.clients is None else len(own),
        "hidden": group.hidden,
        **(_figures(own, repeats) if not group.hidden else {"figures": {}, "interval": {}, "no_change": {}}),
    }


def _figures(own: pd.DataFrame, repeats: int) -> dict[str, Any]:
    client = own["client"].to_numpy()
    amount, low, high = (own[column].to_numpy(np.float64) for column in ("amount", "low", "high"))
    ours, theirs = (AmountErrors(amount, own[name].to_numpy()) for name in ("predicted", "baseline_predicted"))

    def no_change(weights: np.ndarray) -> Mapping[str, float]:
        return {"mean_absolute_error": float(weights @ np.abs(amount) / weights.sum())}

    return {
        "figures": sides(ours.figures, theirs.figures, client, repeats),
        "interval": figures(lambda weights: interval_figures(amount, low, high, weights), client, repeats),
        "no_change": figures(no_change, client, repeats),
    }
