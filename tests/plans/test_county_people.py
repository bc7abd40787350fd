"""Rows of the county plans about people, on the small county: histories, alerts, target groups, outcomes.

What the code says is counted once more from the store's rows, plainly and without it.
"""

import numpy as np
import pandas as pd
import pytest

from features.outcomes import Window, label_history
from features.segment_records import known_answers
from features.store import Snapshot, read_client
from models.needs.need_task import load_task
from models.segments.questionnaire import recorded_answers
from models.segments.scheme import load_scheme
from tests.plans import covers
from tests.plans.conftest import Guided
from tests.plans.county import born, ends, known, until

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
YEAR = pd.Timedelta(days=365)


def fires(judged: pd.DataFrame, rule: str) -> set[str]:
    return set(judged.index[judged[rule] == "fires"])


def done(county: Snapshot, **equal: str) -> pd.DataFrame:
    """Contacts that took place."""
    contacts = known(county, "contacts")
    mine = contacts["status"] == "done"
    for name, value in equal.items():
        mine &= contacts[name] == value
    return contacts[mine]


@covers("000-17", "000-79", "002-A9", county=True)
def test_a_client_has_one_history_over_three_sectors_and_every_row_says_where_it_came_from(county: Snapshot) -> None:
    sectors = known(county, "contacts").groupby("client_id")["sector"].nunique()
    client = str(sectors.idxmax())
    tables = read_client(county, client)
    assert set(tables["contacts"]["sector"].astype(str)) == {"social", "primary", "specialised"}
    for rows in tables.values():
        assert set(rows["client_id"].astype(str)) <= {client}
        assert rows["source"].notna().all()
        assert rows["legacy_org"].notna().all()


@covers("001-A1", county=True)
def test_recorded_answers_are_those_of_their_own_question_set(county: Snapshot) -> None:
    newest = known(county, "segment_records").sort_values("time").iloc[-1]
    client, day = str(newest["client_id"]), until(county).date()
    records = known_answers(read_client(county, client), day)
    told = {}
    for scheme in ("suuntima_like", "suuntima_like_social"):
        answers = recorded_answers(load_scheme(f"configs/schemes/{scheme}.yaml"), records, day)
        told[scheme] = {one.axis: one.level for one in answers if one.decides}
    assert told["suuntima_like"]["complexity"] == newest["axis1_level"]
    assert told["suuntima_like_social"] == {}


@covers("001-A4", county=True)
def test_an_alert_fires_for_exactly_those_whose_records_say_so(county: Snapshot, judged: pd.DataFrame) -> None:
    emergency = done(county, urgency="emergency")
    ago = (until(county) - emergency["time"]).dt.total_seconds() / 86_400
    year = emergency[ago <= 365].groupby("client_id").size()
    month = emergency[ago <= 30].groupby("client_id").size()
    often = set(year[year >= 4].index) | set(month[month >= 2].index)
    assert fires(judged, "frequent_emergency") == often & set(judged.index)
    assert often


@covers("001-A3", "001-A11", county=True)
def test_the_client_flows_are_those_of_the_sectors_that_a_client_used(county: Snapshot, judged: pd.DataFrame) -> None:
    visits, stays = done(county, service="gp_visit"), known(county, "residents")
    long = (stays["history_start"] < until(county) - YEAR) & (stays["valid_from"] < until(county) - YEAR)
    settled = stays[long & stays["valid_to"].isna() & stays["died_on"].isna()]  # a year observed: nothing is unknown
    seen = set(visits.loc[visits["time"] >= until(county) - pd.Timedelta(days=360), "client_id"])
    assert seen & set(settled["client_id"]) <= fires(judged, "client_flow_health")
    assert len(seen & set(settled["client_id"])) > 50
    both = fires(judged, "client_flow_health") & fires(judged, "client_flow_social")
    assert fires(judged, "client_flow_multi_sector") == both


@covers("002-B12", county=True)
def test_everybody_of_65_is_in_the_target_group_of_older_people(county: Snapshot, judged: pd.DataFrame) -> None:
    years = born(county).reindex(judged.index)
    old = set(years.index[years <= until(county).year - 66])
    assert old <= fires(judged, "older_people_and_carers")
    assert old


@covers("002-B5", "000-16", county=True)
def test_a_multi_service_client_uses_both_sides_and_four_services(county: Snapshot, judged: pd.DataFrame) -> None:
    mine = fires(judged, "multi_service")
    assert mine <= fires(judged, "client_flow_social") & fires(judged, "client_flow_health")
    contacts = done(county)
    recent = contacts[contacts["time"] >= until(county) - YEAR]
    assert (recent.groupby("client_id")["service"].nunique().reindex(sorted(mine)) >= 4).all()
    assert mine


@covers("000-12", "001-B3", county=True)
def test_a_lapsed_plan_is_an_alert_only_without_a_valid_one(county: Snapshot, judged: pd.DataFrame) -> None:
    plans = known(county, "plans")
    plans = plans[plans["kind"] == "client_plan"]
    over = ends(county, plans, "valid_to", "valid_to_recorded_at")
    valid = set(plans.loc[(plans["valid_from"] < until(county)) & ~(over <= until(county)), "client_id"])
    lapsed = fires(judged, "client_plan_lapsed")
    assert lapsed <= set(plans["client_id"])
    assert not lapsed & valid
    assert not fires(judged, "many_services_without_plan") & valid


@covers("001-C2", "002-B13", county=True)
def test_a_suggestion_is_for_light_clients_and_a_digital_one_for_nobody_in_the_blind_spot(judged: pd.DataFrame) -> None:
    light = fires(judged, "light_home_care")
    suggested = {rule: fires(judged, rule) for rule in judged.columns if rule.startswith("light_client_")}
    assert len(suggested) == 3
    assert set().union(*suggested.values()) <= light
    assert not suggested["light_client_digital"] & fires(judged, "digital_blind_spot")
    assert light


@covers("001-C2", county=True)
def test_light_clients_are_those_with_a_light_episode_under_way(county: Snapshot, guided: Guided) -> None:
    counted, _ = guided
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    light = (episodes["kind"] == "home_care_regular") & (episodes["intensity"] == "light")
    now = episodes[light & (episodes["start"] < until(county)) & ~(over < until(county))]
    assert counted.light["clients"] == now["client_id"].nunique()
    assert counted.light["any"] + counted.light["neither"] == counted.light["clients"]


@covers("001-E1", "000-18", "002-A6", county=True)
def test_the_outcome_of_frequent_emergency_visits_is_four_within_the_year(county: Snapshot) -> None:
    task, day = load_task("configs/needs/frequent_emergency_12m.yaml"), pd.Timestamp("2023-07-01")
    stays = known(county, "residents")
    there = stays[(stays["history_start"] < day) & (stays["valid_from"] < day) & stays["valid_to"].isna()]
    clients = np.array(sorted(set(there.loc[there["died_on"].isna(), "client_id"])), object)
    asked = pd.DataFrame({"client_id": clients, "as_of": np.datetime64(day, "ns")})
    labels = label_history(county, asked, task.outcome, Window(task.horizon_days, task.gap_days), ())
    emergency = done(county, urgency="emergency")
    within = emergency[(emergency["time"] >= day) & (emergency["time"] < day + YEAR)]
    visits = within.groupby("client_id").size().reindex(clients[labels.kept]).fillna(0)
    assert (np.asarray(labels.label) == (visits >= 4).to_numpy()).all()
    assert 0 < (visits >= 4).sum() < len(visits)
