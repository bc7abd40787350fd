"""Signing in on the pages at an identity provider (oidc-provider-mock), through the whole service in one process."""

import re
import time
import warnings
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from serving.pages.page import SESSION_COOKIE, SIGN_IN_COOKIE
from serving.users.oidc.flow import CodeFlow, Person
from serving.users.oidc.provider import Provider, ProviderDown, ProviderRefused
from tests.serving.users.identity import CLIENT
from tests.serving.users.signing_in import KAISA, Served

with warnings.catch_warnings(record=True):  # it uses deprecated names of Authlib, which wants them shown always
    import oidc_provider_mock

pytestmark = [
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*"),
]


@pytest.fixture(scope="module")
def running():
    """The provider, once for the file."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(running):
    """The provider with one coordinator."""
    httpx.put(f"{running}/users/kaisa", json=KAISA)
    return running


@pytest.fixture
def serve(var, monkeypatch):
    monkeypatch.setenv("LUOTAIN_TEST_SECRET", "a-secret")
    opened = []

    def start(issuer, **changes):
        served = Served(issuer, **changes)
        served.http.__enter__()
        opened.append(served)
        return served

    yield start
    for served in opened:
        served.http.__exit__(None, None, None)


@pytest.fixture
def served(serve, provider):
    return serve(provider)


def test_the_whole_way_from_the_link_to_the_clients(served):
    page = served.http.get("/sign-in")
    assert "/sign-in/start" in page.text
    assert "Kaisa" not in page.text
    back = served.sign_in()
    assert back.status_code == 200
    assert back.headers["refresh"] == "0; url=/"
    listed = served.http.get("/clients")
    assert listed.status_code == 200
    assert "Kaisa Koordinaattori" in listed.text
    (entry,) = served.log(event="sign_in")
    assert (entry["actor_id"], entry["role"], entry["unit"]) == ("kaisa", "coordinator", "asiakasohjaus_lansi")
    assert entry["authority"] == "session"


def test_the_question_to_the_provider_carries_pkce_state_and_nonce(served):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(served.begin()).query).items()}
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == "http://127.0.0.1:3000/sign-in/callback"
    again = parse_qs(urlsplit(served.begin()).query)
    assert again["state"][0] != asked["state"]


def test_W18_addresses_come_from_the_settings_and_never_from_a_request(served):
    headers = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example", "x-forwarded-proto": "http"}
    address = served.http.get("/sign-in/start", headers=headers).headers["location"]
    assert "evil" not in address
    assert served.http.get("/sign-in/start", headers={"host": "evil.example"}).status_code == 400


def test_A26_cookies_and_a_new_id_at_sign_in(served):
    served.begin()
    begun = served.http.cookies[SIGN_IN_COOKIE]
    first = served.sign_in()
    cookies = first.headers.get_list("set-cookie")
    session = next(one for one in cookies if one.startswith(SESSION_COOKIE))
    for word in ("HttpOnly", "Secure", "SameSite=strict"):
        assert word in session
    assert any(one.startswith(f'{SIGN_IN_COOKIE}=""') for one in cookies)  # used once, then gone
    old = served.http.cookies[SESSION_COOKIE]
    served.sign_in()
    assert served.http.cookies[SESSION_COOKIE] != old
    served.http.cookies.set(SESSION_COOKIE, old)
    assert served.house.services.visitor(old) is None  # the earlier session ended
    assert "kaisa" not in begun


@pytest.mark.parametrize(
    "case",
    ["no cookie", "another browser's cookie", "another state", "late", "no code", "error", "another issuer"],
)
def test_A25_a_sign_in_that_this_browser_did_not_begin_is_refused(served, case):
    address = served.come_back()
    if case == "no cookie":
        served.http.cookies.clear()
    if case == "another browser's cookie":
        served.begin()
    if case == "another state":
        address = re.sub(r"state=[^&]+", "state=made-up", address)
    if case == "late":
        served.ahead = timedelta(minutes=11)
    if case == "no code":
        address = re.sub(r"code=[^&]+", "code=", address)
    if case == "error":
        address = re.sub(r"code=[^&]+", "error=access_denied", address)
    if case == "another issuer":
        address += "&iss=https%3A%2F%2Fid.other.example"
    response = served.http.get(address)
    assert response.status_code == 403
    assert SESSION_COOKIE not in response.headers.get("set-cookie", "")
    assert served.log(event="sign_in")[0]["outcome"] == "denied"


def test_a_code_used_twice_signs_in_nobody_again(served):
    address = served.come_back()
    kept = dict(served.http.cookies)
    assert served.http.get(address).status_code == 200
    served.http.cookies.set(SIGN_IN_COOKIE, kept[SIGN_IN_COOKIE])
    assert served.http.get(address).status_code == 403


def test_an_id_token_of_another_sign_in_is_refused(served, monkeypatch):
    answers, real = [], Provider.token

    def first_answer(provider, *given):
        answers.append(real(provider, *given))
        return answers[0]  # what was issued for the first sign-in, with its nonce

    monkeypatch.setattr(Provider, "token", first_answer)
    assert served.sign_in().status_code == 200
    assert served.sign_in().status_code == 403


@pytest.mark.parametrize(
    "item,                    change,                                why",
    [
        ("A33 no role",       {"roles": []},                         "no_role"),
        ("A33 no unit",       {"units": []},                         "no_unit"),
        ("A28 overage",       {"_claim_names": {"roles": "src1"}},   "overage"),
        ("A30 a program",     {"idtyp": "app"},                      "service_account"),
    ],
)  # fmt: skip
def test_A30_A28_A33_who_has_no_rights_is_told_why_and_not_let_in(served, provider, item, change, why):
    httpx.put(f"{provider}/users/kaisa", json={**KAISA, **change})
    response = served.sign_in()
    assert response.status_code == 403
    assert SESSION_COOKIE not in served.http.cookies
    (entry,) = served.log(event="sign_in")
    assert (entry["outcome"], entry["ground"], entry["actor_id"]) == ("denied", why, "kaisa")


def test_A30_a_bearer_token_opens_no_page(served):
    assert served.http.get("/clients", headers={"authorization": "Bearer x"}).status_code == 403


@pytest.mark.parametrize(
    "minutes, change,                                   works",
    [
        (3.9,  {"roles": []},                           True),   # not asked again yet
        (5.0,  {"roles": []},                           False),  # role taken away
        (5.0,  {"units": ["asiakasohjaus_keski"]},      True),   # another unit: still in, with that unit's rights
        (5.0,  {},                                      True),
    ],
)  # fmt: skip
def test_A21_a_right_that_was_taken_away_is_gone_after_five_minutes(served, provider, minutes, change, works):
    served.sign_in()
    httpx.put(f"{provider}/users/kaisa", json={**KAISA, **change})
    served.ahead = timedelta(minutes=minutes)
    response = served.http.get("/clients")
    assert (response.status_code == 200) is works
    if "units" in change:
        assert served.log(event="client_list")[0]["unit"] == "asiakasohjaus_keski"


def test_A21_a_person_whom_the_provider_signed_out_is_out(served, provider):
    served.sign_in()
    httpx.post(f"{provider}/users/kaisa/revoke-tokens")
    served.ahead = timedelta(minutes=5)
    assert served.http.get("/clients").status_code == 303
    served.ahead = timedelta(minutes=1)
    assert served.http.get("/clients").status_code == 303  # and stays out


def test_F21_without_the_provider_open_sessions_live_and_new_ones_are_told(served, monkeypatch):
    served.sign_in()
    monkeypatch.setattr(Provider, "_read", _no_answer)
    for minutes in (5, 20, 45):
        served.ahead = timedelta(minutes=minutes)
        assert served.http.get("/clients").status_code == 200, minutes
    served.house.entrance.door.flow._provider._known = None
    response = served.http.get("/sign-in/start")
    assert response.status_code == 503
    assert "Tunnistuspalvelu ei vastaa" in response.text
    served.ahead = timedelta(minutes=66)  # five minutes and the grace of an hour are over; the session is kept busy
    assert served.http.get("/clients").status_code == 303


def test_A27_idle_and_absolute_time_limits_hold_for_people_of_the_provider(served):
    served.sign_in()
    served.ahead = timedelta(minutes=31)
    assert served.http.get("/clients").status_code == 303
    served.sign_in()
    for minutes in range(31, 31 + 8 * 60 + 20, 20):
        served.ahead = timedelta(minutes=minutes)
        status = served.http.get("/clients").status_code
    assert status == 303


def test_A27_sign_out_here_and_then_at_the_provider(served):
    served.sign_in()
    token = served.http.cookies[SESSION_COOKIE]
    response = served.post("/sign-out")
    assert response.status_code == 200
    onward = urlsplit(response.headers["refresh"].removeprefix("0; url="))
    assert onward.path.endswith("/end_session")
    assert parse_qs(onward.query)["post_logout_redirect_uri"] == ["http://127.0.0.1:3000/sign-in"]
    assert "id_token" not in onward.query
    assert served.house.services.visitor(token) is None
    assert [entry["event"] for entry in served.log()[:1]] == ["sign_out"]


def test_A29_failed_sign_ins_are_limited(serve, provider):
    served = serve(provider, failures_per_minute=3)
    statuses = [served.http.get("/sign-in/callback?code=x&state=y").status_code for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]
    assert served.http.get("/sign-in/start").status_code == 429
    assert len(served.log(event="sign_in")) == 3


def test_A24_the_development_sign_in_is_closed(served):
    response = served.http.post("/sign-in", data={"user": "coordinator"}, headers={"origin": "https://127.0.0.1:3000"})
    assert response.status_code == 403
    assert SESSION_COOKIE not in response.headers.get("set-cookie", "")


def test_A31_metrics_and_descriptions_need_the_right_in_production(served):
    for path in ("/metrics", "/docs.json", "/schema.json"):
        assert served.http.get(path).status_code == 401


def test_the_session_file_holds_no_token_and_no_name(served, var):
    served.sign_in()
    kept = b"".join(file.read_bytes() for file in (var / "records").glob("sessions.sqlite*"))
    assert b"Kaisa" not in kept
    assert served.http.cookies[SESSION_COOKIE].encode() not in kept
    assert (var / "keys" / "sign_in.key").stat().st_mode & 0o777 == 0o600


def test_two_requests_at_once_ask_the_provider_once(served, provider, monkeypatch):
    served.sign_in()
    asked = []
    real = CodeFlow.again

    def slowly(flow, person):
        asked.append(time.monotonic())
        return real(flow, person)

    monkeypatch.setattr(CodeFlow, "again", slowly)
    served.ahead = timedelta(minutes=5)
    for _ in range(3):
        assert served.http.get("/clients").status_code == 200
    assert len(asked) == 1


def test_another_person_under_the_same_refresh_token_is_refused(served, monkeypatch):
    flow = served.house.entrance.door.flow
    monkeypatch.setattr(flow, "_ask", lambda form: {"access_token": "a"})
    monkeypatch.setattr(Provider, "userinfo", lambda self, token: {"sub": "somebody"})
    with pytest.raises(ProviderRefused):
        flow.again(Person({"sub": "kaisa"}, "refresh"))
    with pytest.raises(ProviderRefused):
        flow.again(Person({"sub": "kaisa"}, None))


def _no_answer(*_args, **_given):
    raise ProviderDown("down")
