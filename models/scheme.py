"""A segmentation scheme: axes with ordered levels, and which segment each cell of levels is.

Schemes differ between counties, so they are configuration.  Ours are configurable rules over axes; none of them
reproduces the scoring of a questionnaire.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal

from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, nearest, validate_config
from models.texts import Texts


class Level(StrictConfig):
    """One level of an axis."""

    id: str
    name: Texts
    at_or_above: Texts | None = None
    """How "at this level or above" is said; not needed for the lowest level."""


class Axis(StrictConfig):
    """One axis: its levels from the least to the most need of support."""

    id: str
    column: Literal["axis1", "axis2"]
    """The columns <column>_level and <column>_respondent of `segment_records` hold it."""
    respondent: Literal["client", "professional"]
    name: Texts
    levels: tuple[Level, ...] = Field(min_length=2)

    @property
    def level_ids(self) -> tuple[str, ...]:
        """Ids of the levels, lowest first."""
        return tuple(level.id for level in self.levels)


class Cell(StrictConfig):
    """One combination of levels (by axis id) and its segment."""

    levels: Mapping[str, str]
    segment: str


class Segment(StrictConfig):
    """One segment: what it is called, and what is arranged for it."""

    id: str
    name: Texts
    description: Texts
    path: Texts
    channel: Texts
    plan_type: Literal["care_plan", "client_plan", "rehab_plan"]
    guidance_intensity: Literal["light", "regular", "intensive"]
    responsible_role: Texts
    follow_up_channel: Texts
    """Always with a way that is not digital."""


class Scheme(StrictConfig):
    """A complete scheme: every combination of levels names exactly one segment."""

    id: str
    version: str
    name: Texts
    notice: Texts
    """What the scheme is and is not; part of every answer."""
    axes: tuple[Axis, ...] = Field(min_length=1)
    cells: tuple[Cell, ...]
    segments: tuple[Segment, ...] = Field(min_length=2)

    def axis(self, axis_id: str) -> Axis:
        """One axis by id.  Raises ConfigError that names the nearest one."""
        for axis in self.axes:
            if axis.id == axis_id:
                return axis
        raise ConfigError(_unknown("axis", axis_id, [axis.id for axis in self.axes]))

    def segment_of(self, levels: Mapping[str, str]) -> str:
        """The segment of one combination of levels, given by axis id."""
        return self._table()[tuple(levels[axis.id] for axis in self.axes)]

    def combinations(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Every combination of levels (in axis order) with its segment."""
        return tuple(self._table().items())

    def _table(self) -> dict[tuple[str, ...], str]:
        return {tuple(cell.levels[axis.id] for axis in self.axes): cell.segment for cell in self.cells}


def load_scheme(path: str) -> Scheme:
    """Read a scheme and check that its table is full.  Raises ConfigError with every fault in one sentence."""
    return _checked(load_config(path, Scheme), path)


def scheme_from_json(values: Mapping[str, object]) -> Scheme:
    """The scheme inside a bundle."""
    return _checked(validate_config(values, Scheme, "scheme.json"), "scheme.json")


def _checked(scheme: Scheme, shown: str) -> Scheme:
    faults = [*_doubles(scheme), *_unknown_names(scheme)]
    faults = faults or _table_faults(scheme)
    if faults:
        raise ConfigError(f"{shown}: {' '.join(faults)}")
    return scheme


def _doubles(scheme: Scheme) -> list[str]:
    named = {"axis": [axis.id for axis in scheme.axes], "segment": [segment.id for segment in scheme.segments]}
    named |= {f"level of axis `{axis.id}`": list(axis.level_ids) for axis in scheme.axes}
    return [
        f"the {kind} `{name}` is given {times} times; keep one."
        for kind, names in named.items()
        for name, times in Counter(names).items()
        if times > 1
    ]


def _unknown_names(scheme: Scheme) -> list[str]:
    faults = []
    axes = {axis.id: axis.level_ids for axis in scheme.axes}
    segments = [segment.id for segment in scheme.segments]
    for cell in scheme.cells:
        faults += [_unknown("axis", name, axes) for name in cell.levels if name not in axes]
        faults += [f"a cell of `{cell.segment}` lacks the axis `{name}`." for name in axes if name not in cell.levels]
        faults += [
            _unknown(f"level of axis `{name}`", level, axes[name])
            for name, level in cell.levels.items()
            if name in axes and level not in axes[name]
        ]
        faults += [_unknown("segment", cell.segment, segments)] if cell.segment not in segments else []
    return faults


def _table_faults(scheme: Scheme) -> list[str]:
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
            f"the segment `{one.id}` has no cell; remove it or give it one."
            for one in scheme.segments
            if one.id not in used
        ),
    ]


def _shown(scheme: Scheme, levels: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"{axis.id}: {level}" for axis, level in zip(scheme.axes, levels, strict=True)) + ")"


def _unknown(what: str, name: str, allowed: Sequence[str] | Mapping[str, object]) -> str:
    guess = nearest(name, allowed)
    hint = f"Did you mean `{guess}`?" if guess else f"Allowed: {', '.join(allowed)}."
    return f"unknown {what} `{name}`. {hint}"
