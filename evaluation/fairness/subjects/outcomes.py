"""By group: segment sets and proposals, expected amounts with their intervals, and the forecasts of a back-test."""

import numpy as np
import pandas as pd

from evaluation.fairness.comparing.figures import Certainty, Figure, of_intervals, of_sets
from evaluation.fairness.comparing.parts import Part, tabulate
from evaluation.fairness.comparing.rows import FairnessTable
from evaluation.fairness.comparing.table import traits_in


def sets_part(classes: pd.DataFrame) -> Part | None:
    """Coverage of the segment sets and agreement of the proposal; None for versions that stored no sets."""
    if "covered" not in classes:
        return None
    agreed = (classes["label"].astype(str) == classes["proposed"].astype(str)).to_numpy()
    figures = of_sets(classes["covered"].to_numpy(bool), agreed)
    return Part("segment", classes["client"].to_numpy(), traits_in(classes), figures)


def amounts_part(amounts: pd.DataFrame) -> Part:
    """Coverage of the 80 % interval of an expected amount, and its error."""
    columns = (amounts[name].to_numpy(np.float64) for name in ("amount", "predicted", "low", "high"))
    return Part("amount", amounts["client"].to_numpy(), traits_in(amounts), of_intervals(*columns))


def backtest_table(name: str, backtest: pd.DataFrame, testing: Certainty, smallest: int) -> FairnessTable:
    """One part per measure.  What is drawn anew are the back-test's weeks, because the errors of one week are alike.

    `series_id` is area|measure|groups of people.  The error itself is told and not tested: a small area's is larger.
    """
    rows = backtest[backtest["y"].notna()].reset_index(drop=True)
    named = rows["series_id"].astype(str).str.split("|", expand=True)
    parts = []
    for measure in sorted(named[1].unique()):
        own = (named[1] == measure).to_numpy()
        traits = pd.DataFrame({"group_area": named[0][own].to_numpy()})
        for place in range(2, named.shape[1]):
            traits[f"group_people_{place - 1}"] = named[place][own].to_numpy()
        parts.append(Part(measure, rows["ds"][own].to_numpy(), traits, _forecast_figures(rows[own])))
    return tabulate(name, parts, testing, smallest)


def _forecast_figures(rows: pd.DataFrame) -> list[Figure]:
    y, told = rows["y"].to_numpy(np.float64), rows["value"].to_numpy(np.float64)
    inside = rows["y"].between(rows["low80"], rows["high80"]).to_numpy(np.float64)
    return [
        Figure("wape", np.abs(y - told), np.abs(y), "ratio", "higher", tested=False),
        Figure("bias", told - y, np.abs(y), worse="lower", tested=False),
        Figure("coverage80", inside, np.ones(len(y)), margin=0.1, fewest=10),
    ]
