"""The examples of docs/sign-in.md are settings that the service takes."""

import re

import pytest
import yaml

from configs.loader import PROJECT_ROOT, validate_config
from serving.users.oidc.claims import known
from serving.users.oidc.settings import SignInSettings

PAGE = (PROJECT_ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
KEYCLOAK, ENTRA = [block["sign_in"] for block in BLOCKS if "sign_in" in block]
SAID_BY_KEYCLOAK = {
    "sub": "f:1",
    "name": "Kaisa",
    "preferred_username": "kaisa",
    "resource_access": {"luotain": {"roles": ["coordinator", "offline_access"]}},
    "luotain_units": ["lansi"],
    "luotain_tasks": ["older_people"],
}
SAID_BY_ENTRA = {
    "sub": "pairwise",
    "oid": "object-1",
    "name": "Kaisa",
    "roles": ["Luotain.Coordinator", "Luotain.Unit.West", "Luotain.Task.OlderPeople"],
}


@pytest.mark.parametrize(
    "block,    said,             user_id,    program",
    [
        (KEYCLOAK, SAID_BY_KEYCLOAK, "f:1",      {"preferred_username": "service-account-batch"}),
        (ENTRA,    SAID_BY_ENTRA,    "object-1", {"idtyp": "app"}),
    ],
)  # fmt: skip
def test_an_example_is_taken_and_reads_that_providers_claims(block, said, user_id, program):
    settings = validate_config(block, SignInSettings, "docs/sign-in.md")
    seen = known(said, settings.claims)
    assert (seen.user.user_id, seen.user.role, seen.user.unit) == (user_id, "coordinator", "asiakasohjaus_lansi")
    assert (seen.user.service_tasks, seen.is_program) == (("older_people",), False)
    assert known({**said, **program}, settings.claims).is_program
