"""Signed notes of how far a log had come, kept outside its database: they show a cut tail and a rewritten chain.

One JSON line per note.  The folder should lie where the database's administrator cannot write.
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import DataError
from models.bundles.signing import is_signed, sign
from models.chain import Checkpoint, canonical_json
from serving.records.entries import utc_text

EVERY = 100
"""Entries between two notes."""


def is_due(seq: int) -> bool:
    """True when entry `seq` is one to be noted."""
    return seq % EVERY == 0


def note(folder: Path, log: str, point: Checkpoint, key: Ed25519PrivateKey, at: datetime) -> None:
    """Append a signed note; on the disk when this returns."""
    said = {"log": log, "seq": point.seq, "hash": point.hash, "time": utc_text(at)}
    line = json.dumps({**said, "signature": sign(key, canonical_json(said))}) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{log}.jsonl").open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def noted(folder: Path, log: str, keys: Sequence[Ed25519PublicKey]) -> tuple[Checkpoint, ...]:
    """Every note of a log.  Raises DataError for a line that is not ours: someone changed the notes."""
    file = folder / f"{log}.jsonl"
    if not file.is_file():
        return ()
    lines = file.read_text(encoding="utf-8").splitlines()
    return tuple(_read(line, number, keys) for number, line in enumerate(lines, start=1))


def _read(line: str, number: int, keys: Sequence[Ed25519PublicKey]) -> Checkpoint:
    try:
        said = json.loads(line)
        signature = said.pop("signature")
        good = is_signed(canonical_json(said), signature, keys)
        point = Checkpoint(int(said["seq"]), str(said["hash"]))
    except (ValueError, KeyError, AttributeError, TypeError):
        good = False
    if not good:
        raise DataError(f"Line {number} of the checkpoints is not signed with a trusted key. Someone changed it.")
    return point
