"""From a henkilötunnus that was typed to the pseudonym that the registers know; nothing of it is kept."""

from features.identity import IdentifierError, canonical_henkilotunnus, pseudonymise


def pseudonym_of(key: bytes, henkilotunnus: str, development: bool) -> str | None:
    """The pseudonym; None for what is no henkilötunnus, and in production for a temporary or fictional one."""
    try:
        return pseudonymise(key, canonical_henkilotunnus(henkilotunnus, "link" if development else "refuse"))
    except IdentifierError:
        return None
