"""Borrowed forecasts of hidden areas: better than sharing out the county, and intervals that cover other areas."""

import numpy as np
import pandas as pd
import pytest

from evaluation.backtest.hidden_areas import hidden_errors
from models.demand.cold_start import (
    ColdStart,
    borrowed_widths,
    with_borrowed_intervals,
)
from tests.models.demand.cold_start_rows import cells, traits
from tests.models.demand.demand_data import series, together

# --- hidden areas -------------------------------------------------------------------------------------------------

WEEKS, HORIZON = 130, 8
TOWNS, VILLAGES = ("t1", "t2", "t3"), ("v1", "v2", "v3")


def county() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Three towns and three villages: villages are smaller, older, need more per person, and peak in summer."""
    rng, t = np.random.default_rng(6), np.arange(WEEKS)
    parts, rows = [], {}
    for k, area in enumerate((*TOWNS, *VILLAGES)):
        village = area in VILLAGES
        size = (300 + 20 * k) if village else (1000 + 100 * k)
        wave = np.sin(t * np.pi / 26 + (np.pi if village else 0.0))
        mean = size * (0.30 if village else 0.15) * (1 + 0.25 * wave) * (1 + 0.002 * t)
        parts.append(series(f"{area}|visits", "2022-01-03", rng.poisson(mean), "W-MON"))
        rows[area] = (size, 0.25 if village else 0.15)
    return together(*parts), cells(*(f"{area}|visits" for area in rows)), traits(**rows)


def last_year_again(observed: pd.DataFrame) -> pd.DataFrame:
    """The same weeks of last year, at the growth since: a forecaster that needs a long history."""
    rows = []
    for name, one in observed.groupby("unique_id"):
        y = one["y"].to_numpy()
        grown = y[-26:].sum() / y[-78:-52].sum()
        ds = pd.date_range(one["ds"].iloc[-1], periods=HORIZON + 1, freq="W-MON")[1:]
        rows.append(pd.DataFrame({"unique_id": name, "ds": ds, "value": y[-52:][:HORIZON] * grown}))
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def world():
    panel, of, rows = county()
    dates = sorted(panel["ds"].unique())
    return panel, of, rows, [dates[WEEKS - 1 - HORIZON - 9 * k] for k in range(4)]


def wape(table: pd.DataFrame) -> float:
    return float((table["value"] - table["y"]).abs().sum() / table["y"].sum())


@pytest.fixture(scope="module")
def county_share(world) -> pd.DataFrame:
    """What a planner without a model does: the others' forecast, shared out by size."""
    panel, _, rows, origins = world
    parts = []
    for origin in origins:
        for area in rows.index:
            others = panel[(panel["ds"] <= origin) & (panel["unique_id"] != f"{area}|visits")]
            total = last_year_again(others).groupby("ds", as_index=False)["value"].sum()
            share = rows["size"][area] / rows["size"].drop(area).sum()
            parts.append(total.assign(unique_id=f"{area}|visits", value=total["value"] * share))
    return pd.concat(parts).merge(panel, on=["unique_id", "ds"])


def hidden(world, own: int, **rule) -> pd.DataFrame:
    panel, of, rows, origins = world
    return hidden_errors(panel, of, rows, origins, own, last_year_again, ColdStart(lenders=2, **rule), 80)


@pytest.mark.parametrize("own, at_most", [(0, 0.5), (4, 0.4), (12, 0.4)])
def test_borrowing_beats_sharing_out_the_county(world, county_share, own, at_most):
    assert wape(hidden(world, own)) < at_most * wape(county_share)


def test_borrowing_beats_the_own_first_weeks_carried_forward(world):
    panel, _, _, origins = world
    parts = []
    for origin in origins:
        mean = panel[panel["ds"] <= origin].groupby("unique_id").tail(4).groupby("unique_id")["y"].mean()
        ahead = panel[(panel["ds"] > origin) & (panel["ds"] <= origin + pd.Timedelta(weeks=HORIZON))]
        parts.append(ahead.assign(value=ahead["unique_id"].map(mean)))
    assert wape(hidden(world, 4)) < 0.8 * wape(pd.concat(parts))


def test_the_hidden_areas_history_is_hidden(world):
    """Spoiling what a hidden area did before its last own weeks changes nothing of what it borrows."""
    panel, of, rows, origins = world
    spoilt = panel.copy()
    early = (panel["unique_id"] == "v1|visits") & (panel["ds"] <= origins[0] - pd.Timedelta(weeks=4))
    spoilt.loc[early, "y"] = 1e6
    one, other = (
        hidden_errors(some, of, rows, origins[:1], 4, last_year_again, ColdStart(lenders=2), 80).query("area == 'v1'")
        for some in (panel, spoilt)
    )
    assert one["value"].tolist() == other["value"].tolist()
    assert len(one) == HORIZON


def test_intervals_of_borrowed_forecasts_cover_other_areas(world):
    errors = hidden(world, 4).assign(group="visits")
    inside = []
    for area in (*TOWNS, *VILLAGES):
        widths = borrowed_widths(errors[errors["area"] != area])
        rows = with_borrowed_intervals(errors[errors["area"] == area], widths)
        inside.append([rows["y"].between(rows[f"low{level}"], rows[f"high{level}"]).mean() for level in (80, 95)])
    eighty, ninety_five = np.mean(inside, axis=0)
    assert 0.7 <= eighty <= 0.9
    assert ninety_five >= 0.9
