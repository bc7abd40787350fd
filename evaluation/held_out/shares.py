"""A share among few people: its interval, and the same share group by group with small cells hidden."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells
from evaluation.metrics import Interval

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


def wilson(hits: float, of: int) -> Interval:
    """The 95 % score interval of hits / of; keeps its coverage for few people and for shares near 0 or 1.

    Source: Wilson 1927, JASA 22:209.  (0, 1) for nobody.
    """
    if of == 0:
        return Interval(0.0, 1.0)
    share, spread = hits / of, Z95**2 / of
    middle = share + spread / 2
    half = np.sqrt(spread * (share * (1 - share) + spread / 4))
    return Interval(float(max(0, (middle - half) / (1 + spread))), float(min(1, (middle + half) / (1 + spread))))


def share_by_group(
    hit: np.ndarray, clients: np.ndarray, groups: Mapping[str, np.ndarray], smallest: int = SMALLEST_CELL
) -> list[dict[str, Any]]:
    """JSON-ready lines {grouping, group, n, share, low, high}; `n` is clients, None where few people are behind it.

    The interval counts clients and not rows, because one client's rows are alike.  The share is hidden too when fewer
    than `smallest` clients of the group have it, or have it not.
    """
    return [line for name, values in groups.items() for line in _lines(name, values, hit, clients, smallest)]


def _lines(
    grouping: str, values: np.ndarray, hit: np.ndarray, clients: np.ndarray, smallest: int
) -> Iterator[dict[str, Any]]:
    frame = pd.DataFrame({"group": values.astype(str), "client": clients, "hit": hit.astype(bool)})
    parts = list(frame.groupby("group"))
    cells = zip(
        hidden_cells([_people(part) for _, part in parts], smallest),
        hidden_cells([_people(part[part["hit"]]) for _, part in parts], smallest),
        hidden_cells([_people(part[~part["hit"]]) for _, part in parts], smallest),
        strict=True,
    )
    for (group, part), (no_n, few, rest) in zip(parts, cells, strict=True):
        n = _people(part)
        line: dict[str, Any] = {"grouping": grouping, "group": str(group), "n": None if no_n else n}
        yield line | (_nothing() if no_n or few or rest else _share(part["hit"].to_numpy(), n))


def _share(hit: np.ndarray, n: int) -> dict[str, Any]:
    share = float(hit.mean())
    bounds = wilson(share * n, n)
    return {"share": share, "low": bounds.low, "high": bounds.high}


def _nothing() -> dict[str, Any]:
    return dict.fromkeys(("share", "low", "high"))


def _people(part: pd.DataFrame) -> int:
    return int(part["client"].nunique())


def extremes(lines: Sequence[Mapping[str, Any]], grouping: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The lines of a grouping with the least and the greatest share; None when fewer than two are shown."""
    shown = [line for line in lines if line["grouping"] == grouping and line["share"] is not None]
    if len(shown) < 2:
        return None
    return min(shown, key=lambda line: line["share"]), max(shown, key=lambda line: line["share"])
