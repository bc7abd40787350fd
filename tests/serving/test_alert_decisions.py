"""A professional confirms or dismisses one alert: with a reason, logged, once, only of her own clients; and counted."""

import re
from dataclasses import replace

import pytest

from serving.coordinator.alerts import alert_counts, evidence_of
from serving.engine.clients.looking import ClientRecords
from serving.engine.clients.overview import ClientLine, Overview
from serving.pages.coordinator.decided_alerts import AlertCount, AlertDecision
from serving.pages.coordinator.services import Alert, ListFilters, Proof
from serving.pages.services import NotAllowed, NotYours
from serving.records.logs import KeyUsed, Wanted
from serving.records.schema import ALERT_LOG, AUDIT_LOG
from serving.users import handles
from tests.plans import covers
from tests.serving.fake_engine import MINE, MINE_TOO, OTHERS, FakeEngine, said
from tests.serving.pages.faked.visitor import FakeBrowser, words
from tests.serving.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)
DISMISSED = AlertDecision("frequent_emergency", "dismiss", "handled", "Sovittu käynti. 010594Y9032", "k-1")
CONFIRMED = AlertDecision("frequent_emergency", "confirm", "", "", "k-2")


def proof(day: str) -> Proof:
    return Proof(said("visits"), 4.0, "count", 365, 4, (day,), "avohilmo")


class WithEvidence(FakeEngine):
    """An engine whose alert rests on a record of one day."""

    day = "2024-12-01"

    def client_records(self, client_id, seen):
        records = super().client_records(client_id, seen)
        alert = Alert("frequent_emergency", "alert", said("emergency"), "test", (proof(self.day),))
        group = Alert("long_term_ill", "target_group", said("ill"), "test", ())
        return ClientRecords((alert, group), *list(vars(records).values())[1:])


@pytest.fixture
def built(var):
    made = house(WithEvidence())
    yield made
    made.close()


def coordinator(built):
    return built.services.visitor(built.services.sign_in("coordinator"))


def handle_of(visitor, client=MINE):
    return handles.handle_of(client, visitor.session.handle_key)


@covers("001-A4")
def test_a_dismissal_is_kept_with_its_reason_logged_and_shown(built):
    visitor = coordinator(built)
    built.services.coordinator.decide_alert(visitor, handle_of(visitor), DISMISSED)
    state = built.services.coordinator.file(visitor, handle_of(visitor)).states["frequent_emergency"]
    assert (state.choice, state.reason_code, state.role) == ("dismiss", "handled", "coordinator")
    assert "010594Y9032" not in state.reason
    (entry,) = built.desk.records.page(AUDIT_LOG, Wanted({"event": "alert_decision"}), 1, 9).entries
    assert entry["detail"] == {"alert": "frequent_emergency", "choice": "dismiss", "reason_code": "handled"}
    assert (entry["client_id"], entry["ground"]) == (MINE, "care_relationship")


@covers("001-A4")
def test_the_last_word_holds_and_a_form_sent_twice_is_one(built):
    visitor = coordinator(built)
    decide = built.services.coordinator.decide_alert
    decide(visitor, handle_of(visitor), DISMISSED)
    decide(visitor, handle_of(visitor), DISMISSED)
    decide(visitor, handle_of(visitor), CONFIRMED)
    assert len(built.desk.records.kept(ALERT_LOG)) == 2
    assert built.services.coordinator.file(visitor, handle_of(visitor)).states["frequent_emergency"].choice == "confirm"
    with pytest.raises(KeyUsed):
        decide(visitor, handle_of(visitor, MINE_TOO), DISMISSED)


@covers("001-A4")
def test_new_evidence_opens_the_alert_again(built):
    visitor = coordinator(built)
    built.services.coordinator.decide_alert(visitor, handle_of(visitor), DISMISSED)
    built.desk.engine.day = "2024-12-20"
    assert built.services.coordinator.file(visitor, handle_of(visitor)).states == {}


@covers("001-A4")
@pytest.mark.parametrize(
    "given,      day,          is_open",
    [
        (None,      "2024-12-01", True),
        (CONFIRMED, "2024-12-01", True),  # confirmed: somebody takes care of it
        (DISMISSED, "2024-12-01", False),
        (DISMISSED, "2024-12-20", True),  # a new record
    ],
)  # fmt: skip
def test_the_work_list_counts_a_dismissed_alert_no_more_until_there_is_a_new_record(built, given, day, is_open):
    engine, visitor = built.desk.engine, coordinator(built)
    lines = {one: ClientLine("answered", "network", alerts=("frequent_emergency",)) for one in (MINE, MINE_TOO)}
    engine.looked_over = Overview(frozenset(), lines)
    built.services.clients(visitor, 1, ListFilters())
    if given is not None:
        built.services.coordinator.decide_alert(visitor, handle_of(visitor), given)
    if day != engine.day:
        engine.day, now = day, engine.data()
        engine.data = lambda: replace(now, snapshot_sha256="ff" * 32)
    row = next(
        one for one in built.services.clients(visitor, 1, ListFilters()).rows if one.handle == handle_of(visitor)
    )
    told = (said("emergency"),)
    assert (row.alerts, row.dismissed) == ((told, ()) if is_open else ((), told))
    filtered = built.services.clients(visitor, 1, ListFilters(alert="frequent_emergency"))
    assert filtered.total == (2 if is_open else 1)


def test_the_list_asks_about_evidence_only_where_somebody_decided_and_once_per_registers(built):
    engine, visitor = built.desk.engine, coordinator(built)
    lines = {one: ClientLine("answered", "network", alerts=("frequent_emergency",)) for one in (MINE, MINE_TOO)}
    engine.looked_over = Overview(frozenset(), lines)
    built.services.coordinator.decide_alert(visitor, handle_of(visitor), DISMISSED)
    engine.asked.clear()
    for _ in range(2):
        built.services.clients(visitor, 1, ListFilters())
    assert [one for one in engine.asked if one[0] == "records"] == [("records", MINE)]


@covers("001-A4")
def test_the_list_names_a_dismissed_alert_as_dismissed() -> None:
    assert "Kuitattu aiheettomaksi: Päivystyskäyntejä toistuvasti" in words(
        FakeBrowser(user="aino").get("/clients").text
    )


@covers("001-A4")
@pytest.mark.parametrize(
    "change, said_of",
    [
        ({"reason_code": ""}, "reason_code"),
        ({"reason_code": "bored"}, "reason_code"),
        ({"reason_code": "other", "reason": " "}, "perust|syy|Kerro|reason"),
        ({"choice": "delete"}, "choice"),
        ({"alert": "rai_decline"}, "alert"),  # does not fire for this client
        ({"alert": "long_term_ill"}, "alert"),  # a target group is no alert
        ({"key": ""}, "."),
        ({"reason": "x" * 2001}, "2000"),
    ],
)
def test_what_is_lacking_is_said_and_nothing_is_kept(built, change, said_of):
    visitor = coordinator(built)
    with pytest.raises(NotAllowed, match=said_of):
        built.services.coordinator.decide_alert(
            visitor, handle_of(visitor), AlertDecision(**{**vars(DISMISSED), **change})
        )
    assert built.desk.records.kept(ALERT_LOG) == ()


@covers("001-A4")
def test_nobody_decides_about_another_units_client(built):
    visitor = coordinator(built)
    with pytest.raises(NotYours):
        built.services.coordinator.decide_alert(visitor, handle_of(visitor, OTHERS), DISMISSED)
    (entry,) = built.desk.records.page(AUDIT_LOG, Wanted({"event": "alert_decision"}), 1, 9).entries
    assert entry["outcome"] == "denied"


@covers("001-A4")
def test_the_api_records_the_same_once_and_refuses_what_is_lacking(built):
    with browser(service_of(built).to_asgi()) as client:
        asked = {**CLIENT_QUESTION, "client_id": MINE, "alert": "frequent_emergency", "choice": "dismiss"}
        headers = {**bearer("coordinator"), "Idempotency-Key": "a-1"}
        lacking = client.post("/v1/alert-decision", json=asked, headers=headers)
        assert (lacking.status_code, lacking.json()["error"]["field"]) == (400, "reason_code")
        first = client.post("/v1/alert-decision", json={**asked, "reason_code": "handled"}, headers=headers)
        again = client.post("/v1/alert-decision", json={**asked, "reason_code": "handled"}, headers=headers)
        assert first.status_code == 200
        assert first.json() == again.json()
        assert (first.json()["choice"], first.json()["alert"]) == ("dismiss", "frequent_emergency")
        other = client.post("/v1/alert-decision", json={**asked, "choice": "confirm"}, headers=headers)
        assert other.status_code == 409
        planner = {**bearer("planner"), "Idempotency-Key": "a-2"}
        assert client.post("/v1/alert-decision", json=asked, headers=planner).status_code == 403
    assert len(built.desk.records.kept(ALERT_LOG)) == 1


@covers("001-A4")
def test_decisions_are_counted_by_alert_and_unit_and_few_are_hidden(built):
    visitor = coordinator(built)
    event = built.desk.event(built.services.coordinator._caller(visitor), "alert_decision")
    rows = [
        {"key": f"k{unit}{choice}{n}", "actor_id": "u", "role": "coordinator", "unit": unit, "alert": "rai_decline",
         "client_id": f"{unit}{choice}{n:02}".ljust(32, "0"), "choice": choice, "reason_code": None, "reason": "",
         "evidence": [], "as_of": "2025-01-01"}
        for unit, choice, count in (("a", "confirm", 12), ("a", "dismiss", 6), ("b", "confirm", 9), ("b", "dismiss", 2))
        for n in range(count)
    ]  # fmt: skip
    built.desk.records.keep(ALERT_LOG, rows, event)
    assert alert_counts(built.desk.records) == (
        AlertCount("rai_decline", "a", 12, 6, 18),
        AlertCount("rai_decline", "b", None, None, 11),  # the total would give the two away
    )


def test_the_evidence_of_an_alert_holds_no_value():
    alert = Alert("x", "alert", said("x"), "test", (proof("2024-12-01"),))
    assert evidence_of(alert) == [["avohilmo", 4, "2024-12-01"]]


@covers("001-A4")
def test_the_page_shows_what_was_decided_and_takes_a_new_word() -> None:
    page = FakeBrowser(user="aino")
    shown = words(page.get("/clients/h-answered").text)
    assert "Kuitattu aiheettomaksi Asia on hoidettu – Sovittu käynti." in shown
    form = {"alert": "frequent_emergency", "choice": "confirm", "reason_code": "", "reason": "", "key": "k"}
    said_of = page.post("/clients/h-answered/alerts", form)
    assert (said_of.status_code, said_of.headers["location"]) == (303, "/clients/h-answered#alerts-title")
    assert page.services.coordinator.alerts == [("h-answered", AlertDecision(**form))]
    assert page.post("/clients/h-answered/alerts", {**form, "choice": "dismiss"}).status_code == 403


@covers("001-A4")
@pytest.mark.parametrize("language, said_of", [("fi", "Vahvistettu"), ("sv", "Bekräftad"), ("en", "Confirmed")])
def test_the_auditor_sees_the_counts_and_few_are_hidden(language: str, said_of: str) -> None:
    page = FakeBrowser(user="tuula", language=language)
    text = words(page.get("/review-counts").text)
    assert said_of in text
    assert re.search(r" 12 –( |$)", text)
