"""A client's own log: who, when, what, why and on what ground, in three languages; two years, or all for a reason."""

import io
from datetime import UTC, date, datetime

import pytest

from configs.errors import DataError
from features.identity import pseudonymise
from features.keys import load_key
from serving import client_log
from serving.client_log import disclosed
from serving.disclosing.own_log import load_words, told_since
from serving.records.entries import AuditEvent
from serving.records.logs import Records, Wanted
from serving.records.schema import AUDIT_LOG
from tests.records.places import ACTOR, CLIENT, OTHER, event
from tests.serving.serving_parts import SETTINGS

CODE = "010594Y9032"


def at(clock, text):
    clock.now = datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(records, clock, reason=None):
    return disclosed(SETTINGS, records, CLIENT, reason, clock)


@pytest.fixture
def filled(records, clock):
    at(clock, "2023-05-01T10:00:00")
    records.audit(event(answer="old"))
    at(clock, "2026-02-28T22:30:00")
    records.audit(
        event(purpose="service_need_assessment", detail={"data_categories": ["avohilmo", "rai"], "answers": []})
    )
    at(clock, "2026-03-01T08:00:00")
    records.audit(AuditEvent("client_list", "ok", ACTOR, "r", "care_relationship", detail={"clients": [OTHER, CLIENT]}))
    records.audit(event(client=OTHER))
    records.audit(event("answer", "denied", answer=None))
    at(clock, "2026-11-21T12:00:00")
    return records


def test_every_act_about_the_client_of_two_years_is_told_in_both_languages_and_english(filled, clock):
    told, files = asked(filled, clock)
    assert [(row.time, row.what["fi"], row.outcome["sv"]) for row in told.rows] == [
        ("2026-03-01T00:30:00", "Mallin arvio katsottiin", "Utfördes"),  # Finnish time: already March
        ("2026-03-01T10:00:00", "Näkyi asiakasluettelossa", "Utfördes"),
        ("2026-03-01T10:00:00", "Mallin arvio katsottiin", "Nekades"),
    ]
    (first, *_) = told.rows
    assert (first.who, first.data, first.why["en"]) == (
        "Kaisa Koordinaattori", "avohilmo, rai", "Assessment of service need"
    )  # fmt: skip
    assert sorted(files) == [f"client-log.{one}.{end}" for one in ("en", "fi", "sv") for end in ("csv", "html")]
    page = files["client-log.sv.html"].decode()
    assert "Behandlingen av dina klientuppgifter" in page
    assert "21.11.2024–21.11.2026" in page
    assert "endast av särskilda skäl" in page
    for content in files.values():
        assert CLIENT.encode() not in content
        assert OTHER.encode() not in content


def test_older_entries_need_a_special_reason_that_is_logged(filled, clock):
    told, files = asked(filled, clock, "Riita hoidosta vuonna 2023, 010594Y9032")
    assert told.rows[0].time == "2023-05-01T13:00:00"
    assert "vain erityisestä syystä" not in files["client-log.fi.html"].decode()
    (entry,) = filled.page(AUDIT_LOG, Wanted({"event": "client_log"}), 1, 5).entries
    assert entry["free_ground"] == "Riita hoidosta vuonna 2023, [henkilötunnus]"
    assert (entry["client_id"], entry["detail"]["recipient"], entry["detail"]["rows"]) == (CLIENT, "client", 4)
    with pytest.raises(DataError, match="at least 10 characters"):
        asked(filled, clock, "koska")


def test_giving_the_log_is_told_the_next_time(filled, clock):
    asked(filled, clock)
    assert asked(filled, clock)[0].rows[-1].what["fi"] == "Lokitiedot annettiin asiakkaalle"


def test_a_client_nobody_handled_gets_a_page_too(records, clock):
    told, files = asked(records, clock)
    assert told.rows == ()
    assert "ei ole käsitelty" in files["client-log.fi.html"].decode()


@pytest.mark.parametrize("who", ["=HYPERLINK(1)", "<script>alert(1)</script>"])
def test_X8_X1_nothing_in_the_files_runs(records, clock, who):
    actor = type(ACTOR)(**{**vars(ACTOR), "actor_id": who})
    records.audit(AuditEvent("answer", "ok", actor, "r", "care_relationship", client_id=CLIENT))
    _, files = asked(records, clock)
    assert "<script>" not in files["client-log.fi.html"].decode()
    assert ";=HYPER" not in files["client-log.fi.csv"].decode("utf-8-sig")


def test_two_years_before_a_leap_day():
    assert told_since(date(2028, 2, 29), None) == date(2026, 2, 28)


def test_every_word_is_there_in_every_language():
    words = load_words()
    assert list(words.columns) == ["time", "who", "role", "unit", "what", "data", "why", "ground", "outcome"]


def test_the_command_reads_the_code_from_stdin_and_repeats_it_nowhere(tmp_path, clock, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    client = pseudonymise(load_key(SETTINGS.workspace.keys, create=True), CODE)
    clock.now = datetime.now(UTC)
    records = Records(tmp_path / "records", clock)
    records.audit(event(client=client))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CODE}\n"))
    assert client_log.main(["--to", str(tmp_path / "out")]) == 0
    assert "1 entries written to 6 files" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("010594Y9033\n"))
    assert client_log.main(["--to", str(tmp_path / "out")]) == 3
    assert "010594" not in capsys.readouterr().err
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and CODE.encode() in file.read_bytes()]
    records.close()
