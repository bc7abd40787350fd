"""Rows of the Varsinais-Suomi plan about planning, on the small county: costs, limits, channels, moves, home care.

What a report or a series says is counted once more from the store's rows, plainly and without the code that made it.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from evaluation.demand_reports import clients, kept
from evaluation.demand_reports.attainment import queue_shares
from evaluation.demand_reports.clients import euros_of
from evaluation.demand_reports.settings import AttainmentConfig, CostsConfig, ReportsConfig
from evaluation.demand_reports.waiting import queues
from evaluation.flow.export_events import new_events, under_non_disclosure
from features.exports.path_events import as_lines
from features.flow import read_chain
from features.outcomes import Window, label_history
from features.panel.visits import VisitRule, visit_panel
from features.store import Snapshot
from models.demand.config import COUNTY, DemandConfig
from models.demand.hierarchy import aggregate, published_series
from models.demand.model import DemandModel
from models.flow.config import FlowConfig
from models.needs.need_task import load_task
from tests.plans import covers
from tests.plans.county import QUARTER, born, inside, known, panel_of, until

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
WEEK = pd.Timestamp("2024-10-07")


def done(county: Snapshot) -> pd.DataFrame:
    contacts = known(county, "contacts")
    return contacts[contacts["status"] == "done"]


@covers("000-31", county=True)
def test_every_event_has_its_unit_cost(county: Snapshot) -> None:
    costs = load_config("configs/unit_costs.yaml", CostsConfig).events
    contacts = done(county)
    priced = pd.Series(euros_of(contacts, costs), index=contacts.index)
    for service in ("home_care", "nurse_visit"):
        (euros,) = {one.euros for one in costs if one.service == service and not one.channels}
        assert set(priced[contacts["service"] == service]) == {euros}
    assert priced[~contacts["service"].isin({one.service for one in costs})].isna().all()
    assert priced.notna().mean() > 0.5


@covers("000-52", "000-54", county=True)
@pytest.mark.parametrize("task", ["move_to_24h_care_12m", "housing_to_basic_care_65"])
def test_the_heavier_service_that_begins_within_the_horizon(county: Snapshot, task: str) -> None:
    said, day = load_task(f"configs/needs/{task}.yaml"), pd.Timestamp("2023-07-01")
    stays = known(county, "residents")
    there = stays[(stays["history_start"] < day) & (stays["valid_from"] < day) & stays["valid_to"].isna()]
    clients = np.array(sorted(set(there.loc[there["died_on"].isna(), "client_id"])), object)
    asked = pd.DataFrame({"client_id": clients, "as_of": np.datetime64(day, "ns")})
    labels = label_history(county, asked, said.outcome, Window(said.horizon_days, said.gap_days), ())
    begins = day + timedelta(days=said.gap_days)
    episodes = known(county, "episodes")
    heavy = episodes[episodes["kind"].isin(said.outcome.episode_start)]
    within = heavy[(heavy["start"] >= begins) & (heavy["start"] < begins + timedelta(days=said.horizon_days))]
    moved = pd.Index(clients[labels.kept]).isin(set(within["client_id"]))
    assert not (np.asarray(labels.label, bool) & ~moved).any()
    assert np.asarray(labels.label).sum() > 0
    before = set(heavy.loc[heavy["start"] < begins, "client_id"])
    fresh = moved & ~pd.Index(clients[labels.kept]).isin(before)
    assert np.asarray(labels.label, bool)[fresh].all()
    age = day.year - born(county)
    assert said.ages.low == (65 if task == "housing_to_basic_care_65" else 18)
    assert set(age.index[said.ages.hold(age.to_numpy(float))]) == set(age.index[age >= said.ages.low])


@covers("000-57", county=True)
def test_the_share_within_the_limit_of_the_day_and_the_age(county: Snapshot) -> None:
    settings = load_config("configs/attainment.yaml", AttainmentConfig)
    asked = known(county, "requests")
    asked = asked[asked["service"] == "service_need_assessment"]
    areas = tuple(sorted(set(known(county, "residents")["municipality"].dropna())))
    measured = next(one for one in settings.measured if one.service == "service_need_assessment")
    held = queues(asked, known(county, "residents"), settings.limits, measured, {COUNTY: areas})[COUNTY]
    assert len(held.asked) > 100
    assert set(held.deadline - held.asked) == {np.timedelta64(7, "D")}  # the project's target holds for every age
    n, within = held.judged(QUARTER[0], QUARTER[1], until(county))
    inside_ = asked[inside(asked["requested_at"].dt.normalize())]
    days = (inside_["assessed_at"].dt.normalize() - inside_["requested_at"].dt.normalize()).dt.days
    gone = (inside_["ended_at"].dt.normalize() - inside_["requested_at"].dt.normalize()).dt.days
    withdrawn = days.isna() & (gone <= 7)
    assert (n, within) == ((~withdrawn).sum(), (days <= 7).sum())
    assert 0 < within < n
    legal = next(one for one in settings.measured if one.level == "social_assessment")
    by_law = queues(asked, known(county, "residents"), settings.limits, legal, {COUNTY: areas})[COUNTY]
    days_allowed = set((by_law.deadline - by_law.asked).astype("timedelta64[D]").astype(int))
    assert 91 in days_allowed  # under 75 years
    assert {one for one in days_allowed if one < 91} <= set(range(9, 18))  # seven working days at 75 and over
    weekly, now = held.arrivals(QUARTER[0], QUARTER[1]) / 13, until(county)
    usual, grown = (
        queue_shares({COUNTY: held}, now, settings, {COUNTY: much}, 104)[COUNTY] for much in (weekly, 9 * weekly)
    )
    assert 0 < usual < 1
    assert grown != usual  # the demand forecast counts


@covers("000-67", county=True)
def test_contacts_handled_remotely_by_channel(county: Snapshot, indicators: dict[str, Any]) -> None:
    panel = panel_of(county, "configs/demand/counted/digital_weekly.yaml")
    week = panel[(panel["ds"] == WEEK) & (panel["measure"] == "count")].groupby("digital_channel")["y"].sum()
    contacts = done(county)
    here = contacts[(contacts["time"] >= WEEK) & (contacts["time"] < WEEK + pd.Timedelta(days=7))]
    clinic = here["service"] == "digital_clinic"
    assert week["digital_clinic"] == clinic.sum()
    for name, channel in (("chat", "chat"), ("remote_reception", "video"), ("phone", "phone")):
        assert week.get(name, 0) == ((here["channel"] == channel) & ~clinic).sum()
    assert week.sum() > 0
    (told,) = [one for one in indicators["indicators"] if one["id"] == "remote_share_with_phone"]
    assert told["latest"]["value"] > 0
    assert set(contacts["channel"].dropna()) >= {"in_person", "home", "phone", "digital"}


@covers("000-83", county=True)
def test_a_process_engine_gets_every_step_of_home_care_once(county: Snapshot) -> None:
    chain = load_config("configs/flows/home_care.yaml", FlowConfig).chain
    rows, hidden, end = read_chain(county, chain), under_non_disclosure(county), until(county).date()
    half = end - timedelta(days=180)
    first, then = new_events(chain, rows, None, half, hidden), new_events(chain, rows, half, end, hidden)
    assert first
    assert then
    every = [json.loads(line) for line in as_lines([*first, *then]).decode().splitlines()]
    assert len({one["id"] for one in every}) == len(every)
    assert not {one["subject"] for one in every} & hidden
    care = known(county, "episodes")
    care = care[care["kind"] == "home_care_regular"]
    entered = {one["subject"] for one in every if one["type"].endswith("entered") and one["data"]["stage"] == "care"}
    assert entered <= set(care["client_id"])


@covers("000-49", county=True)
def test_home_care_as_it_came_beside_the_forecast_and_its_cost_and_quality_per_client(
    county: Snapshot, tmp_path: Path
) -> None:
    whole, before = (home_care(county, weeks) for weeks in (0, 2))
    kept.keep(tmp_path, "1", "2024-11-01", before)
    found = {one["series"]: one for one in kept.realised("m", whole, kept.kept_forecasts(tmp_path)).lines}
    contacts, config = done(county), whole.config
    visits = contacts[contacts["service"] == "home_care"]
    last = whole.observations["ds"].max()
    weeks = [last - pd.Timedelta(weeks=1), last]
    came = visits[(visits["time"] >= weeks[0]) & (visits["time"] < last + pd.Timedelta(weeks=1))]
    one = found["county|visits|total"]
    assert (one["periods"], one["came"]) == (2, len(came))
    assert one["bias"] == pytest.approx((one["forecast"] - len(came)) / len(came))
    assert found["county|hours|total"]["came"] == pytest.approx(came["minutes"].sum() / 60)
    reports = load_config("configs/demand_reports.yaml", ReportsConfig)
    asked, costs = reports.per_client, load_config("configs/unit_costs.yaml", CostsConfig).costs
    assert asked is not None
    now = until(county)
    year = clients.recent(contacts, known(county, "residents"), now, asked.recent_days)
    rai = known(county, "assessments")
    rai = rai[(rai["scale"] == asked.scale) & (rai["time"] >= now - pd.Timedelta(days=asked.assessed_within_days))]
    cost = next(one for one in costs if (one.model, one.measure) == (asked.model, asked.measure))
    lines = {one["area"]: one for one in clients.per_client(whole, asked, cost, year, rai).lines}
    own = visits[visits["time"] >= now - pd.Timedelta(days=asked.recent_days)]["client_id"].unique()
    line, ahead = lines["county"], whole.forecast[whole.forecast["series_id"] == "county|visits|total"]["value"].mean()
    newest = rai.sort_values("time").drop_duplicates("client_id", keep="last").set_index("client_id")["value"]
    assert line["clients"] == len(own) > 20
    assert line["euros_per_client"] == pytest.approx(ahead * cost.euros / len(own))
    assert line["rai_mean"] == pytest.approx(newest.reindex(own).mean())
    assert {area for area, told in lines.items() if told["clients"]} > {"county"}  # units beside each other
    assert set(lines) >= set(config.areas)


def home_care(county: Snapshot, weeks_held_back: int) -> DemandModel:
    """The shipped series of home care up to so many weeks before the last; the forecast repeats its last week."""
    config = load_config("configs/demand/home_care_weekly.yaml", DemandConfig)
    panel = visit_panel(county, VisitRule("home_care"), sorted(config.areas), 28)
    panel = panel[panel["ds"] <= panel["ds"].max() - pd.Timedelta(weeks=weeks_held_back)]
    panel = panel.assign(unique_id=panel["area"] + "|" + panel["measure"] + "|" + panel["band"])
    panel = panel[["unique_id", "ds", "y"]].sort_values(["unique_id", "ds"], ignore_index=True)
    every = published_series(config, sorted(panel["unique_id"].unique()))
    rows = [
        {"series_id": name, "ds": seen["ds"].iloc[-1] + pd.Timedelta(weeks=step), "step": step}
        | dict.fromkeys(("value", "low80", "high80", "low95", "high95"), float(seen["y"].iloc[-1]))
        for name, seen in aggregate(panel, tuple(every), ["ds"]).groupby("series_id")
        for step in (1, 2)
    ]
    return DemandModel(config, "seasonal_naive", None, panel, pd.DataFrame(rows), {}, {})  # type: ignore[arg-type]
