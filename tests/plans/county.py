"""One small county, simulated, delivered and ingested by the demo's own configs, and its rows, plainly read."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.areas.settings import AreasConfig
from evaluation.indicators.compute import Found, compute
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.report import report_of
from features.ingest.run import ingest
from features.ingest.settings import IngestConfig
from features.panel import series_panel
from features.simulator.county import simulate
from features.simulator.delivery.deliver import deliver, load_mappings
from features.simulator.load import load_county
from features.store import Snapshot, open_snapshot, read_table
from models.demand.config import DemandConfig

COUNTY = "configs/county/tiny.yaml"
"""The world of configs/county/demo.yaml, older, so that every table has rows."""
RESIDENTS = 450
QUARTER = (pd.Timestamp("2024-07-01"), pd.Timestamp("2024-10-01"))
"""The newest whole quarter that the indicators tell (28 days of lag)."""
TOLD = (
    *("access_7d_visits", "access_7d_service_lines", "recorded_segmentations", "rai_adlh", "rai_cps"),
    *("remote_share_with_phone", "remote_share_without_phone", "carer_age_75_share", "carer_leave_share"),
)


def ingested(folder: Path, patch: pytest.MonkeyPatch) -> Snapshot:
    """The store of the county in an empty folder."""
    patch.setenv("LUOTAIN_VAR", str(folder))
    with contextlib.redirect_stderr(io.StringIO()):
        small = load_county(COUNTY).model_copy(update={"residents": RESIDENTS})
        deliver(simulate(small), load_mappings(small.sources), Workspace.of(small.var))
        ingest(load_config("configs/ingest.yaml", IngestConfig).model_copy(update={"n_buckets": 2}))
    return open_snapshot(folder / "store")


def indicators_of(county: Snapshot, told: Sequence[str] = TOLD) -> tuple[Found, dict[str, Any]]:
    """A part of the indicators, before and after protection; the invented rows are few, so pairs are shown here."""
    whole = load_config("configs/indicators.yaml", IndicatorsConfig)
    chosen = {id: whole.definitions[id] for id in told}
    plain = {"smallest_cell": 2, "periods": 1, "repeats": 20, "side_by_side": {}, "compared": {}}
    config = whole.model_copy(update={**plain, "definitions": chosen})
    areas = load_config(config.areas, AreasConfig)
    found = compute(county, config, areas.area_of)
    return found, report_of(found, config, {area: name.as_text() for area, name in areas.names.items()}, {})


def panel_of(county: Snapshot, path: str) -> pd.DataFrame:
    """The series that a shipped demand config counts."""
    config = load_config(path, DemandConfig)
    assert config.source.kind == "series"
    (rule,) = config.source.series_rules(config.period, config.dimensions)
    return series_panel(county, rule, sorted(config.areas))


def known(county: Snapshot, table: str) -> pd.DataFrame:
    """The rows that stand, with plain words."""
    rows = read_table(county, table)
    rows = rows[rows["superseded_at"].isna() & (rows["recorded_at"] < until(county))]
    words = rows.select_dtypes("category").columns
    return rows.assign(**{str(name): rows[name].astype(object) for name in words})


def until(county: Snapshot) -> pd.Timestamp:
    """The first midnight that the registers do not know."""
    return pd.Timestamp(county.data_until + timedelta(days=1))


def inside(times: pd.Series) -> pd.Series:
    """True for times in the quarter."""
    return (times >= QUARTER[0]) & (times < QUARTER[1])


def ends(county: Snapshot, rows: pd.DataFrame, end: str, clock: str) -> pd.Series:
    """The ends that are known."""
    return rows[end].where(rows[clock].isna() | (rows[clock] < until(county)))


def living(county: Snapshot) -> set[str]:
    """Who lives in the county on the eve of the quarter's end."""
    stays = known(county, "residents")
    died = ends(county, stays, "died_on", "died_recorded_at")
    left = ends(county, stays, "valid_to", "valid_to_recorded_at")
    here = (stays["valid_from"] < QUARTER[1]) & ~(died < QUARTER[1]) & ~(left < QUARTER[1])
    return set(stays.loc[here, "client_id"])


def born(county: Snapshot) -> pd.Series:
    """client_id → year of birth."""
    stays = known(county, "residents").drop_duplicates("client_id", keep="last")
    return stays.set_index("client_id")["birth_year"]


def line_of(report: Mapping[str, Any], id: str, by: str = "county", group: str = "") -> dict[str, Any]:
    """One line of the indicators."""
    lines = [one for one in report["lines"] if (one["id"], one["by"], one["group"]) == (id, by, group)]
    assert len(lines) == 1, (id, by, group)
    return dict(lines[0])
