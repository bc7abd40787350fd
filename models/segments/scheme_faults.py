"""What can be wrong with a scheme: doubled or unknown names, a table with holes, a follow-up that is digital only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING

from configs.loader import nearest

if TYPE_CHECKING:
    from models.segments.scheme import Scheme

DIGITAL = ("video", "chat", "digital")
"""Channels that need a device, a connection and strong identification, which not every client has."""


def faults_of(scheme: "Scheme") -> list[str]:
    """Every fault as a sentence; the table is judged only when every name in it is right."""
    faults = [*_doubles(scheme), *_unknown_names(scheme), *_digital_only(scheme), *_own_stand_ins(scheme)]
    faults += _age_group_faults(scheme)
    return faults or _table_faults(scheme)


def unknown(what: str, name: str, allowed: Sequence[str] | Mapping[str, object]) -> str:
    """The sentence about a name that is not among those allowed."""
    guess = nearest(name, allowed)
    hint = f"Did you mean `{guess}`? " if guess else ""
    return f"unknown {what} `{name}`. {hint}Allowed: {', '.join(allowed)}."


def _doubles(scheme: "Scheme") -> list[str]:
    named: dict[str, list[str]] = {
        "axis": [axis.id for axis in scheme.axes],
        "column": [str(axis.column) for axis in scheme.axes],
        "segment": list(scheme.segment_ids),
    }
    named |= {f"level of axis `{axis.id}`": list(axis.level_ids) for axis in scheme.axes}
    return [
        f"the {kind} `{name}` is given {times} times; keep one."
        for kind, names in named.items()
        for name, times in Counter(names).items()
        if times > 1
    ]


def _unknown_names(scheme: "Scheme") -> list[str]:
    faults = []
    axes = {axis.id: axis.level_ids for axis in scheme.axes}
    for cell in scheme.cells:
        faults += [unknown("axis", name, axes) for name in cell.levels if name not in axes]
        faults += [f"a cell of `{cell.segment}` lacks the axis `{name}`." for name in axes if name not in cell.levels]
        faults += [
            unknown(f"level of axis `{name}`", level, axes[name])
            for name, level in cell.levels.items()
            if name in axes and level not in axes[name]
        ]
        faults += [unknown("segment", cell.segment, scheme.segment_ids)] * (cell.segment not in scheme.segment_ids)
    return faults


def _digital_only(scheme: "Scheme") -> list[str]:
    """The guard against digital exclusion: whoever cannot use digital services is followed up all the same."""
    ways = [(f"`{one.id}`", one.follow_up) for one in scheme.segments]
    ways += [
        (f"`{one.id}` of the age group `{group}`", own.follow_up)
        for one in scheme.segments
        for group, own in one.arranged_for.items()
    ]
    return [
        f"the segment {shown} is followed up through digital channels only "
        f"({', '.join(way.channel for way in follow_up)}); add in_person, home, phone or letter."
        for shown, follow_up in ways
        if all(way.channel in DIGITAL for way in follow_up)
    ]


def _age_group_faults(scheme: "Scheme") -> list[str]:
    """Every age belongs to one group at most, and what is arranged is for a group that there is."""
    groups = scheme.age_groups
    named = {name for one in scheme.segments for name in one.arranged_for}
    faults = [unknown("age group", name, groups) for name in sorted(named - set(groups))]
    ordered = sorted(groups.items(), key=lambda one: one[1].low)
    faults += [
        f"the age group `{name}` ends before it begins ({one.low}-{one.high}); give `high` at least `low`."
        for name, one in ordered
        if one.high is not None and one.high < one.low
    ]
    return faults + [
        f"the age groups `{name}` and `{after}` share the age {later.low}; let the first one end before it."
        for (name, one), (after, later) in pairwise(ordered)
        if one.high is None or one.high >= later.low
    ]


def _own_stand_ins(scheme: "Scheme") -> list[str]:
    return [
        f"`questionnaire.stands_in.{respondent}` names the {respondent}, who needs no stand-in; remove it."
        for respondent, others in scheme.questionnaire.stands_in.items()
        if respondent in others
    ]


def _table_faults(scheme: "Scheme") -> list[str]:
    given = Counter(tuple(cell.levels[axis.id] for axis in scheme.axes) for cell in scheme.cells)
    wanted = list(product(*(axis.level_ids for axis in scheme.axes)))
    used = {cell.segment for cell in scheme.cells}
    return [
        *(
            f"the cell {_shown(scheme, levels)} is missing; add it under `cells`."
            for levels in wanted
            if not given[levels]
        ),
        *(f"the cell {_shown(scheme, levels)} is given {n} times; keep one." for levels, n in given.items() if n > 1),
        *(
            f"the segment `{one}` has no cell; remove it or give it one."
            for one in scheme.segment_ids
            if one not in used
        ),
    ]


def _shown(scheme: "Scheme", levels: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"{axis.id}: {level}" for axis, level in zip(scheme.axes, levels, strict=True)) + ")"
