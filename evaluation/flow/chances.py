"""Counted transition chances against LightGBM's: log loss of the weeks after each earlier origin, never of later ones.

Both learn from the days before the origin; what they are asked is what each client there does in a week that begins
after it: stays, goes to which stage, or leaves the chain.  0 = told for certain; the reported origins are not seen.
"""

from collections.abc import Mapping

import pandas as pd

from evaluation.flow.backtest import History, origins
from features.flow import spells_at
from models.flow.config import FlowConfig
from models.flow.moves.boosted import curves, fit_boosted
from models.flow.moves.hazards import fit_hazards
from models.flow.moves.weekly_chances import log_loss, person_weeks, weekly_chances

TIE = 1e-6
"""Nats a person-week; a smaller difference is rounding."""


def chance_losses(config: FlowConfig, history: History) -> pd.DataFrame:
    """`origin, weeks, chances, stage, person_weeks, loss` (summed), for every way to learn the chances."""
    starts = origins(config, history.weeks)
    earlier = starts[: config.backtest.selection_windows]
    unseen = starts[config.backtest.selection_windows]
    truth = _known(config, history, unseen)
    parts = [_at(config, history, origin, min(origin + _step(config), unseen), truth) for origin in earlier]
    return pd.concat(parts, ignore_index=True)


def _step(config: FlowConfig) -> pd.Timedelta:
    return pd.Timedelta(weeks=config.backtest.step)


def _known(config: FlowConfig, history: History, origin: pd.Timestamp) -> pd.DataFrame:
    as_of = origin + pd.Timedelta(days=config.chain.reporting_lag_days)
    return spells_at(config.chain, history.rows, as_of.date(), origin.date()).frame


def _at(
    config: FlowConfig, history: History, origin: pd.Timestamp, end: pd.Timestamp, truth: pd.DataFrame
) -> pd.DataFrame:
    """Every way at one origin, asked about the person-weeks within [origin, end)."""
    spells, ids = _known(config, history, origin), config.chain.ids
    asked = person_weeks(truth, ids, origin, end)
    people = truth.iloc[asked["spell"].to_numpy(int)]
    parts = []
    for weeks in config.hazard_weeks:
        since = max(origin - pd.Timedelta(weeks=weeks), history.weeks[0])
        counted = fit_hazards(spells, ids, since, origin)
        for chances in config.chances:
            rows, hazards = asked["stage"].to_numpy(int), counted
            if chances == "lightgbm":
                boosted = fit_boosted(spells, counted, since, origin)
                rows, hazards = boosted.rows_of(people), curves(counted, boosted)
            loss = log_loss(weekly_chances(hazards), rows, asked)
            found = pd.DataFrame({"stage": [ids[place] for place in asked["stage"]], "loss": loss})
            found = found.groupby("stage", sort=False)["loss"].agg(person_weeks="size", loss="sum").reset_index()
            parts.append(found.assign(origin=origin, weeks=weeks, chances=chances))
    return pd.concat(parts, ignore_index=True)


def loss_table(losses: pd.DataFrame) -> list[tuple[tuple[int, str], float, Mapping[str, float]]]:
    """Per way: mean log loss of a person-week over all origins and stages, and by stage."""
    return [
        ((int(str(weeks)), str(chances)), _mean(rows), {str(stage): _mean(own) for stage, own in rows.groupby("stage")})
        for (weeks, chances), rows in losses.groupby(["weeks", "chances"])
    ]


def choose_chances(losses: pd.DataFrame) -> str:
    """The kind whose best time to learn from has the lower log loss; a tie goes to the counted ones."""
    best = {chances: min(loss for (_, kind), loss, _ in loss_table(losses) if kind == chances)
            for chances in sorted(set(losses["chances"]))}  # fmt: skip
    return min(best, key=lambda chances: round(best[chances] / TIE))


def loss_metrics(losses: pd.DataFrame) -> dict[str, float]:
    """The best log loss of each kind."""
    best: dict[str, float] = {}
    for (_, chances), loss, _ in loss_table(losses):
        best[f"log_loss_{chances}"] = min(loss, best.get(f"log_loss_{chances}", loss))
    return best


def _mean(rows: pd.DataFrame) -> float:
    return float(rows["loss"].sum() / rows["person_weeks"].sum())
