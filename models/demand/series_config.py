"""What a demand config may say of its series: counted rules, dimensions with published sums, groups of areas."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from features.panel.periods import Period
from features.panel.rule import Filter, Measure, Repeat, SeriesRule
from models.texts import Texts


class CountedRule(StrictConfig):
    """Rows of one table that are counted (features.panel.SeriesRule without what the config says elsewhere)."""

    table: str = "contacts"
    filter: Filter = Field(default_factory=dict)
    classes: Mapping[str, Mapping[str, Filter]] = Field(default_factory=dict)
    repeat: Repeat | None = None
    delivered: Filter = Field(default_factory=dict)
    frequent_from: int = Field(default=60, ge=1)
    scheme: str = "suuntima_like"
    matrix: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    measures: Mapping[Measure, str] = Field(min_length=1)
    """What is counted → the id under `measures` that it is published as."""


class SeriesSource(StrictConfig):
    """Series counted from canonical tables by one or several rules over the same areas and dimensions."""

    kind: Literal["series"]
    rules: tuple[CountedRule, ...] = Field(min_length=1)
    reporting_lag_days: int = Field(ge=0)
    """Days after which a row is recorded at the latest; later periods are not yet complete."""
    smallest_cell: int = Field(default=5, ge=1)
    """A published series that stands for fewer clients in any shown period is hidden; 1 hides nothing."""

    def series_rules(self, period: Period, dimensions: "Mapping[str, Dimension]") -> tuple[SeriesRule, ...]:
        """The rules as the panel reads them, one per counted rule."""
        shared: dict[str, Any] = {
            "by": ("area", *dimensions),
            "codes": {name: (*one.codes, *one.fold) for name, one in dimensions.items()},
            "period": period,
            "reporting_lag_days": self.reporting_lag_days,
        }
        return tuple(
            SeriesRule(**{**dict(rule), "measures": tuple(rule.measures), **shared})  # same fields, checked once more
            for rule in self.rules
        )


class Group(StrictConfig):
    """One published sum over a dimension's codes."""

    name: Texts
    of: tuple[str, ...] = Field(min_length=1)


class Dimension(StrictConfig):
    """One way the series are divided: its bottom codes and the published sums over them, the default first."""

    name: Texts
    codes: tuple[str, ...] = Field(min_length=1)
    fold: Mapping[str, str] = {}
    """Codes that are counted with another: e.g. people of unknown age with the youngest band."""
    groups: Mapping[str, Group] = Field(min_length=1)

    @model_validator(mode="after")
    def _groups_are_of_codes(self) -> "Dimension":
        named = [code for group in self.groups.values() for code in group.of] + list(self.fold.values())
        strange = next((code for code in named if code not in self.codes), None)
        if strange is not None:
            raise ValueError(f"the code `{strange}` is not among `codes`: {', '.join(self.codes)}")
        twice = next((code for code in self.fold if code in self.codes), None)
        if twice is not None:
            raise ValueError(f"the code `{twice}` is folded away and kept too; take it out of `codes` or `fold`")
        return self

    @property
    def default(self) -> str:
        """The group shown first."""
        return next(iter(self.groups))


class AreaGroup(StrictConfig):
    """Municipalities between one area and the county."""

    name: Texts
    areas: tuple[str, ...] = Field(min_length=1)


def area_group_fault(groups: Mapping[str, AreaGroup], areas: Mapping[str, Texts], county: str) -> str | None:
    """One sentence on groups that do not fit the areas, or None."""
    named = [code for group in groups.values() for code in group.areas]
    strange = next((code for code in named if code not in areas), None)
    if strange is not None:
        return f"`area_groups` names the area {strange}, which `areas` does not have"
    twice = next((code for code in named if named.count(code) > 1), None)
    if twice is not None:
        return f"the area {twice} is in two `area_groups`; keep it in one"
    clash = next((group for group in groups if group in areas or group == county), None)
    return f"the id `{clash}` of an area group is taken; give it another" if clash else None
