"""Explanations measured: exact sums, what is left unexplained, and seconds of one core at request time."""

import time
from collections.abc import Mapping, Sequence

import pandas as pd

from models.demand.config import DemandConfig
from models.demand.drivers import Drivers, DriverTable
from models.demand.drivers.config import DischargesDriver, OpeningsDriver, PopulationDriver
from models.demand.explained import GROUPS, Explained, explanations
from models.demand.forecasters import boosted
from models.demand.hierarchy import Published, aggregate, published_series
from models.demand.model import parse_booster
from tests.bench.report import Figure
from tests.bench.worlds.driven_county import LAG, County

RULES = Drivers(
    calendar=("working_days",),
    population=PopulationDriver(),
    openings=OpeningsDriver(file="openings.csv"),
    discharges=DischargesDriver(lag=LAG, reporting_lag_days=0),
)
MOST_LEFT = 0.2


WITH: Mapping[str, Drivers | None] = {
    "no drivers": None,
    "calendar": Drivers(calendar=("working_days",)),
    "population": Drivers(population=PopulationDriver()),
    "openings": Drivers(openings=OpeningsDriver(file="openings.csv")),
    "discharges": Drivers(discharges=DischargesDriver(lag=LAG, reporting_lag_days=0)),
    "all groups": RULES,
}


def left_figures(counties: Sequence[County], config: DemandConfig) -> dict[str, Figure]:
    """How much is not explained with each driver alone and with all, and how far the trees drift on a flat history."""
    print(f"Not explained, simulated, {len(counties)} counties x 8 series: the trees with every group at its reference")
    print(f"  {'drivers':14}{'median of series':>18}{'of all distance':>17}{'after 1 week':>14}{'after 12':>10}")
    found = {}
    for name, rules in WITH.items():
        rows = pd.concat([_alone(one, rules, config).assign(county=k) for k, one in enumerate(counties)])
        by = rows.groupby(["county", "series_id"])[["left", "far"]].sum()
        median, whole = float((by["left"] / by["far"]).median()), float(rows["left"].sum() / rows["far"].sum())
        drift = (rows["remainder"] / rows["base"]).groupby(rows["step"]).mean()
        print(f"  {name:14}{median:18.3f}{whole:17.3f}{drift.iloc[0]:14.3f}{drift.iloc[-1]:10.3f}")
        found[f"left_{name.replace(' ', '_')}_median"] = Figure(median, "share of the distance")
    return found


def _alone(county: County, rules: Drivers | None, config: DemandConfig) -> pd.DataFrame:
    panel = county.panel.sort_values(["unique_id", "ds"], ignore_index=True)
    drivers = county.book(rules).table(panel, config.horizon) if rules else None
    fitted = boosted.fit(panel, config.lightgbm, config.freq, config.season_length, drivers)
    shown = boosted.predict(fitted, config.horizon, drivers).rename(
        columns={"lightgbm": "value", "unique_id": "series_id"}
    )
    shown["step"] = shown.groupby("series_id")["ds"].rank(method="first").astype(int)
    ids = sorted(panel["unique_id"].unique())
    published = tuple(Published(one, one, "total", "calls", (one,)) for one in ids)
    what = Explained(config, panel, parse_booster(boosted.booster_text(fitted)), 1.0, drivers)
    table = explanations(what, shown, published)
    return table.assign(left=table["remainder"].abs(), far=(table["value"] - table["base"]).abs())


def explained_figures(county: County, demo: pd.DataFrame | None, config: DemandConfig) -> dict[str, Figure]:
    """The simulated county with every group, and the demo county when there is one."""
    panel = county.panel.sort_values(["unique_id", "ds"], ignore_index=True)
    ids = sorted(panel["unique_id"].unique())
    sums = Published("county", "county", "total", "calls", tuple(ids))
    published = (*(Published(one, one, "total", "calls", (one,)) for one in ids), sums)
    drivers = county.book(RULES).table(panel, config.horizon)
    found = _measured("simulated, all groups", panel, published, config, drivers, ids)
    if demo is not None:
        whole = published_series(config, sorted(demo["unique_id"].unique()))
        names = [one.series_id for one in whole]
        found |= _measured("demo, no drivers", demo, whole, config, None, [n for n in names if n.startswith("901")])
    return found


def _measured(
    name: str,
    panel: pd.DataFrame,
    published: Sequence[Published],
    config: DemandConfig,
    drivers: DriverTable | None,
    ids: Sequence[str],
) -> dict[str, Figure]:
    fitted = boosted.fit(panel, config.lightgbm, config.freq, config.season_length, drivers)
    trees = boosted.predict(fitted, config.horizon, drivers).rename(columns={"lightgbm": "value"})
    shown = aggregate(trees, published, ["ds"])
    shown["step"] = shown.groupby("series_id")["ds"].rank(method="first").astype(int)
    what = Explained(config, panel, parse_booster(boosted.booster_text(fitted)), 1.0, drivers)
    print(f"Explanations, {name}: {len(published)} published series, {config.horizon} weeks; CPU seconds of one core")
    seconds = {}
    for label, some in (("one series", ids[:1]), ("four series", ids[:4]), ("all", None)):
        started = time.process_time()
        table = explanations(what, shown, published, some)
        seconds[label] = time.process_time() - started
        print(f"  {label:14}{seconds[label]:7.2f} s")
    off = float((table[["base", *GROUPS, "remainder"]].sum(axis=1) - table["value"]).abs().max())
    by = table.assign(far=(table["value"] - table["base"]).abs(), left=table["remainder"].abs()).groupby("series_id")
    left = by["left"].sum() / by["far"].sum()
    above = float((left > MOST_LEFT).mean())
    print(f"  largest difference of the sum of parts from the shown number: {off:.1e}")
    print(f"  not explained: median {left.median():.3f} of the distance from the naive forecast; above .2: {above:.2f}")
    key = name.split(",", maxsplit=1)[0]
    return {
        f"{key}_sum_off": Figure(off, "visits", at_most=1e-9),
        f"{key}_four_series_s": Figure(seconds["four series"], "CPU s", at_most=1.0),
        f"{key}_not_explained_median": Figure(float(left.median()), "share of the distance"),
        f"{key}_not_explained_above_a_fifth": Figure(above, "share of series"),
    }
