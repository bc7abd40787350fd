"""The features of the history and the models' scores in periods: distances for the reader, one test for the alarm."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluation.monitoring.distances import distances
from evaluation.monitoring.settings import Thresholds
from evaluation.monitoring.state import Periods, Tested, judged
from models.small_cells import SMALLEST_CELL

SCORE, MUNICIPALITY = "score of ", "municipality_"


def drawn_clients(clients: np.ndarray, most: int) -> np.ndarray:
    """bool[rows]: rows of at most `most` clients, the same ones whatever the date."""
    every = np.unique(clients.astype(str))
    order = sorted(every, key=lambda client: hashlib.sha256(client.encode()).digest())
    return np.isin(clients.astype(str), order[:most])


def municipality_columns(rows: pd.DataFrame, residents: pd.DataFrame) -> dict[str, np.ndarray]:
    """1 for rows of clients who were known to live there, by municipality with five clients on some date."""
    texts = {name: residents[name].astype(object) for name in ("client_id", "municipality")}
    order = pd.DataFrame({**texts, "recorded_at": residents["recorded_at"].astype("datetime64[s]")})
    order = order.sort_values("recorded_at", kind="stable")
    asked = pd.DataFrame(
        {
            "client_id": rows["client_id"].astype(object).to_numpy(),
            "as_of": rows["as_of"].to_numpy().astype("datetime64[s]"),
            "place": np.arange(len(rows)),
        }
    )
    found = pd.merge_asof(
        asked.sort_values("as_of", kind="stable"),
        order,
        left_on="as_of",
        right_on="recorded_at",
        by="client_id",
        allow_exact_matches=False,
    ).sort_values("place")
    town = found["municipality"].fillna("unknown").to_numpy(object)
    most = found.groupby(["municipality", "as_of"]).size().groupby("municipality").max()
    return {f"{MUNICIPALITY}{code}": (town == code) * 1.0 for code in sorted(most[most >= SMALLEST_CELL].index)}


def periods_of(rows: pd.DataFrame, columns: Mapping[str, np.ndarray]) -> Periods:
    """Clients' rows by date, with every column that differs at all and is known of five clients on every date."""
    as_of = rows["as_of"].to_numpy().astype("datetime64[D]")
    days, period = np.unique(as_of, return_inverse=True)
    kept = {
        name: values
        for name, values in columns.items()
        if name.startswith(MUNICIPALITY) or _is_told(values, period, len(days))
    }
    return Periods(
        client=rows["client_id"].to_numpy(object),
        period=period,
        dates=[_day(day) for day in days],
        names=list(kept),
        values=np.column_stack(list(kept.values())).astype(np.float64),
    )


def drift(periods: Periods, limits: Thresholds, seed: int) -> list[dict[str, Any]]:
    """A line per feature, least expected first; its `alarm` is one state over all lines."""
    found = judged(periods, limits.level, limits.smallest_change, seed=seed)
    newest = len(periods.dates) - 1
    before = reference(periods.dates)
    far = {name: _far(periods, place, before, newest) for place, name in enumerate(periods.names)}
    return [_line(one, far.get(one.name)) for one in sorted(found, key=lambda one: (one.p, one.name))]


def reference(dates: Sequence[date]) -> int:
    """Index of the date that the newest is shown beside: the same season a year before, else the one before."""
    last = dates[-1]
    same = [place for place, day in enumerate(dates[:-1]) if (day.year + 1, day.month) == (last.year, last.month)]
    return same[-1] if same else len(dates) - 2


def _line(one: Tested, far: Mapping[str, float | None] | None) -> dict[str, Any]:
    empty = {"psi": None, "ks": None, "jensen_shannon": None}
    return {
        "name": one.name,
        "change": round(one.found - one.expected, 4),
        "error": round(one.error, 4),
        "p": round(one.p, 4),
        "alarm": one.alarm,
        **(far or empty),
    }


def _far(periods: Periods, place: int, before: int, newest: int) -> dict[str, float | None]:
    column = periods.values[:, place]
    found = distances(column[periods.period == before], column[periods.period == newest])
    shown = {"psi": found.psi, "ks": found.ks, "jensen_shannon": found.jensen_shannon}
    return {name: round(value, 4) if np.isfinite(value) else None for name, value in shown.items()}


def _is_told(values: np.ndarray, period: np.ndarray, n: int) -> bool:
    known = ~np.isnan(values)
    enough = np.bincount(period[known], minlength=n).min() >= SMALLEST_CELL
    if not enough:
        return False
    common = pd.Series(values[known]).value_counts(sort=True).iloc[0]
    return bool(known.sum() - common >= SMALLEST_CELL * n)


def _day(day: np.datetime64) -> date:
    found = day.item()
    if not isinstance(found, date):
        raise TypeError("a date was expected")
    return found
