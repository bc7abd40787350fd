"""One client's file from her own rows: alerts with their evidence, history without what the role may not see."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from features.catalogue import load_catalogue
from features.columnar import Columns
from features.rules.run import RulesConfig, rule_work
from serving.engine.clients.client_file import (
    TOLD,
    FileRules,
    alerts_of,
    contact_months,
    history_of,
    known_frames,
    told_frames,
)
from tests.features.histories_data import empty_tables, table_of
from tests.plans import covers

AS_OF = date(2025, 1, 1)
CLIENT = "0000000a" + "0" * 24
RESIDENT = {
    "client_id": CLIENT,
    "birth_year": 1940,
    "sex": "female",
    "valid_from": "2015-01-01",
    "recorded_at": "2015-01-02",
    "history_start": "2015-01-01",
}


def contact(day, recorded=None, **more):
    row = {"client_id": CLIENT, "time": f"{day}T10:00", "recorded_at": f"{recorded or day}T12:00", "status": "done"}
    return {"sector": "primary", "service": "gp_visit", "channel": "in_person", "urgency": "non_urgent", **row, **more}


def emergency(day, **more):
    return contact(day, service="emergency_visit", urgency="emergency", **more)


def request(service, day):
    return {"client_id": CLIENT, "request_id": day, "requested_at": day, "service": service, "recorded_at": day}


@pytest.fixture(scope="module")
def rules():
    config = RulesConfig(var="var", rules="configs/rules.yaml", catalogue="configs/features.yaml", as_of=AS_OF)
    return FileRules(rule_work(None, config), load_catalogue(config.catalogue))


def registers(packed=False, **tables):
    rows = {"residents": [RESIDENT], **tables}
    frames = {**empty_tables(), **{name: table_of(name, own) for name, own in rows.items()}}
    held = {name: Columns.of_frame(frame) for name, frame in frames.items()} if packed else frames
    return SimpleNamespace(tables_of=lambda client: held, stamp=SimpleNamespace(as_of=AS_OF))


def named(rules, held, seen=()):
    return {alert.id: alert for alert in alerts_of(held, rules, CLIENT, seen)}


@covers("001-A4")
@pytest.mark.parametrize("packed", [False, True], ids=["frames", "columns"])
def test_an_alert_shows_the_records_behind_it_and_nothing_not_known_yet(rules, packed):
    held = registers(
        packed,
        contacts=[
            emergency("2024-12-20"),
            emergency("2024-12-10"),
            emergency("2024-12-30", recorded="2025-01-02"),  # not known at as_of
            contact("2024-12-21"),
        ],
    )
    (proof,) = named(rules, held)["frequent_emergency"].proofs
    assert (proof.value, proof.window_days, proof.events) == (2.0, 30, 2)
    assert proof.days == ("2024-12-20", "2024-12-10")


@covers("002-B12")
def test_a_target_group_is_named_and_one_visit_is_no_alert(rules):
    found = named(rules, registers(contacts=[emergency("2024-12-20")]))
    assert "frequent_emergency" not in found
    assert found["older_people_and_carers"].proofs == ()
    assert {alert.kind for alert in found.values()} <= {"alert", "target_group", "suggestion"}


def test_a_sensitive_rule_is_not_told_of(rules):
    book = rules.work.book
    hidden = book.rules["frequent_emergency"].model_copy(update={"sensitivity": "substance"})
    secret = book.model_copy(update={"rules": {**book.rules, "frequent_emergency": hidden}})
    held = registers(contacts=[emergency("2024-12-20"), emergency("2024-12-10")])
    guarded = FileRules(replace(rules.work, book=secret), rules.catalogue)
    assert "frequent_emergency" not in named(guarded, held)
    assert "frequent_emergency" in named(guarded, held, ("substance",))


def history(rules, held, seen=()):
    told = told_frames(known_frames(held, CLIENT, TOLD), rules.hidden_families(seen))
    return history_of(told, AS_OF), contact_months(told, AS_OF)


@covers("000-17")
def test_the_history_tells_what_was_known_newest_first(rules):
    held = registers(
        plans=[
            {"client_id": CLIENT, "valid_from": "2024-02-01", "kind": "care_plan", "recorded_at": "2024-02-01"},
            {"client_id": CLIENT, "valid_from": "2010-02-01", "kind": "client_plan", "recorded_at": "2010-02-01",
             "valid_to": "2011-02-01", "valid_to_recorded_at": "2011-02-01"},
        ],
        requests=[request("service_need_assessment", "2024-05-02")],
        assessments=[
            {"client_id": CLIENT, "time": "2024-03-01", "instrument": "RAI-HC", "scale": scale, "value": 2.0,
             "recorded_at": "2024-03-01", "respondent": "professional"}
            for scale in ("CPS", "ADLH")
        ],
    )  # fmt: skip
    found, _ = history(rules, held)
    assert [(one.kind, one.what, one.start, one.end) for one in found] == [
        ("requests", ("service_need_assessment",), "2024-05-02", None),
        ("assessments", ("RAI-HC",), "2024-03-01", None),  # two scales of one assessment are one event
        ("plans", ("care_plan",), "2024-02-01", None),
    ]


@pytest.mark.parametrize(
    "seen, months", [((), 1), (("economic",), 2), (("substance",), 2), (("economic", "substance"), 3)]
)
def test_restricted_records_are_left_out_for_a_role_without_the_right(rules, seen, months):
    services = ("gp_visit", "income_support", "substance_care")
    held = registers(contacts=[contact("2024-12-05", service=service) for service in services])
    _, counted = history(rules, held, seen)
    assert counted[-1].other == months


def test_every_scale_of_a_sensitive_instrument_is_restricted(rules):
    rows = [
        {"client_id": CLIENT, "time": "2024-03-01", "instrument": instrument, "scale": "any", "value": 2.0,
         "recorded_at": "2024-03-01", "respondent": "client"}
        for instrument in ("AUDIT", "COPE", "WHODAS")
    ]  # fmt: skip
    found, _ = history(rules, registers(assessments=rows))
    assert [one.what for one in found] == [("WHODAS",)]


@covers("000-65")
def test_contacts_are_counted_by_month_and_kind_and_those_that_did_not_take_place_are_not(rules):
    held = registers(
        contacts=[
            contact("2024-12-05"),
            contact("2024-12-06", status="no_show"),
            emergency("2024-12-07"),
            contact("2024-12-08", service="home_care"),
            contact("2024-11-30"),
            contact("2020-11-30"),  # before the history
        ]
    )
    _, months = history(rules, held)
    assert [(one.month, one.other, one.emergency, one.home) for one in months[-2:]] == [
        ("2024-11-01", 1, 0, 0),
        ("2024-12-01", 1, 1, 1),
    ]
    assert len(months) == 24
    assert sum(one.other for one in months) == 2
