"""Identity codes in what people write: masked in a reason, refused where a text is about no one person."""

import re

MASK = "[henkilötunnus]"
_HENKILOTUNNUS = re.compile(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", re.IGNORECASE)


def masked(text: str) -> str:
    """The text without identity codes and without spaces around it."""
    return _HENKILOTUNNUS.sub(MASK, text.strip())


def holds_identity_code(text: str) -> bool:
    """True when something in the text has the form of one."""
    return _HENKILOTUNNUS.search(text) is not None
