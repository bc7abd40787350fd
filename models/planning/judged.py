"""Did the overrides help?  Their error beside the original forecast's, once the period has been seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.planning.overrides import Override
from models.texts import Text

ENOUGH = 30
"""Overridden numbers below which a mean difference says little (own assumption); the count is always shown."""
DRAWS, SEED = 2000, 7
ALL = "all"


@dataclass(frozen=True)
class Judgement:
    """Overrides against what was realised.

    `table`: `by, group, n, error_with, error_without, difference, low95, high95, helped, bias_with, bias_without,
    enough`.  `by` is all, author_role or reason.  Errors are mean absolute errors over the realised mean (WAPE);
    a negative difference means that overriding helped.  The interval draws whole series anew, because one author's
    numbers of one series go together.
    """

    table: pd.DataFrame
    waiting: int
    """Overrides of periods not yet seen."""
    said: Text


def judge_overrides(
    overrides: Sequence[Override], original: Mapping[tuple[str, pd.Timestamp], float], realised: pd.DataFrame
) -> Judgement:
    """Error with and without overriding, over all, by author role and by reason.

    `original` is the forecast at the time of overriding by (series_id, ds); `realised` has `series_id, ds, y`.
    """
    seen = {
        (name, pd.Timestamp(ds)): float(y) for name, ds, y in realised[["series_id", "ds", "y"]].itertuples(index=False)
    }
    rows = [
        (one.series_id, one.author_role, one.reason, one.value, original[key], seen[key])
        for one in overrides
        if (key := (one.series_id, pd.Timestamp(one.ds))) in seen and key in original
    ]
    table = pd.DataFrame(rows, columns=["series_id", "author_role", "reason", "value", "original", "y"])
    lines = [_line(ALL, ALL, table)] if len(table) else []
    for by in ("author_role", "reason"):
        lines += [_line(by, str(name), group) for name, group in table.groupby(by, sort=True)]
    columns = ["by", "group", "n", "error_with", "error_without", "difference", "low95", "high95", "helped"]
    columns += ["bias_with", "bias_without", "enough"]
    return Judgement(pd.DataFrame(lines, columns=columns), len(overrides) - len(table), _said(len(table), lines))


def _line(by: str, group: str, rows: pd.DataFrame) -> tuple[object, ...]:
    y = rows["y"].to_numpy(float)
    scale = max(float(y.mean()), 1e-12)
    with_, without = rows["value"].to_numpy(float) - y, rows["original"].to_numpy(float) - y
    gained = np.abs(with_) - np.abs(without)
    low, high = _interval(gained, y, rows["series_id"].to_numpy(object))
    return (
        by,
        group,
        len(rows),
        float(np.abs(with_).mean() / scale),
        float(np.abs(without).mean() / scale),
        float(gained.mean() / scale),
        low,
        high,
        float((gained < 0).mean()),
        float(with_.mean() / scale),
        float(without.mean() / scale),
        len(rows) >= ENOUGH,
    )


def _interval(gained: np.ndarray, y: np.ndarray, series: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of the difference, whole series drawn; unknown with one series."""
    names, place = np.unique(series, return_inverse=True)
    if len(names) < 2:
        return float("nan"), float("nan")
    sums = np.array([np.bincount(place, weights=values, minlength=len(names)) for values in (gained, y)])
    drawn = np.random.default_rng(SEED).integers(0, len(names), (DRAWS, len(names)))
    gain, realised = (one[drawn].sum(axis=1) for one in sums)
    shares = np.divide(gain, realised, out=np.zeros(DRAWS), where=realised > 0)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def _said(n: int, lines: Sequence[tuple[object, ...]]) -> Text:
    if n == 0:
        return {
            "fi": "Yhdenkään korjatun jakson toteumaa ei vielä tunneta.",
            "sv": "Utfallet är ännu inte känt för någon ändrad period.",
            "en": "No overridden period has been seen yet.",
        }
    if n < ENOUGH:
        return {
            "fi": f"Vain {n} korjattua lukua: liian vähän, jotta voisi sanoa, auttoiko korjaaminen.",
            "sv": f"Endast {n} ändrade tal: för få för att säga om ändringarna hjälpte.",
            "en": f"Only {n} overridden numbers: too few to say whether overriding helped.",
        }
    low, high = (float(str(lines[0][place])) for place in (6, 7))
    if high < 0:
        return {
            "fi": "Korjaukset pienensivät virhettä.",
            "sv": "Ändringarna minskade felet.",
            "en": "Overriding made the error smaller.",
        }
    if low > 0:
        return {
            "fi": "Korjaukset suurensivat virhettä.",
            "sv": "Ändringarna ökade felet.",
            "en": "Overriding made the error larger.",
        }
    return {
        "fi": "Korjausten ja alkuperäisen ennusteen virheet eivät eroa sattumaa enempää.",
        "sv": "Felen med och utan ändringar skiljer sig inte mer än av en slump.",
        "en": "The errors with and without overriding differ no more than by chance.",
    }
