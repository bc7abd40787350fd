"""Rolling-origin back-test of a flow forecast beside "last week carried forward".

At each origin only what was known `reporting_lag_days` later of the days before it is used.  The recipe and the
intervals come from the earlier origins; the later ones are reported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from tqdm import tqdm

from configs.errors import DataError
from features.flow import ChainRows, spells_at, weekly_flows, weeks_between
from models.flow.capacity import capacities
from models.flow.config import FlowConfig
from models.flow.forecast import (
    FORECAST_MEASURES,
    Recipe,
    fit_flow,
    fit_widths,
    forecast_table,
    queueable,
    with_intervals,
)
from models.flow.moves.arrivals import arrivals_by_stage

KEYS = ["stage", "measure"]


@dataclass(frozen=True)
class History:
    """What really happened: flows of every complete week, and the staffed hours."""

    rows: ChainRows
    flows: pd.DataFrame
    hours: pd.DataFrame

    @property
    def weeks(self) -> pd.DatetimeIndex:
        """Mondays of the complete weeks."""
        return pd.DatetimeIndex(np.sort(self.flows["ds"].unique()))


def recipes(config: FlowConfig, history: History) -> tuple[Recipe, ...]:
    """Every recipe to choose from; queues only where some stage's departures may follow its staffed hours."""
    served = bool(queueable(capacities(config.chain, history.flows, history.hours)))
    ways = product(config.hazard_weeks, (False, True)[: 1 + served], config.chances)
    return tuple(Recipe(weeks, queues, chances) for weeks, queues, chances in ways)


def origins(config: FlowConfig, weeks: pd.DatetimeIndex) -> list[pd.Timestamp]:
    """First Mondays of the forecasts, oldest first.  Raises DataError when the history is too short."""
    count = config.backtest.selection_windows + config.backtest.report_windows
    end = weeks[-1] + pd.Timedelta(weeks=1)
    found = [end - pd.Timedelta(weeks=config.backtest.step * number) for number in range(count, 0, -1)]
    if (found[0] - weeks[0]).days // 7 < config.fewest_weeks:
        needed = config.fewest_weeks + config.backtest.step * count
        raise DataError(
            f"The chain {config.chain.id} has {len(weeks)} complete weeks and its back-test needs {needed}. Wait for "
            "more, or lower `fewest_weeks` or the windows of `backtest`."
        )
    return found


def rolling_flows(config: FlowConfig, history: History) -> pd.DataFrame:
    """Every recipe at every origin: `origin, reported, recipe, stage, ds, step, measure, value, sd, naive, scale, y`.

    `naive` is last week's value, `scale` the mean change from week to week before the origin.
    """
    chosen = recipes(config, history)
    starts = origins(config, history.weeks)
    reported = set(starts[-config.backtest.report_windows :])
    parts = [
        _at(config, history, origin, chosen).assign(origin=origin, reported=origin in reported)
        for origin in tqdm(starts, desc=f"back-test {config.id}", disable=None)
    ]
    return pd.concat(parts, ignore_index=True)


def _at(config: FlowConfig, history: History, origin: pd.Timestamp, chosen: Sequence[Recipe]) -> pd.DataFrame:
    chain, ids = config.chain, config.chain.ids
    as_of = origin + pd.Timedelta(days=chain.reporting_lag_days)
    spells = spells_at(chain, history.rows, as_of.date(), origin.date()).frame
    known = weekly_flows(spells, ids, weeks_between(history.weeks[0], origin - pd.Timedelta(weeks=1)))
    capacity = capacities(chain, known, history.hours[history.hours["ds"] < origin])
    coming = arrivals_by_stage(known, ids, config.horizon, config.country)
    tables = []
    for recipe in chosen:
        fit = fit_flow(chain, spells, known, capacity, recipe, config.horizon, config.country, coming)
        futures = fit.futures(config.horizon, config.backtest.samples, config.seed)
        tables.append(forecast_table(futures, origin).assign(recipe=recipe.name, chances=recipe.chances))
    table = pd.concat(tables, ignore_index=True).merge(_naive(known), on=KEYS)
    return table.merge(long(history.flows), on=["stage", "ds", "measure"])


def long(flows: pd.DataFrame) -> pd.DataFrame:
    """`stage, ds, measure, y` of `weekly_flows`."""
    return flows.melt(["stage", "ds"], list(FORECAST_MEASURES), "measure", "y")


def _naive(known: pd.DataFrame) -> pd.DataFrame:
    """Last week's value and the mean change from week to week, per stage and measure."""
    values = long(known).sort_values("ds")
    grouped = values.groupby(KEYS)["y"]
    return pd.DataFrame({"naive": grouped.last(), "scale": grouped.agg(lambda y: y.diff().abs().mean())}).reset_index()


def choose_recipe(table: pd.DataFrame, chances: str | None = None) -> str:
    """The recipe with the least scaled error on the selection windows; of those with these chances, where told."""
    judged = table[~table["reported"]]
    judged = judged if chances is None else judged[judged["chances"] == chances]
    return str(min((scaled_error(rows, "value"), name) for name, rows in judged.groupby("recipe"))[1])


def scaled_error(table: pd.DataFrame, column: str) -> float:
    """MASE: mean over stages and measures of mean |error| / mean weekly change.  0 = perfect; a series that never
    changes has no scale and is left out."""
    moving = table[table["scale"] > 0]
    errors = (moving[column] - moving["y"]).abs() / moving["scale"]
    return float(errors.groupby([moving[key] for key in KEYS]).mean().mean())


def judged(table: pd.DataFrame, recipe: str, horizon: int) -> pd.DataFrame:
    """The report windows of a recipe with intervals learned on the selection windows only."""
    own = table[table["recipe"] == recipe]
    return with_intervals(own[own["reported"]], fit_widths(own[~own["reported"]], horizon))


def metrics(shown: pd.DataFrame) -> dict[str, float]:
    """Scaled and relative errors of the forecast and the naive one, and the coverage of the intervals."""
    total = max(float(shown["y"].abs().sum()), 1.0)
    found = {
        "mase": scaled_error(shown, "value"),
        "baseline_mase": scaled_error(shown, "naive"),
        "wape": float((shown["value"] - shown["y"]).abs().sum()) / total,
        "baseline_wape": float((shown["naive"] - shown["y"]).abs().sum()) / total,
        **coverage(shown),
    }
    for measure, rows in shown.groupby("measure"):
        found[f"mae_{measure}"] = float((rows["value"] - rows["y"]).abs().mean())
        found[f"naive_mae_{measure}"] = float((rows["naive"] - rows["y"]).abs().mean())
    return found


def coverage(shown: pd.DataFrame) -> dict[str, float]:
    """Share of weeks inside the 80 % and 95 % intervals.  Aim .80 and .95; whole counts make small ones wider."""
    return {
        f"coverage{level}": float(shown["y"].between(shown[f"low{level}"], shown[f"high{level}"]).mean())
        for level in (80, 95)
    }


def by_stage(shown: pd.DataFrame) -> Mapping[str, Mapping[str, float]]:
    """What to expect of each stage and measure: MAE beside naive, coverage."""
    return {f"{stage}|{measure}": values for (stage, measure), values in _by_stage(shown)}


def _by_stage(shown: pd.DataFrame) -> Iterator[tuple[tuple[str, str], dict[str, float]]]:
    for (stage, measure), rows in shown.groupby(KEYS):
        yield (
            (str(stage), str(measure)),
            {
                "mae": float((rows["value"] - rows["y"]).abs().mean()),
                "naive_mae": float((rows["naive"] - rows["y"]).abs().mean()),
                **coverage(rows),
            },
        )
