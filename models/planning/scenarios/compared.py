"""Several scenarios beside the base and each other: one row per series and scenario."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import ConfigError
from configs.phrases import Phrase
from models.planning.base import Base
from models.planning.scenarios.applied import ScenarioResult

BASE = "base"


def compare(base: Base, results: Sequence[ScenarioResult]) -> pd.DataFrame:
    """`series_id, scenario, total, peak, peak_ds, difference, difference_low80, difference_high80, share`.

    Sums over the whole horizon in the series' units; the first rows are the base.  The interval of a summed difference
    adds the periods' half-widths, as if their errors went together: never too narrow.  `share` is the difference over
    the base.  Raises ConfigError for two scenarios of one id.
    """
    ids = [one.id for one in results]
    if len(set(ids)) < len(ids):
        raise ConfigError(Phrase("Two scenarios have the same id. Give each its own `id`.", "same_id"))
    tables = [_summed(base.forecast.assign(difference=0.0, low=0.0, high=0.0), BASE)]
    for one in results:
        named = {"difference_low80": "low", "difference_high80": "high"}
        tables.append(_summed(one.table.rename(columns=named), one.id))
    table = pd.concat(tables, ignore_index=True)
    whole = table["series_id"].map(table[table["scenario"] == BASE].set_index("series_id")["total"])
    share = np.divide(table["difference"], whole, out=np.zeros(len(table)), where=whole.to_numpy() > 0)
    return table.assign(share=share)


def _summed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    grouped = table.groupby("series_id", sort=False)
    peaks = table.loc[grouped["value"].idxmax()].set_index("series_id")
    sums = grouped[["value", "difference", "low", "high"]].sum()
    return pd.DataFrame(
        {
            "series_id": sums.index,
            "scenario": name,
            "total": sums["value"].to_numpy(),
            "peak": peaks.loc[sums.index, "value"].to_numpy(),
            "peak_ds": peaks.loc[sums.index, "ds"].to_numpy(),
            "difference": sums["difference"].to_numpy(),
            "difference_low80": sums["low"].to_numpy(),
            "difference_high80": sums["high"].to_numpy(),
        }
    )


def chart(base: Base, results: Sequence[ScenarioResult], series_id: str) -> dict[str, Any]:
    """One series with the base and every scenario, for one picture."""
    one, rows = base.one(series_id), base.forecast[base.forecast["series_id"] == series_id].sort_values("step")
    lines: list[Mapping[str, Any]] = [
        {"scenario": r.id, "name": r.scenario.name.as_text(), **_line(r, series_id)} for r in results
    ]
    return {
        "series_id": series_id,
        "name": one.name,
        "unit": one.unit,
        "dates": [when.date().isoformat() for when in rows["ds"]],
        "base": {name: rows[name].astype(float).tolist() for name in ("value", "low80", "high80")},
        "scenarios": lines,
    }


def _line(result: ScenarioResult, series_id: str) -> dict[str, list[float]]:
    rows = result.table[result.table["series_id"] == series_id].sort_values("step")
    return {name: rows[name].astype(float).tolist() for name in ("value", "low80", "high80", "difference")}
