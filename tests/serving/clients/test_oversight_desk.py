"""What the auditor, the manager and the administrator do, over the real desk: rights, log entries, the stop switch."""

import json
import subprocess

import pytest
from sqlalchemy import text

from models.oversight.facts import Stopped
from serving.oversight.gathering import quality_of
from serving.oversight.stopping import StopList
from serving.pages.oversight.services import NotUnderstood
from serving.pages.services import NotAllowed, NotYours
from serving.records.entries import AuditEvent
from serving.records.logs import Wanted
from serving.records.promotions import read_promotions
from serving.records.schema import AUDIT_LOG
from serving.stop_model import main as stop_model
from tests.serving.fake_engine import HENKILOTUNNUS, MINE
from tests.serving.serving_parts import SETTINGS
from training.promotion.ledger import open_ledger

NAME = "segmentation_suuntima_like"


@pytest.fixture
def sign_in(built):
    return lambda user: built.services.visitor(built.services.sign_in(user))


def entries(built, event):
    return built.desk.records.page(AUDIT_LOG, Wanted({"event": event}), 1, 100).entries


def promoted(name=NAME, version="3", at="2026-11-20T10:00:00+00:00", previous=None):
    gate = [{"rule": "auroc", "passed": True, "said": ""}]
    made = {"act": "promote", "name": name, "version": version, "bundle_sha256": "ab" * 32, "previous": previous}
    return {**made, "at": at, "who": "anna", "why": "scheduled", "metrics": {}, "metrics_before": {}, "checks": gate}


def test_without_a_ledger_and_reports_the_verdict_is_cannot_tell_and_the_look_is_logged(built, sign_in):
    screen = built.services.oversight.first_screen(sign_in("auditor"))
    assert {one.verdict.outcome for one in screen.models} == {"cannot_tell"}
    assert screen.checked_at is not None
    assert [one["actor_id"] for one in entries(built, "verdicts")] == ["auditor"]


def test_the_signer_and_what_was_live_come_from_the_ledger(built, sign_in):
    ledger = open_ledger(SETTINGS.workspace)
    first = ledger.append(None, promoted())
    ledger.append(ledger.live(NAME), promoted(version="4", at="2026-11-21T10:00:00+00:00", previous="3"))
    assert first.entry["seq"] == 1
    oversight, auditor = built.services.oversight, sign_in("auditor")
    told = {
        day: oversight.live_on(auditor, day).models[0].version for day in ("2026-11-19", "2026-11-20", "2026-11-21")
    }
    assert told == {"2026-11-19": None, "2026-11-20": "3", "2026-11-21": "4"}
    own = next(one for one in oversight.first_screen(auditor).models if one.name == NAME)
    assert (own.verdict.signed_by, own.verdict.reason) == ("anna", "scheduled")
    with pytest.raises(NotUnderstood):
        oversight.live_on(auditor, "yesterday")


def test_L1_a_changed_ledger_is_seen_and_no_model_may_be_used(built, sign_in):
    ledger = open_ledger(SETTINGS.workspace)
    ledger.append(None, promoted())
    with ledger._engine.begin() as connection:
        connection.execute(text("DROP TRIGGER promotions_no_update"))
        connection.execute(text("UPDATE promotions SET entry = replace(entry, 'anna', 'else')"))
    assert read_promotions(SETTINGS.workspace).first_bad == 1
    oversight, auditor = built.services.oversight, sign_in("auditor")
    assert {one.verdict.outcome for one in oversight.first_screen(auditor).models} == {"not_to_be_used"}
    assert {one.log: one.first_bad for one in oversight.verify(auditor)}["promotions"] == 1
    assert entries(built, "chain_verified")[0]["detail"]["first_bad"] == {"promotions": 1}


def test_a_clients_own_log_is_given_and_the_giving_is_in_it_the_next_time(built, sign_in):
    caller = AuditEvent("answer", "ok", built.desk.event(caller_of(built, sign_in), "answer").actor, "r", "role")
    built.desk.records.audit(AuditEvent(**{**vars(caller), "client_id": MINE}))
    oversight, auditor = built.services.oversight, sign_in("auditor")
    made = oversight.client_log(auditor, HENKILOTUNNUS, None, "csv", "fi")
    assert len(made.content.decode("utf-8-sig").splitlines()) == 1 + 1
    (entry,) = entries(built, "client_log")
    assert (entry["client_id"], entry["ground"], entry["detail"]["rows"]) == (MINE, "client_request", 1)
    assert HENKILOTUNNUS not in json.dumps(entry)
    again = oversight.client_log(auditor, HENKILOTUNNUS, "tuomioistuin pyytää tietoja", "html", "sv")
    assert again.content.decode().count("<tr>") == 1 + 2
    assert entries(built, "client_log")[0]["free_ground"] == "tuomioistuin pyytää tietoja"


def caller_of(built, sign_in):
    return built.services._caller(sign_in("coordinator"))


@pytest.mark.parametrize("person, reason", [("not-an-id", None), (HENKILOTUNNUS, "short")])
def test_a_form_that_cannot_be_used_gives_nothing(built, sign_in, person, reason):
    with pytest.raises(NotUnderstood):
        built.services.oversight.client_log(sign_in("auditor"), person, reason, "csv", "fi")
    assert [one["outcome"] for one in entries(built, "client_log")] in ([], ["denied"])


def test_statistics_count_the_days_in_finland(built, sign_in):
    auditor = sign_in("auditor")
    found = built.services.oversight.statistics(auditor, "2026-11-21", "2026-11-21")
    assert found.by_event == {"sign_in": 1}
    assert built.services.oversight.statistics(auditor, "2026-11-20", "2026-11-20").events == 0
    for span in (("2026-11-22", "2026-11-21"), ("", "2026-11-21")):
        with pytest.raises(NotUnderstood):
            built.services.oversight.statistics(auditor, *span)


def test_a_replay_that_cannot_be_is_one_sentence_and_is_logged(built, sign_in, monkeypatch):
    said = subprocess.CompletedProcess([], 1, "", "luotain: There is no such entry.\n")
    monkeypatch.setattr(subprocess, "run", lambda *args, **more: said)
    found = built.services.oversight.replay(sign_in("auditor"), "77")
    assert found.fault == "There is no such entry."
    assert entries(built, "replay")[0]["detail"] == {"entry": 77}
    with pytest.raises(NotUnderstood):
        built.services.oversight.replay(sign_in("auditor"), "-1")


def test_the_switch_is_logged_before_it_turns_and_is_lifted_likewise(built, sign_in):
    oversight, admin = built.services.oversight, sign_in("admin")
    with pytest.raises(NotUnderstood):
        oversight.stop(admin, NAME, "x")
    with pytest.raises(NotYours):
        oversight.stop(admin, "no_such_model", "the register is broken")
    oversight.stop(admin, NAME, "the register is broken")
    assert [one.name for one in oversight.stopped()] == [NAME]
    own = next(one for one in oversight.first_screen(sign_in("auditor")).models if one.name == NAME)
    assert (own.verdict.outcome, own.verdict.weakest[0].code) == ("not_to_be_used", "stopped")
    oversight.lift(admin, NAME, "the register is mended")
    assert oversight.stopped() == ()
    said = [entries(built, event)[0]["free_ground"] for event in ("model_stopped", "model_lifted")]
    assert said == ["the register is broken", "the register is mended"]


@pytest.mark.parametrize("user", ["coordinator", "planner", "manager", "auditor"])
def test_A17_only_the_administrator_stops_a_model(built, sign_in, user):
    with pytest.raises(NotAllowed):
        built.services.oversight.stop(sign_in(user), NAME, "the register is broken")
    assert built.services.oversight.stopped() == ()


def test_a_damaged_stop_still_stops(tmp_path):
    stops = StopList(tmp_path)
    stops.stop("need_x", Stopped("2026-11-21T12:00:00", "antti", "because"))
    assert StopList(tmp_path).all()["need_x"].reason == "because"
    (tmp_path / "stopped" / "need_x.json").write_text("{", encoding="utf-8")
    assert "need_x" in StopList(tmp_path).all()
    with pytest.raises(ValueError):
        stops.stop("../x", Stopped("", "", ""))


def test_the_command_refuses_what_is_not_stopped(built, capsys):
    assert stop_model(["--model", NAME, "--reason", "the register is broken", "--lift"]) != 0
    assert "is not stopped" in capsys.readouterr().err


def test_the_manager_reads_what_was_published_and_nothing_else(built, sign_in):
    oversight, manager = built.services.oversight, sign_in("manager")
    assert oversight.groups(manager) is None
    assert oversight.indicators(manager) == ()
    assert oversight.plan_indicators(manager) is None
    folder = SETTINGS.workspace.published / built.desk.engine.data().snapshot_sha256[:12]
    folder.mkdir(parents=True)
    (folder / "client_groups.json").write_text('{"format": 1, "segments": []}', encoding="utf-8")
    lines = [{"area": "county", "requests": n, "service": "s", "level": "l"} for n in (None, 4, 5)]
    shares = {"share_lately": 0.5, "share": 0.5, "low80": 0.4, "high80": 0.6, "target": None, "meets_target": None}
    told = {"sections": [{"id": "attainment", "lines": [{**line, **shares} for line in lines]}]}
    (folder / "demand_reports.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "indicators.json").write_text('{"format": 1, "lines": []}', encoding="utf-8")
    assert oversight.plan_indicators(manager) == {"format": 1, "lines": []}
    assert oversight.groups(manager) == {"format": 1, "segments": []}
    assert len(oversight.indicators(manager)) == 1  # those of fewer than five requests are left out
    with pytest.raises(NotAllowed):
        oversight.groups(sign_in("planner"))
    with pytest.raises(NotAllowed):
        oversight.plan_indicators(sign_in("planner"))


def test_the_quality_report_counts_breaks_that_nobody_explained():
    report = {"changes": [{"declared": None}, {"declared": {"fi": "x"}}], "families": {"lines": [{"off": True}]}}
    found = quality_of(report)
    assert found is not None
    assert (found.undeclared_changes, found.families_off) == (1, 1)
    assert quality_of(None) is None
