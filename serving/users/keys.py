"""Random secrets kept as files that only the owner can read."""

import os
import secrets
from pathlib import Path

from configs.errors import DataError

KEY_BYTES = 32


def load_or_create_key(file: Path) -> bytes:
    """The secret in `file`; made at first use, mode 0600.  Two processes starting at once agree on one key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not file.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise DataError(f"The key file {file.name} is damaged ({len(key)} bytes, {KEY_BYTES} needed). Delete it.")
    return key
