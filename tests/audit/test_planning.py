"""Forecast errors of the report against plain sums over the stored back-test."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from evaluation.audit.figures.planning import _explained, errors, planning_figures
from features.frames import frame_bytes
from models.bundles.bundle import Bundle
from models.demand.explained import GROUPS
from models.demand.explained.stored import TABLE

NAIVE, KEYS = "seasonal_naive", ["origin", "series_id"]


def backtest() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    parts = []
    for origin in ("2024-07-01", "2024-08-05"):
        for series, size in (("901|visits|total", 100.0), ("902|visits|total", 20.0)):
            y = size + rng.normal(0, size / 10, 12)
            value = y + rng.normal(0, size / 20, 12)
            parts.append(
                pd.DataFrame(
                    {
                        "series_id": series,
                        "origin": pd.Timestamp(origin),
                        "step": np.arange(1, 13),
                        "y": y,
                        "value": value,
                        NAIVE: y + rng.normal(0, size / 5, 12),
                        "scale": size / 8,
                        "low80": value - size / 15,
                        "high80": value + size / 15,
                        "low95": value - size / 8,
                        "high95": value + size / 8,
                        "reported": origin > "2024-07-15",
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def material(tmp_path: Any, table: pd.DataFrame | None, kind: str = "demand") -> Any:
    if table is not None:
        table.to_parquet(tmp_path / "backtest.parquet")
    version = SimpleNamespace(kind=kind, name="demand_x")
    names = () if table is None else ("backtest.parquet",)
    return SimpleNamespace(names=names, version=version, path=lambda name: tmp_path / name, metrics={"mase": 1.0})


def bundle(table: pd.DataFrame | None) -> Bundle:
    return Bundle("demand", "0" * 64, {} if table is None else {TABLE: frame_bytes(table)})


def test_errors_by_hand() -> None:
    table = pd.DataFrame(
        {
            "origin": 1, "series_id": ["a", "a", "b"], "y": [10.0, 20.0, 5.0], "value": [11.0, 18.0, 5.0],
            NAIVE: [14.0, 20.0, 6.0], "scale": [2.0, 2.0, 1.0],
            "low80": [9.0, 17.0, 6.0], "high80": [12.0, 19.0, 7.0], "low95": 0.0, "high95": 99.0,
        }
    )  # fmt: skip
    told = errors(table, NAIVE, KEYS)
    assert told["mase"] == pytest.approx(((1 / 2 + 2 / 2) / 2 + 0) / 2)
    assert told["baseline_mase"] == pytest.approx(((4 / 2 + 0) / 2 + 1) / 2)
    assert told["wape"] == pytest.approx((1 + 2 + 0) / (10 + 20 + 5))
    assert told["bias"] == pytest.approx((1 - 2 + 0) / (10 + 20 + 5))
    assert told["coverage80"] == pytest.approx(1 / 3)
    assert told["coverage95"] == 1


def test_only_reported_windows_count_and_every_part_is_told(tmp_path: Any) -> None:
    table = backtest()
    told = planning_figures(material(tmp_path, table), bundle(None))
    own = table[table["reported"]]
    assert (told["rows"], told["series"], told["origins"]) == (24, 2, 1)
    inside = (own["y"] >= own["low80"]) & (own["y"] <= own["high80"])
    assert told["whole"]["coverage80"] == pytest.approx(inside.mean())
    scaled = (own["value"] - own["y"]).abs() / own["scale"]
    by_series = [scaled[own["series_id"] == series].mean() for series in own["series_id"].unique()]
    assert told["whole"]["mase"] == pytest.approx(np.mean(by_series))
    assert [(one["from"], one["to"], one["rows"]) for one in told["by_step"]] == [
        (1, 1, 2), (2, 4, 6), (5, 8, 8), (9, 12, 8)
    ]  # fmt: skip
    assert [one["part"] for one in told["by_part"]] == ["901", "902"]
    assert told["explained"] is None


def test_a_run_without_a_back_test_is_one_clear_sentence(tmp_path: Any) -> None:
    with pytest.raises(ModelError, match=r"holds no backtest\.parquet"):
        planning_figures(material(tmp_path, None), bundle(None))


def test_the_parts_of_a_forecast_and_a_part_that_is_lost() -> None:
    table = pd.DataFrame({"series_id": ["a", "a"], "base": [10.0, 10.0], "remainder": [1.0, -1.0]})
    for place, group in enumerate(GROUPS):
        table[group] = [float(place), 0.0]
    table["value"] = table[["base", *GROUPS, "remainder"]].sum(axis=1)
    told = _explained(bundle(table))
    assert told is not None
    assert told["gap"] == 0
    assert told["remainder_share"] == pytest.approx(2 / (2 + sum(range(len(GROUPS)))))
    lost = _explained(bundle(table.assign(base=[10.0, 9.0])))
    assert lost is not None
    assert lost["gap"] == pytest.approx(1 / (1 + 9))
