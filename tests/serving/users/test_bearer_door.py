"""What claims mean, the API's door for bearer tokens, the limit of failures, and settings that would open it."""

import asyncio

import pytest

from serving.desk.requests import Caller
from serving.middleware.context import Presented
from serving.middleware.errors import Fault
from serving.records.entries import AuditEvent
from serving.users.attempts import Attempts
from serving.users.oidc.bearer import BearerDoor
from serving.users.oidc.claims import NoRights, known
from tests.serving.users import bad_tokens
from tests.serving.users.bad_tokens import BAD, NOW
from tests.serving.users.identity import claims, sign_in, signed

keys = bad_tokens.keys
publisher = bad_tokens.publisher
clock = bad_tokens.clock


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
