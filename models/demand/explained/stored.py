"""Explanations in a demand bundle: the table, and what a request needs to explain a scenario anew."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from features.frames import frame_bytes, frame_of
from models.bundles.bundle import Bundle
from models.demand.drivers.table import DriverTable

TABLE, DRIVERS, REASONS = "explanations.parquet", "drivers.parquet", "reasons.json"


@dataclass(frozen=True)
class Reasons:
    """What training found about every published series."""

    table: pd.DataFrame
    """Columns of `explained.table.COLUMNS`."""
    share: Mapping[str, float]
    """Weight of the LightGBM member by bottom series."""
    drivers: DriverTable | None = None
    """The drivers that the trees were fitted with, past and horizon."""

    def to_files(self) -> dict[str, bytes]:
        """Files of the bundle, the same bytes for the same reasons."""
        groups = dict(self.drivers.groups) if self.drivers else None
        said = {"share": dict(self.share), "groups": groups}
        files = {TABLE: frame_bytes(self.table), REASONS: json.dumps(said, ensure_ascii=False, indent=1).encode()}
        return files | ({DRIVERS: frame_bytes(self.drivers.frame)} if self.drivers else {})

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "Reasons | None":
        """The inverse of `to_files`; None for a bundle made before explanations were stored."""
        if REASONS not in bundle.files:
            return None
        said = bundle.json(REASONS)
        drivers = None if said["groups"] is None else DriverTable(frame_of(bundle.bytes_of(DRIVERS)), said["groups"])
        return cls(frame_of(bundle.bytes_of(TABLE)), said["share"], drivers)
