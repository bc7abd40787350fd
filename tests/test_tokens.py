"""Which tokens are good: the matrix of bad ones, the provider's keys, and what claims mean."""

import asyncio
import hashlib
import hmac
import http.server
import json
import threading
import time
import warnings

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import ECKey, RSAKey

from serving.middleware.context import Presented
from serving.middleware.errors import Fault
from serving.records.entries import AuditEvent
from serving.requests import Caller
from serving.users.attempts import Attempts
from serving.users.oidc import provider as provider_module
from serving.users.oidc.bearer import BearerDoor
from serving.users.oidc.claims import NoRights, known
from serving.users.oidc.keys import COOLDOWN_SECONDS, LIFE_SECONDS, ProviderKeys, UnknownKey
from serving.users.oidc.provider import Provider, ProviderDown
from serving.users.oidc.tokens import BadToken, Expected, validated
from tests.identity import AUDIENCE, CLIENT, EC, ISSUER, KEY, OTHER, claims, key_set, part, sign_in, signed

NOW = 1_800_000_000
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library warns of it too
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"})
ACCESS = Expected(ISSUER, AUDIENCE, ("RS256", "ES256"), "access", max_age=300)
PUBLIC_PEM = KEY.as_pem(private=False)


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


class Publisher:
    """The provider's key address: counts questions, and may be down."""

    def __init__(self, *keys):
        self.keys, self.asked, self.down = keys or (KEY, EC), 0, False

    def __call__(self):
        self.asked += 1
        if self.down:
            raise ProviderDown("down")
        return key_set(*self.keys)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def publisher():
    return Publisher()


@pytest.fixture
def keys(publisher, clock):
    return ProviderKeys(publisher, 3600, clock)


def with_hs256():
    """The classic confusion: HMAC under the public key's text."""
    body = f"{part({'alg': 'HS256', 'kid': 'rsa-1', 'typ': 'at+jwt'})}.{part(claims(NOW))}"
    return f"{body}.{part(hmac.new(PUBLIC_PEM, body.encode(), hashlib.sha256).digest())}"


def tampered():
    head, _, signature = signed(claims(NOW)).split(".")
    return f"{head}.{part(claims(NOW, roles=['admin']))}.{signature}"


def unsigned(algorithm):
    return f"{part({'alg': algorithm, 'typ': 'at+jwt'})}.{part(claims(NOW))}."


def with_crit():
    """A header that demands what nobody knows, properly signed: built by hand, because the library refuses to."""
    header = {"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt", "crit": ["luotain"], "luotain": True}
    body = f"{part(header)}.{part(claims(NOW))}"
    return f"{body}.{part(KEY.private_key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


BAD = {
    "A2 empty": "",
    "A2 garbage": "garbage",
    "A2 dots": "..",
    "A2 no JSON": f"{part(b'x')}.{part(b'y')}.{part(b'z')}",
    "A2 not ASCII": signed(claims(NOW)) + "ä",
    "A3 none": unsigned("none"),
    "A3 nOnE": unsigned("nOnE"),
    "A4 HS256 with the public key": with_hs256(),
    "A5 other key": signed(claims(NOW), OTHER),
    "A5 RS512, an algorithm that is not accepted": signed(claims(NOW), KEY, algorithm="RS512"),
    "A5 the header brings its own key": signed(claims(NOW), OTHER, {"jwk": OTHER.as_dict(private=False)}),
    "A6 expired": signed(claims(NOW, iat=NOW - 200, exp=NOW - 61)),
    "A7 nbf in the future": signed(claims(NOW, nbf=NOW + 61)),
    "A7 iat in the future": signed(claims(NOW, iat=NOW + 61)),
    "A8 no exp": signed(claims(NOW, exp=None)),
    "A8 exp is text": signed(claims(NOW, exp="never")),
    "A9 wrong aud": signed(claims(NOW, aud="another-api")),
    "A9 no aud": signed(claims(NOW, aud=None)),
    "A10 wrong iss": signed(claims(NOW, iss="https://id.other.example")),
    "A10 no iss": signed(claims(NOW, iss=None)),
    "A10 iss with a slash more": signed(claims(NOW, iss=ISSUER + "/")),
    "A11 no sub": signed(claims(NOW, sub=None)),
    "A11 sub is no text": signed(claims(NOW, sub=["kaisa"])),
    "A12 an ID token by its type": signed(claims(NOW), header={"typ": "JWT"}),
    "A12 an ID token without a type": signed(claims(NOW), header={"typ": None}),
    "A12 an ID token by its claims": signed(claims(NOW, at_hash="x")),
    "A12 an ID token by its audience": signed(claims(NOW, aud=CLIENT)),
    "A13 unknown crit": with_crit(),
    "A14 tampered payload": tampered(),
    "A14 signature cut": signed(claims(NOW))[:-8],
    "A15 unknown kid": signed(claims(NOW), header={"kid": "rsa-9"}),
    "A15 kid is no text": f"{part({'alg': 'RS256', 'kid': 5, 'typ': 'at+jwt'})}.{part(claims(NOW))}.{part(b's')}",
    "A16 1 MB": "a" * 1_000_000,
    "A16 1 MB with dots": signed(claims(NOW, filler="a" * 1_000_000)),
    "A21 issued six minutes ago": signed(claims(NOW, iat=NOW - 301, exp=NOW + 600)),
}


@pytest.mark.parametrize("item", BAD)
def test_A2_A3_A4_A5_A6_A7_A8_A9_A10_A11_A12_A13_A14_A15_A16_no_bad_token_is_taken(item, keys):
    with pytest.raises(BadToken):
        validated(BAD[item], keys.find, ACCESS, NOW)


GOOD = {
    "RS256": signed(claims(NOW)),
    "ES256": signed(claims(NOW), EC, algorithm="ES256"),
    "ten seconds over, inside the leeway": signed(claims(NOW, iat=NOW - 100, exp=NOW - 10)),
    "the provider's clock a minute ahead": signed(claims(NOW, iat=NOW + 60, nbf=NOW + 60)),
    "one of several audiences": signed(claims(NOW, aud=["another-api", AUDIENCE])),
    "a header field that nobody demands": signed(claims(NOW), header={"x5t": "abc"}),
    "the long name of its type": signed(claims(NOW), header={"typ": "application/at+jwt"}),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_good_token_is_taken(case, keys):
    assert validated(GOOD[case], keys.find, ACCESS, NOW)["sub"] == "kaisa"


def test_a_token_without_key_id_is_taken_only_when_one_key_can_be_meant(clock):
    nameless = signed(claims(NOW), header={"kid": None})
    assert validated(nameless, ProviderKeys(Publisher(KEY, EC), 0, clock).find, ACCESS, NOW)
    second = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    with pytest.raises(BadToken):
        validated(nameless, ProviderKeys(Publisher(KEY, second), 0, clock).find, ACCESS, NOW)


def test_A12_where_the_type_is_jwt_the_audience_tells_the_tokens_apart(keys):
    plain = Expected(ISSUER, AUDIENCE, ("RS256",), "access", needs_type=False)
    assert validated(signed(claims(NOW), header={"typ": "JWT"}), keys.find, plain, NOW)
    for said in ({"aud": CLIENT}, {"at_hash": "x"}, {"typ": "ID"}):
        with pytest.raises(BadToken):
            validated(signed(claims(NOW, **said), header={"typ": "JWT"}), keys.find, plain, NOW)
    with pytest.raises(ValueError, match="application of its own"):
        sign_in(token_type="jwt", audience=CLIENT)


def test_an_access_token_is_no_id_token_and_another_sign_ins_nonce_is_refused(keys):
    expected = Expected(ISSUER, CLIENT, ("RS256",), "id", nonce="n1")
    good = claims(NOW, aud=CLIENT, nonce="n1")
    assert validated(signed(good, header={"typ": "JWT"}), keys.find, expected, NOW)
    bad = ({"nonce": "n2"}, {"nonce": None}, {"azp": "another"}, {"aud": [CLIENT, "another"]})
    for said in bad:
        token = signed({name: one for name, one in {**good, **said}.items() if one}, header={"typ": "JWT"})
        with pytest.raises(BadToken):
            validated(token, keys.find, expected, NOW)
    with pytest.raises(BadToken):
        validated(signed(good), keys.find, expected, NOW)  # of type at+jwt


@pytest.mark.parametrize(
    "key",
    [WEAK, ECKey.generate_key("P-384"), RSAKey.generate_key(2048, {"use": "enc", "kid": "k"})],
)
def test_keys_that_are_too_weak_or_meant_for_something_else_are_left_out(key, clock):
    with pytest.raises(UnknownKey):
        ProviderKeys(Publisher(key), 0, clock).find(key.kid, type(key))


# The provider's keys


def test_F21_known_keys_live_on_while_the_provider_is_down_and_not_for_ever(keys, publisher, clock):
    assert keys.find("rsa-1", RSAKey)
    publisher.down = True
    clock.seconds += LIFE_SECONDS + 1
    assert keys.find("rsa-1", RSAKey)
    clock.seconds += 3600
    with pytest.raises(ProviderDown):
        keys.find("rsa-1", RSAKey)
    publisher.down = False
    clock.seconds += COOLDOWN_SECONDS
    assert keys.find("rsa-1", RSAKey)


def test_F21_F24_a_silent_provider_holds_up_no_token_whose_key_is_known(keys, publisher, clock, monkeypatch):
    keys.find("rsa-1", RSAKey)
    monkeypatch.setattr("serving.users.oidc.keys.SOON_SECONDS", 0.05)
    silent = threading.Event()
    monkeypatch.setattr(keys, "_fetch", lambda: silent.wait(10) and publisher())
    clock.seconds += LIFE_SECONDS + 1
    began = time.monotonic()
    assert keys.find("rsa-1", RSAKey)
    assert time.monotonic() - began < 5
    silent.set()


def test_F21_keys_are_asked_for_once_in_five_minutes(keys, publisher, clock):
    for _ in range(50):
        keys.find("rsa-1", RSAKey)
    assert publisher.asked == 1
    clock.seconds += LIFE_SECONDS
    keys.find("rsa-1", RSAKey)
    assert publisher.asked == 2


def test_F22_a_rotated_key_is_fetched_once(keys, publisher, clock):
    keys.find("rsa-1", RSAKey)
    new = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    publisher.keys = (new,)
    clock.seconds += COOLDOWN_SECONDS
    assert keys.find("rsa-2", RSAKey)
    assert publisher.asked == 2
    with pytest.raises(UnknownKey):  # the one that was withdrawn
        keys.find("rsa-1", RSAKey)


def test_F22_made_up_key_ids_ask_the_provider_twice_a_minute_at_most(keys, publisher, clock):
    for number in range(600):
        clock.seconds += 0.1  # a minute in all
        with pytest.raises(UnknownKey):
            keys.find(f"made-up-{number}", RSAKey)
    assert publisher.asked <= 1 + 60 / COOLDOWN_SECONDS


def test_F22_of_many_threads_one_asks(publisher, clock):
    slow = threading.Event()

    def fetch():
        slow.wait(5)
        return publisher()

    keys = ProviderKeys(fetch, 0, clock)
    found = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("rsa-1", RSAKey))) for _ in range(8)]
    for one in threads:
        one.start()
    slow.set()
    for one in threads:
        one.join(10)
    assert (len(found), publisher.asked) == (8, 1)


# Talking to the provider


class Half(http.server.BaseHTTPRequestHandler):
    """A provider that behaves as the test says."""

    def do_GET(self):
        kind = self.server.kind
        if kind == "hangs":
            self.server.release.wait(10)
            return
        if kind == "resets":
            self.connection.close()
            return
        body = {
            "html": b"<html>",
            "huge": b'{"x": "' + b"a" * 1_100_000 + b'"}',
            "another issuer": json.dumps({"issuer": "https://id.other.example"}).encode(),
            "no addresses": json.dumps({"issuer": self.server.issuer}).encode(),
            "plain http": json.dumps({"issuer": self.server.issuer, "jwks_uri": "http://id.example/keys"}).encode(),
        }[kind]
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


@pytest.fixture
def half():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Half)
    server.release, server.kind, server.daemon_threads = threading.Event(), "html", True
    server.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("kind", ["html", "huge", "another issuer", "no addresses", "plain http", "resets", "hangs"])
def test_F24_a_provider_that_does_not_answer_as_it_should_is_down_and_holds_nobody_up(half, kind, monkeypatch):
    half.kind = kind
    monkeypatch.setattr(provider_module, "WHOLE_SECONDS", 0.3)
    asked = Provider(half.issuer)
    began = time.monotonic()
    with pytest.raises(ProviderDown):
        asked.description()
    with pytest.raises(ProviderDown):  # and it is not asked again at once
        asked.description()
    assert time.monotonic() - began < 5
    asked.close()


# What claims mean


@pytest.mark.parametrize(
    "item,                                   changes,                                            why",
    [
        ("A33 no roles",                     {"roles": None},                                    "no_role"),
        ("A33 empty roles",                  {"roles": []},                                      "no_role"),
        ("A33 roles that mean nothing here", {"roles": ["god"]},                                 "no_role"),
        ("A33 roles of another kind",        {"roles": {"coordinator": True}},                   "no_role"),
        ("A33 two roles",                    {"roles": ["coordinator", "auditor"]},              "several_roles"),
        ("A33 no unit",                      {"units": None},                                    "no_unit"),
        ("A33 two units",                    {"units": ["tarkastus", "asiakasohjaus_ita"]},      "several_units"),
        ("A28 Entra's claim source",         {"_claim_names": {"roles": "src1"}, "roles": None}, "overage"),
        ("A28 also with some roles left",    {"_claim_names": {"roles": "src1"}},                "overage"),
    ],
)  # fmt: skip
def test_A28_A33_claims_that_give_no_right(item, changes, why):
    with pytest.raises(NoRights) as refused:
        known(claims(NOW, **changes), sign_in().claims)
    assert refused.value.why == why


def test_A28_the_other_way_in_which_entra_leaves_groups_out():
    rules = sign_in().claims
    groups = rules.model_copy(update={"roles": rules.roles.model_copy(update={"claim": ("groups",)})})
    with pytest.raises(NoRights) as refused:
        known(claims(NOW, hasgroups="true"), groups)
    assert refused.value.why == "overage"


def test_claims_become_a_user():
    seen = known(claims(NOW, tasks=["disability", "older_people", "mail"]), sign_in().claims)
    assert (seen.user.user_id, seen.user.role, seen.user.unit) == ("kaisa", "coordinator", "asiakasohjaus_lansi")
    assert seen.user.service_tasks == ("disability", "older_people")
    assert not seen.is_program
    assert known(claims(NOW, idtyp="app"), sign_in().claims).is_program


def test_a_claim_may_lie_deep():
    rules = sign_in().claims
    deep = rules.model_copy(
        update={"roles": rules.roles.model_copy(update={"claim": ("resource_access", "luotain", "roles")})}
    )
    said = claims(NOW, roles=None, resource_access={"luotain": {"roles": ["planner"]}})
    assert known(said, deep).user.role == "planner"


# The API's door


class Door:
    def __init__(self, keys, **changes):
        self.noted: list[AuditEvent] = []
        self.door = BearerDoor(sign_in(**changes), "Esimerkki", keys, lambda: NOW, self.noted.append)

    def ask(self, token, address="10.0.0.1"):
        return asyncio.run(self.door(Presented(token, "r1", address)))


@pytest.fixture
def door(keys):
    return Door(keys)


@pytest.mark.parametrize("item", [item for item in BAD if "empty" not in item])
def test_every_bad_token_is_the_same_401_and_one_audit_entry(item, door):
    refused = door.ask(BAD[item])
    assert isinstance(refused, Fault)
    assert (refused.status, refused.code) == (401, "unauthenticated")
    (entry,) = door.noted
    assert (entry.event, entry.outcome, entry.actor.actor_id) == ("token", "denied", "unknown")


def test_a_good_token_is_its_user(door):
    caller = door.ask(signed(claims(NOW)))
    assert isinstance(caller, Caller)
    assert (caller.user.user_id, caller.authority) == ("kaisa", "access_token")
    assert door.noted == []


def test_A28_A33_no_rights_is_a_403_with_a_sentence(door):
    refused = door.ask(signed(claims(NOW, roles=None)))
    assert (refused.status, refused.code) == (403, "no_role")
    overage = door.ask(signed(claims(NOW, _claim_names={"roles": "src1"})))
    assert "groups" in overage.message["en"]


def test_F21_without_keys_the_api_says_that_the_provider_is_down(publisher, keys):
    publisher.down = True
    refused = Door(keys).ask(signed(claims(NOW)))
    assert (refused.status, refused.code) == (503, "provider_down")


def test_A20_a_token_of_another_county_is_no_token(door):
    for said in ({"iss": "https://id.other-county.example"}, {"aud": "luotain-of-another-county"}):
        assert door.ask(signed(claims(NOW, **said))).status == 401


def test_A29_guessing_is_limited_and_good_tokens_are_never_held_up(keys):
    door = Door(keys, failures_per_minute=5)
    statuses = [door.ask("guess").status for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert int(door.ask("guess").headers["retry-after"]) > 0
    assert len(door.noted) == 5  # the log is not filled by whoever wants to fill it
    assert isinstance(door.ask(signed(claims(NOW))), Caller)
    assert door.ask("guess", address="10.0.0.2").status == 401  # another address starts anew


def test_A29_failures_are_forgotten_after_a_minute_and_addresses_are_bounded(clock, monkeypatch):
    attempts = Attempts(2, clock)
    for _ in range(2):
        attempts.failed("a")
    assert attempts.wait_seconds("a") == 60
    clock.seconds += 60
    assert attempts.wait_seconds("a") == 0
    monkeypatch.setattr("serving.users.attempts.MAX_ADDRESSES", 3)
    for address in "abcdef":
        attempts.failed(address)
        attempts.failed(address)
    assert [bool(attempts.wait_seconds(address)) for address in "abcdef"] == [False] * 3 + [True] * 3


# The settings


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"issuer": "http://id.county.example"}, "https://"),
        ({"public_url": "ftp://luotain.example"}, "https://"),
        ({"client_secret": {"file": "a", "env": "B"}}, "one place"),
        ({"client_secret": "hunter2"}, "client_secret"),
        ({"algorithms": ("HS256",)}, "RS256"),
        ({"algorithms": ("none",)}, "RS256"),
        ({"recheck_seconds": 301}, "300"),
        ({"scopes": ("profile",)}, "openid"),
    ],
)
def test_F27_settings_that_would_open_the_door_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        sign_in(**changes)


def test_F27_a_missing_secret_names_its_place_and_never_a_value(monkeypatch, tmp_path):
    monkeypatch.delenv("LUOTAIN_TEST_SECRET", raising=False)
    with pytest.raises(Exception, match="LUOTAIN_TEST_SECRET"):
        sign_in().client_secret.read()
    file = tmp_path / "secret"
    file.write_text("word\n")
    assert sign_in(client_secret={"file": str(file)}).client_secret.read() == "word"
