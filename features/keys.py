"""Pseudonym keys: one per purpose of use, kept outside the data, named by an id that does not reveal them.

Records pseudonymised for care, for knowledge management and for research cannot be joined, because each purpose has a
key of its own.  No message of this module ever holds a key.
"""

import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Literal, get_args

from configs.errors import ConfigError

Purpose = Literal["care", "knowledge_management", "research"]
"""What the pseudonymised records are used for (the purposes of the source catalogue)."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
KEY_VARIABLE = "LUOTAIN_PSEUDONYM_KEY"
"""With `_<PURPOSE>` behind it the key of a purpose; alone, the key of care."""
KEYS_VARIABLE = "LUOTAIN_KEYS"
"""A folder of key files outside the data folder."""
KEY_FILE = "pseudonym.key"
KEY_BYTES = 32
NEW = "new"


def key_id(key: bytes) -> str:
    """A name for the key that does not reveal it; stored with everything that was pseudonymised under it."""
    return hashlib.sha256(b"luotain key id|" + key).hexdigest()[:16]


def load_key(
    keys: Path, create: bool = False, seed: str | None = None, purpose: Purpose = "care", data: Path | None = None
) -> bytes:
    """The key of a purpose: LUOTAIN_PSEUDONYM_KEY_<PURPOSE>, else the file `<purpose>.key` in the folder of keys.

    For care LUOTAIN_PSEUDONYM_KEY and `pseudonym.key` do as well.  The folder is LUOTAIN_KEYS, else `keys`.  `create`
    makes a new key file when there is none (development only): random, or with `seed` the same everywhere, so that a
    fictional county gives the same bytes on every machine.  `data` names the data folder in which a key file may not
    lie (production).  Raises ConfigError otherwise.
    """
    folder = keys_folder(keys)
    key = _find(folder, purpose, data)
    if key is None:
        if not create:
            raise ConfigError(
                f"There is no pseudonym key for {purpose}. Set {variable(purpose)} to {2 * KEY_BYTES} hexadecimal "
                f"characters, or {KEYS_VARIABLE} to a folder outside the data that holds `{purpose}.key`."
            )
        key = _create(folder / file_names(purpose)[-1], _seeded(seed, purpose) if seed else None)
    _refuse_shared(key, folder, purpose)
    return key


def load_new_key(keys: Path, create: bool, purpose: Purpose, data: Path | None) -> bytes | None:
    """The key that is to follow: LUOTAIN_PSEUDONYM_KEY_<PURPOSE>_NEW, else the file `<purpose>.new.key`."""
    name = f"{variable(purpose)}_{NEW.upper()}"
    if os.environ.get(name):
        return _parse_key(os.environ[name], name)
    file = keys_folder(keys) / f"{purpose}.{NEW}.key"
    if file.exists():
        return _read(file, data)
    return _create(file, None) if create else None


def adopt_new_key(keys: Path, purpose: Purpose) -> bool:
    """Let the new key file take the place of the present one, which is kept under its id; False without a file."""
    folder = keys_folder(keys)
    new = folder / f"{purpose}.{NEW}.key"
    if not new.exists():
        return False
    present = [folder / name for name in file_names(purpose) if (folder / name).exists()]
    for file in present:
        kept = folder / f"{purpose}.{key_id(_read(file, None))}.old.key"
        if not kept.exists():
            os.link(file, kept)
    taken = folder / file_names(purpose)[0]
    new.replace(taken)  # in one step: at no moment is there no key
    for file in present:
        if file != taken:
            file.unlink()
    return True


def keys_folder(keys: Path) -> Path:
    """Where key files lie."""
    given = os.environ.get(KEYS_VARIABLE)
    return Path(given).expanduser() if given else keys


def variable(purpose: Purpose) -> str:
    """The environment variable that holds the key of a purpose."""
    return f"{KEY_VARIABLE}_{purpose.upper()}"


def file_names(purpose: Purpose) -> tuple[str, ...]:
    """The files that may hold the key of a purpose, the first found wins."""
    return (f"{purpose}.key", KEY_FILE) if purpose == "care" else (f"{purpose}.key",)


def _find(folder: Path, purpose: Purpose, data: Path | None) -> bytes | None:
    for name in (variable(purpose), *([KEY_VARIABLE] if purpose == "care" else [])):
        if os.environ.get(name):
            return _parse_key(os.environ[name], name)
    for name in file_names(purpose):
        if (folder / name).exists():
            return _read(folder / name, data)
    return None


def _read(file: Path, data: Path | None) -> bytes:
    if data is not None and file.resolve().is_relative_to(data.resolve()):
        raise ConfigError(
            f"The key file {file.name} lies in the data folder: whoever has the data has the key. Move it to a folder "
            f"outside and name that folder in {KEYS_VARIABLE}."
        )
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ConfigError(f"The key file {file.name} can be read by others. Type `chmod 600` on it.")
    return _parse_key(file.read_text(encoding="ascii", errors="replace"), file.name)


def _refuse_shared(key: bytes, folder: Path, purpose: Purpose) -> None:
    for other in PURPOSES:
        if other != purpose and _find(folder, other, None) == key:
            raise ConfigError(
                f"The keys for {purpose} and {other} are the same, so their records could be joined. "
                "Make one of them new."
            )


def _parse_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{where} does not hold a key. It must be {2 * KEY_BYTES} hexadecimal characters.")
    return key


def _seeded(seed: str, purpose: Purpose) -> str:
    apart = "" if purpose == "care" else f"|{purpose}"
    return hashlib.sha256(f"luotain fictional county|{seed}{apart}".encode()).hexdigest()


def _create(file: Path, key: str | None) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = key or secrets.token_hex(KEY_BYTES)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(written + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return bytes.fromhex(written)
