"""What the pages are told by the core: only one's own clients, answers logged, decisions bound to what was shown."""

from dataclasses import replace

import pytest

from serving.desk.access import ClientTies, User, may
from serving.pages.coordinator.services import CoordinatorServices, ListFilters
from serving.pages.planner.services import PlannerServices
from serving.pages.services import Decision, NotAllowed, NotYours, PageServices
from serving.records.log_pages import DECISIONS, log_page
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from serving.users import handles
from tests.serving.fake_engine import (
    AS_OF,
    CLIENTS,
    FORMER,
    HENKILOTUNNUS,
    MINE,
    MINE_TOO,
    OTHER_TASK,
    OTHERS,
    STRANGER,
    FakeEngine,
)
from tests.serving.serving_parts import SETTINGS, house

ACCEPT = Decision(answer_id="", choice="accept", segment=None, reason="sopii", key="form-1")
ROLES = ("coordinator", "planner", "data_scientist", "auditor", "manager", "admin")
UNITS = ("asiakasohjaus_keski", "asiakasohjaus_lansi", "asiakasohjaus_ita")
TASKS = ("older_people", "disability")


@pytest.fixture
def built(var):
    """The house with one development user in every cell of role x unit x service task."""
    first = SETTINGS.development_users["coordinator"]
    users = {
        f"{role}-{unit}-{task}": first.model_copy(update={"role": role, "unit": unit, "service_tasks": (task,)})
        for role in ROLES
        for unit in UNITS
        for task in TASKS
    }
    made = house(FakeEngine(), development_users={**SETTINGS.development_users, **users})
    yield made
    made.close()


@pytest.fixture
def services(built):
    return built.services


@pytest.fixture
def coordinator(services):
    return services.visitor(services.sign_in("coordinator"))


@pytest.fixture
def auditor(services):
    return services.visitor(services.sign_in("auditor"))


def handle_of(services, visitor, client=MINE):
    return handles.handle_of(client, visitor.session.handle_key)


def audited(built, **equal):
    return built.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 1000).entries


def test_the_core_offers_everything_that_the_pages_ask(services):
    for name in (name for name in vars(PageServices) if not name.startswith("_")):
        assert callable(getattr(services, name)) or name in (
            "planner",
            "coordinator",
            "door",
            "emergencies",
            "oversight",
        ), name
    for name in (name for name in vars(CoordinatorServices) if not name.startswith("_")):
        assert callable(getattr(services.coordinator, name)), name
    for name in (name for name in vars(PlannerServices) if not name.startswith("_")):
        assert callable(getattr(services.planner, name)), name


def test_the_list_shows_ones_own_clients_the_latest_contact_first(services, coordinator):
    page = services.clients(coordinator, 1, ListFilters())
    assert [row.handle for row in page.rows] == [handle_of(services, coordinator, one) for one in (MINE, MINE_TOO)]
    assert (page.total, page.rows[0].plan_until, page.rows[0].changes) == (2, "2025-06-30", (("contact", 2),))
    without = services.clients(coordinator, 1, ListFilters(plan="none"))
    assert [row.handle for row in without.rows] == [handle_of(services, coordinator, MINE_TOO)]
    assert services.clients(coordinator, 99, ListFilters()).page == 1


def test_A19_every_cell_sees_exactly_the_clients_that_the_rule_allows(built, services):
    for user_id, given in built.settings.development_users.items():
        visitor = services.visitor(services.sign_in(user_id))
        user = User(user_id, "", given.role, given.unit, {}, given.service_tasks)
        allowed = {
            one for one, ties in CLIENTS.items() if may(user, "see_answer", ClientTies(one, ties), AS_OF).allowed
        }
        assert _listed(services, visitor) == allowed, user_id
        assert {one for one in (*CLIENTS, STRANGER) if _opens(services, visitor, one)} == allowed, user_id
        for henkilotunnus, client in ((HENKILOTUNNUS, MINE), ("010516B903X", OTHERS)):
            assert _finds(services, visitor, henkilotunnus) == (client in allowed), user_id


def _listed(services, visitor):
    try:
        rows = services.clients(visitor, 1, ListFilters()).rows
    except NotAllowed:
        return set()
    return {handles.client_of(row.handle, visitor.session.handle_key) for row in rows}


def _opens(services, visitor, client):
    try:
        return bool(services.client(visitor, handle_of(services, visitor, client)))
    except (NotYours, NotAllowed):
        return False


def _finds(services, visitor, henkilotunnus):
    try:
        return bool(services.find_client(visitor, henkilotunnus))
    except (NotYours, NotAllowed):
        return False


def test_a_handle_of_another_session_is_nobody(services, coordinator):
    other = services.visitor(services.sign_in("coordinator"))
    for handle in (handle_of(services, other), "garbage", ""):
        with pytest.raises(NotYours):
            services.client(coordinator, handle)


@pytest.mark.parametrize("client", [OTHERS, OTHER_TASK, FORMER, STRANGER])
def test_A18_refusals_say_the_same(services, coordinator, client):
    with pytest.raises(NotYours) as refused:
        services.client(coordinator, handle_of(services, coordinator, client))
    assert str(refused.value) == "There is no such client among your unit's clients."


def test_a_client_page_is_one_answer_and_one_entry(built, services, coordinator):
    view = services.client(coordinator, handle_of(services, coordinator))
    (entry,) = audited(built, event="answer")
    assert entry["answer_id"] == view.answer_id
    assert [said["kind"] for said in entry["detail"]["answers"]] == ["segment", "need"]
    assert view.person is None  # the data folder of this test has no directory
    assert not view.names_known


def decide(services, visitor, **changes):
    handle = handle_of(services, visitor)
    view = services.client(visitor, handle)
    return services.decide(visitor, handle, replace(ACCEPT, **{"answer_id": view.answer_id, **changes}))


def test_accepting_means_the_proposed_segment(built, services, coordinator):
    receipt = decide(services, coordinator)
    assert (receipt.choice, receipt.segment["fi"]) == ("accept", "network")
    handle = handle_of(services, coordinator)
    assert services.receipt(coordinator, handle, receipt.decision_id) == receipt
    (past,) = services.client(coordinator, handle).decisions
    assert (past.choice, past.reason, past.role) == ("accept", "sopii", "coordinator")
    assert audited(built, event="decision")[0]["detail"]["decision_id"] == receipt.decision_id


@pytest.mark.parametrize(
    "changes,                                                             sentence",
    [
        ({"choice": "change", "segment": "cooperative", "reason": " "}, "A reason is needed"),
        ({"choice": "change", "segment": "wizard", "reason": "x"}, "Choose the segment"),
        ({"choice": "change", "segment": None, "reason": "x"}, "Choose the segment"),
        ({"choice": "cannot_tell", "reason": ""}, "A reason is needed"),
        ({"reason": "x" * 2001}, "longer than 2000"),
        ({"key": ""}, "no key"),
    ],
)
def test_a_decision_that_is_not_whole_is_refused(services, coordinator, changes, sentence):
    with pytest.raises(NotAllowed, match=sentence):
        decide(services, coordinator, **changes)


def test_a_decision_belongs_to_an_answer_that_was_shown(services, coordinator):
    with pytest.raises(NotYours):
        decide(services, coordinator, answer_id="0" * 32)
    other = services.visitor(services.sign_in("coordinator-asiakasohjaus_lansi-older_people"))
    view = services.client(other, handle_of(services, other))
    with pytest.raises(NotYours):
        decide(services, coordinator, answer_id=view.answer_id)


def test_an_identifier_in_a_reason_is_masked(services, coordinator):
    receipt = decide(services, coordinator, choice="cannot_tell", reason="katso myös 010594y9032")
    assert receipt.reason == "katso myös [henkilötunnus]"


def test_the_auditor_reads_both_logs_without_client_ids(built, services, coordinator, auditor):
    decide(services, coordinator)
    decisions = services.decision_log(auditor, 1, {"choice": "accept", "nonsense": "x"})
    assert [row.cells["decided"] for row in decisions.rows] == ["network"]
    assert decisions.rows[0].cells["time"] == "2026-11-21T14:00:00"
    assert services.decision_log(auditor, 1, {"choice": "change"}).total == 0
    audit = services.audit_log(auditor, 1, {"event": "answer"})
    assert audit.rows[0].cells["model"] == "segmentation_suuntima_like 3, need_heavier_home_care_6m 3"
    assert MINE not in str(decisions) + str(audit)
    assert set(audit.choices["event"]) >= {"answer", "decision", "sign_in"}
    assert services.chain(auditor).intact


@pytest.mark.parametrize(
    "days,                                              found",
    [
        ({"from": "2026-11-21", "to": "2026-11-21"}, 1),
        ({"from": "2026-11-22"}, 0),
        ({"to": "2026-11-20"}, 0),
        ({"from": "garbage", "to": "9999-12-31"}, 1),
    ],
)
def test_log_pages_are_limited_to_days(built, services, coordinator, days, found):
    decide(services, coordinator)
    assert log_page(built.desk.records, DECISIONS, 1, days, 50).total == found


UNREAD = ["models", "decision_log", "audit_log", "chain", "series", "report", "published_report"]


@pytest.mark.parametrize("read", UNREAD)
def test_A32_a_coordinator_reads_no_logs_models_or_forecasts(built, services, coordinator, read):
    version = ("segmentation_suuntima_like", "3")
    arguments = {"decision_log": (1, {}), "audit_log": (1, {}), "report": version, "published_report": ("feedback",)}
    with pytest.raises(NotAllowed):
        getattr(services, read)(coordinator, *arguments.get(read, ()))
    assert audited(built, outcome="denied")[0]["ground"] == "role_without_right"


def test_a_report_about_all_models_is_given_to_the_auditor_as_published_and_logged(built, services, auditor):
    assert services.published_reports() == ()
    built.desk.engine.published_files |= {"feedback.html": "<!doctype html>x", "config.html": "secret"}
    try:
        assert services.published_reports() == ("feedback",)
        assert services.published_report(auditor, "feedback") == "<!doctype html>x"
        assert [entry["outcome"] for entry in audited(built, event="report", actor_id="auditor")] == ["ok"]
        for kind in ("monitor", "config", "../feedback"):
            with pytest.raises(NotYours):
                services.published_report(auditor, kind)
    finally:
        del built.desk.engine.published_files["feedback.html"], built.desk.engine.published_files["config.html"]


def test_reports_and_forecasts_that_do_not_exist(services, auditor):
    assert services.report(auditor, "segmentation_suuntima_like", "3").startswith("<!doctype")
    with pytest.raises(NotYours):
        services.report(auditor, "segmentation_suuntima_like", "4")
    planner = services.visitor(services.sign_in("planner"))
    first = services.series(planner)[0]
    assert services.planner.picture(planner, first.model, first.series_id).answer.period == "week"
    with pytest.raises(NotYours):
        services.planner.picture(planner, "", "nothing")


def test_signing_out_ends_the_session(built, services):
    token = services.sign_in("planner")
    services.sign_out(token)
    assert services.visitor(token) is None
    assert services.visitor(None) is None
    assert [entry["event"] for entry in audited(built)] == ["sign_out", "sign_in"]
    with pytest.raises(NotAllowed):
        services.sign_in("nobody")
