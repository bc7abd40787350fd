"""The commands of the service: what they refuse in one sentence, and what they start."""

import json
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.ingest.settings import Identity
from serving import export_log, serve, token
from serving.engine.engine import RegisterEngine
from serving.records.entries import HELSINKI, Actor, AuditEvent, DecisionEntry
from serving.records.logs import Records
from serving.settings import load_settings
from serving.users.keys import load_or_create_key
from serving.users.tokens import KEY_FILE, user_of_token
from tests.features.deliveries.extracts import ANNA, CONTACTS, county

NOW = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)

SIGN_IN = """
sign_in:
  issuer: https://id.county.example
  client_id: luotain
  client_secret: {env: LUOTAIN_TEST_SECRET}
  public_url: https://luotain.county.example
  audience: luotain-api
  claims:
    roles: {claim: [roles], values: {coordinator: coordinator}}
    units: {claim: [units], values: {west: {id: west, name: {fi: Länsi, sv: Väst, en: West}}}}
    service_tasks: {claim: [tasks], values: {older_people: older_people}}

# Sessions of the pages"""
PRODUCTION = (
    ("environment: development", "environment: production"),
    ("clock: data ", "clock: system "),
    ("# Sessions of the pages", SIGN_IN),
)
"""What must change in the demo's config for production to take it."""


@pytest.fixture
def config(tmp_path):
    """A copy of the config that a test may change."""

    def write(*changes):
        text = Path("configs/serving.yaml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "serving.yaml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


@pytest.fixture
def ready(monkeypatch):
    """Registers and models are there."""
    monkeypatch.setattr(serve, "open_snapshot", lambda store: None)
    monkeypatch.setattr(serve, "require_models", lambda settings: ())


def test_port_in_use_says_what_to_type(var, capsys):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert serve.main(["--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"luotain: Port {port} is in use. Stop what listens there, or type `--port {port + 1}`.\n"
    )


def test_a_port_that_does_not_exist(var, capsys):
    assert serve.main(["--port", "70000"]) == 2
    assert "1 to 65535" in capsys.readouterr().err


def test_no_registers_yet(var, capsys):
    assert serve.main(["--port", "39871"]) == 3
    assert "features.ingest" in capsys.readouterr().err


@pytest.mark.parametrize("test_range, refused", [("link", True), ("refuse", False)])
def test_production_refuses_registers_with_linked_test_persons(var, config, monkeypatch, capsys, test_range, refused):
    small = county(var)
    small.mapping(CONTACTS, optional=True)
    small.ingest(identity=Identity(test_range=test_range, create_key=True))
    monkeypatch.setattr(serve, "require_models", lambda settings: ())
    monkeypatch.setattr(serve, "_replace_process", lambda words, variables: None)
    production = config(*PRODUCTION)
    monkeypatch.setenv("LUOTAIN_TEST_SECRET", "a-secret")
    engine = RegisterEngine(load_settings(production))
    engine.refresh()
    assert ("registers" in engine.missing()) == refused
    assert serve.main(["--config", production, "--port", "39874"]) == (3 if refused else 0)
    assert ("identity: {test_range: link}" in capsys.readouterr().err) == refused
    assert serve.main(["--port", "39874"]) == 0  # development serves both


def test_a_store_that_was_linked_once_stays_linked_and_an_older_manifest_keeps_its_checksum(var):
    small = county(var)
    small.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    refuse = Identity(test_range="refuse", create_key=True)
    first = small.ingest(identity=refuse)
    assert '"test_range":' not in (var / "store" / "manifest.json").read_text()
    assert small.snapshot().sha256 == first.sha256
    small.contacts(f"{ANNA};2024-03-02;;T1;A01;1", name="contacts_2.csv")
    small.ingest()
    small.contacts(f"{ANNA};2024-03-03;;T1;A01;1", name="contacts_3.csv")
    small.ingest(identity=refuse)
    assert small.snapshot().test_range == "link"


class Registry:
    def __init__(self, *promoted):
        self.promoted = promoted

    def champion(self, name):
        return name if name in self.promoted else None

    def champions(self):
        return dict.fromkeys(self.promoted)


def test_F1_no_model_at_all_is_refused_and_a_missing_one_is_named(var, monkeypatch):
    settings = load_settings("configs/serving.yaml")
    monkeypatch.setattr(serve, "connect", lambda workspace: Registry())
    with pytest.raises(serve.ModelError, match="No model was promoted yet"):
        serve.require_models(settings)
    monkeypatch.setattr(serve, "connect", lambda workspace: Registry(settings.models.segmentation))
    absent = serve.require_models(settings)
    assert absent == settings.models.demand  # `needs: all` asks for those that were promoted, here none
    assert "503" in serve.greeting(settings, 3000, absent)[0]


def test_it_starts_bentoml_on_the_chosen_port_without_telemetry(var, ready, capsys):
    started = []
    serve.serve("configs/serving.yaml", 39872, start=lambda words, variables: started.append((words, variables)))
    ((words, variables),) = started
    assert words[:5] == [sys.executable, "-m", "bentoml", "serve", "serving.front:Luotain"]
    assert words[words.index("--port") + 1] == "39872"
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert variables["BENTOML_DO_NOT_TRACK"] == "True"
    assert variables["LUOTAIN_VAR"] == str(var)
    assert variables["LUOTAIN_SERVING_CONFIG"].endswith("configs/serving.yaml")
    told = capsys.readouterr().out
    for address in ("39872/clients", "39872/forecasts", "39872/models"):
        assert address in told


@pytest.mark.parametrize(
    "changes,                                                     sentence",
    [
        ([("host: 127.0.0.1", "host: 0.0.0.0")], "loopback"),
        ([("allowed_hosts: [localhost, 127.0.0.1]", "allowed_hosts: [luotain.example]")], "loopback"),
        ([("client_purpose: service_need_assessment", "client_purpose: curiosity")], "curiosity"),
        ([("workers: 2", "workers: two")], "workers"),
        ([("environment: development", "published_data: true")], "development only"),
        ([("environment: development", "environment: production")], "write `clock: system`"),
        (PRODUCTION[:2], "add a `sign_in:` block"),
        ((*PRODUCTION, ("issuer: https:", "issuer: http:")), "https://"),
        ([("clock: data", "clock: yesterday")], "clock"),
        ([("sensitive: {}", "sensitive: {coordinator: [secrets]}")], "sensitive"),
        ([("timeout_seconds:", "timeout_secs:")], "Did you mean `timeout_seconds`?"),
        ([("role: planner", "role: wizard")], "role"),
    ],
)
def test_F27_a_wrong_setting_is_named(var, config, capsys, changes, sentence):
    assert serve.main(["--config", config(*changes), "--port", "39873"]) == 2
    assert sentence in capsys.readouterr().err


def test_production_is_the_default_mode(config):
    settings = load_settings(config(("environment: development\n", ""), *PRODUCTION[1:]))
    assert settings.environment == "production"
    assert serve.greeting(settings, 3000, ()) == (
        "Luotain listens at http://127.0.0.1:3000 (production mode).",
        "People sign in at https://luotain.county.example/sign-in through https://id.county.example.",
    )


def test_F27_a_missing_client_secret_stops_the_start(var, config, monkeypatch, capsys):
    monkeypatch.delenv("LUOTAIN_TEST_SECRET", raising=False)
    assert serve.main(["--config", config(*PRODUCTION), "--port", "39876"]) == 2
    assert "LUOTAIN_TEST_SECRET" in capsys.readouterr().err


def test_W18_no_forwarded_header_is_believed(config):
    variables = serve.environment(load_settings(config(*PRODUCTION)), config(*PRODUCTION))
    assert variables["FORWARDED_ALLOW_IPS"] == "nobody"  # uvicorn believes this machine's proxies without it


def test_a_token_is_printed_for_a_known_user(var, capsys):
    assert token.main(["--user", "coordinator"]) == 0
    text = capsys.readouterr().out.strip()
    key = load_or_create_key(var / "keys" / KEY_FILE)
    assert user_of_token(text, key, datetime.now(UTC)) == "coordinator"
    assert (var / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "arguments,                                  sentence",
    [
        (["--user", "nobody"], "allowed: coordinator, planner, auditor"),
        (["--user", "planner", "--minutes", "0"], "1 to 480 minutes"),
    ],
)
def test_a_token_that_is_refused(var, capsys, arguments, sentence):
    assert token.main(arguments) == 6
    assert sentence in capsys.readouterr().err


def test_A24_no_development_token_in_production(var, config, capsys):
    file = config(*PRODUCTION)
    assert token.main(["--config", file, "--user", "coordinator"]) == 6
    assert "production" in capsys.readouterr().err


def test_decisions_come_back_as_an_extract(var, capsys):
    records = Records(var / "records", lambda: NOW)
    actor = Actor("coordinator", "coordinator", "Esimerkki", "asiakasohjaus_keski", "session")
    decision = DecisionEntry(
        "key",
        actor,
        "a" * 32,
        "answer",
        "client_guidance",
        "change",
        "network",
        "cooperative",
        "uusi tieto",
        3.0,
        "m 1",
    )
    records.decide(decision, AuditEvent("decision", "ok", actor, "request", "care_relationship"))
    records.close()
    assert export_log.main([]) == 0
    file = var / "extracts" / "service" / "decisions.parquet"
    (row,) = pd.read_parquet(file).to_dict("records")
    assert (row["client_id"], row["decision"], row["segment"]) == ("a" * 32, "change", "cooperative")
    assert row["time"] == pd.Timestamp("2026-07-02 00:30:00")  # 21.30 UTC is half past midnight in Finland
    marker = json.loads((file.parent / "decisions.parquet.complete").read_text(encoding="utf-8"))
    assert (marker["rows"], marker["covers_until"]) == (1, datetime.now(HELSINKI).date().isoformat())


def test_nothing_to_export_yet(var, capsys):
    assert export_log.main([]) == 3
    assert "no decision log" in capsys.readouterr().err
