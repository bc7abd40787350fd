"""Who may knock: proxies, hosts, huge headers, and addresses that only this machine or an administrator may open."""

from dataclasses import replace

import pytest

from models.answers import Alternative, Evidence, Missing, Reason
from serving.middleware.doors import MAX_HEADER_CHARACTERS, address_of
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from tests.serving.fake_engine import MINE, FakeCase, FakeEngine, said
from tests.serving.serving_parts import CLIENT_QUESTION, bearer, browser, house, service_of
from tests.serving.users.identity import sign_in

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*"),
]
INTERNAL = ("/metrics", "/docs.json", "/schema.json")
ORIGIN = {"origin": "http://127.0.0.1:3000"}


def opened(engine=None, **changes):
    """The service's browser; to be used as a context manager."""
    built = house(engine or FakeEngine(), **changes)
    client = browser(service_of(built).to_asgi())
    client.house = built
    return client


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("var")))
        yield


@pytest.fixture(scope="module")
def development(folder):
    with opened() as http:
        yield http


@pytest.fixture(scope="module")
def production(folder):
    with opened(environment="production", sign_in=sign_in()) as http:
        yield http


@pytest.mark.parametrize(
    "header",
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-more", "x-real-ip", "via"],
)
def test_W18_A24_A31_development_answers_nothing_that_came_through_a_proxy(development, header):
    http = development
    for path in ("/sign-in", *INTERNAL):
        assert http.get(path, headers={header: "10.0.0.1"}).status_code == 403, path
    posted = http.post("/sign-in", data={"user": "coordinator"}, headers={**ORIGIN, header: "10.0.0.1"})
    assert posted.status_code == 403
    assert "set-cookie" not in posted.headers
    asked = http.post("/v1/segment", json={**CLIENT_QUESTION, "client_id": MINE}, headers={**bearer(), header: "x"})
    assert asked.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""])
def test_W18_A24_A31_another_host_is_refused(development, host):
    http = development
    for path in ("/sign-in", *INTERNAL):
        assert http.get(path, headers={"host": host}).status_code == 400, path


def test_W18_in_production_forwarded_headers_change_nothing(production):
    http = production
    plain, forwarded = (
        http.get("/sign-in", headers=headers)
        for headers in ({}, {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "evil.example"})
    )
    assert (plain.status_code, plain.text) == (forwarded.status_code, forwarded.text)
    assert http.get("/sign-in", headers={"host": "evil.example", "x-forwarded-host": "localhost"}).status_code == 400


@pytest.mark.parametrize(
    "peer,         forwarded,                 trusted,         address",
    [
        ("10.0.0.9",  None,                     (),              "10.0.0.9"),
        ("10.0.0.9",  "127.0.0.1",              (),              "10.0.0.9"),  # nobody is believed by default
        ("10.0.0.9",  "1.1.1.1, 2.2.2.2",       ("10.0.0.9",),   "2.2.2.2"),   # what the proxy itself added
        ("10.0.0.8",  "1.1.1.1",                ("10.0.0.9",),   "10.0.0.8"),
        ("10.0.0.9",  None,                     ("10.0.0.9",),   "10.0.0.9"),
    ],
)  # fmt: skip
def test_A29_whose_failures_are_counted_together(peer, forwarded, trusted, address):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert address_of({"client": (peer, 1)}, headers, trusted) == address


@pytest.mark.parametrize("path", ["/sign-in", "/v1/segment", "/livez"])
def test_W20_huge_headers_are_refused_at_once(development, path):
    http = development
    for headers in ({"cookie": "a" * 1_000_000}, {"x-anything": "a" * (MAX_HEADER_CHARACTERS + 1)}):
        assert http.get(path, headers=headers).status_code == 431
    assert http.get("/sign-in", headers={"x-anything": "a" * 1000}).status_code == 200


def test_W20_A16_a_token_of_a_megabyte_is_refused_at_once(development, production):
    headers = {"authorization": "Bearer " + "a" * 1_000_000}
    for http in (development, production):
        assert http.post("/v1/segment", json={}, headers=headers).status_code == 401


def test_A1_A31_without_a_token_production_opens_neither_the_api_nor_its_descriptions(production):
    http = production
    answers = [http.post("/v1/segment", json={}), *(http.get(path) for path in INTERNAL)]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.parametrize("path", ["/models/../../etc/1/report", "/models/%2e%2e/1/report", "/models/other/9/report"])
def test_A20_W19_a_report_that_is_not_this_countys_is_not_found(development, path):
    http = development
    http.post("/sign-in", data={"user": "auditor"}, headers=ORIGIN)
    assert http.get(path).status_code == 404


# P12: restricted kinds of information


class Guarded(FakeCase):
    """A client of whom something restricted is known, missing and evidence."""

    def segment(self, by_hand=()):
        answer = super().segment(by_hand)
        axes = tuple(self._with_secret(axis) for axis in answer.axes)
        missing = (*answer.missing, Missing("audit_secret", said("audit_secret"), "register_secret", "substance"))
        return replace(answer, axes=axes, missing=missing, sources=(*answer.sources, "register_secret"))

    def need(self, task):
        answer = super().need(task)
        evidence = Evidence("care_secret", said("care_secret"), "for", 1.0, said("c"), "register_secret", "substance")
        alternatives = (Alternative("home", said("home"), (evidence,)),)
        return replace(answer, likelihood=self._with_secret(answer.likelihood), alternatives=alternatives)

    def _with_secret(self, likelihood):
        hidden = Reason(
            family="care_secret",
            name=said("care_secret"),
            dimension="dimension_secret",
            role="risk",
            contribution=0.1,
            feature="care_secret__90d",
            value=4.0,
            comparison=1.0,
            source="register_secret",
            sentence=said("sentence_secret"),
            sensitivity="substance",
        )
        contributions = (*likelihood.contributions, hidden)
        return replace(likelihood, contributions=contributions, reasons=contributions)


class GuardedEngine(FakeEngine):
    def open(self, client_id):
        return Guarded(self, client_id)


def everything_shown(http):
    """Each place where reasons, evidence or a history is shown, as text."""
    about = {**CLIENT_QUESTION, "client_id": MINE}
    asked = (("segment", {}), ("need", {"task": "heavier_home_care_6m"}), ("counterfactual", {"output": "complexity"}))
    shown = {path: http.post(f"/v1/{path}", json={**about, **more}, headers=bearer()) for path, more in asked}
    http.post("/sign-in", data={"user": "coordinator"}, headers=ORIGIN)
    listed = http.get("/clients")
    links = {part.split('"')[0] for part in listed.text.split('href="/clients/')[1:]} - {"emergency"}
    for link in sorted(link for link in links if "?" not in link):
        shown[f"page {link}"] = http.get(f"/clients/{link}")
        shown[f"change {link}"] = http.get(f"/clients/{link}/what-would-change?output=complexity")
    assert {answer.status_code for answer in shown.values()} == {200}
    return {name: answer.text for name, answer in shown.items()} | {"list": listed.text}


def test_P12_restricted_kinds_are_shown_nowhere_to_a_role_without_the_right(var):
    with opened(GuardedEngine()) as http:
        assert {name for name, text in everything_shown(http).items() if "_secret" in text} == set()
        log = http.house.desk.records.page(AUDIT_LOG, Wanted({}), 1, 1000).entries
        assert "_secret" not in str(log)


def test_P12_a_role_with_the_right_is_told(var):
    with opened(GuardedEngine(), sensitive={"coordinator": ("substance",)}) as http:
        shown = everything_shown(http)
    assert all("care_secret" in shown[path] for path in ("segment", "need"))
    assert any("sentence_secret" in text for name, text in shown.items() if name.startswith("page"))
