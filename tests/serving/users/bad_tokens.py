"""Tokens that must open nothing, the provider's keys as it publishes them, and a clock that stands still."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from serving.users.oidc.keys import ProviderKeys
from serving.users.oidc.provider import ProviderDown
from tests.serving.users.identity import CLIENT, EC, ISSUER, KEY, OTHER, claims, key_set, part, signed

NOW = 1_800_000_000
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


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def publisher():
    return Publisher()


@pytest.fixture
def keys(publisher, clock):
    return ProviderKeys(publisher, 3600, clock)
