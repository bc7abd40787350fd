"""Rows of people with figures and traits become lines of a table: compared, judged, and hidden where few are behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation.fairness.comparing.draws import Compared, compare
from evaluation.fairness.comparing.figures import Certainty, Figure
from evaluation.fairness.comparing.rows import FairnessRow, FairnessTable, Measured, known
from evaluation.small_cells.hiding import hidden_together
from evaluation.small_cells.margins import completed

GROUP, TRAIT = "group_", "trait_"
"""Columns of the stored predictions, and of traits.parquet, by which people are compared."""
YES, UNKNOWN = "yes", "unknown"
PLACES = ("municipality", "legacy_org", "instance", "deprivation")
"""Traits that are decided by where a person lives, so that everybody knows which group lies in which."""
Key = tuple[str, str]
"""(trait, group)."""


@dataclass(frozen=True, eq=False)
class Part:
    """One output's rows: whose they are, what they are compared by, and by what groups."""

    output: str
    client: np.ndarray
    traits: pd.DataFrame
    """group_* and trait_* columns, one line per row."""
    figures: Sequence[Figure]
    kinds: Sequence[np.ndarray] = ()
    """Which rows are of a kind that the whole line would count: with the outcome, without it."""
    events: np.ndarray | None = None
    """Which rows count as events; None = the figures are not about an outcome."""
    point: Mapping[str, float] = field(default_factory=dict)

    def groups(self, places: Sequence[str] = ()) -> dict[Key, np.ndarray]:
        """(trait, group) -> which rows; `places` limits the traits."""
        named = trait_columns(self.traits)
        wanted = {trait: column for trait, column in named.items() if not places or trait in places}
        return {
            (trait, group): mask
            for trait, column in wanted.items()
            for group, mask in groups_of(self.traits[column]).items()
        }


def tabulate(
    subject: str, parts: Sequence[Part], testing: Certainty, smallest: int, asked: Sequence[str] = ()
) -> FairnessTable:
    """The lines of all parts; the chance of a false flag is shared among the parts."""
    share = replace(testing, family_error=testing.family_error / max(len(parts), 1))
    rows, number = list[FairnessRow](), 0
    for part in parts:
        found, tests = _rows(part, share, smallest)
        rows, number = rows + found, number + tests
    columns = {str(name) for part in parts for name in part.traits.columns}
    there = {name.removeprefix(GROUP).removeprefix(TRAIT) for name in columns}
    return FairnessTable(
        subject=subject,
        rows=tuple(rows),
        working_points={part.output: part.point for part in parts},
        comparisons=number,
        family_error=testing.family_error,
        smallest=smallest,
        missing=tuple(name for name in asked if name not in there),
    )


def trait_columns(frame: pd.DataFrame) -> dict[str, str]:
    """trait -> column, of those that divide people at all."""
    columns = [str(name) for name in frame.columns if str(name).startswith((GROUP, TRAIT))]
    found = {name.removeprefix(GROUP).removeprefix(TRAIT): name for name in columns}
    return {trait: name for trait, name in found.items() if frame[name].nunique(dropna=False) > 1}


def groups_of(values: pd.Series) -> dict[str, np.ndarray]:
    """group -> which rows; of a yes-or-no trait only the yes (everybody else is its rest)."""
    if values.dropna().isin([True, False]).all():
        return {YES: values.eq(True).to_numpy(bool)}
    text = values.astype(object).where(values.notna(), UNKNOWN).astype(str).to_numpy()
    return {str(name): text == name for name in np.unique(text)}


def hidden_groups(
    client: np.ndarray, groups: Mapping[Key, np.ndarray], kinds: Sequence[np.ndarray], smallest: int
) -> dict[Key, bool]:
    """Which groups are hidden as a whole: too few clients in it, in any kind of row of it, or in what its total tells.

    The first two kinds, where there are any, are "with the outcome" and "without": a group with all or none of its
    rows in one of them is hidden too, because it tells something of each person.
    """
    found: dict[Key, bool] = {}
    for trait in dict.fromkeys(trait for trait, _ in groups):
        own = {key: mask for key, mask in groups.items() if key[0] == trait}
        masks = list(own.values())
        if len(masks) == 1:  # of a yes-or-no trait the no counts too
            masks.append(~masks[0])
        counts = [[_people(client[mask & kind]) for mask in masks] for kind in (np.ones(len(client), bool), *kinds)]
        uniform = [min(pair) == 0 for pair in zip(*counts[1:3], strict=True)]
        marks = hidden_together(*counts, smallest=smallest, hidden=uniform)
        found |= dict(zip(own, marks, strict=False))
    return _with_places(client, groups, kinds, found)


def _with_places(
    client: np.ndarray, groups: Mapping[Key, np.ndarray], kinds: Sequence[np.ndarray], hidden: dict[Key, bool]
) -> dict[Key, bool]:
    """A municipality lies in one organisation: what its table hides must not follow from the organisation's."""
    places = {key: mask for key, mask in groups.items() if key[0] in PLACES}
    if len({trait for trait, _ in places}) < 2 or not any(hidden[key] for key in places):
        return hidden
    for kind in (np.ones(len(client), bool), *kinds):
        rows = np.flatnonzero(kind)
        people = rows[np.unique(client[rows], return_index=True)[1]]
        if people.size:
            hidden = hidden | completed(places, {key: hidden[key] for key in places}, people)
    return hidden


def measured(one: Compared) -> Measured:
    """A comparison as it is told."""
    return Measured(
        value=known(one.value),
        low=known(one.low),
        high=known(one.high),
        rest=known(one.rest),
        difference=known(one.difference),
        ratio=known(one.ratio),
        gap_low=known(one.gap_low),
        gap_high=known(one.gap_high),
        fails=one.fails,
    )


def _rows(part: Part, testing: Certainty, smallest: int) -> tuple[list[FairnessRow], int]:
    groups = part.groups()
    hidden = hidden_groups(part.client, groups, part.kinds, smallest)
    private = {one.name: hidden_groups(part.client, groups, one.kinds, smallest) for one in part.figures if one.kinds}
    found, number = compare(part.client, list(groups.values()), part.figures, testing)
    lines = []
    for (key, mask), one in zip(groups.items(), found, strict=True):
        secret = [name for name, marks in private.items() if marks[key]]
        lines.append(_without(_row(part, key, mask, one, testing), secret, hidden[key]))
    return lines, number


def _without(row: FairnessRow, secret: Sequence[str], hidden: bool) -> FairnessRow:
    """The line without the figures that few people are behind; the verdict stays, because it tells of no person."""
    if hidden:
        return replace(row, n=None, events=None, metrics={}, hidden=True)
    return replace(row, metrics={name: one for name, one in row.metrics.items() if name not in secret})


def _row(part: Part, key: Key, mask: np.ndarray, found: Mapping[str, Compared], testing: Certainty) -> FairnessRow:
    events = int(part.events[mask].sum()) if part.events is not None else None
    told = {name: measured(one) for name, one in found.items()}
    for figure in part.figures:
        if figure.range is not None and events is not None:
            told[figure.name] = replace(told[figure.name], fails=_outside(figure, found, events, testing))
    verdict = tuple(name for name, one in told.items() if one.fails)
    head: dict[str, Any] = {"output": part.output, "trait": key[0], "group": key[1], "verdict": verdict}
    return FairnessRow(n=_people(part.client[mask]), events=events, metrics=told, hidden=False, **head)


def _outside(figure: Figure, found: Mapping[str, Compared], events: int, testing: Certainty) -> bool:
    """Is the figure itself outside its range, in a group with enough events to judge?"""
    low, high = figure.range or (-np.inf, np.inf)
    return events >= testing.fewest_events and not low <= found[figure.name].value <= high


def _people(client: np.ndarray) -> int:
    return int(np.unique(client).size)
