"""The `coherence` block of a demand config: how sums are made of their parts, and which sums a sheet has."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from models.texts import Texts

Method = Literal["bottom_up", "mint", "samples"]
METHODS: tuple[Method, ...] = ("bottom_up", "mint", "samples")
LEVELS = ("area_group", "county")


class Sum(StrictConfig):
    """One sum of a sheet's series: its id is the key.  The sheet may deliver it too; then it must add up."""

    parts: tuple[str, ...] = Field(min_length=1)
    """Ids of series, or of other sums."""
    level: Literal["area_group", "county"] = "area_group"
    name: Texts | None = None


class CoherenceRule(StrictConfig):
    """How published sums are made."""

    methods: tuple[Method, ...] = Field(default=METHODS, min_length=1)
    """Candidates; the back-test chooses.  `mint` forecasts the sums too, which doubles the back-test's time."""
    sums: Mapping[str, Sum] = {}
    """Of a sheet: sum → its parts.  Registers are summed by `county`, `area_groups` and `dimensions`."""

    @model_validator(mode="after")
    def _no_ring(self) -> "CoherenceRule":
        for name in self.sums:
            if name in _below(self.sums, name, frozenset()):
                raise ValueError(f"the sum `{name}` is a part of itself; take it out of its own parts")
        return self

    def series_of(self, name: str) -> tuple[str, ...]:
        """The series that a sum holds, sums among its parts resolved; twice where it holds them twice."""
        found: list[str] = []
        for part in self.sums[name].parts:
            found += self.series_of(part) if part in self.sums else [part]
        return tuple(found)


def _below(sums: Mapping[str, Sum], name: str, seen: frozenset[str]) -> frozenset[str]:
    """Everything that lies under a sum."""
    for part in sums[name].parts:
        if part not in seen:
            seen = seen | {part}
            seen = _below(sums, part, seen) if part in sums else seen
    return seen
