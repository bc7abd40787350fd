"""The whole way against an independent, OpenID-certified provider (oidc-provider on Node): pages and API."""

import os
import re
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from serving.pages.page import SESSION_COOKIE
from serving.users.oidc import flow as flow_module
from tests.peers_oidc.running import HAS_NODE, MISSING, certified_provider, installed
from tests.serving.fake_engine import MINE, OTHERS
from tests.serving.serving_parts import CLIENT_QUESTION
from tests.serving.users.identity import AUDIENCE
from tests.serving.users.signing_in import KAISA, Served

pytestmark = [
    pytest.mark.skipif(not HAS_NODE and "CI" not in os.environ, reason=MISSING),
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*"),
]
SECRET = "a-secret"


@pytest.fixture(scope="module")
def provider():
    folder = installed()
    if folder is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("the provider could not be installed from npm")
    with certified_provider(folder) as issuer:
        yield issuer


@pytest.fixture
def served(provider, var, monkeypatch):
    monkeypatch.setenv("LUOTAIN_TEST_SECRET", SECRET)
    account(provider, KAISA)
    made = Served(provider)
    with made.http:
        yield made


def account(provider, claims, sub="kaisa"):
    httpx.post(f"{provider}/test/accounts", json={"sub": sub, "claims": claims}).raise_for_status()


def through(address, sub="kaisa"):
    """A person's browser at the provider: sign in, consent, and back; the path and query that she comes back with."""
    with httpx.Client() as browser:
        for _ in range(12):
            answer = browser.get(address)
            if answer.status_code == 200:
                form = dict(re.findall(r'name="(prompt)" value="(\w+)"', answer.text))
                action = re.search(r'action="([^"]+)"', answer.text)[1]
                answer = browser.post(urljoin(address, action), data={**form, "login": sub, "password": "x"})
            address = urljoin(address, answer.headers["location"])
            if urlsplit(address).path == "/sign-in/callback":
                return f"{urlsplit(address).path}?{urlsplit(address).query}"
    raise AssertionError("the provider sent nobody back")


def program_token(provider, name, **more):
    form = {"grant_type": "client_credentials", "resource": "urn:luotain-api", **more}
    answer = httpx.post(f"{provider}/token", data=form, auth=(name, f"{name}-secret"))
    return answer.json()["access_token"]


def ask(served, token, client=MINE):
    headers = {"authorization": f"Bearer {token}"}
    return served.http.post("/v1/segment", json={**CLIENT_QUESTION, "client_id": client}, headers=headers)


def test_a_person_signs_in_works_loses_her_role_and_is_out(served, provider):
    back = served.http.get(through(served.begin()))
    assert back.status_code == 200, back.text
    assert "Kaisa Koordinaattori" in served.http.get("/clients").text
    served.ahead = timedelta(minutes=4, seconds=30)
    assert served.http.get("/clients").status_code == 200  # asked again, by refresh token, and confirmed
    account(provider, {**KAISA, "roles": []})
    served.ahead = timedelta(minutes=9, seconds=29)
    assert served.http.get("/clients").status_code == 303


def test_A30_a_person_without_rights_is_told(served, provider):
    account(provider, {**KAISA, "units": []})
    assert served.http.get(through(served.begin())).status_code == 403
    assert SESSION_COOKIE not in served.http.cookies


def test_the_provider_refuses_a_code_without_its_pkce_verifier(served, monkeypatch):
    monkeypatch.setattr(flow_module, "_challenge", lambda verifier: "x" * 43)
    assert served.http.get(through(served.begin())).status_code == 403


def test_sign_out_leads_to_the_providers_own(served):
    served.http.get(through(served.begin()))
    onward = served.post("/sign-out").headers["refresh"].removeprefix("0; url=")
    page = httpx.get(onward)
    assert (page.status_code, "logout" in page.text.lower()) == (200, True)


def test_A12_A17_A18_a_programs_token_is_taken_and_no_other(served, provider, monkeypatch):
    assert ask(served, program_token(provider, "batch")).status_code == 200
    assert ask(served, program_token(provider, "batch"), OTHERS).status_code == 404
    assert ask(served, program_token(provider, "stranger")).json()["error"]["code"] == "no_role"
    opaque = program_token(provider, "batch", resource="")
    assert ask(served, opaque).status_code == 401
    answers, real = [], flow_module.CodeFlow._ask

    def kept(flow, form):
        answers.append(real(flow, form))
        return answers[-1]

    monkeypatch.setattr(flow_module.CodeFlow, "_ask", kept)
    served.http.get(through(served.begin()))
    for name in ("id_token", "access_token"):
        assert ask(served, answers[0][name]).status_code == 401
    assert AUDIENCE not in answers[0]["access_token"]


def test_A30_A31_a_program_opens_no_page_and_no_metrics(served, provider):
    headers = {"authorization": f"Bearer {program_token(provider, 'batch')}"}
    assert served.http.get("/clients", headers=headers).status_code == 403
    assert served.http.get("/metrics", headers=headers).status_code == 403
