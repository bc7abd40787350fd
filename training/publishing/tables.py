"""Tables that training commands print: every model with its baseline beside it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.held_out.stored import gain_interval, interval
from evaluation.metrics import Interval

COLUMNS = ("auroc", "auprc", "brier", "log_loss", "calibration_slope")
TITLES = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier",
    "log_loss": "log loss",
    "calibration_slope": "cal. slope",
}


def comparison_table(predictions: pd.DataFrame, metrics: Mapping[str, float]) -> str:
    """One line per output and model, with the client-level 95 % interval of AUROC and of the gain."""
    lines = [f"  {'':32}" + "".join(f"{TITLES[name]:>11}" for name in COLUMNS) + "   95 % of AUROC"]
    several = predictions["output"].nunique() > 1
    for output, part in predictions.groupby("output", observed=True):
        key = f"{output}_" if several else ""
        blended = f"trees_{key}auroc" in metrics
        served = "blend" if blended else "LightGBM"
        lines.append(_line(f"{output}: {served}", metrics, key, interval(part, "auroc", "p")))
        if blended:
            lines.append(_line("  LightGBM alone", metrics, f"trees_{key}", None))
        lines.append(_line("  logistic regression", metrics, f"baseline_{key}", interval(part, "auroc", "baseline_p")))
        gain = gain_interval(part, "auroc")
        lines += [f"    difference in AUROC, same clients: {gain.low:+.3f} .. {gain.high:+.3f}"] if gain else []
    return "\n".join(lines)


def _line(title: str, metrics: Mapping[str, float], key: str, bounds: Interval | None) -> str:
    values = "".join(f"{metrics.get(key + name, np.nan):11.3f}" for name in COLUMNS)
    shown = f"   {bounds.low:.3f} .. {bounds.high:.3f}" if bounds else ""
    return f"  {title:32}{values}{shown}"
