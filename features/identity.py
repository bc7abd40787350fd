"""Who a row is about: the Finnish henkilötunnus checked, and turned into a pseudonym at the door.

The pseudonym is HMAC-SHA256 under a key that lies outside the data.  A plain hash would protect nobody: all
identifiers of 1900–2026 can be hashed in under a minute.  No message of this module ever holds an identifier.
"""

import hmac
import re
import unicodedata
from datetime import date
from typing import Literal

from configs.errors import DataError

PSEUDONYM_LENGTH = 32
"""Hexadecimal characters kept of the HMAC: 128 bits."""

TestRange = Literal["refuse", "link"]
"""What happens to temporary and test identifiers (individual numbers 900–999)."""

CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
CENTURIES = {"+": 1800} | dict.fromkeys("-UVWXY", 1900) | dict.fromkeys("ABCDEF", 2000)
FIRST_NUMBER = 2
FIRST_TEMPORARY = 900
_FORM = re.compile(r"(\d{2})(\d{2})(\d{2})([-+A-FU-Y])(\d{3})([0-9A-Y])", re.ASCII)
_PSEUDONYM = re.compile(rf"[0-9a-f]{{{PSEUDONYM_LENGTH}}}", re.ASCII)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


class IdentifierError(DataError):
    """The text is not a henkilötunnus, or not one that may be linked here.  `reason` is the quarantine's word."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def canonical_henkilotunnus(text: str, test_range: TestRange = "refuse") -> str:
    """The one way this identifier is written: upper case, ASCII hyphen, no spaces around.

    Raises IdentifierError when the form, the date or the check character is wrong, or when it is of the
    temporary range and `test_range` is not `link`.  The separator is significant: it tells people apart.
    """
    written = unicodedata.normalize("NFKC", text).strip().upper().translate(_DASHES)
    found = _FORM.fullmatch(written)
    if not found:
        raise IdentifierError("bad_identifier", "The text is not a henkilötunnus. Write it as DDMMYYCNNNT.")
    day, month, year, separator, number, check = found.groups()
    if not _is_date(CENTURIES[separator] + int(year), int(month), int(day)) or int(number) < FIRST_NUMBER:
        raise IdentifierError("bad_identifier", "The henkilötunnus does not begin with a date of birth. Check it.")
    if CHECK_CHARACTERS[int(day + month + year + number) % 31] != check:
        raise IdentifierError("bad_identifier", "The check character of the henkilötunnus is wrong. Check it.")
    if int(number) >= FIRST_TEMPORARY and test_range != "link":
        raise IdentifierError(
            "test_range_identifier",
            "The henkilötunnus is temporary or fictional (900–999), which is not linked. "
            "In development write `identity: {test_range: link}`.",
        )
    return written


def pseudonymise(key: bytes, canonical: str) -> str:
    """The pseudonym of a canonical identifier: 32 hexadecimal characters."""
    return hmac.digest(key, f"v1|{canonical}".encode(), "sha256").hex()[:PSEUDONYM_LENGTH]


def pseudonymise_plain(key: bytes, identifier: str) -> str:
    """The pseudonym of any other identifier; never equal to the pseudonym of a henkilötunnus."""
    return pseudonymise(key, f"plain|{unicodedata.normalize('NFC', identifier).strip()}")


def is_pseudonym(text: str) -> bool:
    """True for the form of a pseudonym, as this module writes it."""
    return bool(_PSEUDONYM.fullmatch(text))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
