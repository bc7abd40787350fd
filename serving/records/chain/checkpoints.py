"""Signed statements about a log, kept outside its database: they show a cut tail and a rewritten chain.

One JSON line per statement.  The folder should lie where the database's administrator cannot write.  Kinds:
a note (how far the log had come), a closing (where a month ended) and a removal (whose time was over).
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import DataError
from models.bundles.signing import is_signed, key_id, sign
from models.chain import Checkpoint, canonical_json
from serving.records.entries import utc_text

EVERY = 100
"""Entries between two notes."""
NOTE_SECONDS = 60
"""A worker that logs at all notes at least this often."""


@dataclass(frozen=True)
class Closing:
    """A month of a log that is over: its entries are `first` to `last`."""

    month: str
    first: int
    last: int
    hash: str
    """Of entry `last`."""
    keep_until: str
    """The latest due date of its entries (ISO day)."""


@dataclass(frozen=True)
class Removal:
    """Entries `first` to `last` are removed; `digest` is what their hashes add up to."""

    month: str
    first: int
    last: int
    digest: str


@dataclass(frozen=True)
class Statements:
    """Everything that was said about one log, each line signed by a trusted key."""

    notes: tuple[Checkpoint, ...] = ()
    closings: tuple[Closing, ...] = ()
    removals: tuple[Removal, ...] = ()

    @property
    def anchors(self) -> tuple[Checkpoint, ...]:
        """Every entry whose hash was written down."""
        return (*self.notes, *(Checkpoint(one.last, one.hash) for one in self.closings))

    def with_later(self, later: "Statements") -> "Statements":
        """These and what was said after them."""
        return Statements(
            (*self.notes, *later.notes), (*self.closings, *later.closings), (*self.removals, *later.removals)
        )


def is_due(seq: int) -> bool:
    """True when entry `seq` is one to be noted."""
    return seq % EVERY == 0


def digest_of(hashes: Iterable[str]) -> str:
    """What a run of hashes adds up to."""
    total = hashlib.sha256()
    for one in hashes:
        total.update(one.encode("ascii"))
    return total.hexdigest()


def note(folder: Path, log: str, point: Checkpoint, key: Ed25519PrivateKey, at: datetime) -> None:
    """Append a signed note; on the disk when this returns."""
    state(folder, log, {"seq": point.seq, "hash": point.hash}, key, at)


def state(folder: Path, log: str, content: Mapping[str, Any], key: Ed25519PrivateKey, at: datetime) -> None:
    """Append a signed statement; on the disk when this returns."""
    said = {**content, "log": log, "time": utc_text(at), "key": key_id(key.public_key())}
    line = json.dumps({**said, "signature": sign(key, canonical_json(said))}) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{log}.jsonl").open("ab") as stream:
        torn = stream.tell() and not _ends_a_line(folder / f"{log}.jsonl")
        stream.write((b"\n" if torn else b"") + line.encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())


def stated(folder: Path, log: str, keys: Sequence[Ed25519PublicKey]) -> Statements:
    """Every statement about a log.  Raises DataError for a line that is not ours: someone changed the file.

    A line without its end is left out: its writer died in the middle of it.
    """
    file = folder / f"{log}.jsonl"
    return stated_in(file.read_bytes(), log, keys) if file.is_file() else Statements()


def stated_in(content: bytes, log: str, keys: Sequence[Ed25519PublicKey], before: int = 0) -> Statements:
    """The statements of a file, or of its part behind `before` lines.  Raises DataError."""
    lines = content.decode("utf-8").split("\n")
    said = [_read(line, number, log, keys) for number, line in enumerate(lines, before + 1) if line.endswith("}")]
    return Statements(
        tuple(Checkpoint(int(one["seq"]), str(one["hash"])) for one in said if "kind" not in one),
        tuple(_record(Closing, one) for one in said if one.get("kind") == "closing"),
        tuple(_record(Removal, one) for one in said if one.get("kind") == "removal"),
    )


def _ends_a_line(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _record(kind: type[Any], said: Mapping[str, Any]) -> Any:
    return kind(**{name: said[name] for name in kind.__dataclass_fields__})


def _read(line: str, number: int, log: str, keys: Sequence[Ed25519PublicKey]) -> Mapping[str, Any]:
    try:
        said: dict[str, Any] = json.loads(line)
        signature = said.pop("signature")
        good = said["log"] == log and is_signed(canonical_json(said), signature, keys)
    except (ValueError, KeyError, AttributeError, TypeError):
        good = False
    if not good:
        raise DataError(f"Line {number} of the checkpoints is not signed with a trusted key. Someone changed it.")
    return said
