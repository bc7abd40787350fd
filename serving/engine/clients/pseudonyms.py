"""From a henkilötunnus that was typed to the pseudonym that the registers know; nothing of it is kept."""

from collections.abc import Sequence

from configs.errors import LuotainError
from features.identity import IdentifierError, canonical_henkilotunnus, pseudonymise
from features.keys import key_id, load_key
from features.store import Snapshot
from serving.pages.services import Unavailable
from serving.refusals import refusal
from serving.settings import ServingSettings


def pseudonyms_of(
    snapshot: Snapshot, settings: ServingSettings, henkilotunnukset: Sequence[str]
) -> tuple[str | None, ...]:
    """The pseudonyms of several, with the key read once.  Raises Unavailable when this service holds another key."""
    development = settings.is_development
    try:
        data = None if development else settings.workspace.root
        key = load_key(settings.workspace.keys, purpose=snapshot.purpose, data=data)
    except LuotainError:
        raise Unavailable(refusal("key_missing")) from None
    if key_id(key) != snapshot.key_id:
        raise Unavailable(refusal("other_key"))
    return tuple(pseudonym_of(key, one, development) for one in henkilotunnukset)


def pseudonym_of(key: bytes, henkilotunnus: str, development: bool) -> str | None:
    """The pseudonym; None for what is no henkilötunnus, and in production for a temporary or fictional one."""
    try:
        return pseudonymise(key, canonical_henkilotunnus(henkilotunnus, "link" if development else "refuse"))
    except IdentifierError:
        return None
