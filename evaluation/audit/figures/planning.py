"""The figures of a model of sums: forecast errors beside the naive forecast, interval coverage, explained parts."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from configs.errors import ModelError
from evaluation.audit.material import Material
from features.frames import frame_of, read_frame
from models.bundles.bundle import Bundle
from models.demand.explained import GROUPS
from models.demand.explained.stored import TABLE

BACKTEST = "backtest.parquet"
STEPS = ((1, 1), (2, 4), (5, 8), (9, 12), (13, 52), (53, 10_000))
"""Periods ahead that are told together."""
NAIVE = {"demand": "seasonal_naive", "flow": "naive"}


def planning_figures(material: Material, bundle: Bundle) -> dict[str, Any]:
    """Everything measured of one model of sums.  Raises ModelError when its run holds no back-test."""
    if BACKTEST not in material.names:
        raise ModelError(f"The run of {material.version.name} holds no {BACKTEST}. Train the model again.")
    table = read_frame(material.path(BACKTEST))
    judged = table[table["reported"]]
    naive, keys = NAIVE[material.version.kind], _keys(judged)
    return {
        "rows": len(judged),
        "series": int(judged.groupby(keys).ngroups),
        "origins": int(judged["origin"].nunique()),
        "first_origin": str(judged["origin"].min().date()),
        "last_origin": str(judged["origin"].max().date()),
        "whole": errors(judged, naive, keys),
        "by_step": [
            {"from": first, "to": min(last, int(judged["step"].max())), **errors(own, naive, keys)}
            for first, last in STEPS
            if len(own := judged[judged["step"].between(first, last)])
        ],
        "by_part": _by_part(judged, naive, keys),
        "explained": _explained(bundle),
        "kept": {name: value for name, value in material.metrics.items() if name in KEPT},
    }


KEPT = ("people_lost", "mase", "wape", "coverage80", "coverage95", "baseline_mase", "baseline_wape")
"""Logged figures that a test holds against those computed here."""


def errors(judged: pd.DataFrame, naive: str, keys: list[str]) -> dict[str, float | int | None]:
    """MASE, WAPE, mean error (bias) and coverage of the served forecast and of the naive one.

    MASE: mean |error| / scale, mean over series (and origins); 0 = perfect, 1 = as wrong as the seasonal difference.
    WAPE: sum of |error| / sum of |value|; bias: sum of errors / sum of |value|, above 0 = too much was foretold.
    """
    total = float(judged["y"].abs().sum())
    return {
        "rows": len(judged),
        "mase": _scaled(judged, "value", keys),
        "baseline_mase": _scaled(judged, naive, keys),
        "wape": _share(judged, "value", total),
        "baseline_wape": _share(judged, naive, total),
        "bias": float((judged["value"] - judged["y"]).sum() / total) if total else None,
        "coverage80": _inside(judged, "80"),
        "coverage95": _inside(judged, "95"),
    }


def _scaled(judged: pd.DataFrame, column: str, keys: list[str]) -> float:
    judged = judged[judged["scale"] > 0]  # a series that never changes has no scale
    scaled = (judged[column] - judged["y"]).abs() / judged["scale"]
    return float(scaled.groupby([judged[key] for key in keys]).mean().mean())


def _share(judged: pd.DataFrame, column: str, total: float) -> float | None:
    return float((judged[column] - judged["y"]).abs().sum() / total) if total else None


def _inside(judged: pd.DataFrame, level: str) -> float:
    return float(((judged["y"] >= judged[f"low{level}"]) & (judged["y"] <= judged[f"high{level}"])).mean())


def _keys(judged: pd.DataFrame) -> list[str]:
    """What makes one series: a series and an origin of demand, a stage's measure of a service chain."""
    return ["origin", "series_id"] if "series_id" in judged else ["stage", "measure"]


def _by_part(judged: pd.DataFrame, naive: str, keys: list[str]) -> list[dict[str, Any]]:
    """By area of a demand model, by stage of a service chain: is any part of the county forecast worse?"""
    part = judged["series_id"].str.split("|").str[0] if "series_id" in judged else judged["stage"]
    return [{"part": str(name), **errors(own, naive, keys)} for name, own in judged.groupby(part)]


def _explained(bundle: Bundle) -> Mapping[str, Any] | None:
    """The parts of the shown forecasts: what share each group moves, and how exactly the parts add up.

    `gap` = greatest |base + parts + remainder - value| / (1 + |value|): 0 = they add up.  `remainder_share` = the part
    of all movement that no group explains.
    """
    if TABLE not in bundle.files:
        return None
    table = frame_of(bundle.bytes_of(TABLE))
    parts = [*GROUPS, "remainder"]
    gap = (table["base"] + table[parts].sum(axis=1) - table["value"]).abs() / (1 + table["value"].abs())
    moved = {name: float(table[name].abs().sum()) for name in parts}
    whole = sum(moved.values()) or 1.0
    return {
        "rows": len(table),
        "series": int(table["series_id"].nunique()),
        "groups": [{"group": name, "share": moved[name] / whole} for name in GROUPS],
        "remainder_share": moved["remainder"] / whole,
        "gap": float(gap.max()) if len(gap) else 0.0,
    }
