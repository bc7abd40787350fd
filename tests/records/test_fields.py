"""docs/audit-log.md names every field that the service writes, and the service writes what the rules ask for."""

import re
from datetime import UTC, datetime

import pytest

from configs.loader import PROJECT_ROOT
from serving.records.entries import AuditEvent
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from tests.records.places import ACTOR, decision
from tests.serving.fake_engine import MINE, FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of

PAGE = (PROJECT_ROOT / "docs" / "audit-log.md").read_text(encoding="utf-8")
NAMED = {part for word in re.findall(r"`([^`]+)`", PAGE) for part in re.split(r"[.\[\], ]+", word)}
NOW = datetime(2026, 11, 21, tzinfo=UTC)
pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory):
    """An entry of each kind that concerns a client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("fields")))
        yield from asked()


def asked():
    built = house(FakeEngine())
    with browser(service_of(built).to_asgi()) as client:
        for path, more in (("segment", {}), ("need", {"task": "heavier_home_care_6m"}),
                           ("counterfactual", {"output": "complexity"})):  # fmt: skip
            question = {**CLIENT_QUESTION, "client_id": MINE, **more}
            assert client.post(f"/v1/{path}", json=question, headers=bearer()).is_success
        yield built.desk.records.page(AUDIT_LOG, Wanted(), 1, 10).entries
    built.close()


def test_every_field_is_explained(entries):
    for entry in entries:
        said = entry["detail"]["answers"]
        written = {*entry, *entry["detail"], *(name for one in said for name in one)}
        assert written - NAMED - {"detail", "answers"} == set()
    assert set(decision().values("d", NOW)) - NAMED == set()


@pytest.mark.parametrize(
    "group, fields",
    [
        ("event", "event_id seq time event outcome request_id"),
        ("who", "actor_id role organisation unit authority session acting_for"),
        ("whose and why", "client_id purpose decision_point ground relationship free_ground"),
        ("retention", "retention keep_until"),
    ],
)
def test_every_entry_says(entries, group, fields):
    for entry in entries:
        assert set(fields.split()) <= set(entry), group


@pytest.mark.parametrize("field", ["data_categories", "snapshot_sha256", "snapshot_until", "today", "runtime"])
def test_every_answer_about_a_client_says_from_what(entries, field):
    for entry in entries:
        assert entry["detail"][field] not in (None, "", []), entry["event"]


@pytest.mark.parametrize(
    "field", ["model", "version", "alias", "bundle_sha256", "run_id", "as_of", "data_until", "kind", "answer_sha256"]
)
def test_every_answer_says_which_model_gave_it(entries, field):
    for entry in entries:
        assert all(said[field] for said in entry["detail"]["answers"])


def test_an_answer_says_what_it_was_given_and_what_it_gave(entries):
    segment = next(entry for entry in entries if entry["detail"]["answers"][0]["kind"] == "segment")
    (said,) = segment["detail"]["answers"]
    assert (said["feature_set"], said["rules"], said["templates"]) == ("features-1", "rules-1", "2")
    assert said["quality"] == {"missing": ["whodas"], "silent": [], "oldest_days": None}
    assert (said["abstained"], said["proposed"], said["credible"]) == (False, "network", ["network", "community"])
    assert segment["relationship"] == "asiakasohjaus_lansi/older_people"
    assert set(segment["detail"]["runtime"]) == {"code", "libraries", "threads"}


@pytest.mark.parametrize(
    "event,          client,   kept",
    [
        ("answer", "a" * 32, "client"),
        ("client_search", None, "client"),
        ("forecast", None, "planning"),
        ("sign_in", None, "oversight"),
        ("something_new", None, "client"),  # what nobody classified is kept longest
        ("forecast", "a" * 32, "client"),
    ],
)
def test_the_class_of_an_entry_decides_how_long_it_is_kept(event, client, kept):
    assert AuditEvent(event, "ok", ACTOR, "r", "role", client_id=client).retention == kept
