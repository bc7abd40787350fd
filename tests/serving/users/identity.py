"""An identity provider made of keys: signs whatever a test wants signed, and the settings that go with it."""

import base64
import json

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from serving.users.oidc.settings import SignInSettings

ISSUER = "https://id.county.example"
AUDIENCE = "luotain-api"
CLIENT = "luotain"
KEY = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
"""Somebody else's key under the provider's key id."""
UNITS = ("asiakasohjaus_lansi", "asiakasohjaus_keski", "asiakasohjaus_ita", "tarkastus")


def sign_in(issuer=ISSUER, **changes):
    """The settings of `sign_in:`; every unit, role and task is its own claim value."""
    units = {unit: {"id": unit, "name": {"fi": unit, "sv": unit, "en": unit}} for unit in UNITS}
    roles = ("coordinator", "planner", "data_scientist", "auditor", "manager", "admin")
    claims = {
        "roles": {"claim": ("roles",), "values": {role: role for role in roles}},
        "units": {"claim": ("units",), "values": units},
        "service_tasks": {"claim": ("tasks",), "values": {task: task for task in ("older_people", "disability")}},
        "service_accounts": {"claim": "idtyp", "value": "app"},
    }
    given = {
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": {"env": "LUOTAIN_TEST_SECRET"},
        "public_url": "http://127.0.0.1:3000",
        "audience": AUDIENCE,
        "scopes": ("openid", "profile"),
        "claims": claims,
    }
    return SignInSettings.model_validate({**given, **changes})


def key_set(*keys):
    """What the provider publishes."""
    return {"keys": [key.as_dict(private=False) for key in keys or (KEY, EC)]}


def claims(now, **changes):
    """Good claims of an access token issued at `now`; a change to None leaves the claim out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "kaisa",
        "iat": int(now),
        "exp": int(now) + 300,
        "name": "Kaisa Koordinaattori",
        "roles": ["coordinator"],
        "units": ["asiakasohjaus_lansi"],
        "tasks": ["older_people"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(said, key=KEY, header=None, algorithm="RS256"):
    """A compact token over `said`."""
    given = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt", **(header or {})}
    return jwt.encode({name: one for name, one in given.items() if one is not None}, said, key, [algorithm])


def part(said):
    """One part of a token made by hand."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
