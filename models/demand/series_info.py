"""What one published series is, in words: its area, its measure, and the part of each dimension."""

from dataclasses import dataclass

from models.answers import Text


@dataclass(frozen=True)
class GroupInfo:
    """Which part of one dimension a series is."""

    dimension: str
    dimension_name: Text
    group: str
    name: Text


@dataclass(frozen=True)
class SeriesInfo:
    """One series to choose."""

    series_id: str
    area: str
    area_name: Text
    age_group: str
    """The group of the only dimension; of several, their groups joined by `|`."""
    age_name: Text
    measure: str
    measure_name: Text
    level: str = "area"
    """`county`, `area_group` or `area`."""
    groups: tuple[GroupInfo, ...] = ()
