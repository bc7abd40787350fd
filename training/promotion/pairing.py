"""Candidate and champion on the same rows: the difference, and how far chance alone could move it.  Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal

import numpy as np
import pandas as pd

from evaluation.held_out.stored import PROBABILITY_METRICS
from evaluation.metrics import BOOTSTRAP_REPEATS, bootstrap
from training.promotion.gates import Gain

CHAMPION_P = "champion_p"
KEY = ["output", "row"]
FEWEST_SERIES = 8
"""Below so many series a drawn interval says nothing: the difference itself decides."""
How = Literal["stored", "scored again"]


def same_rows(candidate: pd.DataFrame, champion: pd.DataFrame) -> pd.DataFrame | None:
    """The candidate's stored predictions with `champion_p` beside them; None when the two are not of the same rows.

    Two runs on one snapshot number their hold-out alike; another label or date under one number means other rows.
    """
    kept = [*KEY, "client", "as_of", "label"]
    if len(candidate) != len(champion):
        return None
    joined = candidate.merge(champion[[*kept, "p"]].rename(columns={"p": CHAMPION_P}), on=kept, how="left")
    return None if joined[CHAMPION_P].isna().any() else joined


def client_gains(
    rows: pd.DataFrame, names: Sequence[str], how: How, repeats: int = BOOTSTRAP_REPEATS
) -> dict[str, Gain]:
    """Each metric's gain, mean over outputs, with the interval over drawn clients (a client is drawn with every row).

    `rows`: output, client, label, p, champion_p.  Outputs that the champion does not give are left out by the caller.
    """
    return {name: _client_gain(rows, name, how, repeats) for name in names if name in PROBABILITY_METRICS}


def _client_gain(rows: pd.DataFrame, name: str, how: How, repeats: int) -> Gain:
    label, output = rows["label"].to_numpy(), pd.factorize(rows["output"])[0]
    ours, theirs = rows["p"].to_numpy(np.float64), rows[CHAMPION_P].to_numpy(np.float64)
    client = rows["client"].to_numpy()

    def mean(p: np.ndarray, drawn: np.ndarray) -> float:
        parts = [drawn[output[drawn] == number] for number in range(output.max() + 1)]
        return float(np.mean([PROBABILITY_METRICS[name](label[part], p[part]) for part in parts]))

    every = np.arange(len(rows))
    found = bootstrap(client, lambda drawn: mean(ours, drawn) - mean(theirs, drawn), repeats)
    low, high = (found.low, found.high) if found else (None, None)
    return Gain(mean(ours, every), mean(theirs, every), low, high, len(np.unique(client)), how)


def series_gain(candidate: pd.Series, champion: pd.Series, how: How, repeats: int = 1000, seed: int = 1) -> Gain | None:
    """The gain in an error that is a mean over series: both indexed by series; None when they share none.

    Series are drawn with replacement: what one area or stage gains, another may lose.
    """
    both = pd.concat([candidate.rename("ours"), champion.rename("theirs")], axis=1).dropna()
    if both.empty:
        return None
    ours, theirs = both["ours"].to_numpy(float), both["theirs"].to_numpy(float)
    low = high = None
    if len(both) >= FEWEST_SERIES:
        rng = np.random.default_rng(seed)
        drawn = (ours - theirs)[rng.integers(0, len(both), (repeats, len(both)))].mean(axis=1)
        low, high = (float(value) for value in np.quantile(drawn, [0.025, 0.975]))
    return Gain(float(ours.mean()), float(theirs.mean()), low, high, len(both), how)


def scaled_errors(table: pd.DataFrame, value: str, keys: Sequence[str]) -> pd.Series:
    """Mean |error| / scale of each series; one without a scale (it never changes) is left out."""
    moving = table[table["scale"] > 0]
    errors = (moving[value] - moving["y"]).abs() / moving["scale"]
    series = moving[list(keys)].astype(str).agg("|".join, axis=1)
    return errors.groupby([series, moving["origin"]]).mean().groupby(level=0).mean()


def on_common(
    candidate: pd.DataFrame, champion: pd.DataFrame, rows: Sequence[str], value: str, keys: Sequence[str], least: float
) -> tuple[pd.Series, pd.Series] | None:
    """Scaled errors of both by series, over the forecast periods that both made; None when they share too few.

    `rows` tell a forecast apart (series, origin, period), `least` is the share of the candidate's that must be common.
    """
    theirs = champion[[*rows, value]].rename(columns={value: "theirs"})
    joined = candidate.merge(theirs, on=list(rows), how="inner")
    if len(joined) < least * len(candidate):
        return None
    return scaled_errors(joined, value, keys), scaled_errors(joined, "theirs", keys)


def as_entry(gains: Mapping[str, Gain]) -> dict[str, dict[str, object]]:
    """As the ledger keeps them."""
    return {name: asdict(one) for name, one in gains.items()}
