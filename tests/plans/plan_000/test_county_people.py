"""Rows of the Varsinais-Suomi plan about people, on the small county: segments at every age, channels, histories.

The feature rows are those of the shipped catalogue; what they say is counted once more from the store's rows.
"""

import numpy as np
import pandas as pd
import pytest

from configs.loader import load_config
from features.store import Snapshot
from models.answers import ModelStamp
from models.explaining.wording.sentences import load_sentences
from models.needs.alternatives import evidence_of, load_alternatives
from models.planning.channels.suitability_config import SuitabilityRules
from models.planning.channels.told import channels_told
from models.segments.questionnaire import by_hand
from models.segments.routing import RoutingTable, suggested_routing
from models.segments.scheme import load_scheme
from models.segments.segmentation import SegmentationModel
from tests.plans import covers
from tests.plans.county import born, ends, known, until
from tests.plans.plan_000.people import People, learned_there, people_of

pytestmark = pytest.mark.xdist_group("county")  # one process builds it
SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
STAMP = ModelStamp("segmentation_suuntima_like", "1", "0" * 64, "2024-12-31", "2025-01-01")


@pytest.fixture(scope="module")
def people(county: Snapshot) -> People:
    return people_of(county)


@pytest.fixture(scope="module")
def model(county: Snapshot, people: People) -> SegmentationModel:
    return learned_there(county, people, SCHEME)


def in_a_year(county: Snapshot, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the 365 days before the day of asking."""
    age = (until(county) - rows["time"].dt.normalize()).dt.days
    return rows[(age >= 1) & (age <= 365)]


def done(county: Snapshot) -> pd.DataFrame:
    contacts = known(county, "contacts")
    return in_a_year(county, contacts[contacts["status"] == "done"])


@covers("000-1", county=True)
def test_every_age_has_the_one_scheme_and_no_child_is_told_by_the_adults_model(
    county: Snapshot, people: People, model: SegmentationModel
) -> None:
    young = set(born(county).index[born(county) >= until(county).year - 17])
    old = set(born(county).index[born(county) <= until(county).year - 66])
    said = {client: model.answer(row, STAMP) for client, row in zip(people.clients, people.rows, strict=True)}
    children = {client: one for client, one in said.items() if client in young}
    assert {one.status for one in children.values()} <= {"not_assessable", "not_eligible"}
    lasting = [client for client, one in children.items() if one.need_duration == "long_term"]
    assert lasting
    for client in lasting:
        assert "under 18" in children[client].status_reason["en"]
        row = people.rows[people.clients == client][0]
        answers = (by_hand(SCHEME, "complexity", "high"), by_hand(SCHEME, "resources", "weak", "relative"))
        told = model.answer(row, STAMP, answers=answers)
        assert (told.basis, told.axes, told.arrangement) == (
            "answers", (), SCHEME.segment("network").arrangement("children"),
        )  # fmt: skip
    grown = {client: one for client, one in said.items() if client not in young and one.status == "answered"}
    for one in grown.values():
        (proposed,) = (share.segment for share in one.segments if share.proposed)
        assert one.arrangement == SCHEME.segment(proposed).arrangement("working_age")
    assert len(set(grown) & old) > 50
    assert len(set(grown) - old) > 20


@covers("000-3", "000-77", county=True)
def test_a_digital_channel_is_for_those_who_have_used_one_and_never_the_only_one(
    county: Snapshot, people: People, model: SegmentationModel, judged: pd.DataFrame
) -> None:
    rules = load_config("configs/channel_suitability.yaml", SuitabilityRules)
    rows = zip(people.clients, people.rows, strict=True)
    told = {client: channels_told(rules, model.parts, row) for client, row in rows}
    contacts, illnesses = done(county), known(county, "diagnoses")
    used = contacts[contacts["channel"].isin(("digital", "chat", "video"))].groupby("client_id").size()
    arranged = contacts["service"].isin(("home_care", "income_support", "substance_care"))
    at_own_pace = (
        contacts[contacts["channel"].isin(("digital", "chat", "video")) & ~arranged].groupby("client_id").size()
    )
    memory = set(illnesses.loc[illnesses["code"].str.match("F0[0-3]|G30", na=False), "client_id"])
    digital = {client for client, one in told.items() if "digital" in one.offered}
    assert 5 < len(digital) < len(told)
    assert digital <= set(at_own_pace.index) - memory
    for client, one in told.items():
        assert {"in_person", "phone"} <= set(one.offered)
        level = one.channels[2].level
        assert level != "suits" or used[client] >= 3
        assert level != "not_offered" or client in memory or client not in at_own_pace.index
    blind = set(judged.index[judged["digital_blind_spot"] == "fires"])
    assert blind
    assert not blind & digital


@covers("000-4", county=True)
def test_everybody_has_a_routing_target_and_the_uncertain_never_wait_longer(
    people: People, model: SegmentationModel
) -> None:
    table = load_config("configs/routing.yaml", RoutingTable)
    order, met = list(table.urgencies), set()
    for row in people.rows:
        answer = model.answer(row, STAMP)
        proposed = next((share.segment for share in answer.segments if share.proposed), None)
        alone = suggested_routing(table, proposed, ())
        unsure = suggested_routing(table, proposed, tuple(share.segment for share in answer.segments))
        wanted = table.segments[proposed] if proposed else table.otherwise
        assert (tuple(one.id for one in alone.targets), alone.urgency.id) == (wanted.targets, wanted.urgency)
        assert order.index(unsure.urgency.id) <= order.index(alone.urgency.id)
        met.add(proposed)
    assert {None, "network"} < met


@covers("000-21", county=True)
def test_continuity_is_that_of_the_visits_and_undefined_below_three(county: Snapshot, people: People) -> None:
    contacts = done(county)
    visits = contacts[contacts["service"].isin(("gp_visit", "nurse_visit")) & contacts["professional_id"].notna()]
    told = people.frame["continuity_index__365d"]
    counts = visits.groupby(["client_id", "professional_id"]).size()
    n = counts.groupby("client_id").sum().reindex(told.index).fillna(0)
    pairs = (counts * (counts - 1)).groupby("client_id").sum().reindex(told.index).fillna(0)
    known_ = told.notna()
    assert known_.sum() > 30
    assert (n[known_] >= 3).all()
    assert told[known_].to_numpy() == pytest.approx((pairs / (n * (n - 1)))[known_].to_numpy(), abs=1e-6)
    assert told[n < 3].isna().all()


@covers("000-62", county=True)
def test_a_contact_that_comes_back_for_the_same_reason_is_counted_as_repeated(county: Snapshot, people: People) -> None:
    contacts = done(county)
    left_out = contacts["service"].isin(("home_care", "income_support", "substance_care")) | contacts["reason"].isna()
    told = people.frame["repeat_contacts__365d"].dropna()
    groups = contacts[~left_out].groupby("client_id")
    for client in told.index[:60]:
        own = groups.get_group(client)
        again = [
            bool(((own["reason"] == one.reason) & (own["time"] < one.time)
                  & ((one.time.normalize() - own["time"].dt.normalize()).dt.days <= 14)).any())
            for one in own.itertuples()
        ]  # fmt: skip
        assert told[client] == pytest.approx(np.mean(again), abs=1e-6)
    assert 0 < told.mean() < 1


@covers("000-65", county=True)
def test_visits_that_did_not_take_place_and_overdue_controls(county: Snapshot, people: People) -> None:
    contacts = known(county, "contacts")
    assert {"no_show", "cancelled_by_client", "cancelled_by_provider"} <= set(contacts["status"])
    recent = in_a_year(county, contacts)
    missed = recent[recent["status"].isin(("no_show", "cancelled_by_client"))].groupby("client_id").size()
    told = people.frame["missed_contacts__365d"].dropna()
    assert (told == missed.reindex(told.index).fillna(0)).all()
    assert told.max() > 0
    overdue = people.frame["annual_check_overdue"].dropna()
    checks = contacts[contacts["service"].isin(("annual_check", "gp_visit")) & (contacts["status"] == "done")]
    latest = checks.groupby("client_id")["time"].max().reindex(overdue.index).dt.normalize()
    late = latest.isna() | ((until(county) - latest).dt.days > 365)
    assert (overdue.astype(bool) == late).all()
    assert 0 < overdue.mean() < 1


@covers("000-51", county=True)
def test_five_alternatives_stand_side_by_side_with_what_the_records_say(county: Snapshot, people: People) -> None:
    config, sentences = (
        load_alternatives("configs/alternatives/home_and_housing.yaml"),
        load_sentences("configs/sentences.yaml"),
    )
    episodes = known(county, "episodes")
    over = ends(county, episodes, "end", "end_recorded_at")
    begun = episodes["start"] < until(county)
    care = set(episodes.loc[(episodes["kind"] == "home_care_regular") & begun & ~(over < until(county)), "client_id"])
    met = set()
    for client, row in list(people.frame.iterrows())[:200]:
        told = evidence_of(config, row.to_dict(), people.catalogue, people.specs, sentences)
        assert [one.id for one in told] == list(config.alternatives)
        assert len(told) == 5
        speaks = {(one.id, found.family): found.direction for one in told for found in one.evidence}
        assert (speaks.get(("home_care", "home_care_episode")) == "for") == (client in care)
        met |= {found.direction for one in told for found in one.evidence}
    assert met == {"for", "against", "unknown"}
