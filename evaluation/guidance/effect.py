"""Before and after a change, beside those whom it did not concern: a difference of differences, never a cause."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from evaluation.guidance.outcomes import NOTHING
from evaluation.guidance.settings import Effect
from evaluation.metrics import Interval, bootstrap
from models.small_cells import SMALLEST_CELL

Figure = Callable[[pd.DataFrame], float]
WEEK = 7


def started_share(cases: pd.DataFrame) -> float:
    """Share of cases in which a service began; NaN without cases."""
    return float((cases["started"] > NOTHING).mean()) if len(cases) else float("nan")


def within_week(cases: pd.DataFrame) -> float:
    """Share of cases in which a service began within seven days; NaN without cases."""
    return float((cases["days"] <= WEEK).mean()) if len(cases) else float("nan")


def lighter_share(cases: pd.DataFrame) -> float:
    """Of the cases in which a service began, the share of lighter ones; NaN when none began."""
    began = cases[cases["started"] > NOTHING]
    return float((~began["heavy"]).mean()) if len(began) else float("nan")


FIGURES: dict[str, Figure] = {"started": started_share, "within_7_days": within_week, "lighter": lighter_share}


def compared(cases: pd.DataFrame, wanted: Effect, repeats: int = 200) -> dict[str, Any]:
    """Each figure before and after, of the concerned and of the others, and the difference of the two changes.

    `cases` has client_id, time, municipality, started, days, heavy.  The 95 % interval draws clients anew.  A figure is
    None where fewer than SMALLEST_CELL clients stand behind one of its four parts.
    """
    changed, span = pd.Timestamp(wanted.changed_on), pd.Timedelta(days=wanted.days)
    inside = cases[(cases["time"] >= changed - span) & (cases["time"] < changed + span)].reset_index(drop=True)
    part = _part(inside, changed, wanted)
    people = {name: int(inside.loc[part == name, "client_id"].nunique()) for name in PARTS}
    enough = min(people.values()) >= SMALLEST_CELL
    shown = {name: n if n >= SMALLEST_CELL or n == 0 else None for name, n in people.items()}
    figures = {name: _figure(inside, part, figure, repeats) if enough else None for name, figure in FIGURES.items()}
    return {"clients": shown, "figures": figures}


PARTS = ("concerned_before", "concerned_after", "others_before", "others_after")


def _part(cases: pd.DataFrame, changed: pd.Timestamp, wanted: Effect) -> np.ndarray:
    concerned = cases["municipality"].astype(object).isin(wanted.municipalities).to_numpy()
    after = (cases["time"] >= changed).to_numpy()
    return np.array(PARTS, object)[np.where(concerned, 0, 2) + after.astype(int)]


def _figure(cases: pd.DataFrame, part: np.ndarray, figure: Figure, repeats: int) -> dict[str, Any]:
    def change(rows: np.ndarray) -> float:
        drawn, of = cases.iloc[rows], part[rows]
        values = [figure(drawn[of == name]) for name in PARTS]
        return (values[1] - values[0]) - (values[3] - values[2])

    every = np.arange(len(cases))
    bounds = bootstrap(cases["client_id"].to_numpy(object), change, repeats)
    values = {name: _number(figure(cases[part == name])) for name in PARTS}
    return {**values, "difference": _number(change(every)), **_bounds(bounds)}


def _bounds(bounds: Interval | None) -> dict[str, float | None]:
    return {"low": bounds.low if bounds else None, "high": bounds.high if bounds else None}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
