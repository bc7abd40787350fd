"""Reads the counted series of a demand config from the store, and says which published series are not to be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from configs.errors import DataError
from configs.workspace import Workspace
from features.panel import Refused, SeriesRule, long_enough, series_panel
from features.panel.rule import Measure
from features.store import Snapshot, open_snapshot
from models.demand.config import DemandConfig
from models.demand.hiding import counts_by_series, hidden_series
from models.demand.hierarchy import Published, aggregate, bottom_id
from models.demand.series_config import Dimension, SeriesSource

TOO_FEW = "Hidden: fewer than {n} clients in some period, or another series would tell of so few."
NOTHING = "Nothing was recorded of it. Check that its code is delivered and mapped."
NEVER_CHANGES = "Every value is {value:g}; there is nothing to forecast."
SHOWN_SEASONS = 2


@dataclass(frozen=True)
class CountedSeries:
    """Bottom series `unique_id, ds, y`, the clients behind them, where they came from, and who is too short."""

    frame: pd.DataFrame
    clients: pd.DataFrame
    """unique_id, ds, clients; of the short series too."""
    data_until: date
    source_sha256: str
    refused: tuple[Refused, ...]
    short: pd.DataFrame
    """`unique_id, ds, y` of the series that are too short."""


def counted_series(config: DemandConfig, source: SeriesSource, workspace: Workspace) -> CountedSeries:
    """The bottom series of a `series` source.  Raises DataError when the store has none of them."""
    snapshot = open_snapshot(workspace.store)
    rules = source.series_rules(config.period, config.dimensions)
    parts = [
        _cells(snapshot, rule, config, counted.measures) for rule, counted in zip(rules, source.rules, strict=True)
    ]
    table = pd.concat(parts).sort_values(["unique_id", "ds"], ignore_index=True)
    table = table.astype({"ds": "datetime64[ns]", "y": float})
    kept, refused = long_enough(table, config.minimum_periods)
    columns = ["unique_id", "ds"]
    short = table.loc[~table["unique_id"].isin(kept["unique_id"]), [*columns, "y"]].reset_index(drop=True)
    clients = table[[*columns, "clients"]]
    return CountedSeries(kept[[*columns, "y"]], clients, snapshot.data_until, snapshot.sha256, refused, short)


def _cells(snapshot: Snapshot, rule: SeriesRule, config: DemandConfig, measures: Mapping[Measure, str]) -> pd.DataFrame:
    """`unique_id, ds, y, clients` of one rule, folded codes summed."""
    cells = series_panel(snapshot, rule, tuple(config.areas))
    for name, dimension in config.dimensions.items():
        cells[name] = _folded(cells[name], dimension)
    keys = ["area", "measure", *config.dimensions]
    words = [cells["area"], cells["measure"].map(measures), *(cells[name] for name in config.dimensions)]
    cells["unique_id"] = [bottom_id(*key) for key in zip(*words, strict=True)]
    return cells.drop(columns=keys).groupby(["unique_id", "ds"], as_index=False)[["y", "clients"]].sum()


def _folded(codes: pd.Series, dimension: Dimension) -> pd.Series:
    return codes.replace(dict(dimension.fold)) if dimension.fold else codes


def shown_series(
    config: DemandConfig,
    source: SeriesSource,
    published: Sequence[Published],
    frame: pd.DataFrame,
    clients: pd.DataFrame,
    borrowed: frozenset[str] = frozenset(),
) -> tuple[tuple[Published, ...], tuple[Refused, ...]]:
    """The series that may be published and can be forecast, and the others with their reasons.

    `borrowed`: series that others lend to; they are shown as far as their own clients are known and enough.
    """
    known = set(frame["unique_id"]) | (borrowed & set(clients["unique_id"]))
    whole = [one for one in published if one.members <= known]
    counts = counts_by_series(clients[clients["unique_id"].isin(known)], SHOWN_SEASONS * config.season_length)
    hidden = hidden_series(whole, counts, tuple(config.dimensions), source.smallest_cell)
    reasons = {name: TOO_FEW.format(n=source.smallest_cell) for name in hidden} | _still(frame, whole)
    shown = tuple(one for one in whole if one.series_id not in reasons)
    refused = tuple(Refused(one.series_id, reasons[one.series_id]) for one in whole if one.series_id in reasons)
    if not shown:
        raise DataError(
            f"No series of {config.id} can be published; the first, {refused[0].series_id}: {refused[0].reason}"
        )
    return shown, refused


def _still(frame: pd.DataFrame, published: Sequence[Published]) -> dict[str, str]:
    """Reasons of the published series that never change."""
    values = aggregate(frame, published, ["ds"]).groupby("series_id")["y"].agg(["min", "max"])
    still = values[values["min"] == values["max"]]["max"]
    return {str(name): NEVER_CHANGES.format(value=value) if value else NOTHING for name, value in still.items()}
