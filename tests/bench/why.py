"""`python -m tests.bench.why`: what drivers, explanations and borrowing are worth, and what they cost.

Drivers and borrowing are measured on a simulated county whose truth is known, drivers also on the demo county where
`make demo` has built one.  Everything is rolling-origin: an origin knows what was recorded before it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from configs.loader import load_config, read_yaml, validate_config
from configs.workspace import Workspace
from evaluation.backtest.hidden_areas import hidden_errors
from features.store import open_snapshot
from models.demand.cold_start import ColdStart, borrowed_widths, with_borrowed_intervals
from models.demand.config import DemandConfig
from models.demand.drivers import Drivers
from models.demand.forecasters import boosted
from tests.bench.chapters.explained_forecasts import explained_figures, left_figures
from tests.bench.chapters.new_area import new_area_figures
from tests.bench.heads_up_worth import heads_up_figures
from tests.bench.report import Figure, finish, tell
from tests.bench.worlds.driven_county import AREAS, LAG, RURAL, County, simulate
from training.demand.drivers import cells_of, driver_book
from training.demand.panel import read_panel

CONFIG = "configs/demand/home_care_weekly.yaml"
SHORT, LONG = 12, 78
SEEDS = (1, 2)
VARIANTS: Mapping[str, dict] = {
    "none": {},
    "calendar": {"calendar": ["working_days"]},
    "population": {"population": {}},
    "openings": {"openings": {"file": "openings.csv"}},
    "discharges": {"discharges": {"lag": LAG, "reporting_lag_days": 0}},
    "all": {
        "calendar": ["working_days"],
        "population": {},
        "openings": {"file": "openings.csv"},
        "discharges": {"lag": LAG, "reporting_lag_days": 0},
    },
}
DEMO = ("none", "calendar", "population", "discharges")


def main() -> None:
    """Every table, then the figures.  Choices of the project are not made here: nothing is tuned on these origins."""
    config = load_config(CONFIG, DemandConfig)
    counties = [simulate(seed) for seed in SEEDS]
    short = _driven(counties, config, SHORT, (0, 13, 26, 39))
    long = _driven(counties, config, LONG, (0, 13), ("none", "population"))
    _print_drivers(short, long)
    demo = _demo(config)
    cold = _cold(counties, config)
    cold |= new_area_figures(counties, config, _forecaster(config, SHORT), _traits)
    explained = explained_figures(counties[0], _demo_panel(config), config) | left_figures(counties, config)
    heads_up = heads_up_figures(Workspace.of("var"), config, _demo_panel(config))
    finish({**_driver_figures(short, long), **demo, **cold, **explained, **heads_up})


# --- drivers ------------------------------------------------------------------------------------------------------


def _driven(
    counties: Sequence[County], config: DemandConfig, horizon: int, back: Sequence[int], names: Sequence[str] = ()
) -> pd.DataFrame:
    """variant → WAPE against what was observed and against the true mean."""
    rows = {}
    for name in names or tuple(VARIANTS):
        parts = [_rolled(one, config, VARIANTS[name], horizon, back) for one in counties]
        table = pd.concat(parts)
        rows[name] = _errors(table)
        tell(f"{horizon} weeks, {name}: {rows[name]['y']:.4f}")
    return pd.DataFrame(rows).T


def _rolled(county: County, config: DemandConfig, rules: dict, horizon: int, back: Sequence[int]) -> pd.DataFrame:
    book = county.book(validate_config(rules, Drivers, "drivers")) if rules else None
    dates = sorted(county.panel["ds"].unique())
    parts = []
    for weeks in back:
        known = county.panel[county.panel["ds"] <= dates[len(dates) - 1 - horizon - weeks]]
        drivers = book.table(known, horizon) if book else None
        fitted = boosted.fit(known, config.lightgbm, config.freq, 52, drivers)
        ahead = boosted.predict(fitted, horizon, drivers)
        parts.append(ahead.assign(step=ahead.groupby("unique_id").cumcount() + 1))
    return pd.concat(parts).merge(county.panel, on=["unique_id", "ds"]).merge(county.truth, on=["unique_id", "ds"])


def _errors(table: pd.DataFrame) -> dict[str, float]:
    total, near = table["y"].sum(), table[table["step"] <= LAG]
    return {
        "near": float((near["lightgbm"] - near["y"]).abs().sum() / near["y"].sum()),
        "y": float((table["lightgbm"] - table["y"]).abs().sum() / total),
        "mean": float((table["lightgbm"] - table["mean"]).abs().sum() / total),
        "floor": float((table["mean"] - table["y"]).abs().sum() / total),
    }


def _print_drivers(short: pd.DataFrame, long: pd.DataFrame) -> None:
    print(f"Drivers, LightGBM member, simulated: {len(SEEDS)} counties x 8 areas, 7 years of weeks; WAPE")
    print(
        f"  {'drivers':14}{'weeks':>6}{'to observed':>13}{f'first {LAG}':>9}{'to the mean':>13}{'the mean itself':>17}"
    )
    for weeks, table in ((SHORT, short), (LONG, long)):
        for name, row in table.iterrows():
            print(f"  {name:14}{weeks:6}{row['y']:13.4f}{row['near']:9.4f}{row['mean']:13.4f}{row['floor']:17.4f}")


def _driver_figures(short: pd.DataFrame, long: pd.DataFrame) -> dict[str, Figure]:
    found = {
        f"drivers_{name}_wape": Figure(float(short.loc[name, "y"]), "WAPE") for name in short.index if name != "all"
    }
    found["drivers_all_wape"] = Figure(float(short.loc["all", "y"]), "WAPE", at_most=float(short.loc["none", "y"]))
    gain = float(long.loc["population", "y"] / long.loc["none", "y"])
    return {**found, "population_78_weeks_ratio": Figure(gain, "error with / without", at_most=1.0)}


def _demo(config: DemandConfig) -> dict[str, Figure]:
    """The demo county, when there is one: told as it is."""
    workspace, panel = Workspace.of("var"), _demo_panel(config)
    if panel is None:
        print("Demo county: none in the data folder (`make demo` builds it); it is not measured.")
        return {}
    values = read_yaml(CONFIG)
    dates = sorted(panel["ds"].unique())
    print("Drivers, LightGBM member, demo county: 48 series, 12 weeks, 4 origins; WAPE")
    found = {}
    for name in DEMO:
        rules = {
            key: {**rule, "reporting_lag_days": 28} if key == "discharges" else rule
            for key, rule in VARIANTS[name].items()
        }
        given = validate_config({**values, "drivers": rules}, DemandConfig, CONFIG)
        ids = sorted(panel["unique_id"].unique())
        book = driver_book(given, open_snapshot(workspace.store), cells_of(ids), lambda file: workspace.root / file)
        parts = []
        for weeks in range(0, 32, 8):
            known = panel[panel["ds"] <= dates[len(dates) - 1 - SHORT - weeks]]
            known = known[known.groupby("unique_id")["ds"].transform("size") >= config.minimum_periods]
            drivers = book.table(known, SHORT) if book else None
            fitted = boosted.fit(known, config.lightgbm, config.freq, 52, drivers)
            parts.append(boosted.predict(fitted, SHORT, drivers))
        table = pd.concat(parts).merge(panel, on=["unique_id", "ds"])
        wape = float((table["lightgbm"] - table["y"]).abs().sum() / table["y"].sum())
        print(f"  {name:14}{wape:8.4f}")
        found[f"demo_{name}_wape"] = Figure(wape, "WAPE")
    return found


def _demo_panel(config: DemandConfig) -> pd.DataFrame | None:
    workspace = Workspace.of("var")
    has = (workspace.store / "manifest.json").exists()
    return read_panel(config, workspace).frame if has else None


# --- cold start ---------------------------------------------------------------------------------------------------


def _forecaster(config: DemandConfig, horizon: int):
    """Each set of series is fitted once per origin, however many own weeks the hidden area keeps."""
    kept: dict[tuple, pd.DataFrame] = {}

    def forecast(observed: pd.DataFrame) -> pd.DataFrame:
        key = (observed["ds"].max(), round(float(observed["y"].sum())), *observed["unique_id"].unique())
        if key not in kept:
            fitted = boosted.fit(observed, config.lightgbm, config.freq, 52)
            kept[key] = boosted.predict(fitted, horizon).rename(columns={"lightgbm": "value"})
        return kept[key]

    return forecast


def _traits(county: County) -> pd.DataFrame:
    """Persons aged 75+ of 2021 (published before every origin); towns are younger than villages."""
    persons = county.population[county.population["day"] == "2021-12-31"].set_index("area")["persons"]
    return pd.DataFrame({"size": persons, "aged": [0.18 if area in RURAL else 0.12 for area in persons.index]})


def _cold(counties: Sequence[County], config: DemandConfig) -> dict[str, Figure]:
    forecast, found = _forecaster(config, SHORT), {}
    parts: dict[str, list[pd.DataFrame]] = {}
    for county in counties:
        dates = sorted(county.panel["ds"].unique())
        origins = [dates[len(dates) - 1 - SHORT - weeks] for weeks in (0, 26)]
        cells, traits = (
            cells_of(sorted(county.panel["unique_id"].unique())).rename(columns={"band": "cell"}),
            _traits(county),
        )
        for own in (0, 4, 12):
            errors = hidden_errors(
                county.panel, cells, traits, origins, own, forecast, ColdStart(), config.minimum_periods
            )
            parts.setdefault(f"borrowed, {own} own weeks", []).append(errors)
            if own:
                parts.setdefault(f"own mean of {own} weeks", []).append(_own_mean(county, origins, own))
        parts.setdefault("county shared out by size", []).append(_shared_out(county, origins, forecast, traits))
        parts.setdefault("own whole history", []).append(_whole(county, origins, forecast))
    print(f"Cold start: every area hidden at 2 origins, 12 weeks, {len(counties)} simulated counties; WAPE")
    worth = {}
    for name, tables in parts.items():
        table = pd.concat(tables)
        worth[name] = float((table["value"] - table["y"]).abs().sum() / table["y"].sum())
        covered = _coverage(tables) if name.startswith("borrowed") else ""
        print(f"  {name:28}{worth[name]:8.4f}  {covered}")
    for own in (0, 4, 12):
        at_most = worth["county shared out by size"]
        found[f"borrowed_{own}_weeks_wape"] = Figure(worth[f"borrowed, {own} own weeks"], "WAPE", at_most=at_most)
    return found


def _coverage(tables: Sequence[pd.DataFrame]) -> str:
    """Intervals made of the other hidden areas, county by county."""
    inside = []
    for table in tables:
        errors = table.assign(group="calls")
        for area in errors["area"].unique():
            rows = errors[errors["area"] == area]
            made = with_borrowed_intervals(rows, borrowed_widths(errors[errors["area"] != area]))
            inside.append([made["y"].between(made[f"low{k}"], made[f"high{k}"]).mean() for k in (80, 95)])
    eighty, ninety_five = np.mean(inside, axis=0)
    return f"80 % interval covers {eighty:.3f}, 95 % {ninety_five:.3f}"


def _own_mean(county: County, origins: Sequence[pd.Timestamp], own: int) -> pd.DataFrame:
    parts = []
    for origin in origins:
        known = county.panel[county.panel["ds"] <= origin]
        mean = known.groupby("unique_id").tail(own).groupby("unique_id")["y"].mean()
        ahead = _ahead(county, origin)
        parts.append(ahead.assign(value=ahead["unique_id"].map(mean)))
    return pd.concat(parts)


def _shared_out(county: County, origins: Sequence[pd.Timestamp], forecast, traits: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for origin in origins:
        for area in AREAS:
            name = f"{area}|calls|75plus"
            others = county.panel[(county.panel["ds"] <= origin) & (county.panel["unique_id"] != name)]
            total = forecast(others).groupby("ds", as_index=False)["value"].sum()
            share = traits["size"][area] / traits["size"].drop(area).sum()
            parts.append(total.assign(unique_id=name, value=total["value"] * share))
    return pd.concat(parts).merge(county.panel, on=["unique_id", "ds"])


def _whole(county: County, origins: Sequence[pd.Timestamp], forecast) -> pd.DataFrame:
    parts = [forecast(county.panel[county.panel["ds"] <= origin]) for origin in origins]
    return pd.concat(parts).merge(county.panel, on=["unique_id", "ds"])


def _ahead(county: County, origin: pd.Timestamp) -> pd.DataFrame:
    return county.panel[(county.panel["ds"] > origin) & (county.panel["ds"] <= origin + pd.Timedelta(weeks=SHORT))]


if __name__ == "__main__":
    main()
