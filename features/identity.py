"""Who a row is about: the Finnish henkilötunnus checked, and turned into a pseudonym at the door.

The pseudonym is HMAC-SHA256 under a key that lies outside the data.  A plain hash would protect nobody: all
identifiers of 1900–2026 can be hashed in under a minute.  No message of this module ever holds an identifier.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
import unicodedata
from datetime import date
from pathlib import Path
from typing import Literal

from configs.errors import ConfigError, DataError

KEY_VARIABLE = "LUOTAIN_PSEUDONYM_KEY"
KEY_FILE = "pseudonym.key"
KEY_BYTES = 32
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


def key_id(key: bytes) -> str:
    """A name for the key that does not reveal it; stored with everything that was pseudonymised under it."""
    return hashlib.sha256(b"luotain key id|" + key).hexdigest()[:16]


def load_key(keys: Path, create: bool = False, seed: str | None = None) -> bytes:
    """The pseudonym key: LUOTAIN_PSEUDONYM_KEY (64 hexadecimal characters), else the file `pseudonym.key` in `keys`.

    `create` makes a new key file when there is none (development only): random, or with `seed` the same everywhere, so
    that a fictional county gives the same bytes on every machine.  Raises ConfigError otherwise.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return _parse_key(given, KEY_VARIABLE)
    file = keys / KEY_FILE
    if not file.exists():
        if not create:
            raise ConfigError(f"There is no pseudonym key. Set {KEY_VARIABLE} to 64 hexadecimal characters.")
        _write_new_key(file, _seeded(seed) if seed else secrets.token_hex(KEY_BYTES))
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ConfigError(f"The key file {file.name} can be read by others. Type `chmod 600` on it.")
    return _parse_key(file.read_text(encoding="ascii", errors="replace"), file.name)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _parse_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{where} does not hold a key. It must be {2 * KEY_BYTES} hexadecimal characters.")
    return key


def _seeded(seed: str) -> str:
    return hashlib.sha256(f"luotain fictional county|{seed}".encode()).hexdigest()


def _write_new_key(file: Path, key: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(key + "\n")
        stream.flush()
        os.fsync(stream.fileno())
