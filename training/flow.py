"""Trains flow models: spells of a service chain, rolling-origin back-test, forecast, bottlenecks, one bundle each.

`python -m training.flow --config configs/flow.yaml`
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.flow.backtest import History, by_stage, choose_recipe, judged, metrics, recipes, rolling_flows
from evaluation.flow.chances import chance_losses, choose_chances, loss_metrics
from features.flow import (
    Spells,
    conserved,
    enough,
    reached_phases,
    read_chain,
    spells_at,
    staffed_hours,
    weekly_flows,
    weeks_between,
)
from features.panel.periods import first_whole, last_complete_week
from features.source_catalogue import load_source_catalogue
from features.store import Snapshot, open_snapshot
from models.bundles.golden import DEFAULT_SEED, draw_rows, with_golden
from models.flow.answers import FlowReport
from models.flow.capacity import StageCapacity, capacities
from models.flow.config import FlowConfig
from models.flow.forecast import FlowFit, fit_flow, fit_widths, forecast_table, grows_first, with_intervals
from models.flow.measured.bottlenecks import rank, weekly_work
from models.flow.measured.breakdown import stage_lines, throughput
from models.flow.measured.conformance import conformance
from models.flow.measured.weeks import stage_waits, throughput_weeks
from models.flow.model import FlowModel
from models.flow.whatif import answered, what_if
from models.names import flow_model
from models.owners import owner_tags
from training.flow_tables import backtest_lines, forecast_lines, loss_lines, report_lines
from training.publishing.publish import DATA_UNTIL
from training.retraining.kept import kept_version
from training.tracking import tracked_run

GOLDEN_ROWS = 24


class FlowCommand(StrictConfig):
    """configs/flow.yaml."""

    var: str
    flows: tuple[str, ...] = Field(min_length=1)
    sources: str | None = None
    """The source catalogue of the registers: its version is stored with every run."""


@dataclass(frozen=True)
class Observed:
    """A chain as the store tells it today."""

    spells: Spells
    history: History
    capacity: dict[str, StageCapacity]


def train(command: FlowCommand) -> None:
    """Train every chain of the command."""
    workspace = Workspace.of(command.var)
    version = load_source_catalogue(command.sources).sha256 if command.sources else ""
    snapshot = open_snapshot(workspace.store)
    for path in command.flows:
        train_one(load_config(path, FlowConfig), workspace, snapshot, version)


def train_one(config: FlowConfig, workspace: Workspace, snapshot: Snapshot, sources_version: str = "") -> None:
    """One chain: back-test, choose, refit on everything, register.  Raises DataError or ModelError."""
    if kept_version(workspace, flow_model(config.id), config, snapshot.sha256):
        return
    observed = observe(config, snapshot)
    with tracked_run(workspace, flow_model(config.id), "flow", config, snapshot.sha256, sources_version) as run:
        losses = chance_losses(config, observed.history)
        table = rolling_flows(config, observed.history)
        recipe = choose_recipe(table, choose_chances(losses))
        shown = judged(table, recipe, config.horizon)
        model = fitted(config, observed, table, recipe, shown)
        found = {**metrics(shown), **loss_metrics(losses), "people_lost": people_lost(model)}
        run.log_metrics(found)
        run.log_frame("backtest.parquet", shown)
        run.log_frame("chances.parquet", losses)
        tags = {DATA_UNTIL: snapshot.data_until.isoformat(), **owner_tags(config.owners)}
        registered = run.register_bundle(_files(model), tags)
    stays = observed.spells.frame
    head = f"Flow {config.id}: {len(stays)} stays in {len(config.chain.ids)} stages, {stays['case'].nunique()} cases"
    told = [f"  {sentence}" for sentence in observed.spells.told()]
    parts = [*loss_lines(losses), *backtest_lines(table, recipe, found), *report_lines(model), *forecast_lines(model)]
    say("\n".join([head, *told, *parts]))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def observe(config: FlowConfig, snapshot: Snapshot) -> Observed:
    """Spells, weekly flows and staffed hours of everything known.  Raises DataError when they are too few."""
    chain = config.chain
    rows = read_chain(snapshot, chain)
    last = last_complete_week(snapshot.data_until, chain.reporting_lag_days)
    until = last + pd.Timedelta(weeks=1)
    spells = enough(chain, spells_at(chain, rows, snapshot.data_until + timedelta(days=1), until.date()))
    weeks = weeks_between(_first_week(config, spells), last)
    flows = weekly_flows(spells.frame, chain.ids, weeks)
    if not conserved(flows):
        raise DataError(f"People are lost between the stages of {chain.id}: its spells overlap. Report it as a fault.")
    hours = staffed_hours(snapshot, chain, weeks.union(_ahead(last, config.horizon)), spells.as_of)
    history = History(rows, flows, hours)
    return Observed(spells, history, dict(capacities(chain, flows, hours)))


def _first_week(config: FlowConfig, spells: Spells) -> pd.Timestamp:
    """The first whole week in which every stage was in use."""
    begun = spells.frame.groupby("stage")["entered"].min().max()
    return first_whole(begun, "week")


def _ahead(last: pd.Timestamp, weeks: int) -> pd.DatetimeIndex:
    return pd.date_range(last + pd.Timedelta(weeks=1), periods=weeks, freq="W-MON")


def fitted(config: FlowConfig, observed: Observed, table: pd.DataFrame, recipe: str, shown: pd.DataFrame) -> FlowModel:
    """The chosen recipe on everything known, with the report that goes beside it."""
    chosen = next(one for one in recipes(config, observed.history) if one.name == recipe)
    flows = observed.history.flows
    fit = fit_flow(
        config.chain, observed.spells.frame, flows, observed.capacity, chosen, config.horizon, config.country
    )
    futures = fit.futures(config.horizon, config.samples, config.seed)
    widths = fit_widths(table[table["recipe"] == recipe], config.horizon)
    forecast = with_intervals(forecast_table(futures, fit.first), widths)
    report = _report(config, observed, fit, forecast)
    return FlowModel(config, recipe, fit, flows, forecast, by_stage(shown), widths, report)


def _report(config: FlowConfig, observed: Observed, fit: FlowFit, forecast: pd.DataFrame) -> FlowReport:
    chain, spells, flows = config.chain, observed.spells.frame, observed.history.flows
    until = fit.first
    since = until - pd.Timedelta(weeks=config.recent_weeks)
    weeks = pd.date_range(since, periods=config.recent_weeks, freq="W-MON")
    waiting = tuple(stage.id for stage in chain.stages if stage.waiting)
    work = weekly_work(chain, spells, flows, observed.capacity, config.recent_weeks)
    growing = grows_first(forecast, waiting)
    reached = reached_phases(chain, observed.history.rows, spells, observed.spells.as_of)
    return FlowReport(
        weeks=config.recent_weeks,
        ranking=rank(work, config.bootstrap, config.block_weeks, config.seed),
        grows_first=growing[0] if growing else None,
        grows_in_weeks=growing[1] if growing else None,
        what_ifs=tuple(what_if(fit, stage, 1.0, config.horizon, config.seed) for stage in answered(fit)),
        conformance=conformance(chain, spells, reached, since, until),
        throughput=throughput(chain, spells, since, until),
        lines=stage_lines(chain, spells, since, until),
        quarantined=observed.spells.quarantined,
        waits=stage_waits(chain, spells, weeks),
        throughput_weeks=throughput_weeks(chain, spells, weeks),
    )


def people_lost(model: FlowModel) -> float:
    """The largest difference, over stages and weeks, between the clients at a week's end and what they should be."""
    table = model.forecast.pivot_table(index=["stage", "step"], columns="measure", values="value")
    start = pd.Series(model.fit.hazards.clients(model.fit.present.stage), model.config.chain.ids)
    before = table["stock_end"].groupby("stage").shift()
    before = before.fillna(table.index.get_level_values("stage").to_series(index=table.index).map(start))
    return float((before + table["arrivals"] - table["departures"] - table["stock_end"]).abs().max())


def _files(model: FlowModel) -> dict[str, bytes]:
    """The bundle's files with golden rows: synthetic clients, a stage and days there each."""
    present = model.fit.present
    rows = np.column_stack([present.stage, present.days]).astype(float)
    golden = draw_rows(rows, GOLDEN_ROWS, DEFAULT_SEED)
    return with_golden(model.to_files(), ["stage", "days"], golden, model.golden_outputs(golden))


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    path = parse_config_path(argv, "training.flow", "Trains flow models of service chains.", "configs/flow.yaml")
    return run_command(lambda: train(load_config(path, FlowCommand)))


if __name__ == "__main__":
    raise SystemExit(main())
