"""A professional's decision through the API, the routing suggested and chosen, and the auditor's look at logs."""

import pytest

from configs.loader import load_config
from features.tables import TABLES
from models.segments.routing import RoutingTable, suggested_routing
from serving.export_log import decisions_frame
from tests.plans import covers
from tests.serving import served as service
from tests.serving.fake_engine import HENKILOTUNNUS, MINE, MINE_TOO, OTHERS
from tests.serving.served import MARKS, about, error

served = service.served

pytestmark = MARKS
TABLE = load_config("configs/routing.yaml", RoutingTable)
LOG = {"decision_point": "oversight", "purpose": "log_inspection"}


@pytest.fixture
def answer_id(served):
    return served.ask("/v1/segment", about()).json()["answer_id"]


def decide(served, key, user="coordinator", **fields):
    question = about(**{"choice": "accept", **fields})
    return served.ask("/v1/decision", question, user, Idempotency_Key=key)


@covers("000-3")
def test_the_answer_tells_which_channels_suit_and_the_log_keeps_which_were_offered(served):
    said = served.ask("/v1/segment", about()).json()
    levels = {one["channel"]: one["level"] for one in said["channels"]["channels"]}
    assert levels == {"in_person": "possible", "phone": "possible", "digital": "not_offered"}
    assert set(said["channels"]["notice"]) == {"fi", "sv", "en"}
    (entry,) = (one for one in served.log() if one["answer_id"] == said["answer_id"])
    assert entry["detail"]["answers"][0]["channels"] == ["in_person", "phone"]
    assert entry["detail"]["channel_rules"] == said["channels"]["version"]


@covers("000-4")
def test_the_answer_suggests_routing_and_the_professionals_own_is_the_label(served):
    said = served.ask("/v1/segment", about()).json()
    targets = [target["id"] for target in said["routing"]["targets"]]
    assert (targets, said["routing"]["urgency"]["id"]) == (
        ["multi_professional_team", "own_worker", "community_support"],
        "seven_working_days",
    )
    chosen = {"routing_target": "own_worker", "urgency": "at_once"}
    response = decide(served, "label", answer_id=said["answer_id"], **chosen)
    assert response.status_code == 200
    assert {name: response.json()[name] for name in chosen} == chosen
    entry = served.decisions()[0]
    assert (entry["suggested_targets"], entry["suggested_urgency"]) == (targets, "seven_working_days")
    row = decisions_frame([entry]).iloc[0]
    assert (row["routing_target"], row["segment"]) == ("own_worker", "network")


@covers("000-52")
def test_the_law_that_the_professional_names_is_recorded_and_nothing_is_made_of_it(served):
    said = served.ask("/v1/segment", about()).json()
    assert "legal_basis" not in said["routing"]  # never suggested
    response = decide(served, "law", answer_id=said["answer_id"], legal_basis="older_people_act")
    assert (response.status_code, response.json()["legal_basis"]) == (200, "older_people_act")
    entry = served.decisions()[0]
    assert entry["legal_basis"] == "older_people_act"
    without = decisions_frame([{**entry, "legal_basis": None}])
    assert decisions_frame([entry]).equals(without)  # what comes back as a register row does not hold it
    assert "legal_basis" not in TABLES["decisions"].by_name  # hence no feature can cite it
    again = served.ask("/v1/segment", about()).json()
    assert again["routing"] == said["routing"]


@covers("000-4")
@pytest.mark.parametrize(
    "proposed,       credible,                       targets,                                   urgency",
    [
        ("self_managed", ("self_managed",), ["service_guidance"], "as_agreed"),
        ("self_managed", ("self_managed", "network"),
         ["service_guidance", "multi_professional_team", "own_worker"], "seven_working_days"),  # nobody waits longer
        ("community", (), ["community_support", "own_worker"], "three_months"),
        (None, (), ["personal_assessment"], "seven_working_days"),  # no answer closes nothing
        ("a_new_segment", ("a_new_segment",), ["personal_assessment"], "seven_working_days"),
    ],
)  # fmt: skip
def test_routing_follows_every_segment_that_cannot_be_ruled_out(proposed, credible, targets, urgency):
    routing = suggested_routing(TABLE, proposed, credible)
    assert ([target.id for target in routing.targets], routing.urgency.id) == (targets, urgency)


def test_W21_the_same_key_and_body_are_one_row_and_the_same_answer(served, answer_id):
    first = decide(served, "once", answer_id=answer_id)
    count = len(served.decisions())
    again = decide(served, "once", answer_id=answer_id)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert len(served.decisions()) == count


@pytest.mark.parametrize("language, word", [("fi", "avaimella"), ("sv", "Nyckeln"), ("en", "already used")])
def test_W21_the_same_key_with_another_body_is_409(served, answer_id, language, word):
    decide(served, "taken", answer_id=answer_id)
    question = about(answer_id=answer_id, choice="cannot_tell", reason="toinen")
    response = served.ask("/v1/decision", question, Idempotency_Key="taken", Accept_Language=language)
    assert (response.status_code, error(response)["code"], error(response)["field"]) == (
        409,
        "conflict",
        "Idempotency-Key",
    )
    assert word in error(response)["message"]


@pytest.mark.parametrize(
    "fields,                                                    field",
    [
        ({"choice": "change", "segment": "cooperative"}, "reason"),
        ({"choice": "change", "segment": "wizard", "reason": "x"}, "segment"),
        ({"choice": "cannot_tell"}, "reason"),
        ({"choice": "maybe"}, "choice"),
        ({"routing_target": "moon"}, "routing_target"),
        ({"urgency": "yesterday"}, "urgency"),
        ({"legal_basis": "own_law"}, "legal_basis"),
        ({"reason": "x" * 2001}, "reason"),
    ],
)
def test_a_decision_that_is_not_whole_names_the_field(served, answer_id, fields, field):
    response = decide(served, "wrong", answer_id=answer_id, **fields)
    assert (response.status_code, error(response)["field"]) == (400, field)
    assert not any(value in response.text for value in ("wizard", "moon", "yesterday", "maybe"))


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ä", "010594Y9032 "])
def test_a_decision_needs_a_key(served, answer_id, key):
    headers = {"Idempotency_Key": key.encode("utf-8")} if key else {}
    response = served.ask("/v1/decision", about(answer_id=answer_id, choice="accept"), **headers)
    if response.status_code == 200:
        pytest.fail("a decision without a good key was recorded")
    assert (response.status_code, error(response)["field"]) == (400, "Idempotency-Key")


def test_a_decision_is_about_an_answer_that_this_person_was_shown(served, answer_id):
    assert decide(served, "k1", answer_id="0" * 32).status_code == 404
    assert decide(served, "k2", answer_id=answer_id, client_id=MINE_TOO).status_code == 404
    assert decide(served, "k3", answer_id=answer_id, client_id=OTHERS).status_code == 404
    assert decide(served, "k4", answer_id=answer_id, user="planner").status_code == 403
    named = {**about(answer_id=answer_id, choice="accept"), "henkilotunnus": HENKILOTUNNUS}
    del named["client_id"]
    assert served.ask("/v1/decision", named, Idempotency_Key="k5").status_code == 200


def test_an_identifier_in_a_reason_is_masked(served, answer_id):
    response = decide(served, "mask", answer_id=answer_id, choice="cannot_tell", reason="ks. 010594Y9032\r\nrivi")
    assert response.json()["reason"] == "ks. [henkilötunnus]\r\nrivi"


def test_the_auditor_reads_a_page_and_that_is_logged(served, answer_id):
    decide(served, "seen", answer_id=answer_id)
    question = {**LOG, "log": "decisions", "filters": {"choice": "accept"}, "size": 2}
    response = served.ask("/v1/log", question, user="auditor")
    said = response.json()
    assert response.status_code == 200
    assert len(said["entries"]) <= 2
    assert {"seq", *said["columns"]} == set(said["entries"][0])
    assert MINE not in response.text
    (entry, *_) = served.log(event="decision_log")
    assert (entry["actor_id"], entry["purpose"], entry["detail"]["rows"]) == (
        "auditor",
        "log_inspection",
        len(said["entries"]),
    )
    assert entry["answer_id"] == said["answer_id"]


@pytest.mark.parametrize(
    "fields,                               user,          status, field",
    [
        ({"log": "audit"}, "auditor", 200, None),
        ({"log": "audit", "filters": {"event": "answer", "outcome": "ok"}}, "auditor", 200, None),
        ({"log": "audit", "since": "2026-11-21", "until": "2026-11-21"}, "auditor", 200, None),
        ({"log": "audit", "since": "2026-02-30"}, "auditor", 400, "since"),
        ({"log": "audit", "filters": {"choice": "accept"}}, "auditor", 400, "filters"),
        ({"log": "audit", "filters": {"010594Y9032": "x"}}, "auditor", 400, "filters"),
        ({"log": "audit", "size": 201}, "auditor", 400, "size"),
        ({"log": "audit", "page": 0}, "auditor", 400, "page"),
        ({"log": "other"}, "auditor", 400, "log"),
        ({"log": "audit"}, "coordinator", 403, None),
        ({"log": "decisions"}, "planner", 403, None),
    ],
)
def test_only_what_is_asked_rightly_by_who_may_is_shown(served, fields, user, status, field):
    response = served.ask("/v1/log", {**LOG, **fields}, user=user)
    assert response.status_code == status
    if status != 200:
        assert error(response)["field"] == field
        assert "010594Y9032" not in response.text
