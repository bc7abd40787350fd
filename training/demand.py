"""Trains demand forecasts: panel, rolling-origin back-test, member, coherent sums, intervals, one bundle each.

`python -m training.demand --config configs/demand.yaml`
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.loader import PROJECT_ROOT, StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.backtest import (
    Tested,
    by_series,
    calibrate,
    coverage,
    covered,
    mean_scaled_errors,
    rolled,
    scaled_quantile_loss,
    weighted_errors,
    weighted_quantile_loss,
)
from features.panel import Refused, VisitRule, checked_series, long_enough, sheet_panel, visit_panel
from features.source_catalogue import load_source_catalogue
from features.store import open_snapshot
from models.bundles.golden import DEFAULT_SEED, GOLDEN_FILE, draw_rows, golden_file
from models.demand import boosted
from models.demand.combination import SERVED, groups_of, served
from models.demand.config import ContactSource, DemandConfig, SheetSource
from models.demand.hierarchy import Published, aggregate, bottom_id, level_of, published_series
from models.demand.intervals import DECILES, series_scale, with_intervals
from models.demand.members import FittedMembers, fit_members, forecast_members
from models.demand.model import DemandModel, parse_booster
from models.names import demand_model
from training.demand_tables import backtest_table, published_table
from training.tracking import tracked_run

DATA_FOLDER = "${LUOTAIN_DATA}/"
DEFAULT_DATA = "../shared/data"
GOLDEN_ROWS = 16
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
        tested = rolled(panel.frame, published, config, forecast_members)
        judged = judged_windows(tested, published, config)
        metrics = _metrics(judged, config)
        model, rows = _fitted(config, panel, published, tested, judged)
        run.log_metrics(metrics)
        run.log_frame("backtest.parquet", judged.drop(columns=["level"]))
        registered = run.register_bundle(_files(model, rows), {"data_until": panel.data_until.isoformat()})
    refused = (*panel.refused, *untested(published, judged))
    say(backtest_table(config, panel.frame, refused, tested, judged))
    say(published_table(config, judged, panel.frame, published))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def judged_windows(tested: Tested, published: Sequence[Published], config: DemandConfig) -> pd.DataFrame:
    """The report windows of what is served, with their intervals and deciles."""
    plan, levels = config.backtest, level_of(published)
    return covered(tested.table, SERVED, config.horizon, levels, renew=plan.renew, newest=plan.calibration_windows)


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
    frame, refused = checked_series(sheet, config.period, config.minimum_periods, starts, date.today())
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


def _metrics(judged: pd.DataFrame, config: DemandConfig) -> dict[str, float]:
    names = [*config.members, SERVED]
    scaled, wape = mean_scaled_errors(judged, names), weighted_errors(judged, names)
    named = {f"mase_{name}": value for name, value in scaled.items() if name != SERVED}
    named |= {f"wape_{name}": value for name, value in wape.items() if name != SERVED}
    return {
        "mase": scaled[SERVED],
        "wape": wape[SERVED],
        "sql": scaled_quantile_loss(judged, DECILES),
        "wql": weighted_quantile_loss(judged, DECILES),
        "baseline_mase": scaled["seasonal_naive"],
        "baseline_wape": wape["seasonal_naive"],
        **coverage(judged),
        **named,
    }


def _fitted(
    config: DemandConfig, panel: Panel, published: Sequence[Published], tested: Tested, judged: pd.DataFrame
) -> tuple[DemandModel, np.ndarray]:
    """The model on everything known, with the rows its trees were fitted on."""
    fitted = fit_members(panel.frame, config, config.horizon)
    members = _grouped(fitted, panel.frame, config)
    ahead = members[["unique_id", "ds"]].assign(value=served(members, tested.choice))
    summed = aggregate(ahead, published, ["ds"])
    summed = summed[summed["series_id"].isin(judged["series_id"])].copy()  # no forecast without a back-test beside it
    summed["step"] = summed.groupby("series_id")["ds"].rank(method="first").astype(int)
    calibration = calibrate(tested.table, SERVED, config.horizon, config.backtest.calibration_windows)
    scale = calibration.scale(series_scale(aggregate(fitted.learned, published, ["ds"]), config.season_length))
    forecast = with_intervals(summed, scale, calibration.quantiles, level_of(published))
    model = DemandModel(
        config=config,
        member=tested.choice.member(sorted(set(members["group"]))),
        booster=parse_booster(boosted.booster_text(fitted.trees)),
        observations=panel.frame,
        forecast=forecast,
        backtest=by_series(judged, SERVED),
        quantiles=calibration.quantiles,
        choice=tested.choice,
        members=members,
    )
    return model, boosted.feature_rows(fitted.trees, fitted.learned).to_numpy(np.float32)


def _grouped(fitted: FittedMembers, panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    groups = groups_of(panel, config.combination, config.season_length)
    return fitted.forecasts.assign(group=fitted.forecasts["unique_id"].map(groups))


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
