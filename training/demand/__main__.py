"""Trains demand forecasts: panel, rolling-origin back-test, member, coherent sums, intervals, one bundle each.

`python -m training.demand --config configs/demand.yaml`
"""

from collections.abc import Sequence
from functools import partial

from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.backtest import rolled
from features.source_catalogue import load_source_catalogue
from models.demand.config import DemandConfig
from models.demand.forecasters.members import forecast_members
from models.names import demand_model
from models.owners import owner_tags
from training.demand.cold_start import standing_of
from training.demand.fitting import bundle_files, fitted_model, judged_windows, metrics_of, sums_metrics
from training.demand.panel import driver_book_of, read_panel, shown
from training.demand.tables import backtest_table, lost, published_table, sums_table
from training.publishing.publish import DATA_UNTIL
from training.retraining.kept import kept_version
from training.tracking import tracked_run


class DemandCommand(StrictConfig):
    """configs/demand.yaml."""

    var: str
    forecasts: tuple[str, ...] = Field(min_length=1)
    sources: str | None = None
    """The source catalogue of the counted registers: its version is stored with every run."""


def train(command: DemandCommand) -> None:
    """Train every forecast of the command."""
    workspace = Workspace.of(command.var)
    version = load_source_catalogue(command.sources).sha256 if command.sources else ""
    for path in command.forecasts:
        train_one(load_config(path, DemandConfig), workspace, version)


def train_one(config: DemandConfig, workspace: Workspace, sources_version: str = "") -> None:
    """One demand config: back-test, choose, refit on everything, register.  Raises DataError or ModelError."""
    panel = read_panel(config, workspace)
    if kept_version(workspace, demand_model(config.id), config, panel.source_sha256):
        return
    standing = standing_of(config, panel, workspace)
    published, unseen = shown(config, panel, standing.borrowed)
    standing = standing.among(published)
    source = panel.source_sha256
    with tracked_run(workspace, demand_model(config.id), "demand", config, source, sources_version) as run:
        book = driver_book_of(config, panel, workspace)
        tested = rolled(panel.frame, standing.own, config, partial(forecast_members, book=book), forecast_members)
        judged = judged_windows(tested, standing.own, config)
        model, rows = fitted_model(config, panel, tested, judged, book, standing)
        run.log_metrics(metrics_of(judged, config) | sums_metrics(tested, judged))
        run.log_params({"chosen": {"coherence": tested.coherence.method}})
        run.log_frame("backtest.parquet", judged.drop(columns=["level"]))
        tags = {DATA_UNTIL: panel.data_until.isoformat(), **owner_tags(config.owners)}
        registered = run.register_bundle(bundle_files(model, rows), tags)
    refused = lost(model, (*unseen, *panel.refused))
    say(backtest_table(config, panel.frame, refused, tested, judged, model.borrowed))
    say(sums_table(config, tested, model.sums))
    say(published_table(config, judged, panel.frame, standing.own))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    path = parse_config_path(argv, "training.demand", "Trains demand forecasts.", "configs/demand.yaml")
    return run_command(lambda: train(load_config(path, DemandCommand)))


if __name__ == "__main__":
    raise SystemExit(main())
