"""Members and weights by group of series, from back-test windows that lie before what they are chosen for.

A table of bottom series: `origin, known, reported, unique_id, ds, step, y, scale, group, regime`, one column a member.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from evaluation.backtest.errors import mean_scaled_errors
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import (
    ALL,
    INTERMITTENT,
    SERVED,
    TRENDING,
    WEIGHTED,
    Choice,
    GroupChoice,
    fit_weights,
    served,
    useful,
    weighted,
)

SEASONS_TO_CHOOSE = 2
WINDOWS_TO_TELL = 3


def choosing(table: pd.DataFrame, config: DemandConfig, before: pd.Timestamp | None = None) -> pd.Series:
    """Which rows may choose for a window with the origin `before` (None: for the forecast that is served).

    Report windows choose nothing, unless `backtest.renew` lets earlier ones choose for later ones.  A window that knows
    fewer than two seasons has seen no season repeat and chooses nobody; nor does a period inside a declared regime.
    """
    allowed = (table["known"] >= SEASONS_TO_CHOOSE * config.season_length) & ~_in_regime(table)
    if not config.backtest.renew:
        return allowed & ~table["reported"]
    return allowed if before is None else allowed & (table["origin"] < before) & (table["ds"] <= before)


def choose(rows: pd.DataFrame, config: DemandConfig) -> Choice:
    """The choice of every group that `rows` hold.  Without any row the first member of the config serves."""
    sizes = rows.groupby("group")[_name(rows)].nunique()
    own = sorted(str(one) for one in sizes.index if sizes[one] >= config.combination.smallest_group)
    every = _one(rows, config, ALL)
    found = {ALL: every, TRENDING: _one(rows, config, TRENDING)}
    for group in own:
        same = len(sizes) == 1 and group not in {TRENDING, INTERMITTENT}
        found[group] = every if same else _one(rows[rows["group"] == group], config, group)
    return Choice(found)


def combined_columns(table: pd.DataFrame, config: DemandConfig) -> tuple[pd.DataFrame, Choice]:
    """The table with `weighted` and `served` as chosen for each window, and the choice for the served forecast.

    A report window gets the choice that it may have.  A selection window gets that of the other selection windows, so
    that the residuals which calibrate intervals are as honest as those of a new forecast.
    """
    found = table
    if WEIGHTED in config.members:
        found = found.assign(**{WEIGHTED: _window_by_window(found, config, weighted)})
    found = found.assign(**{SERVED: _window_by_window(found, config, served)})
    return found, choose(found[choosing(found, config)], config)


def _window_by_window(
    table: pd.DataFrame, config: DemandConfig, value: Callable[[pd.DataFrame, Choice], np.ndarray]
) -> pd.Series:
    parts = []
    for origin, rows in table.groupby("origin"):
        choice = choose(table[_judges(table, rows, config, pd.Timestamp(str(origin)))], config)
        parts.append(pd.Series(value(rows, choice), index=rows.index))
    return pd.concat(parts)


def _judges(table: pd.DataFrame, rows: pd.DataFrame, config: DemandConfig, origin: pd.Timestamp) -> pd.Series:
    if rows["reported"].iloc[0]:
        return choosing(table, config, origin)
    enough = table["known"] >= SEASONS_TO_CHOOSE * config.season_length
    return enough & ~table["reported"] & ~_in_regime(table) & (table["origin"] != origin)


def _one(rows: pd.DataFrame, config: DemandConfig, group: str) -> GroupChoice:
    fitting = useful([name for name in config.members if name in rows], group)
    names = config.combination.weighted_in(config.members, group) if WEIGHTED in fitting else ()
    if rows.empty:
        return GroupChoice(fitting[0], {name: 1 / len(names) for name in names}, 0, {})
    errors = mean_scaled_errors(rows, fitting)
    best = first_of_the_best(rows, fitting)
    return GroupChoice(best, _weights(rows, names, config), int(rows["origin"].nunique()), errors)


def first_of_the_best(rows: pd.DataFrame, members: Sequence[str]) -> str:
    """The first member in the config's order whose error is not told from the least one.

    Not told: its mean difference over windows is within one standard error (from three windows on).  So a retraining
    changes who serves only for a reason.
    """
    by_window = pd.DataFrame([mean_scaled_errors(part, members) for _, part in rows.groupby("origin")])
    best = by_window.mean().idxmin()
    apart = by_window.sub(by_window[best], axis=0)
    enough = len(by_window) >= WINDOWS_TO_TELL
    error = apart.std() / np.sqrt(len(by_window)) if enough else 0.0 * apart.mean()
    return next(name for name in members if apart.loc[:, name].mean() <= error[name])


def _weights(rows: pd.DataFrame, names: Sequence[str], config: DemandConfig) -> dict[str, float]:
    if not names:
        return {}
    values = (rows[list(names)].to_numpy(float), rows["y"].to_numpy(float), rows["scale"].to_numpy(float))
    return dict(zip(names, map(float, fit_weights(*values, config.combination.shrinkage)), strict=True))


def _name(rows: pd.DataFrame) -> str:
    return "unique_id" if "unique_id" in rows else "series_id"


def _in_regime(table: pd.DataFrame) -> pd.Series:
    return table["regime"] if "regime" in table else pd.Series(False, index=table.index)
