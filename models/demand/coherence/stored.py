"""What a demand bundle says of its sums: the chosen method with its errors, and the tables of longer periods."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from features.frames import frame_bytes, frame_of
from features.panel.periods import Period
from models.bundles.bundle import Bundle

SUMS = "coherence.json"
TABLE = "forecast_{period}.parquet"


@dataclass(frozen=True)
class Sums:
    """How the published sums were made.

    `errors` are what each candidate missed on the windows that chose (MASE, every level weighing the same).
    """

    method: str
    errors: Mapping[str, float]
    windows: int
    yardstick: str
    """What the intervals of the config's own period are scaled by (models.demand.yardsticks)."""
    tables: Mapping[Period, pd.DataFrame] = field(default_factory=dict)
    """Longer period → `series_id, ds, step, value, low80, high80, low95, high95`; ds = its first day."""
    backtest: Mapping[Period, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    """Longer period → series → WAPE, that of the naive forecast, coverage and number of windows."""

    def to_files(self) -> dict[str, bytes]:
        """Files of the bundle, the same bytes for the same sums."""
        said = {name: value for name, value in vars(self).items() if name != "tables"}
        tables = {TABLE.format(period=one): frame_bytes(table) for one, table in self.tables.items()}
        return {SUMS: _json({**said, "periods": list(self.tables)}), **tables}

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "Sums | None":
        """The inverse of `to_files`; None for a bundle made before sums were told of."""
        if SUMS not in bundle.files:
            return None
        said = bundle.json(SUMS)
        tables = {one: frame_of(bundle.bytes_of(TABLE.format(period=one))) for one in said.pop("periods")}
        return cls(**said, tables=tables)


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8")
