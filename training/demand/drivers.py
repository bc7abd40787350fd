"""The dated records behind a demand config's drivers, read once; `DriverBook.table` opens them at each origin."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from configs.errors import ConfigError
from features.panel.drivers import ended_stays, expected_needs, openings_of, population_records
from features.store import Snapshot
from models.demand.config import ContactSource, DemandConfig
from models.demand.drivers import DriverBook

NOTHING = pd.DataFrame()


def driver_book(
    config: DemandConfig,
    snapshot: Snapshot | None,
    cells: pd.DataFrame,
    file_of: Callable[[str], Path],
    given: pd.DataFrame = NOTHING,
) -> DriverBook | None:
    """The book of a config; None when no driver is on.

    `cells`: `unique_id, area, band` of the bottom series (empty for a sheet without areas); `file_of` turns a path of
    the config into a file; `given`: `unique_id, ds` and the sheet's own known-future columns.  Raises DataError for a
    source that is missing and ConfigError for a driver that the config cannot have.
    """
    rules = config.drivers
    if not rules.any:
        return None
    _check_columns(rules.columns, given)
    lag = config.source.reporting_lag_days if isinstance(config.source, ContactSource) else 0
    return DriverBook(
        rules=rules,
        period=config.period,
        season=config.season_length,
        reporting_lag_days=lag,
        cells=cells,
        population=population_records(_store(snapshot, "population")) if rules.population else NOTHING,
        discharges=ended_stays(_store(snapshot, "discharges"), rules.discharges.kind) if rules.discharges else NOTHING,
        openings=openings_of(file_of(rules.openings.file)) if rules.openings else NOTHING,
        needs=expected_needs(file_of(rules.heads_up.file)) if rules.heads_up else NOTHING,
        given=given,
    )


def cells_of(ids: Sequence[str]) -> pd.DataFrame:
    """`unique_id, area, band` of ids written by `models.demand.hierarchy.bottom_id`."""
    parts = [one.split("|") for one in ids]
    return pd.DataFrame({"unique_id": list(ids), "area": [p[0] for p in parts], "band": [p[-1] for p in parts]})


def _store(snapshot: Snapshot | None, driver: str) -> Snapshot:
    if snapshot is None:
        raise ConfigError(
            f"The driver {driver} is read from the registers, and this config forecasts a sheet. Remove it."
        )
    return snapshot


def _check_columns(columns: Sequence[str], given: pd.DataFrame) -> None:
    absent = [name for name in columns if name not in given.columns]
    if absent:
        raise ConfigError(
            f"The sheet has no column {absent[0]} that `drivers.columns` names. Add it or remove the name."
        )
