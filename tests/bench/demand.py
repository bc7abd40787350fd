"""`python -m tests.bench.demand`: the published benchmarks of health demand, our figures beside everybody's.

Hospital (767 monthly series): every report window is chosen for, weighted and calibrated by windows before it; the last
window is H1, the four together are H2.  A&E (281 series): as the project's configs say.  Opponents run in the same run.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.backtest import (
    Tested,
    coverage,
    mean_scaled_errors,
    published_errors,
    rolled,
    scaled_quantile_loss,
    weighted_errors,
    weighted_quantile_loss,
)
from models.demand.config import DemandConfig
from models.demand.forecasters import boosted
from models.demand.forecasters.combination import SERVED
from models.demand.forecasters.members import forecast_members
from models.demand.hierarchy import published_series
from models.demand.intervals import DECILES
from tests.bench.chapters.demand_recipes import recipe_errors
from tests.bench.peers.forecasters import LEAST_PERIODS, PEERS
from tests.bench.report import Figure, finish, tell
from training.demand.fitting import judged_windows
from training.demand.panel import read_panel
from training.demand.tables import backtest_table

HOSPITAL = "configs/demand/hospital_monthly.yaml"
EMERGENCY = {6: "configs/demand/ae_monthly_6.yaml", 12: "configs/demand/ae_monthly_12.yaml"}
H1 = (
    "published, H1: MASE / sMAPE / MAE / RMSE (Monash archive, Godahewa et al. 2021)",
    "  SES .813/17.98/21.76/26.55  Theta .761/17.31/18.54/22.59  TBATS .768/17.60/17.43/21.28",
    "  ETS .765/17.50/17.97/22.02  ARIMA .787/17.83/19.60/23.68  CatBoost .798/18.09/19.17/23.45",
    "  DeepAR .769/17.45/18.25/22.01  N-BEATS .791/17.77/20.18/24.18",
    "  GIFT-Eval: Chronos-2 .740, TimesFM-2.0 .755, TiRex .756",
)
H2 = (
    "published, H2: MASE / SQL (fev-bench): TabPFN-TS-3 .8526/.6732, Chronos-2 .8735/.6860, AutoETS .9080/.7260,",
    "  seasonal naive 1.0188/.8075, tuned LightGBM through mlforecast 1.0844/1.0844",
)


@dataclass
class Timed:
    """A forecaster that remembers how long each origin took: wall and processor seconds (children included)."""

    forecaster: Callable[[pd.DataFrame, DemandConfig, int], pd.DataFrame]
    wall: dict[int, float] = field(default_factory=dict)
    processor: dict[int, float] = field(default_factory=dict)

    def __call__(self, panel: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
        known = panel["ds"].nunique()
        started, used = time.perf_counter(), _used()
        found = self.forecaster(panel, config, horizon)
        self.wall[known], self.processor[known] = time.perf_counter() - started, _used() - used
        tell(f"  origin after {known} periods: {self.wall[known]:.1f} s, processor {self.processor[known]:.1f} s")
        return found


def main(argv: Sequence[str]) -> None:
    """Every table, then the figures; `emergency` measures A&E alone."""
    finish(_emergency() if "emergency" in argv else {**_hospital(), **_emergency()})


def _used() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _tested(config: DemandConfig, timed: Timed) -> tuple[pd.DataFrame, Tested, pd.DataFrame]:
    panel = read_panel(config, Workspace.of("var/bench/demand")).frame
    published = published_series(config, sorted(panel["unique_id"].unique()))
    tested = rolled(panel, published, config, timed)
    return panel, tested, judged_windows(tested, published, config)


def _hospital() -> dict[str, Figure]:
    config = load_config(HOSPITAL, DemandConfig)
    timed = Timed(forecast_members)
    started = time.perf_counter()
    panel, tested, judged = _tested(config, timed)
    whole = time.perf_counter() - started
    print(backtest_table(config, panel, (), tested, judged))
    others = _peers(config, panel, judged)
    last = judged[judged["origin"] == judged["origin"].max()]
    known = panel[panel["ds"] <= last["origin"].iloc[0]]
    first = _last_window(config, known, last, others)
    _four_windows(judged, others, config)
    recipes = recipe_errors(panel, config)
    print("LightGBM recipes, MASE on the first 36 months:")
    print("\n".join(f"  {name:45}{value:8.4f}" for name, value in recipes.items()))
    return {**first, **_h2_figures(judged, others), **_speed(config, known, timed, whole)}


def _peers(config: DemandConfig, panel: pd.DataFrame, judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every opponent on the same four windows (those it can be fitted on), in the shape of `judged`."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in PEERS}
    for origin, rows in judged.groupby("origin"):
        truth = rows[["origin", "series_id", "ds", "step", "y", "scale"]].rename(columns={"series_id": "unique_id"})
        known = panel[panel["ds"] <= pd.Timestamp(str(origin))]
        able = {name: peer for name, peer in PEERS.items() if known["ds"].nunique() >= LEAST_PERIODS.get(name, 0)}
        for name, peer in able.items():
            tell(f"  {name}, {known['ds'].nunique()} periods known")
            said = peer(known, config).merge(truth, on=["unique_id", "ds"])
            found[name].append(said)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def _last_window(
    config: DemandConfig, known: pd.DataFrame, last: pd.DataFrame, others: Mapping[str, pd.DataFrame]
) -> dict[str, Figure]:
    names = [*config.members, SERVED, "naive"]
    value = known.groupby("unique_id")["y"].last()
    table = published_errors(last.assign(naive=last["series_id"].map(value)), known, names, config.season_length)
    print(f"\nH1, Hospital, last 12 months\n  {'':26}{'MASE':>8}{'sMAPE %':>9}{'MAE':>8}{'RMSE':>8}")
    rows = {name: table.loc[name] for name in names}
    for name, said in others.items():
        ahead = said[said["origin"] == last["origin"].iloc[0]]
        rows[f"peer: {name}"] = published_errors(ahead, known, ["value"], config.season_length).loc["value"]
    for name, one in rows.items():
        print(f"  {name:26}{one.mase:8.4f}{one.smape:9.2f}{one.mae:8.2f}{one.rmse:8.2f}")
    print("\n".join(H1))
    ours = table.loc[SERVED]
    return {
        "h1_mase": Figure(float(ours.mase), "MASE", at_most=0.745),
        "h1_mase_aim": Figure(float(ours.mase), "MASE", at_most=0.740),
        "h1_smape": Figure(float(ours.smape), "%", at_most=17.10),
        "h1_mae": Figure(float(ours.mae), "patients", at_most=17.1),
        "h1_rmse": Figure(float(ours.rmse), "patients", at_most=20.9),
        "h1_seasonal_naive": Figure(float(table.loc["seasonal_naive"].mase), "MASE", 0.92045, 0.92055),
        "h1_naive": Figure(float(table.loc["naive"].mase), "MASE", 0.96755, 0.96765),
    }


def _four_windows(judged: pd.DataFrame, others: Mapping[str, pd.DataFrame], config: DemandConfig) -> None:
    titles = ("MASE", "SQL", "WAPE", "WQL", "80 %", "95 %")
    print(f"\nH2, Hospital, 4 windows\n  {'':26}" + "".join(f"{title:>8}" for title in titles))
    for name, rows in {"served": judged, **{f"peer: {name}": rows for name, rows in others.items()}}.items():
        inside = coverage(rows)
        values = (
            mean_scaled_errors(rows, ["value"])["value"],
            scaled_quantile_loss(rows, DECILES),
            weighted_errors(rows, ["value"])["value"],
            weighted_quantile_loss(rows, DECILES),
            *inside.values(),
        )
        windows = rows["origin"].nunique()
        told = "" if windows == judged["origin"].nunique() else f"  the last {windows} windows only"
        print(f"  {name:26}" + "".join(f"{value:8.4f}" for value in values) + told)
    for name, error in mean_scaled_errors(judged, config.members).items():
        print(f"  member {name:19}{error:8.4f}")
    print("  served, by origin")
    for origin, rows in judged.groupby("origin"):
        error, (wide, wider) = mean_scaled_errors(rows, [SERVED])[SERVED], coverage(rows).values()
        print(f"    {str(origin)[:10]}  MASE {error:.4f}  80 % cover {wide:.3f}  95 % cover {wider:.3f}")
    print("\n".join(H2))


def _h2_figures(judged: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    inside, last = coverage(judged), coverage(judged[judged["origin"] == judged["origin"].max()])
    default = coverage(others["mlforecast conformal"])
    errors = mean_scaled_errors(judged, [SERVED, "lightgbm"])
    return {
        "h2_mase": Figure(errors[SERVED], "MASE", at_most=0.870),
        "h2_sql": Figure(scaled_quantile_loss(judged, DECILES), "SQL", at_most=0.690),
        "h2_lightgbm_mase": Figure(errors["lightgbm"], "MASE", at_most=0.88),
        "h1_coverage80": Figure(last["coverage80"], "share", 0.78, 0.84),
        "h1_coverage95": Figure(last["coverage95"], "share", 0.93, 0.97),
        "h2_coverage80": Figure(inside["coverage80"], "share", 0.78, 0.84),
        "h2_coverage95": Figure(inside["coverage95"], "share", 0.93, 0.97),
        "h2_mlforecast_coverage80": Figure(default["coverage80"], "share"),
        "h2_mlforecast_coverage95": Figure(default["coverage95"], "share"),
    }


def _speed(config: DemandConfig, known: pd.DataFrame, timed: Timed, whole: float) -> dict[str, Figure]:
    """The last origin alone is the full combination with given weights; all origins are the weight back-test too."""
    started, used = time.perf_counter(), time.process_time()
    boosted.predict(boosted.fit(known, config.lightgbm, config.freq, config.season_length), config.horizon)
    wall, processor = time.perf_counter() - started, time.process_time() - used
    most = max(timed.wall)
    return {
        "lightgbm_seconds": Figure(wall, "s", at_most=5.0),
        "lightgbm_processor_seconds": Figure(processor, "s"),
        "combination_seconds": Figure(timed.wall[most], "s", at_most=90.0),
        "combination_processor_seconds": Figure(timed.processor[most], "s"),
        "with_weight_backtest_seconds": Figure(whole, "s", at_most=360.0),
        "with_weight_backtest_processor_seconds": Figure(sum(timed.processor.values()), "s"),
    }


def _emergency() -> dict[str, Figure]:
    """A&E at both horizons, the last window."""
    figures = {}
    for horizon, at_most in ((6, 1.27), (12, 1.90)):
        config = load_config(EMERGENCY[horizon], DemandConfig)
        panel, tested, judged = _tested(config, Timed(forecast_members))
        print("\n" + backtest_table(config, panel, (), tested, judged))
        known = panel[panel["ds"] <= judged["origin"].iloc[0]]
        value = known.groupby("unique_id")["y"].last()
        names = [*config.members, SERVED, "naive"]
        table = judged.assign(naive=judged["series_id"].map(value))
        errors = published_errors(table, known, names, config.season_length)
        wape = weighted_errors(table, names)
        for name in names:
            print(f"  {name:18}MASE {errors.loc[name].mase:.4f}  WAPE {wape[name]:.4f}")
        figures[f"ae_{horizon}_mase"] = Figure(float(errors.loc[SERVED].mase), "MASE", at_most=at_most)
        _print_counts(tested.table, judged)
        inside = coverage(judged)
        figures[f"ae_{horizon}_coverage80"] = Figure(inside["coverage80"], "share", 0.78, 0.84)
        figures[f"ae_{horizon}_coverage95"] = Figure(inside["coverage95"], "share", 0.93, 0.97)
        figures[f"ae_{horizon}_series"] = Figure(judged["series_id"].nunique(), "series", 281, 281)
    return figures


def _print_counts(table: pd.DataFrame, judged: pd.DataFrame) -> None:
    """Coverage, what calibrated it, and how much whole numbers can matter: bounds rounded outwards and inwards."""
    windows = table[~table["reported"]].groupby("origin")["seasoned"].first()
    used = int(windows.sum()) or len(windows)
    told = f"{used} of {len(windows)} earlier windows calibrate, {int(windows.sum())} of them know two seasons"
    print(f"  intervals: {told}; {float(judged['y'].eq(0).mean()):.3f} of the counts are zero, median count "
          f"{judged['y'].median():,.0f}")  # fmt: skip
    out, inward = judged.copy(), judged.copy()
    for level in (80, 95):
        low, high = judged[f"low{level}"], judged[f"high{level}"]
        out[f"low{level}"], out[f"high{level}"] = np.floor(low), np.ceil(high)
        inward[f"low{level}"], inward[f"high{level}"] = np.ceil(low), np.floor(high)
    for name, rows in (("as they are", judged), ("rounded outwards", out), ("rounded inwards", inward)):
        inside = coverage(rows)
        print(f"    bounds {name:18}80 % cover {inside['coverage80']:.3f}  95 % cover {inside['coverage95']:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
