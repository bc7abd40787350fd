"""`python -m tests.bench.heads_up_worth`: is the client-level heads-up worth its place as a driver?

On the demo county, where `python -m training.heads_up` has written its file.  Time split: every origin lies after the
last outcome that the need model learned from, and knows the sums that were recorded before it.  The model's temporal
split leaves no client aside: sums are of clients it may have learned from at earlier dates.  Beside the driver stands
the same one with the areas exchanged: what gains as much with another area's clients is no knowledge of clients.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from configs.loader import load_config, validate_config
from configs.workspace import Workspace
from features.panel.drivers import expected_needs
from models.demand.config import DemandConfig
from models.demand.drivers import DriverBook, Drivers
from models.demand.forecasters import boosted
from tests.bench.report import Figure, finish, tell
from training.demand.drivers import cells_of
from training.demand.panel import read_panel

CONFIG, FILE = "configs/demand/home_care_weekly.yaml", "heads_up.csv"
AHEAD, EVERY, DRAWS = 12, 4, 2000


def heads_up_figures(workspace: Workspace, config: DemandConfig, panel: pd.DataFrame | None) -> dict[str, Figure]:
    """The table by origin, by age and by area; no figure where there is no demo county or no file."""
    file = workspace.root / FILE
    if panel is None or not file.is_file():
        print("Heads-up: no demo county or no heads_up.csv (`python -m training.heads_up`); it is not measured.")
        return {}
    needs = expected_needs(file)
    variants = {"without": None, "with": needs, "areas exchanged": _exchanged(needs)}
    tables = {name: _rolled(panel, config, one, needs["recorded_at"].min()) for name, one in variants.items()}
    joined = tables["without"][["origin", "unique_id", "ds", "y"]].copy()
    for name, table in tables.items():
        joined[name] = (table["lightgbm"] - table["y"]).abs().to_numpy()
    _print(joined)
    low, high = _interval(joined)
    worth = {name: float(joined[name].sum() / joined["y"].sum()) for name in variants}
    gained = worth["with"] - worth["without"]
    print(f"  with − without {gained:+.4f} (95 % {low:+.4f} to {high:+.4f}, areas and origins drawn anew)")
    return {
        **{f"heads_up_{name.replace(' ', '_')}_wape": Figure(value, "WAPE") for name, value in worth.items()},
        "heads_up_difference_high95": Figure(high, "WAPE, with − without"),
    }


def _exchanged(needs: pd.DataFrame) -> pd.DataFrame:
    """Every area with the next one's sums."""
    areas = sorted(needs["area"].unique())
    following = dict(zip(areas, [*areas[1:], areas[0]], strict=True))
    return needs.assign(area=needs["area"].map(following))


def _rolled(
    panel: pd.DataFrame, config: DemandConfig, needs: pd.DataFrame | None, learned: pd.Timestamp
) -> pd.DataFrame:
    rules = validate_config({"heads_up": {"file": FILE}}, Drivers, "drivers")
    cells = cells_of(sorted(panel["unique_id"].unique()))
    dates, parts = sorted(panel["ds"].unique()), []
    for origin in dates[-1 - AHEAD :: -EVERY]:
        if origin <= learned:
            break
        known = panel[panel["ds"] <= origin]
        known = known[known.groupby("unique_id")["ds"].transform("size") >= config.minimum_periods]
        drivers = None
        if needs is not None:
            book = DriverBook(rules, "week", 52, config.source.reporting_lag_days, cells, needs=needs)  # type: ignore[union-attr]
            drivers = book.table(known, AHEAD)
        fitted = boosted.fit(known, config.lightgbm, config.freq, 52, drivers)
        parts.append(boosted.predict(fitted, AHEAD, drivers).assign(origin=origin))
        tell(f"  heads-up, origin {origin.date()}")
    return pd.concat(parts).merge(panel, on=["unique_id", "ds"]).sort_values(["origin", "unique_id", "ds"])


def _print(joined: pd.DataFrame) -> None:
    names = [name for name in joined.columns if name not in {"origin", "unique_id", "ds", "y"}]
    print(f"Heads-up, LightGBM member, demo county: {joined['origin'].nunique()} origins, {AHEAD} weeks; WAPE")
    print(f"  {'':22}" + "".join(f"{name:>17}" for name in names))
    parts = joined["unique_id"].str.split("|")
    groups: Mapping[str, pd.Series] = {
        "origin": joined["origin"].dt.date.astype(str),
        "ages": parts.str[-1],
        "area": parts.str[0],
    }
    lines = {"all": joined} | {f"{by} {key}": rows for by, of in groups.items() for key, rows in joined.groupby(of)}
    for label, rows in lines.items():
        print(f"  {label:22}" + "".join(f"{rows[name].sum() / rows['y'].sum():17.4f}" for name in names))


def _interval(joined: pd.DataFrame) -> tuple[float, float]:
    """95 % of the difference: areas and origins are drawn anew, because their errors go together."""
    rows = joined.assign(area=joined["unique_id"].str.split("|").str[0], gain=joined["with"] - joined["without"])
    cell = rows.groupby(["area", "origin"])[["gain", "y"]].sum()
    gain, total = (cell[name].unstack().to_numpy() for name in ("gain", "y"))
    rng = np.random.default_rng(7)
    areas = rng.integers(0, gain.shape[0], (DRAWS, gain.shape[0]))
    origins = rng.integers(0, gain.shape[1], (DRAWS, gain.shape[1]))
    drawn = [gain[np.ix_(a, o)].sum() / total[np.ix_(a, o)].sum() for a, o in zip(areas, origins, strict=True)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    """The table alone."""
    workspace, config = Workspace.of("var"), load_config(CONFIG, DemandConfig)
    has = (workspace.store / "manifest.json").exists()
    finish(heads_up_figures(workspace, config, read_panel(config, workspace).frame if has else None))


if __name__ == "__main__":
    main()
