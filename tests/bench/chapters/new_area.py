"""One area of a simulated county opened ten weeks ago: its status, who lends to it, and how right the loan is."""

from collections.abc import Callable, Sequence

import pandas as pd

from models.demand.cold_start import ColdStart, Known, Lent, lend
from models.demand.config import DemandConfig
from tests.bench.report import Figure
from tests.bench.worlds.driven_county import AREAS, County
from training.demand.drivers import cells_of

OWN_WEEKS, AHEAD = 10, 12
NAMES = {area: dict.fromkeys(("fi", "sv", "en"), area) for area in AREAS}


def new_area_figures(
    counties: Sequence[County],
    config: DemandConfig,
    forecast: Callable[[pd.DataFrame], pd.DataFrame],
    traits: Callable[[County], pd.DataFrame],
) -> dict[str, Figure]:
    """Every area in turn is the new one; its twelve weeks to come are its own later truth."""
    print(f"New area: opened {OWN_WEEKS} weeks ago, {AHEAD} weeks ahead; WAPE against what came")
    print(f"  {'area':6}{'status':10}{'lenders, nearest first':26}{'borrowed':>9}{'own mean':>9}{'last week':>10}")
    rows = pd.concat([_one(county, area, config, forecast, traits) for county in counties for area in AREAS])
    errors = {name: _wape(rows, name) for name in ("borrowed", "own_mean", "last_week")}
    print(f"  {'all':42}" + "".join(f"{value:{9 + (name == 'last_week')}.4f}" for name, value in errors.items()))
    naive = min(errors["own_mean"], errors["last_week"])
    return {
        "new_area_borrowed_wape": Figure(errors["borrowed"], "WAPE", at_most=naive),
        "new_area_own_mean_wape": Figure(errors["own_mean"], "WAPE"),
        "new_area_last_week_wape": Figure(errors["last_week"], "WAPE"),
        "new_area_statuses": Figure(float((rows["status"] == "borrowed").mean()), "share borrowed", 1.0, 1.0),
    }


def _one(
    county: County,
    area: str,
    config: DemandConfig,
    forecast: Callable[[pd.DataFrame], pd.DataFrame],
    traits: Callable[[County], pd.DataFrame],
) -> pd.DataFrame:
    dates = sorted(county.panel["ds"].unique())
    origin, opened = dates[-1 - AHEAD], dates[-AHEAD - OWN_WEEKS]
    name = f"{area}|calls|75plus"
    panel = county.panel[(county.panel["unique_id"] != name) | (county.panel["ds"] >= opened)]
    known, came = panel[panel["ds"] <= origin], panel[(panel["ds"] > origin) & (panel["unique_id"] == name)]
    lent = _lent(known, name, forecast, traits(county), config)
    status = lent.statuses[name]
    own = known.loc[known["unique_id"] == name, "y"]
    said = lent.forecasts.rename(columns={"value": "borrowed"})
    rows = came.merge(said, on=["unique_id", "ds"], validate="one_to_one")
    rows = rows.assign(own_mean=own.mean(), last_week=own.iloc[-1], status=status.status)
    lenders = ", ".join(status.lenders)
    shown = "".join(f"{_wape(rows, which):{width}.4f}" for which, width in (("borrowed", 9), ("own_mean", 9)))
    print(f"  {area:6}{status.status:10}{lenders:26}{shown}{_wape(rows, 'last_week'):10.4f}")
    if area == AREAS[0]:
        print(f"    {(status.sentence or {}).get('en', '')}")
    return rows


def _lent(
    known: pd.DataFrame,
    name: str,
    forecast: Callable[[pd.DataFrame], pd.DataFrame],
    traits: pd.DataFrame,
    config: DemandConfig,
) -> Lent:
    cells = cells_of(sorted(known["unique_id"].unique())).rename(columns={"band": "cell"})
    others = forecast(known[known["unique_id"] != name])
    return lend(Known(known, others, cells, traits), config.minimum_periods, config.period, NAMES, ColdStart())


def _wape(rows: pd.DataFrame, name: str) -> float:
    return float((rows[name] - rows["y"]).abs().sum() / rows["y"].sum())
