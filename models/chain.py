"""A hash chain: each entry is bound to the one before it, so that a change anywhere shows where it happened.

Pure functions.  The audit log (serving/records) and the promotion ledger (training/promotion/ledger) both use them.
A chain alone does not show a cut tail or a whole rewritten file: give `verify` the checkpoints kept elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GENESIS_HASH = "0" * 64


@dataclass(frozen=True)
class Checkpoint:
    """The hash that entry `seq` had when someone outside wrote it down.  Entry 0 is before the first."""

    seq: int
    hash: str


GENESIS = Checkpoint(0, GENESIS_HASH)


@dataclass(frozen=True)
class ChainedEntry:
    """One entry as stored: what it says (with its own `seq`), the hash before it and its own hash."""

    entry: Mapping[str, Any]
    prev_hash: str
    hash: str


def canonical_json(value: object) -> bytes:
    """One spelling per value: sorted keys, no spaces, ASCII.  Raises ValueError for NaN, TypeError for a non-JSON value
    and for a key that is no text (1 and "1" would become the same)."""
    _refuse_ambiguous_keys(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def link(prev_hash: str, entry: Mapping[str, Any]) -> str:
    """The hash of `entry` behind `prev_hash`: SHA-256 of the former hash, a line break and the canonical JSON."""
    return link_text(prev_hash, canonical_json(entry))


def link_text(prev_hash: str, text: bytes) -> str:
    """`link` of an entry that is spelt out already."""
    return hashlib.sha256(prev_hash.encode("ascii") + b"\n" + text).hexdigest()


def append(last: Checkpoint, values: Mapping[str, Any]) -> ChainedEntry:
    """The next entry after `last`; its `seq` is added here."""
    entry = {**values, "seq": last.seq + 1}
    return ChainedEntry(entry, last.hash, link(last.hash, entry))


def head(chained: ChainedEntry) -> Checkpoint:
    """What to write down about an entry so that a later cut or rewrite shows."""
    return Checkpoint(int(chained.entry["seq"]), chained.hash)


def verify(
    entries: Iterable[ChainedEntry], after: Checkpoint = GENESIS, checkpoints: Sequence[Checkpoint] = ()
) -> int | None:
    """The first bad sequence number, or None when the chain is whole.

    `entries` are in stored order; `after` is where they go on from (an earlier monthly segment's head).
    A checkpoint beyond the last entry means that the tail was cut: its first missing number is returned.
    """
    anchored = {point.seq: point.hash for point in checkpoints}
    last = after
    for chained in entries:
        expected = last.seq + 1
        if not _continues(chained, last, anchored.get(expected)):
            return expected
        last = Checkpoint(expected, chained.hash)
    return last.seq + 1 if any(seq > last.seq for seq in anchored) else None


def _continues(chained: ChainedEntry, last: Checkpoint, anchored: str | None) -> bool:
    """True when `chained` is the entry right after `last` and nothing in it was changed."""
    seq = chained.entry.get("seq")
    if type(seq) is not int or seq != last.seq + 1 or chained.prev_hash != last.hash:
        return False
    try:
        computed = link(last.hash, chained.entry)
    except (TypeError, ValueError):
        return False
    return computed == chained.hash and anchored in (None, computed)


PLAIN = frozenset({str, float, int, bool, type(None)})
"""Holds no keys: not walked into, because an answer is mostly these."""


def _refuse_ambiguous_keys(value: object) -> None:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict | Mapping):
            for key in one:
                if not isinstance(key, str):
                    raise TypeError(f"A key of a chained entry must be text, found {type(key).__name__}.")
            left += [inner for inner in one.values() if type(inner) not in PLAIN]
        elif isinstance(one, list | tuple):
            left += [inner for inner in one if type(inner) not in PLAIN]
