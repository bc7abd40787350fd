"""Reads the bottom series of a demand config, from the registers or a sheet, and the records behind its drivers."""

import os
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd

from configs.loader import PROJECT_ROOT
from configs.workspace import Workspace
from features.panel import Refused, VisitRule, checked_series, long_enough, sheet_panel, visit_panel
from features.panel.periods import following
from features.store import open_snapshot
from models.demand.config import ContactSource, DemandConfig, SheetSource
from models.demand.drivers import DriverBook
from models.demand.hierarchy import Published, bottom_id, published_series
from models.demand.series_config import SeriesSource
from training.demand.drivers import cells_of, driver_book
from training.demand.series import counted_series, shown_series
from training.demand.totals import sound_sums

DATA_FOLDER = "${LUOTAIN_DATA}/"
DEFAULT_DATA = "../shared/data"
TOO_SHORT = "Not enough data"
"""How the reason of a sheet's short series begins."""


@dataclass(frozen=True)
class Panel:
    """The bottom series, where they came from, and those that get no forecast."""

    frame: pd.DataFrame
    data_until: date
    source_sha256: str
    refused: tuple[Refused, ...] = ()
    clients: pd.DataFrame | None = None
    """unique_id, ds, clients: who stands behind counted series, short ones among them; None where that is not told."""
    short: pd.DataFrame | None = None
    """`unique_id, ds, y` of the series that are too short for a forecast of their own."""
    totals: pd.DataFrame | None = None
    """`unique_id, ds, y, shown` of the sums that a sheet delivers beside their parts (features.panel.sheet_panel)."""

    @property
    def observed(self) -> pd.DataFrame:
        """Everything that was observed, short series among it."""
        return self.frame if self.short is None or self.short.empty else _sorted(pd.concat([self.frame, self.short]))


def shown(
    config: DemandConfig, panel: Panel, borrowed: frozenset[str] = frozenset()
) -> tuple[tuple[Published, ...], tuple[Refused, ...]]:
    """The published series, and those that may not be shown.  `borrowed`: bottom series that others lend to."""
    published = published_series(config, sorted(panel.frame["unique_id"].unique()))
    if isinstance(config.source, SeriesSource) and panel.clients is not None:
        return shown_series(config, config.source, published, panel.frame, panel.clients, borrowed)
    if config.coherence.sums:
        return sound_sums(config, published, panel.frame, panel.totals)
    return published, ()


def read_panel(config: DemandConfig, workspace: Workspace) -> Panel:
    """The bottom series `unique_id, ds, y` of a config."""
    if isinstance(config.source, SheetSource):
        return _sheet(config, config.source)
    if isinstance(config.source, SeriesSource):
        found = counted_series(config, config.source, workspace)
        return Panel(
            found.frame, found.data_until, found.source_sha256, found.refused, found.clients, short=found.short
        )
    return _contacts(config, config.source, workspace)


def _contacts(config: DemandConfig, source: ContactSource, workspace: Workspace) -> Panel:
    snapshot = open_snapshot(workspace.store)
    rule = VisitRule(source.service, source.status, source.channel)
    cells = visit_panel(snapshot, rule, tuple(config.areas), source.reporting_lag_days)
    cells = cells[cells["measure"].isin(list(config.measures))]
    ids = [bottom_id(*key) for key in zip(cells["area"], cells["measure"], cells["band"], strict=True)]
    frame = pd.DataFrame({"unique_id": ids, "ds": cells["ds"], "y": cells["y"]})
    whole = _sorted(frame)
    kept, refused = long_enough(whole, config.minimum_periods)
    return Panel(kept, snapshot.data_until, snapshot.sha256, refused, short=_others(whole, kept))


def _sheet(config: DemandConfig, source: SheetSource) -> Panel:
    file = data_file(source.file)
    sheet = sheet_panel(file, config.period, source.origin)
    starts = pd.Timestamp(source.complete_from) if source.complete_from else None
    given = sheet["unique_id"].isin(config.coherence.sums)
    totals, sheet = sheet[given], sheet[~given]
    frame, refused = checked_series(sheet, config.period, config.minimum_periods, starts, date.today())
    until = (following(frame["ds"].max(), config.period) - pd.Timedelta(days=1)).date()
    few = {one.series_id for one in refused if one.reason.startswith(TOO_SHORT)}
    short = sheet.loc[sheet["unique_id"].isin(few), ["unique_id", "ds", "y"]]
    return Panel(
        _sorted(frame), until, sha256(file.read_bytes()).hexdigest(), refused, short=_sorted(short), totals=totals
    )


def data_file(name: str) -> Path:
    """A file of real data: `${LUOTAIN_DATA}/` is the folder of that variable, ../shared/data by default."""
    if name.startswith(DATA_FOLDER):
        folder = Path(os.environ.get("LUOTAIN_DATA") or DEFAULT_DATA).expanduser()
        folder = folder if folder.is_absolute() else PROJECT_ROOT / folder
        return folder / name.removeprefix(DATA_FOLDER)
    return PROJECT_ROOT / name


def _others(whole: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    return whole[~whole["unique_id"].isin(kept["unique_id"])].reset_index(drop=True)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["unique_id", "ds"], ignore_index=True).astype({"ds": "datetime64[ns]", "y": float})


def driver_book_of(config: DemandConfig, panel: Panel, workspace: Workspace) -> DriverBook | None:
    """The config's drivers; a file's path is taken in the data folder."""
    ids = sorted(panel.frame["unique_id"].unique())
    registers = isinstance(config.source, ContactSource)
    snapshot, cells = (open_snapshot(workspace.store), cells_of(ids)) if registers else (None, pd.DataFrame())
    return driver_book(config, snapshot, cells, lambda name: driver_file(name, workspace))


def driver_file(name: str, workspace: Workspace) -> Path:
    """A driver's file: `${LUOTAIN_DATA}/` is the folder of real data, another path lies in the data folder."""
    return data_file(name) if name.startswith(DATA_FOLDER) else workspace.root / name
