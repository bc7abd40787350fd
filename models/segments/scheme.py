"""A segmentation scheme: axes with ordered levels, and which segment each cell of levels is.

Schemes differ between counties, so they are configuration.  Ours are configurable rules over axes; none of them
reproduces the scoring of a questionnaire.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, validate_config
from models.answers import Arrangement
from models.segments.scheme_faults import faults_of, unknown
from models.texts import Texts

Respondent = Literal["client", "professional", "relative", "unknown"]
Channel = Literal["in_person", "home", "phone", "letter", "video", "chat", "digital"]
"""The channels of the contact registers that a follow-up can use."""


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

    def level(self, level_id: str) -> Level:
        """One level by id.  Raises ConfigError that names those allowed."""
        for level in self.levels:
            if level.id == level_id:
                return level
        raise ConfigError(unknown(f"level of axis `{self.id}`", level_id, self.level_ids))


class Cell(StrictConfig):
    """One combination of levels (by axis id) and its segment."""

    levels: Mapping[str, str]
    segment: str


class FollowUp(StrictConfig):
    """One way of following up.  A segment needs at least one way that is not digital."""

    channel: Channel | Literal["agreed"]
    """`agreed`: whichever way the client chooses."""
    text: Texts


class AgeGroup(StrictConfig):
    """Clients of some ages (full years, both ends included; `high` null = no upper end), of every scheme's segments."""

    name: Texts
    low: int = Field(default=0, ge=0)
    high: int | None = None

    def holds(self, age: float) -> bool:
        """True for a known age inside."""
        return self.low <= age and (self.high is None or age < self.high + 1)


class Arranged(StrictConfig):
    """What is arranged otherwise for one age group; the segment, its plan and its intensity stay the same."""

    path: Texts
    channel: Texts
    responsible_role: Texts
    follow_up: tuple[FollowUp, ...] = Field(min_length=1)


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
    case_manager_proposed: bool = False
    """True for clients of the network kind; who it will be is for people to decide."""
    follow_up: tuple[FollowUp, ...] = Field(min_length=1)
    arranged_for: Mapping[str, Arranged] = {}
    """Age group (id) → what is arranged in its own way."""

    def arrangement(self, group: str | None = None) -> Arrangement:
        """What is arranged, as an answer tells it, for one age group of the scheme (None or unlisted = as for all)."""
        own = self.arranged_for.get(group or "", self)
        return Arrangement(
            segment=self.id,
            path=own.path.as_text(),
            channel=own.channel.as_text(),
            plan_type=self.plan_type,
            guidance_intensity=self.guidance_intensity,
            responsible_role=own.responsible_role.as_text(),
            case_manager_proposed=self.case_manager_proposed,
            follow_up=tuple(way.text.as_text() for way in own.follow_up),
        )


class Questionnaire(StrictConfig):
    """How long a recorded answer is used, and who may answer in whose place."""

    answer_life_days: int = Field(default=365, ge=1)
    """Full days; our own choice: a year, after which the situation is asked again."""
    stands_in: Mapping[Literal["client", "professional"], tuple[Respondent, ...]] = {"client": ("relative",)}
    """Per respondent of an axis, whose answer counts when the respondent's own is absent, first one first."""


class Scheme(StrictConfig):
    """A complete scheme: every combination of levels names exactly one segment."""

    id: str
    version: str
    name: Texts
    notice: Texts
    """What the scheme is and is not; part of every answer."""
    question_set: Literal["health", "social"] | None = None
    """Whose questions its answers come from.  Each question set is a scheme of its own, so its answers and labels are
    never mixed with another's; None = one set for both."""
    questionnaire: Questionnaire = Questionnaire()
    score_life_days: int = Field(default=180, ge=1)
    """Full days after which the model's proposal is refused; people's own answers stay (own choice: half a year)."""
    axes: tuple[Axis, ...] = Field(min_length=1)
    cells: tuple[Cell, ...]
    segments: tuple[Segment, ...] = Field(min_length=2)
    age_groups: Mapping[str, AgeGroup] = {}
    """Client groups by age: the segments are everybody's, what is arranged may differ."""

    def age_group(self, age: float) -> str | None:
        """The group (id) that an age belongs to; None for an unknown age or one that no group holds."""
        return next((name for name, group in self.age_groups.items() if group.holds(age)), None)

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Ids of the segments, in the scheme's order."""
        return tuple(segment.id for segment in self.segments)

    def axis(self, axis_id: str) -> Axis:
        """One axis by id.  Raises ConfigError that names those allowed."""
        for axis in self.axes:
            if axis.id == axis_id:
                return axis
        raise ConfigError(unknown("axis", axis_id, [axis.id for axis in self.axes]))

    def segment(self, segment_id: str) -> Segment:
        """One segment by id.  Raises ConfigError that names those allowed."""
        for segment in self.segments:
            if segment.id == segment_id:
                return segment
        raise ConfigError(unknown("segment", segment_id, self.segment_ids))

    def segment_of(self, levels: Mapping[str, str]) -> str:
        """The segment of one combination of levels, given by axis id.

        Raises ConfigError for an axis that is not given and for a level that the axis does not have.
        """
        missing = [axis.id for axis in self.axes if axis.id not in levels]
        if missing:
            raise ConfigError(f"the level of the axis `{missing[0]}` is not given; give one level per axis.")
        return self._table()[tuple(axis.level(levels[axis.id]).id for axis in self.axes)]

    def combinations(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Every combination of levels (in axis order) with its segment."""
        return tuple(self._table().items())

    def _table(self) -> dict[tuple[str, ...], str]:
        return {tuple(cell.levels[axis.id] for axis in self.axes): cell.segment for cell in self.cells}


def load_scheme(path: str) -> Scheme:
    """Read a scheme and check that its table is full.  Raises ConfigError with every fault in one sentence."""
    return _checked(load_config(path, Scheme), path)


def scheme_from_json(values: Mapping[str, object]) -> Scheme:
    """The scheme inside a bundle; one written before the ways of following up were listed is read too."""
    return _checked(validate_config(_with_listed_ways(values), Scheme, "scheme.json"), "scheme.json")


def _checked(scheme: Scheme, shown: str) -> Scheme:
    found = faults_of(scheme)
    if found:
        raise ConfigError(f"{shown}: {' '.join(found)}")
    return scheme


def _with_listed_ways(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bundles of 0.2 hold one sentence (`follow_up_channel`) in place of the list."""
    segments = values.get("segments")
    if not isinstance(segments, list):
        return values
    return {**values, "segments": [_with_ways(one) if isinstance(one, dict) else one for one in segments]}


def _with_ways(segment: Mapping[str, Any]) -> Mapping[str, Any]:
    if "follow_up" in segment or "follow_up_channel" not in segment:
        return segment
    kept = {name: value for name, value in segment.items() if name != "follow_up_channel"}
    return {**kept, "follow_up": [{"channel": "agreed", "text": segment["follow_up_channel"]}]}
