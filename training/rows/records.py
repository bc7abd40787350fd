"""Recorded segmentations as labels: few, from some organisations only, and therefore always counted."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.errors import DataError
from features.outcomes import Attrition
from features.store import Snapshot, read_table
from models.segments.scheme import Scheme

NO_LEVEL = -1


@dataclass(frozen=True)
class Records:
    """Recorded segmentations of one scheme: who, when (as_of = that midnight), and the level on each axis."""

    rows: pd.DataFrame
    levels: np.ndarray
    """Index of the recorded level, rows x axes; NO_LEVEL when that axis was not recorded."""
    attrition: tuple[dict[str, object], ...]

    @property
    def clients(self) -> np.ndarray:
        return self.rows["client_id"].astype(object).to_numpy()

    @property
    def as_of(self) -> np.ndarray:
        return self.rows["as_of"].to_numpy().astype("datetime64[D]")

    def part(self, kept: np.ndarray, attrition: tuple[dict[str, object], ...]) -> "Records":
        """The records of a mask."""
        return Records(self.rows[kept].reset_index(drop=True), self.levels[kept], attrition)


def recorded_segmentations(snapshot: Snapshot, scheme: Scheme) -> Records:
    """Every standing record of the scheme.  Raises DataError for none, or for a level that the scheme does not know."""
    return standing(read_table(snapshot, "segment_records"), scheme)


def standing(table: pd.DataFrame, scheme: Scheme) -> Records:
    """The records of a `segment_records` table, oldest first."""
    filters = Attrition(table["client_id"].astype(object).to_numpy())
    filters.keep(table["superseded_at"].isna().to_numpy(), "not corrected since")
    filters.keep((table["scheme"].astype(object) == scheme.id).to_numpy(), f"scheme {scheme.id}")
    filters.keep((table["scheme_version"].astype(object) == scheme.version).to_numpy(), f"version {scheme.version}")
    levels = np.column_stack([_levels(table, axis.column, axis.level_ids, filters.kept) for axis in scheme.axes])
    filters.keep((levels != NO_LEVEL).any(axis=1), "a level on some axis")
    if not filters.kept.any():
        raise DataError(
            f"No recorded segmentation of scheme {scheme.id} version {scheme.version} was found. "
            "Ingest `segment_records` or name another scheme in configs/segmentation.yaml."
        )
    rows = pd.DataFrame(
        {
            "client_id": table["client_id"].astype(object),
            "as_of": table["time"].to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
        }
    )
    order = np.lexsort([rows["client_id"].to_numpy().astype(str), rows["as_of"].to_numpy()])
    order = order[filters.kept[order]]
    return Records(rows.iloc[order].reset_index(drop=True), levels[order], tuple(filters.steps))


def _levels(table: pd.DataFrame, column: str, known: tuple[str, ...], kept: np.ndarray) -> np.ndarray:
    """Index of each row's level.  Raises DataError that names the unknown levels of the kept rows."""
    values = table[f"{column}_level"].astype(object)
    missing = values.isna().to_numpy()
    places = values.map({level: place for place, level in enumerate(known)}).astype(float)
    strange = sorted(set(values[kept & ~missing & places.isna().to_numpy()]))
    if strange:
        raise DataError(
            f"segment_records.{column}_level holds {', '.join(map(repr, strange))}; "
            f"the scheme allows {', '.join(known)}. Map the codes in the source's YAML."
        )
    return places.fillna(NO_LEVEL).to_numpy().astype(np.int64)
