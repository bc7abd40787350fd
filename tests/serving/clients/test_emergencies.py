"""Emergency access: the rule drawn as a table, and the way from the form to the auditor's review."""

import logging
import re
from datetime import date, timedelta

import pytest
from alembic import command
from alembic.config import Config

from serving.desk.access import ClientTies, Tie, Verdict, may
from serving.pages.coordinator.services import ListFilters
from serving.pages.services import Decision, NotAllowed, NotYours
from serving.records.chain.chained import verify_table
from serving.records.database import LOGS_FILE, MIGRATIONS, WRITER, open_logs, open_sqlite
from serving.records.schema import AUDIT_LOG, EMERGENCY_LOG
from serving.users import handles
from tests.serving.clients.emergency_house import NOON, OTHERS_HENKILOTUNNUS, REASON, Built, emergency, minutes, user
from tests.serving.fake_engine import CLIENTS, HENKILOTUNNUS, MINE, OTHERS, STRANGER
from tests.serving.serving_parts import NOW, browser, service_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*"),
]
AT = date(2025, 1, 1)
ORIGIN = {"origin": "http://127.0.0.1:3000"}

CLIENT = ClientTies(OTHERS, (Tie("keski", "older_people", date(2024, 1, 1)),))
OPEN, CLOSED = Verdict(True, "emergency"), Verdict(False, "no_care_relationship")
NO_RIGHT = Verdict(False, "role_without_right")


@pytest.mark.parametrize(
    "case,                    who,              action,       opened,                      now,         verdict",
    [
        ("none",              user(),           "see_answer", None,                        minutes(1),  CLOSED),
        ("the first moment",  user(),           "see_answer", emergency(),                 NOON,        OPEN),
        ("the last minute",   user(),           "see_answer", emergency(),                 minutes(59), OPEN),
        ("after its hour",    user(),           "see_answer", emergency(),                 minutes(60), CLOSED),
        ("before it began",   user(),           "see_answer", emergency(),                 minutes(-1), CLOSED),
        ("ended by hand",     user(),           "see_answer", emergency(ended=minutes(5)), minutes(5),  CLOSED),
        ("somebody else's",   user(),           "see_answer", emergency("maija"),          minutes(1),  CLOSED),
        ("another client's",  user(),           "see_answer", emergency(client_id=MINE),   minutes(1),  CLOSED),
        ("a decision",        user(),           "decide",     emergency(),                 minutes(1),  CLOSED),
        ("a planner",         user("planner"),  "see_answer", emergency(),                 minutes(1),  NO_RIGHT),
        ("an auditor",        user("auditor"),  "see_answer", emergency(),                 minutes(1),  NO_RIGHT),
        ("an unknown role",   user("wizard"),   "see_answer", emergency(),                 minutes(1),  NO_RIGHT),
    ],
)  # fmt: skip
def test_A22_A23_what_an_emergency_opens(case, who, action, opened, now, verdict):
    assert may(who, action, CLIENT, AT, opened, now) == verdict


def test_A22_an_own_client_needs_no_emergency_and_one_that_is_not_there_gets_none():
    own = ClientTies(OTHERS, (Tie("lansi", "older_people", date(2024, 1, 1)),))
    assert may(user(), "see_answer", own, AT, emergency(), NOON) == Verdict(True, "care_relationship")
    assert may(user(), "see_answer", None, AT, emergency(), NOON) == Verdict(False, "no_such_client")


@pytest.fixture
def built(var):
    made = Built()
    yield made
    made.house.close()


@pytest.mark.parametrize("reason", ["", "   ", "kiire", "         x", "123456789"])
def test_A22_without_a_reason_nothing_opens_and_the_attempt_is_logged(built, reason):
    visitor = built.visitor()
    with pytest.raises(NotAllowed, match="ten characters"):
        built.open(visitor, reason=reason)
    (entry,) = built.log(event="break_glass_started")
    assert (entry["outcome"], entry["ground"], entry["client_id"]) == ("denied", "no_reason", None)
    assert built.rows() == ()
    with pytest.raises(NotYours):
        built.services.find_client(visitor, OTHERS_HENKILOTUNNUS)


def test_A22_with_a_reason_one_client_opens_for_an_hour(built, monkeypatch):
    visitor = built.visitor()
    monkeypatch.setitem(CLIENTS, STRANGER, CLIENTS[OTHERS])
    with pytest.raises(NotYours):
        built.services.find_client(visitor, OTHERS_HENKILOTUNNUS)
    handle = built.open(visitor)
    view = built.services.client(visitor, handle)
    assert view.segment.status == "answered"
    assert view.emergency_until == "2026-11-21T15:00:00"  # 13:00 UTC in Finland
    assert built.log(event="answer")[0]["ground"] == "emergency"
    assert built.services.find_client(visitor, OTHERS_HENKILOTUNNUS) == handle
    with pytest.raises(NotYours):  # one client, not her whole unit
        built.services.client(visitor, handles.handle_of(STRANGER, visitor.session.handle_key))
    built.now = NOW + timedelta(minutes=60)
    with pytest.raises(NotYours):
        built.services.client(visitor, handle)


def test_A22_nobody_else_sees_the_client_and_no_decision_is_taken(built):
    visitor, second = built.visitor(), built.visitor("second")
    handle = built.open(visitor)
    view = built.services.client(visitor, handle)
    with pytest.raises(NotYours):
        built.services.client(second, handles.handle_of(OTHERS, second.session.handle_key))
    with pytest.raises(NotYours):
        built.services.decide(visitor, handle, Decision(view.answer_id, "accept", None, "sopii", "f"))
    assert OTHERS not in str(built.services.clients(visitor, 1, ListFilters()))


def test_A22_start_and_stop_are_both_in_the_log(built, caplog):
    visitor = built.visitor()
    with caplog.at_level(logging.WARNING, "luotain.serving"):
        handle = built.open(visitor)
    (alert,) = [record.getMessage() for record in caplog.records]
    assert OTHERS not in alert
    assert OTHERS_HENKILOTUNNUS not in alert
    built.now += timedelta(minutes=10)
    built.services.emergencies.end(visitor, handle)
    (started,), (ended,) = built.log(event="break_glass_started"), built.log(event="break_glass_ended")
    assert started["detail"]["fhir"] == {"type": "110113", "purpose_of_use": "ETREAT", "subtype": "110127"}
    assert (ended["detail"]["fhir"]["subtype"], ended["detail"]["how"]) == ("110137", "by_hand")
    assert started["client_id"] == ended["client_id"] == OTHERS
    assert started["detail"]["emergency_id"] == ended["detail"]["emergency_id"]
    assert REASON not in str(built.log())  # the reason stands in the emergency log
    with pytest.raises(NotYours):
        built.services.client(visitor, handle)
    for table in (AUDIT_LOG, EMERGENCY_LOG):
        assert verify_table(built.house.desk.records.engine, table).first_bad is None


def test_A22_an_access_that_ran_out_is_recorded_as_ended_at_its_hour(built):
    built.open(built.visitor())
    built.now = NOW + timedelta(hours=3)
    built.visitor("auditor")  # anybody's request
    built.visitor("auditor")
    (ended,) = built.rows(act="ended")
    assert (ended["at"], ended["detail"]["how"]) == ((NOW + timedelta(minutes=60)).isoformat(), "lapsed")
    assert len(built.log(event="break_glass_ended")) == 1


def test_A22_a_second_client_ends_the_first_access(built, monkeypatch):
    visitor = built.visitor()
    first = built.open(visitor)
    monkeypatch.setitem(CLIENTS, STRANGER, (Tie("asiakasohjaus_ita", "older_people", date(2024, 1, 1)),))
    second = built.open(visitor, client=handles.handle_of(STRANGER, visitor.session.handle_key), key="form-2")
    assert built.services.client(visitor, second)
    with pytest.raises(NotYours):
        built.services.client(visitor, first)
    assert [row["detail"]["how"] for row in built.rows(act="ended")] == ["replaced"]


def test_A22_a_form_sent_twice_is_one_access_and_an_own_client_is_none(built):
    visitor = built.visitor()
    assert built.open(visitor) == built.open(visitor)
    assert built.open(visitor, client=HENKILOTUNNUS, key="form-3") == handles.handle_of(
        MINE, visitor.session.handle_key
    )
    assert [row["act"] for row in built.rows()] == ["started"]


def test_A22_an_unknown_client_is_told_like_any_other_after_the_reason_is_logged(built):
    visitor = built.visitor()
    for client in ("120464-999X", "not a henkilötunnus", "A" * 22):
        with pytest.raises(NotYours) as told:
            built.open(visitor, client=client)
        assert told.value.text["en"] == "There is no such client among your unit's clients."
    assert {(one["outcome"], one["ground"]) for one in built.log(event="break_glass_started")} == {
        ("denied", "no_such_client")
    }


@pytest.mark.parametrize("role", ["planner", "auditor", "manager"])
def test_A23_other_roles_open_nothing(built, role):
    with pytest.raises(NotAllowed):
        built.open(built.visitor(role))
    assert built.log(event="break_glass_started")[0]["ground"] == "role_without_right"
    assert built.rows() == ()


def test_A22_the_review_queue_and_its_seven_days(built):
    coordinator, auditor = built.visitor(), built.visitor("auditor")
    built.open(coordinator, reason=f"{REASON}, {HENKILOTUNNUS}")
    built.now += timedelta(days=7, minutes=1)
    auditor = built.visitor("auditor")
    (case,) = built.services.emergencies.cases(auditor)
    assert (case.overdue, case.finding, case.lapsed) == (True, None, True)
    assert HENKILOTUNNUS not in case.reason
    with pytest.raises(NotAllowed):
        built.services.emergencies.cases(built.visitor())
    with pytest.raises(NotAllowed):
        built.services.emergencies.review(auditor, case.emergency_id, "fine", "ei sanottavaa tästä")
    built.services.emergencies.review(auditor, case.emergency_id, "justified", "Hälytys vahvistettu")
    (case,) = built.services.emergencies.cases(auditor)
    assert (case.finding, case.overdue, case.reviewer) == ("justified", False, "auditor")
    with pytest.raises(NotYours):  # once
        built.services.emergencies.review(auditor, case.emergency_id, "not_justified", "Muutin mieleni asiasta")
    assert built.log(event="break_glass_reviewed")[0]["detail"]["finding"] == "justified"


def test_A22_no_log_no_access(built):
    visitor = built.visitor()
    with built.house.desk.records.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON emergency_log BEGIN SELECT RAISE(ABORT,'full'); END"
        )
        connection.commit()
    with pytest.raises(Exception, match="log cannot be written"):
        built.open(visitor)
    assert built.log(event="break_glass_started") == ()
    with pytest.raises(NotYours):
        built.services.find_client(visitor, OTHERS_HENKILOTUNNUS)


def test_the_logs_of_the_release_before_get_the_table(tmp_path):
    engine = open_sqlite(tmp_path, LOGS_FILE)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(**WRITER) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.commit()
    engine.dispose()
    migrated = open_logs(tmp_path)
    with migrated.connect() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE tbl_name = 'emergency_log'")
        assert {"emergency_log_no_update", "emergency_log_no_delete"} < {row[0] for row in found}
    migrated.dispose()


def test_the_pages_from_the_form_to_the_review(built):
    with browser(service_of(built.house).to_asgi()) as http:

        def post(path, page, **fields):
            csrf = re.search(r'name="csrf" value="([^"]+)"', http.get(page).text)[1]
            return http.post(path, data={"csrf": csrf, **fields}, headers=ORIGIN)

        http.post("/sign-in", data={"user": "coordinator"}, headers=ORIGIN)
        assert "/clients/emergency" in http.get("/clients").text
        key = re.search(r'name="key" value="([^"]+)"', http.get("/clients/emergency").text)[1]
        given = {"client": OTHERS_HENKILOTUNNUS, "key": key}
        assert post("/clients/emergency", "/clients/emergency", reason="kiire", **given).status_code == 400
        unknown = post("/clients/emergency", "/clients/emergency", reason=REASON, client="120464-999X", key=key)
        assert unknown.status_code == 404
        opened = post("/clients/emergency", "/clients/emergency", reason=REASON, **given)
        assert opened.status_code == 303
        page = http.get(opened.headers["location"]).text
        assert 'id="emergency"' in page
        assert "decision-title" not in page
        ended = post(f"{opened.headers['location']}/emergency/end", opened.headers["location"])
        assert ended.status_code == 303
        assert http.get(opened.headers["location"]).status_code == 404
        assert http.get("/emergencies").status_code == 403
        post("/sign-out", "/clients")
        http.post("/sign-in", data={"user": "auditor"}, headers=ORIGIN)
        assert http.get("/clients/emergency").status_code == 403
        listed = http.get("/emergencies").text
        assert REASON in listed
        assert OTHERS not in listed
        review = re.search(r'action="(/emergencies/[0-9a-f]+/review)"', listed)[1]
        assert post(review, "/emergencies", finding="justified", note="lyhyt").status_code == 400
        assert post(review, "/emergencies", finding="justified", note="Hälytys vahvistettu").status_code == 303
        assert '/review"' not in http.get("/emergencies").text
