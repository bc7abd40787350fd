"""Which sums are published: area → county, age band → age group.  Sums of forecasts, so they add up exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from models.demand.config import DemandConfig

COUNTY, TOTAL = "county", "total"
BANDS_OF: dict[str, tuple[str, ...]] = {
    "total": ("under65", "65to74", "75plus"),
    "under65": ("under65",),
    "65plus": ("65to74", "75plus"),
    "75plus": ("75plus",),
}


@dataclass(frozen=True)
class Published:
    """One published series: what it is, and the bottom series it is the sum of."""

    series_id: str
    area: str
    age_group: str
    measure: str
    parts: tuple[str, ...]
    place: str = ""
    """`county`, `area_group` or `area`; left out, it is told by the area's id."""

    @property
    def level(self) -> str:
        """Series of one level share their interval quantiles."""
        return self.place or (COUNTY if self.area == COUNTY else "area")


def bottom_id(area: str, measure: str, band: str) -> str:
    """Id of a series that is forecast itself."""
    return f"{area}|{measure}|{band}"


def published_series(config: DemandConfig, bottom: Sequence[str]) -> tuple[Published, ...]:
    """Every published series; for a sheet each of its own series, for contacts the sums over areas and age bands."""
    if not config.areas:
        measure = next(iter(config.measures))
        return tuple(Published(one, one, TOTAL, measure, (one,)) for one in sorted(bottom))
    return tuple(
        _sum(config, area, measure, group)
        for measure in config.measures
        for area in (COUNTY, *config.areas)
        for group in config.age_groups
    )


def _sum(config: DemandConfig, area: str, measure: str, group: str) -> Published:
    areas = tuple(config.areas) if area == COUNTY else (area,)
    parts = tuple(bottom_id(one, measure, band) for one in areas for band in BANDS_OF[group])
    return Published(f"{area}|{measure}|{group}", area, group, measure, parts)


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
