"""Which tokens are good: the matrix of bad ones, the provider's keys, and what claims mean."""

import http.server
import json
import threading
import time
import warnings

import pytest
from joserfc.jwk import ECKey, RSAKey

from serving.users.oidc import provider as provider_module
from serving.users.oidc.keys import COOLDOWN_SECONDS, LIFE_SECONDS, ProviderKeys, UnknownKey
from serving.users.oidc.provider import Provider, ProviderDown
from serving.users.oidc.tokens import BadToken, Expected, validated
from tests.serving.users import bad_tokens
from tests.serving.users.bad_tokens import BAD, NOW, Publisher
from tests.serving.users.identity import AUDIENCE, CLIENT, EC, ISSUER, KEY, claims, sign_in, signed

keys = bad_tokens.keys
publisher = bad_tokens.publisher
clock = bad_tokens.clock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library warns of it too
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"})
ACCESS = Expected(ISSUER, AUDIENCE, ("RS256", "ES256"), "access", max_age=300)


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
