"""No log, no answer: full, read-only, locked and lost databases; several writers; clocks that jump."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from serving.pages.services import Unavailable
from serving.records.chain.chained import verify_table
from serving.records.database import Place
from serving.records.databases import postgres, sqlite
from serving.records.databases.settings import RecordsSettings
from serving.records.entries import AuditEvent
from serving.records.keeping.clock import ClockWatch
from serving.records.logs import Records, Wanted
from serving.records.schema import AUDIT_LOG
from tests.records.places import ACTOR, event, filled, raw, refuse_inserts, run
from tests.serving.fake_engine import MINE, FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of

LIBRARIES = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)


def small_disk(engine, pages_left):
    """An SQLite file on a disk that has room for a few pages more."""

    @sa.event.listens_for(engine, "connect")
    def limit(connection, _record):
        (used,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {used + pages_left}")

    engine.dispose()


def test_F9_a_disk_that_fills_up_keeps_what_was_acknowledged(tmp_path, clock):
    records = Records(tmp_path, clock)
    filled(records, 3)
    small_disk(records.engine, pages_left=4)
    acknowledged = 3
    for _ in range(500):
        try:
            acknowledged = records.audit(event(detail={"text": "x" * 500}))
        except Unavailable:
            break
    result = verify_table(records.engine, AUDIT_LOG)
    assert 3 < acknowledged < 503
    assert (result.entries, result.first_bad) == (acknowledged, None)
    records.close()


@pytest.fixture
def served(place, tmp_path, monkeypatch):
    """The service over the logs, and the engine that would answer."""
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    if place.url is not None:
        monkeypatch.setenv("LUOTAIN_RECORDS_URL", place.url.render_as_string(hide_password=False))
    engine = FakeEngine()
    built = house(engine)
    with browser(service_of(built).to_asgi()) as client:
        assert client.post("/v1/segment", json={**CLIENT_QUESTION, "client_id": MINE}, headers=bearer()).is_success
        yield client, built
    built.close()


def read_only(place):
    if place.url is None:
        run(place, "CREATE TRIGGER no_more BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'readonly'); END")
    else:
        run(place, "ALTER DATABASE postgres SET default_transaction_read_only = on")


FAULTS = {
    "full": lambda place, built: refuse_inserts(place, "audit_log"),
    "read only": lambda place, built: (read_only(place), built.desk.records.engine.dispose()),
    "table gone": lambda place, built: run(place, "ALTER TABLE audit_log RENAME TO elsewhere"),
}


@LIBRARIES
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path, more", [("segment", {}), ("need", {"task": "heavier_home_care_6m"}),
                                        ("counterfactual", {"output": "complexity"})])  # fmt: skip
def test_F9_L8_no_log_no_answer(served, place, fault, path, more):
    client, built = served
    FAULTS[fault](place, built)
    told = client.post(f"/v1/{path}", json={**CLIENT_QUESTION, "client_id": MINE, **more}, headers=bearer())
    if place.url is not None:
        run(place, "ALTER DATABASE postgres RESET ALL")
    assert told.status_code == 503
    assert set(told.json()) == {"error"}
    for shown in ("network", "0.622", "painaa", "segments"):
        assert shown not in told.text


@LIBRARIES
def test_F9_L8_a_page_shows_nothing_either(served, place):
    client, _ = served
    client.post("/sign-in", data={"user": "coordinator"}, headers={"sec-fetch-site": "same-origin"})
    assert client.get("/clients").status_code == 200
    refuse_inserts(place, "audit_log")
    told = client.get("/clients")
    assert told.status_code == 503
    assert MINE not in told.text


def test_L8_a_log_that_somebody_else_holds_is_unavailable_after_a_while(place, clock, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    records = Records(place, clock)
    filled(records, 1)
    holder = raw(place).connect()
    holder.exec_driver_sql("BEGIN IMMEDIATE" if place.url is None else f"SELECT pg_advisory_xact_lock({postgres.LOCK})")
    with pytest.raises(Unavailable, match="cannot be written"):
        records.audit(event())
    holder.rollback()
    holder.close()
    assert records.audit(event()) == 2
    records.close()


def test_F24_a_server_that_never_answers_is_unavailable(tmp_path, clock, monkeypatch):
    import socket

    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 2)  # libpq's shortest
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        url = sa.make_url(f"postgresql+psycopg://luotain@127.0.0.1:{silent.getsockname()[1]}/x")
        records = Records(Place(tmp_path, url), clock)
        with pytest.raises(Unavailable, match="cannot be opened"):
            records.audit(event())
        records.close()


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_a_connection_that_was_cut_is_replaced(place, clock):
    records = Records(place, clock)
    filled(records, 1)
    run(place, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'luotain'")
    assert records.audit(event()) == 2
    records.close()


def test_L9_several_writers_make_one_chain(place, clock):
    logs = [Records(place, clock) for _ in range(3)]  # as three workers
    writers = [threading.Thread(target=filled, args=(log, 15)) for log in logs for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    result = verify_table(logs[0].engine, AUDIT_LOG)
    for log in logs:
        log.close()
    assert (result.entries, result.first_bad) == (6 * 15, None)


def test_L9_an_entry_that_cannot_be_written_takes_nobody_elses_with_it(records):
    filled(records, 1)
    numbers, faults, hold = [], [], threading.Event()

    def write(one):
        try:
            numbers.append(records.audit(one))
        except TypeError as fault:
            faults.append(fault)

    with records._turns.alone():  # everybody queues, so that they are written together
        writers = [threading.Thread(target=write, args=(event(detail={"x": value}),)) for value in (1, {1}, 2, 3)]
        for writer in writers:
            writer.start()
        while len(records._turns._queue) < len(writers):
            hold.wait(0.01)
    for writer in writers:
        writer.join()
    assert (sorted(numbers), len(faults)) == ([2, 3, 4], 1)  # a set is no JSON
    assert verify_table(records.engine, AUDIT_LOG).first_bad is None


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=-1), timedelta(days=1),
                                  timedelta(days=-365), timedelta(days=365)])  # fmt: skip
def test_L10_a_clock_that_jumps_keeps_the_order_and_is_said(records, clock, caplog, jump):
    records.audit(event(answer="first"))
    clock.now += jump
    records.audit(event(answer="second"))
    records.audit(event(answer="third"))
    found = records.page(AUDIT_LOG, Wanted(), 1, 10).entries
    assert [entry["answer_id"] for entry in found] == ["third", "second", "first"]
    assert found[1]["clock_jump_seconds"] == pytest.approx(jump.total_seconds(), abs=30)
    assert "clock_jump_seconds" not in found[0]
    assert "clock jumped" in caplog.text
    result = verify_table(records.engine, AUDIT_LOG)
    assert (result.first_bad, result.backwards) == (None, int(jump < timedelta(0)))


def test_F17_a_slow_day_is_no_jump():
    steady = iter([0.0, 50_000.0, 50_010.0])
    watch = ClockWatch(lambda: next(steady))
    start = datetime(2026, 11, 21, tzinfo=UTC)
    assert watch.jump(start) is None
    assert watch.jump(start + timedelta(seconds=50_030)) is None  # 30 s off in 14 hours: a clock that is set by the net
    assert watch.jump(start + timedelta(seconds=50_030 + 10 + 3600)) == 3600


def test_the_password_comes_from_the_environment_or_a_file_and_is_never_shown(tmp_path, monkeypatch):
    settings = RecordsSettings(url="postgresql://luotain@db.example.fi:5432/luotain")
    monkeypatch.setenv("LUOTAIN_RECORDS_PASSWORD", "hemmelig")
    assert settings.database().password == "hemmelig"
    secret = tmp_path / "password"
    secret.write_text("hemmelig2\n")
    monkeypatch.setenv("LUOTAIN_RECORDS_PASSWORD_FILE", str(secret))
    assert settings.database().password == "hemmelig2"
    assert "hemmelig2" not in repr(settings.database()) + str(settings.database()) + repr(settings)
    monkeypatch.setenv("LUOTAIN_RECORDS_PASSWORD_FILE", str(tmp_path / "elsewhere"))
    with pytest.raises(Exception, match="names a file that cannot be read"):
        settings.database()


@pytest.mark.parametrize(
    "url, sentence",
    [
        ("postgresql://luotain:hemmelig@db/luotain", "holds a password; take it out"),
        ("mysql://luotain@db/luotain", "the logs take PostgreSQL"),
        ("db.example.fi", "is no database URL"),
    ],
)
def test_F27_a_wrong_url_is_said_without_being_shown(url, sentence):
    from configs.errors import ConfigError
    from configs.loader import validate_config

    with pytest.raises(ConfigError, match=sentence) as told:
        validate_config({"url": url}, RecordsSettings, "serving.yaml")
    assert "hemmelig" not in str(told.value)


def test_without_a_setting_the_logs_are_a_file(monkeypatch):
    assert RecordsSettings().database() is None
    monkeypatch.setenv("LUOTAIN_RECORDS_URL", "postgresql+psycopg://luotain:secret@db/luotain")
    assert RecordsSettings().database().host == "db"


def test_who_acted_is_in_every_entry(records):
    records.audit(AuditEvent("answer", "ok", ACTOR, "request-1", "role"))
    (entry,) = records.page(AUDIT_LOG, Wanted(), 1, 10).entries
    assert {"actor_id", "role", "organisation", "unit", "authority", "session", "acting_for"} <= set(entry)
