"""Rows 002 about the flow of clients, on the small county: stages, waits, bottlenecks and the forecast of each stage.

The requests are counted once more from the store's rows; the planted bottleneck is that of the county's settings.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from features.simulator.load import load_county
from features.store import Snapshot
from models.flow.config import FlowConfig
from models.flow.forecast import FlowFit, Recipe, fit_flow, forecast_table, grows_first
from models.flow.measured.bottlenecks import rank, weekly_work
from models.flow.measured.breakdown import stage_lines, throughput
from tests.plans import covers
from tests.plans.county import COUNTY, known, until
from training.flow import Observed, observe

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
EAST = {"906", "907", "908"}
WAITING = ("assessment", "decision")


@cache
def config() -> FlowConfig:
    return load_config("configs/flows/home_care.yaml", FlowConfig)


@pytest.fixture(scope="module")
def observed(county: Snapshot) -> Observed:
    return observe(config(), county)


@pytest.fixture(scope="module")
def fit(observed: Observed) -> FlowFit:
    flows = observed.history.flows
    chain, recipe = config().chain, Recipe(hazard_weeks=104, queues=False)
    return fit_flow(chain, observed.spells.frame, flows, observed.capacity, recipe, config().horizon, None)


def matters(county: Snapshot) -> pd.DataFrame:
    """Requests for home care with their dates as they are known, in whole days."""
    rows = known(county, "requests")
    rows = rows[rows["service"] == "home_care_request"]
    found = pd.DataFrame({"client_id": rows["client_id"], "asked": rows["requested_at"].dt.normalize()})
    for name in ("assessed", "started", "ended"):
        there = rows[f"{name}_recorded_at"] < until(county)
        found[name] = rows[f"{name}_at"].dt.normalize().where(there)
    return found.assign(assessed=found["assessed"].fillna(found["ended"]))


@covers("002-A4", "002-A5", county=True)
def test_the_stages_hold_the_people_of_the_register_week_by_week(county: Snapshot, observed: Observed) -> None:
    flows = observed.history.flows
    asked = matters(county)
    assessment = flows[flows["stage"] == "assessment"].set_index("ds")
    put_aside = sum(observed.spells.quarantined.values())
    differing = 0
    for monday, week in assessment.iterrows():
        came = ((asked["asked"] >= monday) & (asked["asked"] < monday + pd.Timedelta(days=7))).sum()
        there = ((asked["asked"] < monday) & ~(asked["assessed"] < monday)).sum()
        differing += int(came != week["arrivals"]) + int(there != week["stock"])
    assert differing <= 4 * put_aside
    assert assessment["arrivals"].sum() >= 0.9 * (asked["asked"] >= assessment.index[0]).sum() > 40
    for _, rows in flows.groupby("stage"):
        assert (rows["stock"] + rows["arrivals"] - rows["departures"] == rows["stock_end"]).all()
    moved = flows.groupby("ds")[["arrivals", "outside", "departures", "exits"]].sum()
    assert (moved["arrivals"] - moved["outside"] == moved["departures"] - moved["exits"]).all()  # between stages
    assert (moved["arrivals"] > moved["outside"]).any()


@covers("002-A4", county=True)
def test_the_planted_bottleneck_is_found_in_its_area(county: Snapshot, observed: Observed) -> None:
    """`waits` of the county: requests for home care wait 1.25 x 2 times as long in the east."""
    waits = load_county(COUNTY).waits
    assert (waits.bottleneck_area, waits.bottleneck_service) == ("ita", "home_care_request")
    spells = observed.spells.frame
    rows = spells[(spells["stage"] == "assessment") & spells["left"].notna()]
    days = (rows["left"] - rows["entered"]).dt.days
    east = rows["area"].isin(EAST)
    assert days[east].mean() > 1.5 * days[~east].mean()
    last = observed.history.flows["ds"].max() + pd.Timedelta(weeks=1)
    lines = stage_lines(config().chain, spells, last - pd.Timedelta(weeks=156), last)
    everybody = {one.stage: one for one in lines if one.dimension == "all"}
    within = rows[(rows["left"] >= last - pd.Timedelta(weeks=156)) & (rows["left"] < last)]
    assert everybody["assessment"].departures == len(within)
    assert {one.dimension for one in lines} >= {"all", "area", "segment", "aged_85", "memory_disorder"}
    few = [one for one in lines if one.dimension != "all" and one.clients is not None]
    assert all(one.clients == 0 or one.clients >= 5 for one in few)
    whole = throughput(config().chain, spells, last - pd.Timedelta(weeks=156), last)
    assert whole.median is not None
    assert whole.median >= everybody["decision"].median_days > 0  # type: ignore[operator]


@covers("002-A4", county=True)
def test_the_share_of_all_delay_is_that_of_the_days_spent_waiting(observed: Observed) -> None:
    chain, flows, weeks = config().chain, observed.history.flows, 104
    spells = observed.spells.frame
    ranking = rank(weekly_work(chain, spells, flows, observed.capacity, weeks), 100, 13, 1)
    mondays = np.sort(flows["ds"].unique())[-weeks:]
    days = pd.date_range(mondays[0], pd.Timestamp(mondays[-1]) + pd.Timedelta(days=6))
    spent = {}
    for stage in WAITING:
        rows = spells[spells["stage"] == stage]
        fastest = np.quantile((rows["left"] - rows["entered"]).dt.days.dropna(), 0.1)
        waiting = rows["entered"] + pd.Timedelta(days=float(fastest))
        spent[stage] = sum(int(((waiting <= day) & ~(rows["left"] <= day)).sum()) for day in days)
    told = {one.stage: one for one in ranking.stages}
    for stage in WAITING:
        share = told[stage].delay_share
        assert share.value == pytest.approx(spent[stage] / sum(spent.values()), abs=0.05)
        assert share.low <= share.value <= share.high
    assert told["home_care"].delay_share.value == told["residential"].delay_share.value == 0
    assert ranking.stages[0].stage in WAITING
    assert [one.rank for one in ranking.stages] == [1, 2, 3, 4]


@covers("002-A5", county=True)
def test_every_stage_is_forecast_week_by_week_and_nobody_is_lost(observed: Observed, fit: FlowFit) -> None:
    futures = fit.futures(config().horizon, 100, 1)
    table = forecast_table(futures, fit.first)
    last = observed.history.flows
    today = last[last["ds"] == last["ds"].max()].set_index("stage")["stock_end"]
    wide = table.pivot_table(index=["stage", "step"], columns="measure", values="value")
    assert len(wide) == 4 * config().horizon
    for stage in config().chain.ids:
        there = float(today[stage])
        for step in range(1, config().horizon + 1):
            week = wide.loc[(stage, step)]
            there += week["arrivals"] - week["departures"]
            assert week["stock_end"] == pytest.approx(there, abs=1e-6)
            assert there >= 0
    assert (wide[["arrivals", "departures"]].groupby("stage").sum().loc[list(WAITING)] > 0).all().all()


@covers("002-A5", county=True)
def test_the_line_that_grows_first_is_the_one_that_most_futures_see_longer(fit: FlowFit) -> None:
    futures = fit.futures(config().horizon, 100, 1)
    longer = {
        stage: (futures.stock_end[:, place] > futures.start[place]).mean(axis=0)
        for place, stage in enumerate(futures.stages)
        if stage in WAITING
    }
    for sure in (0.2, 0.5, 0.8):
        lasting = {
            stage: next((week for week in range(len(rises)) if (rises[week:] >= sure).all()), None)
            for stage, rises in longer.items()
        }
        found = grows_first(forecast_table(futures, fit.first), WAITING, sure)
        weeks = [week for week in lasting.values() if week is not None]
        assert (found is None) == (not weeks)
        if found is not None:
            assert lasting[found[0]] == min(weeks) == found[1] - 1
    more = fit.futures(config().horizon, 100, 1)
    assert (more.stock_end == futures.stock_end).all()
