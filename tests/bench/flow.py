"""`python -m tests.bench.flow`: flow on simulated chains whose bottleneck is known, and on the hospital log.

Chains of four stages: in half of them one stage, another in each, works at 95 % and the rest at 80 %; in the other half
all work at 85 %.  `FLOW_SEEDS=10` takes fewer of the 100 seeds.
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from configs.loader import validate_config, var_folder
from configs.workspace import Workspace
from evaluation.flow.backtest import History, choose_recipe, judged, metrics, recipes, rolling_flows
from evaluation.flow.chances import chance_losses, choose_chances, loss_metrics
from features.flow import conserved, spells_at, weekly_flows, weeks_between
from features.ingest.discover import data_folder
from models.flow.capacity import capacities
from models.flow.config import FlowConfig
from models.flow.forecast import fit_flow
from models.flow.measured.bottlenecks import rank, weekly_work
from models.flow.whatif import what_if
from tests.bench.chapters.flow_intervals import Held, client_delays, held, interval_figures
from tests.bench.counties import run
from tests.bench.report import Figure, finish, tell
from tests.bench.worlds.queueing import START, WEEK_HOURS, Station, chain_of, register, simulate, staffed

SEEDS = int(os.environ.get("FLOW_SEEDS", "100"))
FORECAST_SEEDS = min(10, SEEDS)
IDS = ("intake", "assessment", "decision", "service")
PER_WEEK, SERVERS = 40.0, 6
HOT, COOL, EVEN = 0.95, 0.80, 0.85
WEEKS, HORIZON = 156, 12
RECENT = 52
NOW = WEEKS * WEEK_HOURS
FUTURES = range(10)
HOSPITAL_LOG = "hospital_log_2005_2008.parquet"
FIGURE = re.compile(r"MASE (\d+\.\d+), last week carried forward (\d+\.\d+)")
COVER = re.compile(r"80 % cover (\d+\.\d+), 95 % cover (\d+\.\d+)")


@dataclass(frozen=True)
class Ranked:
    """One chain's ranking."""

    planted: bool
    right: bool
    """The planted stage came first."""
    clear: bool
    held: tuple[Held, ...]
    """Whether the intervals hold the long run."""


@dataclass(frozen=True)
class Forecast:
    """One chain's forecast beside naive, and what one more server did, foretold and true."""

    planted: bool
    metrics: dict[str, float]
    recipe: str
    losses: dict[str, float]
    """Log loss of a person-week by the counted chances and by LightGBM's, at the earlier origins."""
    foretold: float
    """Clients fewer at the planted stage after the horizon; NaN where departures do not follow the hours."""
    true: float


def main() -> None:
    """Rankings of every seed, forecasts of some, the hospital log."""
    jobs = [(seed, planted) for planted in (True, False) for seed in range(SEEDS)]
    few = [(seed, planted) for planted in (True, False) for seed in range(FORECAST_SEEDS)]
    with ProcessPoolExecutor(2) as pool:
        ranked = list(tqdm(pool.map(ranking, jobs, chunksize=4), total=len(jobs), desc="rankings", disable=None))
        ahead = list(tqdm(pool.map(forecast, few), total=len(few), desc="forecasts", disable=None))
    figures = {**_rankings(ranked), **_forecasts(ahead), **_hospital()}
    finish(figures)


def stations(seed: int, planted: bool, more_from: float | None = None) -> tuple[Station, ...]:
    """The chain of a seed; the planted stage goes round with the seed."""
    share = [(HOT if place == seed % len(IDS) else COOL) if planted else EVEN for place in range(len(IDS))]
    return tuple(
        Station(name, SERVERS, used * SERVERS * WEEK_HOURS / PER_WEEK, more_from if place == seed % len(IDS) else None)
        for place, (name, used) in enumerate(zip(IDS, share, strict=True))
    )


def config_of(seed: int, planted: bool) -> FlowConfig:
    """The chain's flow config."""
    words = {"fi": "x", "sv": "x", "en": "x"}
    chain = chain_of(stations(seed, planted)).model_dump(mode="json")
    values = {"id": "queueing", "version": "1", "notice": words, "chain": chain, "horizon": HORIZON, "country": None}
    values |= {"hazard_weeks": [52]}
    return validate_config({**values, "recent_weeks": RECENT}, FlowConfig, "queueing")


def observed(seed: int, planted: bool) -> tuple[pd.DataFrame, History]:
    """Spells and history of a simulated chain.  Refuses to go on when people are lost."""
    line = stations(seed, planted)
    rows = register(simulate(line, PER_WEEK, WEEKS, seed), line, WEEKS)
    weeks = weeks_between(START, START + pd.Timedelta(weeks=WEEKS - 1))
    until = (START + pd.Timedelta(weeks=WEEKS)).date()
    spells = spells_at(chain_of(line), rows, until).frame
    flows = weekly_flows(spells, IDS, weeks)
    if not conserved(flows):
        raise SystemExit(f"seed {seed}: people are lost")
    return spells, History(rows, flows, staffed(line, weeks))


def ranking(job: tuple[int, bool]) -> Ranked:
    """Which stage comes first?"""
    seed, planted = job
    config, (spells, history) = config_of(seed, planted), observed(seed, planted)
    known = capacities(config.chain, history.flows, history.hours)
    work = weekly_work(config.chain, spells, history.flows, known, config.recent_weeks)
    found = rank(work, config.bootstrap, config.block_weeks, seed)
    line = stations(seed, planted)
    since = START + pd.Timedelta(weeks=WEEKS - RECENT)
    delays = client_delays(spells, IDS, [one.hours for one in line], since)
    right = found.stages[0].stage == IDS[seed % len(IDS)]
    return Ranked(planted, right, found.clear, held(line, PER_WEEK, work, delays, seed))


def forecast(job: tuple[int, bool]) -> Forecast:
    """Back-test and what-if of one chain."""
    seed, planted = job
    config, (spells, history) = config_of(seed, planted), observed(seed, planted)
    losses = chance_losses(config, history)
    table = rolling_flows(config, history)
    recipe = choose_recipe(table, choose_chances(losses))
    found = metrics(judged(table, recipe, HORIZON))
    chosen = next(one for one in recipes(config, history) if one.name == recipe)
    known = capacities(config.chain, history.flows, history.hours)
    fit = fit_flow(config.chain, spells, history.flows, known, chosen, HORIZON, None)
    stage = IDS[seed % len(IDS)]
    foretold = what_if(fit, stage, WEEK_HOURS, HORIZON, seed).shorter_line if stage in fit.queue_days else np.nan
    return Forecast(planted, found, recipe, loss_metrics(losses), foretold, _true_change(seed, planted))


def _true_change(seed: int, planted: bool) -> float:
    """Clients fewer at the stage after the horizon with one more server from now on, mean of some futures."""
    return float(
        np.mean([_line(seed, planted, None, future) - _line(seed, planted, NOW, future) for future in FUTURES])
    )


def _line(seed: int, planted: bool, more_from: float | None, future: int) -> int:
    """Clients at the stage after the horizon, in one future of the chain."""
    end = (WEEKS + HORIZON) * WEEK_HOURS
    visits = simulate(stations(seed, planted, more_from), PER_WEEK, WEEKS, seed, then=(HORIZON, future))
    own = visits[visits["stage"] == IDS[seed % len(IDS)]]
    return int(((own["entered"] < end) & (own["left"] >= end)).sum())


def _rankings(found: Sequence[Ranked]) -> dict[str, Figure]:
    planted, even = [one for one in found if one.planted], [one for one in found if not one.planted]
    right = float(np.mean([one.right for one in planted]))
    clear = float(np.mean([one.clear for one in planted]))
    false = float(np.mean([one.clear for one in even]))
    print(f"{len(planted)} chains with a planted bottleneck: it ranks first in {right:.0%}, clearly in {clear:.0%}")
    print(f"{len(even)} chains without: the first one's interval lies above all others' in {false:.0%}")
    return {
        **interval_figures([one.held for one in planted], [one.held for one in even]),
        "planted_ranks_first": Figure(right, "share of seeds", at_least=0.95),
        "planted_is_clear": Figure(clear, "share of seeds"),
        "false_bottleneck": Figure(false, "share of seeds", at_most=0.05),
    }


def _forecasts(found: Sequence[Forecast]) -> dict[str, Figure]:
    print(f"\n{'chain':10}{'MASE':>8}{'naive':>8}{'80 %':>7}{'95 %':>7}   MAE of arrivals, departures, clients (naive)")
    for one in found:
        told = one.metrics
        errors = "  ".join(
            f"{told[f'mae_{name}']:.1f} ({told[f'naive_mae_{name}']:.1f})"
            for name in ("arrivals", "departures", "stock_end")
        )
        print(
            f"{'planted' if one.planted else 'even':10}{told['mase']:8.3f}{told['baseline_mase']:8.3f}"
            f"{told['coverage80']:7.2f}{told['coverage95']:7.2f}   {errors}   {one.recipe}"
        )
    mean = {name: float(np.mean([one.metrics[name] for one in found])) for name in found[0].metrics}
    asked = [one for one in found if one.planted and np.isfinite(one.foretold)]
    foretold = float(np.mean([one.foretold for one in asked])) if asked else np.nan
    true = float(np.mean([one.true for one in asked])) if asked else np.nan
    told = {name: float(np.mean([one.losses[name] for one in found])) for name in found[0].losses}
    better = sum(one.losses["log_loss_lightgbm"] < one.losses["log_loss_counted"] for one in found)
    print(
        f"log loss of a person-week: counted {told['log_loss_counted']:.4f}, LightGBM {told['log_loss_lightgbm']:.4f};"
    )
    print(f"LightGBM was the better one, and was served, in {better} of {len(found)} chains")
    print(f"one more server at the planted stage, {len(asked)} chains:", end=" ")
    print(f"{foretold:.1f} clients fewer in {HORIZON} weeks foretold, {true:.1f} true")
    ratios = {
        f"{name}_mae_over_naive": Figure(mean[f"mae_{name}"] / mean[f"naive_mae_{name}"], "ratio", at_most=1.0)
        for name in ("arrivals", "departures", "stock_end")
    }
    return {
        "mase": Figure(mean["mase"], "MASE", at_most=mean["baseline_mase"]),
        "naive_mase": Figure(mean["baseline_mase"], "MASE"),
        **ratios,
        **{name: Figure(value, "nats a person-week") for name, value in told.items()},
        "coverage80": Figure(mean["coverage80"], "share", at_least=0.74, at_most=0.86),
        "coverage95": Figure(mean["coverage95"], "share", at_least=0.92, at_most=0.98),
        "what_if_foretold": Figure(foretold, "clients fewer", at_least=0.8 * true, at_most=1.2 * true),
        "what_if_true": Figure(true, "clients fewer"),
    }


def _hospital() -> dict[str, Figure]:
    """Empty where the log is not found; nothing is made up."""
    if not (data_folder() / HOSPITAL_LOG).is_file():
        tell(f"hospital log: {HOSPITAL_LOG} was not found in {data_folder()} (LUOTAIN_DATA); its figures are left out")
        return {}
    bench = Workspace(var_folder("var/bench"))
    run(bench, "features.ingest", "configs/real/hospital_ingest.yaml")
    shown = run(bench, "training.flow", "configs/real/flow.yaml")
    print(f"\n{shown}")
    error, cover = FIGURE.search(shown), COVER.search(shown)
    if error is None or cover is None:
        raise SystemExit("training.flow printed no figures")
    return {
        "hospital_mase": Figure(float(error[1]), "MASE", at_most=float(error[2])),
        "hospital_naive_mase": Figure(float(error[2]), "MASE"),
        "hospital_coverage80": Figure(float(cover[1]), "share"),
        "hospital_coverage95": Figure(float(cover[2]), "share"),
    }


if __name__ == "__main__":
    main()
