"""The areas of a report: which municipalities each place has, and what it is called."""

from collections.abc import Mapping

from models.demand.config import COUNTY, DemandConfig
from models.texts import Texts


def places_of(config: DemandConfig) -> Mapping[str, tuple[str, ...]]:
    """Place → its municipalities: the county, groups of areas, areas."""
    groups = {name: group.areas for name, group in config.area_groups.items()}
    return {COUNTY: tuple(config.areas), **groups, **{area: (area,) for area in config.areas}}


def names_of(config: DemandConfig) -> Mapping[str, Texts]:
    """Place → name."""
    county = {COUNTY: config.county} if config.county else {}
    return {**county, **{name: group.name for name, group in config.area_groups.items()}, **config.areas}
