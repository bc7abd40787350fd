"""Reads signed statements without checking again the signatures of lines that were checked and are still the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.bundles.signing import key_id
from serving.records.chain.checkpoints import Statements, stated_in


@dataclass(frozen=True)
class _Checked:
    """The beginning of a file, up to the end of a line, whose every signature held under these keys."""

    size: int
    lines: int
    sha256: bytes
    keys: tuple[str, ...]
    said: Statements


_NOTHING = _Checked(0, 0, hashlib.sha256().digest(), (), Statements())


class Remembered:
    """What was read of each log's file.  A changed byte, or another set of keys, makes it read everything again."""

    def __init__(self) -> None:
        self._checked: dict[str, _Checked] = {}

    def of(self, file: Path, log: str, keys: Sequence[Ed25519PublicKey]) -> Statements:
        """Every statement about a log.  Raises DataError for a line that is not ours."""
        content, ids = file.read_bytes(), tuple(sorted(key_id(key) for key in keys))
        known = self._checked.get(log, _NOTHING)
        if known.keys != ids or hashlib.sha256(content[: known.size]).digest() != known.sha256:
            known = _NOTHING
        end = content.rfind(b"\n") + 1
        said = known.said.with_later(stated_in(content[known.size : end], log, keys, known.lines))
        beginning = content[:end]
        lines, digest = beginning.count(b"\n"), hashlib.sha256(beginning).digest()
        self._checked[log] = _Checked(end, lines, digest, ids, said)
        return said.with_later(stated_in(content[end:], log, keys, lines))
