"""The report's dict: groups only, small cells hidden so that no total gives them away."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.guidance.baseline import Share, held_against, share
from evaluation.guidance.counting import Counted, Wanted
from evaluation.guidance.effect import compared
from evaluation.guidance.groups import ANY, NEITHER
from evaluation.guidance.outcomes import NOTHING
from evaluation.guidance.transitions import LEFT, NONE, quarter_starts
from evaluation.small_cells.hiding import hidden_in_grid
from models.small_cells import SMALLEST_CELL, hidden_cells

FORMAT = 1
Line = dict[str, Any]


def report_of(counted: Counted, wanted: Wanted, baseline: Mapping[str, Any] | None) -> Line:
    """Everything that is published; `baseline` is the stored snapshot or None."""
    config = wanted.config
    figures = figures_of(counted)
    return {
        "format": FORMAT,
        "smallest_cell": SMALLEST_CELL,
        "follow_days": config.follow_days,
        "quiet_days": config.quiet_days,
        "quarters": config.quarters,
        "guided": guided_lines(counted.cases, [one.id for one in config.classes]),
        "by": _by(counted.cases),
        "moves": move_lines(counted.moves, [one.id for one in config.classes]),
        "shifts": shift_lines(counted.moves, [one.id for one in config.classes], config.heavy_from, _quarters(wanted)),
        "light": _light(counted.light, tuple(config.light_clients.replacing)),
        "frequent": profile_lines(counted.profile),
        "effect": compared(counted.cases, config.effect) if config.effect else None,
        "figures": {name: _hidden_share(one) for name, one in figures.items()},
        "since_baseline": _since(figures, baseline),
    }


def guided_lines(cases: pd.DataFrame, ids: Sequence[str]) -> list[Line]:
    """Segment × recommended × what began first: cases, and the median days until then."""
    rows = sorted({(str(a), str(b)) for a, b in zip(cases["segment"], cases["recommended"], strict=True)})
    columns = [NOTHING, *range(len(ids))]
    cells = dict(list(cases.groupby(["segment", "recommended", "started"])))
    grid = [[len(cells.get((*row, column), ())) for column in columns] for row in rows]
    hidden = hidden_in_grid(grid) if rows else []
    lines = []
    for row, numbers, hides in zip(rows, grid, hidden, strict=True):
        for column, n, hide in zip(columns, numbers, hides, strict=True):
            days = cells[(*row, column)]["days"].median() if n and not hide and column != NOTHING else None
            began = NONE if column == NOTHING else ids[column]
            lines.append({"segment": row[0], "recommended": row[1], "started": began, "n": None if hide else n,
                          "median_days": None if days is None else float(days)})  # fmt: skip
    return lines


def move_lines(moves: pd.DataFrame, ids: Sequence[str]) -> list[Line]:
    """Every pair of classes in two quarters that follow each other, all quarters together."""
    befores, afters = (NONE, *ids), (NONE, *ids, LEFT)
    summed = moves.groupby(["before", "after"])["n"].sum()
    grid = [[int(summed.get((before, after), 0)) for after in afters] for before in befores]
    hidden = hidden_in_grid(grid)
    return [
        {"before": before, "after": after, "n": None if hide else n}
        for before, numbers, hides in zip(befores, grid, hidden, strict=True)
        for after, n, hide in zip(afters, numbers, hides, strict=True)
    ]


def shift_lines(moves: pd.DataFrame, ids: Sequence[str], heavy_from: int, quarters: Sequence[str]) -> list[Line]:
    """Per later quarter: of those in a light class how many came to a heavy one, and the other way round."""
    heavy = set(ids[heavy_from:])
    lines = []
    for quarter, part in moves[moves["after"] != LEFT].groupby("quarter"):
        was, became = part["before"].isin(heavy), part["after"].isin(heavy)
        light_used = part["before"] != NONE
        up = share(int(part.loc[~was & light_used & became, "n"].sum()), int(part.loc[~was & light_used, "n"].sum()))
        down = share(int(part.loc[was & ~became, "n"].sum()), int(part.loc[was, "n"].sum()))
        lines.append(
            {
                "quarter": quarters[int(str(quarter)) + 1],
                "to_heavier": _hidden_share(up),
                "to_lighter": _hidden_share(down),
            }
        )
    return lines


def profile_lines(profile: pd.DataFrame) -> list[Line]:
    """Per trait and group: how many frequent users, their share of all frequent users, and the others' share."""
    lines: list[Line] = []
    for trait, part in profile.groupby("trait", sort=False):
        grid = part[["frequent", "others"]].astype(int).to_numpy().tolist()
        hidden = hidden_in_grid(grid)
        sums = part[["frequent", "others"]].sum()
        for group, numbers, hides in zip(part["group"], grid, hidden, strict=True):
            shares = [None if hide or not of else n / of for n, hide, of in zip(numbers, hides, sums, strict=True)]
            lines.append({"trait": str(trait), "group": str(group), "n": None if hides[0] else numbers[0],
                          "share": shares[0], "others_share": shares[1]})  # fmt: skip
    return lines


def figures_of(counted: Counted) -> dict[str, Share]:
    """The figures that are held against the baseline."""
    cases = counted.cases
    began = cases[cases["started"] > NOTHING]
    return {
        "started": share(len(began), len(cases)),
        "started_within_7_days": share(int((cases["days"] <= 7).sum()), len(cases)),
        "lighter": share(int((~began["heavy"].astype(bool)).sum()), len(began)),
        "light_clients_with_replacing": share(counted.light[ANY], counted.light["clients"]),
    }


def _quarters(wanted: Wanted) -> list[str]:
    """The quarters as `2024Q1`."""
    starts = quarter_starts(wanted.until.date(), wanted.config.quarters)
    return [f"{one.year}Q{one.quarter}" for one in starts[:-1]]


def _by(cases: pd.DataFrame) -> dict[str, int | None]:
    counts = {str(name): int(n) for name, n in cases["by"].value_counts().items()}
    hidden = hidden_cells(list(counts.values()))
    return {name: None if hide else n for (name, n), hide in zip(counts.items(), hidden, strict=True)}


def _light(light: Mapping[str, int], names: Sequence[str]) -> list[Line]:
    """Each is a share of the same people, so a figure is hidden where those with or those without are few."""
    return [{"id": name, **_hidden_share(share(light[name], light["clients"]))} for name in (*names, ANY, NEITHER)]


def _hidden_share(found: Share) -> Share:
    few = 0 < found["hits"] < SMALLEST_CELL or 0 < found["of"] - found["hits"] < SMALLEST_CELL
    return dict.fromkeys(found) if few else found


def _since(figures: Mapping[str, Share], baseline: Mapping[str, Any] | None) -> Line | None:
    if baseline is None:
        return None
    shown = {name: one for name, one in figures.items() if _hidden_share(one)["of"] is not None}
    return {"data_until": baseline["data_until"], "rows": held_against(shown, dict(baseline))}
