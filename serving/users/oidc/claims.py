"""From the claims of a good token to a user of this service.  What is not mapped means nothing; nothing means no."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from serving.desk.access import User
from serving.users.oidc.settings import Claims, Path

WhyNot = Literal["overage", "no_role", "several_roles", "no_unit", "several_units", "no_user_id", "service_account"]
MAX_NAME = 100
MAX_USER_ID = 200


class NoRights(Exception):
    """The provider knows the person, but gives her no usable rights here; `why` is a key of the refusals."""

    def __init__(self, why: WhyNot) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Known:
    """A user as the claims describe her, and whether it is a program."""

    user: User
    is_program: bool


def known(claims: Mapping[str, Any], rules: Claims) -> Known:
    """The user.  Raises NoRights when the claims were left out, or say no role, no unit, or several."""
    for path in {rules.roles.claim, rules.units.claim, rules.service_tasks.claim}:
        if _left_out(claims, path):
            raise NoRights("overage")
    roles = _mapped(claims, rules.roles.claim, rules.roles.values)
    units = _mapped(claims, rules.units.claim, {name: unit.id for name, unit in rules.units.values.items()})
    if len(roles) != 1:
        raise NoRights("several_roles" if roles else "no_role")
    if len(units) != 1:
        raise NoRights("several_units" if units else "no_unit")
    (role,), (unit,) = roles, units
    names = next(one.name for one in rules.units.values.values() if one.id == unit)
    tasks = _mapped(claims, rules.service_tasks.claim, rules.service_tasks.values)
    user_id = claims.get(rules.user_id)
    if not isinstance(user_id, str) or not 1 <= len(user_id) <= MAX_USER_ID or not user_id.isprintable():
        raise NoRights("no_user_id")
    user = User(user_id, _name(claims, rules), role, unit, names.model_dump(), tuple(sorted(tasks)))
    is_program = rules.service_accounts is not None and rules.service_accounts.match(claims)
    return Known(user, is_program)


def kept_claims(claims: Mapping[str, Any], rules: Claims) -> dict[str, Any]:
    """Only the claims that `known` reads: what a session keeps."""
    roots = {rules.user_id, rules.name, "sub", rules.roles.claim[0], rules.units.claim[0], rules.service_tasks.claim[0]}
    roots |= {rules.service_accounts.claim} if rules.service_accounts else set()
    return {name: claims[name] for name in sorted(roots | {"_claim_names", "hasgroups"}) if name in claims}


def _left_out(claims: Mapping[str, Any], path: Path) -> bool:
    """Entra ID leaves a claim out of a token when it would hold too many groups, and says so in these two ways."""
    elsewhere = claims.get("_claim_names")
    return (isinstance(elsewhere, Mapping) and path[0] in elsewhere) or (
        path[0] == "groups" and claims.get("hasgroups") not in (None, False)
    )


def _mapped(claims: Mapping[str, Any], path: Path, values: Mapping[str, Any]) -> set[Any]:
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    said = [found] if isinstance(found, str) else found
    if not isinstance(said, list):
        return set()
    return {values[one] for one in said if isinstance(one, str) and one in values}


def _name(claims: Mapping[str, Any], rules: Claims) -> str:
    """What the pages greet the person with; a claim that is none becomes her role's place, never her id."""
    said = claims.get(rules.name)
    printable = "".join(one for one in said if one.isprintable()) if isinstance(said, str) else ""
    return printable.strip()[:MAX_NAME] or "–"
