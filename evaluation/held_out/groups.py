"""Is it as good for everyone?  One table per grouping: n, metric, difference from all; small cells stay hidden.

A difference of 0 means: the same as for all clients together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation import metrics
from evaluation.held_out.stored import group_columns, interval
from evaluation.metrics import Interval
from models.oversight.limits import OBSERVED_TO_EXPECTED
from models.small_cells import SMALLEST_CELL as SMALLEST_CELL
from models.small_cells import hidden_cells as hidden_cells

REPEATS = 100
FLAG_MIN_EVENTS = 100
FLAG_RATIO = OBSERVED_TO_EXPECTED
"""Observed / expected outside this is flagged when the group has at least FLAG_MIN_EVENTS outcomes."""


@dataclass(frozen=True)
class GroupRow:
    """One group's line.  None = hidden because too few people, or undefined."""

    grouping: str
    group: str
    n: int | None
    """Clients."""
    events: int | None
    """Rows with the outcome (a client has one row per `as_of`)."""
    predicted: float | None
    """Mean probability."""
    observed: float | None
    """Share with the outcome."""
    observed_to_expected: float | None
    auroc: float | None
    auroc_interval: Interval | None
    auroc_difference: float | None
    """This group's AUROC minus everyone's."""
    flag: str
    """"" or why this line needs a second look."""


def group_tables(part: pd.DataFrame, smallest: int = SMALLEST_CELL, repeats: int = REPEATS) -> list[GroupRow]:
    """The lines of every `group_*` column of one output's stored predictions."""
    overall = metrics.auroc(part["label"].to_numpy(), part["p"].to_numpy())
    return [row for column in group_columns(part) for row in _table(part, column, overall, smallest, repeats)]


def _table(part: pd.DataFrame, column: str, overall: float, smallest: int, repeats: int) -> list[GroupRow]:
    names = part[column].astype(object).where(part[column].notna(), "unknown").astype(str)
    grouped = {str(name): rows for name, rows in part.groupby(names)}
    clients = [_clients(rows) for rows in grouped.values()]
    with_event = [_clients(rows[rows["label"] == 1]) for rows in grouped.values()]
    without = [_clients(rows[rows["label"] == 0]) for rows in grouped.values()]
    cells = zip(*(hidden_cells(counts, smallest) for counts in (clients, with_event, without)), strict=True)
    lines = []
    for (group, rows), (no_n, few_events, few_quiet) in zip(grouped.items(), cells, strict=True):
        # All with the outcome, or none, tells something of each person in the group.
        uniform = rows["label"].nunique() < 2
        hide = no_n or few_events or few_quiet or uniform
        lines.append(_line(column.removeprefix("group_"), group, rows, overall, no_n, hide, repeats))
    return lines


def _clients(rows: pd.DataFrame) -> int:
    return int(rows["client"].nunique())


def _line(
    grouping: str, group: str, rows: pd.DataFrame, overall: float, no_n: bool, no_events: bool, repeats: int
) -> GroupRow:
    n = None if no_n else _clients(rows)
    if no_events:
        predicted = None if no_n else float(rows["p"].mean())
        return GroupRow(grouping, group, n, None, predicted, None, None, None, None, None, "")
    label, p = rows["label"].to_numpy(), rows["p"].to_numpy()
    ratio, area = metrics.observed_to_expected(label, p), metrics.auroc(label, p)
    events = int(label.sum())
    return GroupRow(
        grouping=grouping,
        group=group,
        n=n,
        events=events,
        predicted=float(p.mean()),
        observed=float(label.mean()),
        observed_to_expected=ratio,
        auroc=area,
        auroc_interval=interval(rows, "auroc", repeats=repeats),
        auroc_difference=area - overall,
        flag=_flag(ratio, events),
    )


def _flag(ratio: float, events: int) -> str:
    low, high = FLAG_RATIO
    if events < FLAG_MIN_EVENTS or low <= ratio <= high:
        return ""
    return "under-predicted" if ratio > high else "over-predicted"


def largest_gap(lines: Sequence[GroupRow]) -> float:
    """The greatest absolute difference of AUROC among the lines shown (0 = the same for every group)."""
    return float(
        np.max([abs(line.auroc_difference) for line in lines if line.auroc_difference is not None], initial=0.0)
    )
