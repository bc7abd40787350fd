"""Predictions as a training run stored them on its hold-out: every figure of a report is computed from these rows.

`predictions.parquet`, long: row, client (random number in this file), as_of, output, label, p, baseline_p, group_*.
`classes.parquet`: row, client, as_of, label, proposed, baseline_proposed, group_* (segments as text).
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation import metrics
from evaluation.metrics import Interval

PREDICTIONS_FILE = "predictions.parquet"
CLASSES_FILE = "classes.parquet"
BASELINE = "baseline_"
_PREDICTION_COLUMNS = ("row", "client", "as_of", "output", "label", "p", "baseline_p")
_CLASS_COLUMNS = ("row", "client", "as_of", "label", "proposed", "baseline_proposed")

Measure = Callable[[np.ndarray, np.ndarray], float]

PROBABILITY_METRICS: dict[str, Measure] = {
    "auroc": metrics.auroc,
    "auprc": metrics.auprc,
    "brier": metrics.brier,
    "log_loss": metrics.log_loss,
    "calibration_slope": metrics.calibration_slope,
    "calibration_intercept": metrics.calibration_intercept,
    "observed_to_expected": metrics.observed_to_expected,
}
CLASS_METRICS: dict[str, Measure] = {
    "macro_f1": metrics.macro_f1,
    "kappa": metrics.kappa,
    "accuracy": metrics.accuracy,
}


def checked_predictions(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame itself.  Raises DataError that names every fault: columns, labels, probabilities, a client id."""
    _check_columns(frame, _PREDICTION_COLUMNS, "predictions")
    faults = []
    if frame.empty:
        faults.append("there are no rows")
    if not frame["label"].isin([0, 1]).all():
        faults.append("`label` must be 0 or 1")
    faults += [f"`{c}` must lie between 0 and 1" for c in ("p", "baseline_p") if not frame[c].between(0, 1).all()]
    if faults:
        raise DataError(f"The stored predictions are refused: {'; '.join(faults)}. Train the model again.")
    return frame


def checked_classes(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame itself.  Raises DataError when a column is missing or the frame is empty."""
    _check_columns(frame, _CLASS_COLUMNS, "classes")
    if frame.empty:
        raise DataError("The stored classes have no rows. Train the model again.")
    return frame


def measure(predictions: pd.DataFrame) -> dict[str, float]:
    """Every probability metric of the model and, prefixed `baseline_`, of its baseline; undefined ones are left out.

    One output: `auroc`.  Several: `<output>_auroc` each, and `auroc` as their mean.
    """
    checked_predictions(predictions)
    parts = {str(output): measure_output(part) for output, part in predictions.groupby("output", observed=True)}
    named = {_named(output, key): v for output, part in parts.items() for key, v in part.items() if len(parts) > 1}
    means = {key: float(np.mean([part.get(key, np.nan) for part in parts.values()])) for key in _keys(parts)}
    rows = {
        "holdout_rows": float(predictions["row"].nunique()),
        "holdout_clients": float(predictions["client"].nunique()),
    }
    return {key: value for key, value in {**means, **named, **rows}.items() if np.isfinite(value)}


def measure_output(part: pd.DataFrame) -> dict[str, float]:
    """The metrics of one output's rows, model and baseline."""
    label = part["label"].to_numpy()
    found = {"prevalence": float(label.mean())}
    for prefix, column in (("", "p"), (BASELINE, "baseline_p")):
        p = part[column].to_numpy(np.float64)
        found |= {f"{prefix}{key}": compute(label, p) for key, compute in PROBABILITY_METRICS.items()}
    return found


def measure_classes(classes: pd.DataFrame) -> dict[str, float]:
    """Macro-F1, kappa and accuracy of the proposed segment, and the baseline's."""
    checked_classes(classes)
    label = classes["label"].astype(str).to_numpy()
    found: dict[str, float] = {}
    for prefix, column in (("", "proposed"), (BASELINE, "baseline_proposed")):
        proposed = classes[column].astype(str).to_numpy()
        found |= {f"{prefix}{key}": compute(label, proposed) for key, compute in CLASS_METRICS.items()}
    return {key: value for key, value in found.items() if np.isfinite(value)}


def interval(part: pd.DataFrame, metric: str, column: str = "p", repeats: int = 200) -> Interval | None:
    """The client-level bootstrap interval of one metric of one output."""
    label, p, compute = part["label"].to_numpy(), part[column].to_numpy(), _measure(metric)
    return metrics.bootstrap(part["client"].to_numpy(), lambda rows: compute(label[rows], p[rows]), repeats)


def gain_interval(part: pd.DataFrame, metric: str, repeats: int = 200) -> Interval | None:
    """The interval of (model - baseline) on the same drawn clients: narrower than the two intervals side by side."""
    label, p, base = (part[column].to_numpy() for column in ("label", "p", "baseline_p"))
    compute = _measure(metric)
    return metrics.bootstrap(
        part["client"].to_numpy(),
        lambda rows: compute(label[rows], p[rows]) - compute(label[rows], base[rows]),
        repeats,
    )


def group_columns(frame: pd.DataFrame) -> list[str]:
    """The columns by which results are compared between groups of people."""
    return [str(column) for column in frame.columns if str(column).startswith("group_")]


def _measure(metric: str) -> Measure:
    return PROBABILITY_METRICS[metric]


def _named(output: str, key: str) -> str:
    """`complexity_auroc`, and `baseline_complexity_auroc` for the baseline's."""
    return f"{BASELINE}{output}_{key.removeprefix(BASELINE)}" if key.startswith(BASELINE) else f"{output}_{key}"


def _keys(parts: dict[str, dict[str, float]]) -> Sequence[str]:
    return list(dict.fromkeys(key for part in parts.values() for key in part))


def _check_columns(frame: pd.DataFrame, needed: Sequence[str], what: str) -> None:
    if "client_id" in frame.columns:
        raise DataError(f"The stored {what} have a column client_id. Stored rows hold no client's id: drop it.")
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise DataError(f"The stored {what} lack {', '.join(missing)}; needed are {', '.join(needed)}. Train again.")
