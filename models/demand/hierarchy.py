"""Which sums are published: area → area group → county, code → group.  Sums of forecasts, so they add up exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import pandas as pd

from models.demand.config import COUNTY, DemandConfig
from models.demand.series_config import Dimension, Group
from models.texts import Texts

__all__ = [
    "COUNTY",
    "TOTAL",
    "Published",
    "aggregate",
    "bottom_id",
    "dimensions_of",
    "level_of",
    "names_of",
    "places_of",
    "published_series",
]

TOTAL = "total"
AREA, AREA_GROUP = "area", "area_group"
BAND = "band"
BANDS_OF: dict[str, tuple[str, ...]] = {
    "total": ("under65", "65to74", "75plus"),
    "under65": ("under65",),
    "65plus": ("65to74", "75plus"),
    "75plus": ("75plus",),
}
AGE = Texts(fi="Ikä", sv="Ålder", en="Age")


@dataclass(frozen=True)
class Published:
    """One published series: what it is, and the bottom series it is the sum of."""

    series_id: str
    area: str
    age_group: str
    """The group of the only dimension; of several, their groups joined by `|`; `total` without a dimension."""
    measure: str
    parts: tuple[str, ...]
    groups: tuple[tuple[str, str], ...] = ()
    """(dimension, group), in the order of the id."""
    place: str = ""
    """`county`, `area_group` or `area`; left out, it is told by the area's id."""

    @property
    def level(self) -> str:
        """Series of one level share their interval quantiles."""
        return self.place or (COUNTY if self.area == COUNTY else AREA)

    @cached_property
    def members(self) -> frozenset[str]:
        """The parts as a set."""
        return frozenset(self.parts)


def places_of(config: DemandConfig) -> Mapping[str, tuple[str, ...]]:
    """Place → its areas: the county, groups of areas, areas."""
    return {place: areas for place, _, areas in _places(config)}


def names_of(config: DemandConfig) -> Mapping[str, Texts]:
    """Place → name."""
    county = {COUNTY: config.county} if config.county else {}
    sums = {name: one.name for name, one in config.coherence.sums.items() if one.name}
    return {**county, **{name: group.name for name, group in config.area_groups.items()}, **config.areas, **sums}


def bottom_id(area: str, measure: str, *codes: str) -> str:
    """Id of a series that is forecast itself."""
    return "|".join((area, measure, *codes))


def dimensions_of(config: DemandConfig) -> Mapping[str, Dimension]:
    """How the series are divided; a source of contacts by age bands, a sheet not at all."""
    if config.dimensions or not config.age_groups:
        return config.dimensions
    groups = {group: Group(name=name, of=BANDS_OF[group]) for group, name in config.age_groups.items()}
    return {BAND: Dimension(name=AGE, codes=BANDS_OF[TOTAL], groups=groups)}


def published_series(config: DemandConfig, bottom: Sequence[str]) -> tuple[Published, ...]:
    """Every published series; for a sheet its declared sums and own series, else sums over areas and dimensions."""
    if not config.areas:
        measure = next(iter(config.measures))
        own = tuple(Published(one, one, TOTAL, measure, (one,)) for one in sorted(bottom))
        return (*_declared(config, measure), *own)
    return tuple(
        _sum(config, measure, area, place, areas, groups)
        for measure in config.measures
        for area, place, areas in _places(config)
        for groups in _chosen_groups(config)
    )


def _declared(config: DemandConfig, measure: str) -> tuple[Published, ...]:
    """The sums that a sheet's config declares, the county first."""
    rule = config.coherence
    sums = sorted(rule.sums.items(), key=lambda one: one[1].level != COUNTY)
    return tuple(Published(name, name, TOTAL, measure, rule.series_of(name), place=one.level) for name, one in sums)


def _places(config: DemandConfig) -> list[tuple[str, str, tuple[str, ...]]]:
    """(id, level, its areas): the county first, then groups of areas, then the areas."""
    groups = [(name, AREA_GROUP, group.areas) for name, group in config.area_groups.items()]
    return [(COUNTY, COUNTY, tuple(config.areas)), *groups, *((area, AREA, (area,)) for area in config.areas)]


def _chosen_groups(config: DemandConfig) -> list[tuple[str, ...]]:
    """The combinations of groups that are published, one group per dimension."""
    dimensions = tuple(dimensions_of(config).values())
    every = list(product(*(one.groups for one in dimensions)))
    if config.crossed:
        return every
    defaults = tuple(one.default for one in dimensions)
    return [one for one in every if sum(a != b for a, b in zip(one, defaults, strict=True)) <= 1]


def _sum(
    config: DemandConfig, measure: str, area: str, place: str, areas: Sequence[str], groups: Sequence[str]
) -> Published:
    dimensions = dimensions_of(config)
    codes = [dimensions[name].groups[group].of for name, group in zip(dimensions, groups, strict=True)]
    parts = tuple(bottom_id(one, measure, *cell) for one in areas for cell in product(*codes))
    named = "|".join(groups) or TOTAL
    return Published(
        f"{area}|{measure}|{named}", area, named, measure, parts, tuple(zip(dimensions, groups, strict=True)), place
    )


def aggregate(table: pd.DataFrame, published: Sequence[Published], keys: Sequence[str]) -> pd.DataFrame:
    """Sum the value columns of `unique_id, *keys, …` to published series (column `series_id`).

    A date on which one part was not observed is left out, and a value that one part lacks is unknown in the sum:
    a part that is unknown is not zero.
    """
    members = _membership(published)
    values = [name for name in table.columns if name not in {"unique_id", *keys}]
    joined = members.merge(table, on="unique_id")
    grouped = joined.groupby(["series_id", *keys], sort=True)
    summed = grouped[values].sum().where(grouped[values].count().eq(grouped.size(), axis=0))
    whole = grouped.size() == grouped["n_parts"].first()
    return summed[whole].reset_index()


def _membership(published: Sequence[Published]) -> pd.DataFrame:
    rows = [(one.series_id, part, len(one.parts)) for one in published for part in one.parts]
    return pd.DataFrame(rows, columns=["series_id", "unique_id", "n_parts"])


def level_of(published: Sequence[Published]) -> Mapping[str, str]:
    """series_id → level."""
    return {one.series_id: one.level for one in published}
