"""Trains demand forecasts: panel, rolling-origin back-test, member, coherent sums, intervals, one bundle each.

`python -m training.demand --config configs/demand.yaml`
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.loader import PROJECT_ROOT, StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.backtest import (
    by_series,
    choose_member,
    coverage,
    covered,
    mean_scaled_errors,
    quantiles_of,
    rolling_forecasts,
    weighted_errors,
)
from features.panel import Refused, VisitRule, checked_series, long_enough, sheet_panel, visit_panel
from features.source_catalogue import load_source_catalogue
from features.store import open_snapshot
from models.bundles.golden import DEFAULT_SEED, GOLDEN_FILE, draw_rows, golden_file
from models.demand import boosted
from models.demand.config import ContactSource, DemandConfig, SheetSource
from models.demand.drivers import DriverBook
from models.demand.explained import Explained, Reasons, explanations
from models.demand.hierarchy import Published, aggregate, bottom_id, level_of, published_series
from models.demand.intervals import series_scale, with_intervals
from models.demand.members import combined, forecast_members
from models.demand.model import DemandModel, parse_booster
from models.names import demand_model
from training.demand_tables import backtest_table, published_table
from training.driver_records import cells_of, driver_book
from training.tracking import tracked_run

DATA_FOLDER = "${LUOTAIN_DATA}/"
DEFAULT_DATA = "../shared/data"
GOLDEN_ROWS = 16
LIGHTGBM_SHARE = {"lightgbm": 1.0, "mean": 0.5}
"""Weight of the trees in each member that is served."""
UNTESTED = "Not enough data: one of its parts was observed for too short a time to back-test it."


class DemandCommand(StrictConfig):
    """configs/demand.yaml."""

    var: str
    forecasts: tuple[str, ...] = Field(min_length=1)
    sources: str | None = None
    """The source catalogue of the counted registers: its version is stored with every run."""


@dataclass(frozen=True)
class Panel:
    """The bottom series, where they came from, and those that get no forecast."""

    frame: pd.DataFrame
    data_until: date
    source_sha256: str
    refused: tuple[Refused, ...] = ()


def train(command: DemandCommand) -> None:
    """Train every forecast of the command."""
    workspace = Workspace.of(command.var)
    version = load_source_catalogue(command.sources).sha256 if command.sources else ""
    for path in command.forecasts:
        train_one(load_config(path, DemandConfig), workspace, version)


def train_one(config: DemandConfig, workspace: Workspace, sources_version: str = "") -> None:
    """One demand config: back-test, choose, refit on everything, register.  Raises DataError or ModelError."""
    panel = read_panel(config, workspace)
    published = published_series(config, sorted(panel.frame["unique_id"].unique()))
    source = panel.source_sha256
    with tracked_run(workspace, demand_model(config.id), "demand", config, source, sources_version) as run:
        book = _book(config, panel, workspace)
        table = rolling_forecasts(panel.frame, published, config, partial(forecast_members, book=book))
        member = choose_member(table, config)
        judged = covered(table, member, config.horizon, level_of(published))
        metrics = _metrics(judged, member, config)
        model, rows = _fitted(config, panel, published, table, judged, member, book)
        run.log_metrics(metrics)
        run.log_frame("backtest.parquet", judged.drop(columns=["level"]))
        registered = run.register_bundle(_files(model, rows), {"data_until": panel.data_until.isoformat()})
    refused = (*panel.refused, *untested(published, judged))
    say(backtest_table(config, panel.frame, refused, table, judged, member))
    say(published_table(config, panel.frame))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def untested(published: Sequence[Published], judged: pd.DataFrame) -> tuple[Refused, ...]:
    """Published series that no report window could judge: they get no forecast."""
    known = set(judged["series_id"])
    return tuple(Refused(one.series_id, UNTESTED) for one in published if one.series_id not in known)


def read_panel(config: DemandConfig, workspace: Workspace) -> Panel:
    """The bottom series `unique_id, ds, y` of a config."""
    if isinstance(config.source, SheetSource):
        return _sheet(config, config.source)
    return _contacts(config, config.source, workspace)


def _contacts(config: DemandConfig, source: ContactSource, workspace: Workspace) -> Panel:
    snapshot = open_snapshot(workspace.store)
    rule = VisitRule(source.service, source.status, source.channel)
    cells = visit_panel(snapshot, rule, tuple(config.areas), source.reporting_lag_days)
    cells = cells[cells["measure"].isin(list(config.measures))]
    ids = [bottom_id(*key) for key in zip(cells["area"], cells["measure"], cells["band"], strict=True)]
    frame = pd.DataFrame({"unique_id": ids, "ds": cells["ds"], "y": cells["y"]})
    kept, refused = long_enough(_sorted(frame), config.minimum_periods)
    return Panel(kept, snapshot.data_until, snapshot.sha256, refused)


def _sheet(config: DemandConfig, source: SheetSource) -> Panel:
    file = data_file(source.file)
    sheet = sheet_panel(file, config.period, source.origin)
    starts = pd.Timestamp(source.complete_from) if source.complete_from else None
    frame, refused = checked_series(sheet, config.period, config.minimum_periods, starts)
    period = pd.DateOffset(months=1) if config.period == "month" else pd.DateOffset(weeks=1)
    until = (frame["ds"].max() + period - pd.Timedelta(days=1)).date()
    return Panel(_sorted(frame), until, sha256(file.read_bytes()).hexdigest(), refused)


def data_file(name: str) -> Path:
    """A file of real data: `${LUOTAIN_DATA}/` is the folder of that variable, ../shared/data by default."""
    if name.startswith(DATA_FOLDER):
        folder = Path(os.environ.get("LUOTAIN_DATA") or DEFAULT_DATA).expanduser()
        folder = folder if folder.is_absolute() else PROJECT_ROOT / folder
        return folder / name.removeprefix(DATA_FOLDER)
    return PROJECT_ROOT / name


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["unique_id", "ds"], ignore_index=True).astype({"ds": "datetime64[ns]", "y": float})


def _metrics(judged: pd.DataFrame, member: str, config: DemandConfig) -> dict[str, float]:
    scaled = mean_scaled_errors(judged, config.members)
    wape = weighted_errors(judged, config.members)
    named = {f"mase_{name}": value for name, value in scaled.items()}
    named |= {f"wape_{name}": value for name, value in wape.items()}
    return {
        "mase": scaled[member],
        "wape": wape[member],
        "baseline_mase": scaled["seasonal_naive"],
        "baseline_wape": wape["seasonal_naive"],
        **coverage(judged),
        **named,
    }


def _fitted(
    config: DemandConfig,
    panel: Panel,
    published: Sequence[Published],
    table: pd.DataFrame,
    judged: pd.DataFrame,
    member: str,
    book: DriverBook | None,
) -> tuple[DemandModel, np.ndarray]:
    """The model on everything known, with the rows its trees were fitted on."""
    drivers = book.table(panel.frame, config.horizon) if book else None
    forecaster = boosted.fit(panel.frame, config.lightgbm, config.freq, config.season_length, drivers)
    ahead = combined(panel.frame, config, config.horizon, boosted.predict(forecaster, config.horizon, drivers))
    summed = aggregate(ahead[["unique_id", "ds", member]].rename(columns={member: "value"}), published, ["ds"])
    summed = summed[summed["series_id"].isin(judged["series_id"])].copy()  # no forecast without a back-test beside it
    summed["step"] = summed.groupby("series_id")["ds"].rank(method="first").astype(int)
    quantiles = quantiles_of(table, member, config.horizon)
    scale = series_scale(aggregate(panel.frame, published, ["ds"]), config.season_length)
    forecast = with_intervals(summed, scale, quantiles, level_of(published))
    booster = parse_booster(boosted.booster_text(forecaster))
    rows = boosted.feature_rows(forecaster, panel.frame, drivers).to_numpy(np.float32)
    share = dict.fromkeys(panel.frame["unique_id"].unique(), LIGHTGBM_SHARE.get(member, 0.0))
    reasons = Reasons(
        explanations(Explained(config, panel.frame, booster, share, drivers), forecast, published), share, drivers
    )
    model = DemandModel(config, member, booster, panel.frame, forecast, by_series(judged, member), quantiles, reasons)
    return model, rows


def _book(config: DemandConfig, panel: Panel, workspace: Workspace) -> DriverBook | None:
    """The config's drivers; a file's path is taken in the data folder."""
    ids = sorted(panel.frame["unique_id"].unique())
    registers = isinstance(config.source, ContactSource)
    snapshot, cells = (open_snapshot(workspace.store), cells_of(ids)) if registers else (None, pd.DataFrame())
    return driver_book(config, snapshot, cells, lambda name: driver_file(name, workspace))


def driver_file(name: str, workspace: Workspace) -> Path:
    """A driver's file: `${LUOTAIN_DATA}/` is the folder of real data, another path lies in the data folder."""
    return data_file(name) if name.startswith(DATA_FOLDER) else workspace.root / name


def _files(model: DemandModel, rows: np.ndarray) -> dict[str, bytes]:
    """The bundle's files with golden rows: synthetic feature rows, and the published numbers themselves."""
    golden = draw_rows(rows, GOLDEN_ROWS, DEFAULT_SEED)
    outputs = model.golden_outputs(golden)
    names = [f"feature_{index}" for index in range(rows.shape[1])]
    return {**model.to_files(), GOLDEN_FILE: golden_file(names, golden, outputs, DEFAULT_SEED)}


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    path = parse_config_path(argv, "training.demand", "Trains demand forecasts.", "configs/demand.yaml")
    return run_command(lambda: train(load_config(path, DemandCommand)))


if __name__ == "__main__":
    raise SystemExit(main())
