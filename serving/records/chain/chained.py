"""A hash-chained table: append one entry, read the whole log for the verifier, name the first bad entry.

Entries whose time is over have left their number and hash in `removed_entries`; the signed statement of their removal
(`serving.records.chain.checkpoints.Removal`) says which they were and what their hashes add up to.
"""

import hashlib
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Select, Table, func, select

from configs.errors import DataError
from configs.phrases import Phrase
from models.chain import GENESIS, Checkpoint, canonical_json, link_text
from serving.records.chain.checkpoints import Removal, digest_of
from serving.records.database import reading
from serving.records.schema import REMOVED, copied_columns

BATCH = 2000
"""Rows fetched at once by the verifier."""

Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Verified:
    """The state of one chain: how many entries it has and the first bad one, if any."""

    log: str
    entries: int
    """Those whose content is there."""
    first_bad: int | None
    head: Checkpoint
    removed: int = 0
    """Entries whose time was over: their hashes are there."""
    backwards: int = 0
    """How often the clock stood earlier than at the entry before; the order is by number all the same."""
    checked: Checkpoint = GENESIS
    """The last entry that was read: where `verify_after` goes on."""
    time: str = ""
    """What that entry says of its time."""


@dataclass
class _Walk:
    """Where the verifier stands in a log."""

    last: Checkpoint
    anchors: Mapping[int, str]
    time: str = ""
    backwards: int = 0
    entries: int = 0


def last_of(connection: Connection, table: Table) -> Checkpoint:
    """The chain's head inside the caller's transaction."""
    row = connection.execute(_last(table)).first()
    return Checkpoint(row.seq, row.hash) if row else removed_head(connection, table)


@cache
def _last(table: Table) -> Select[tuple[int, str]]:
    """The question for the newest entry; made once, because making it costs more than the answer."""
    return select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)


@cache
def _insert(table: Table) -> Insert:
    return table.insert()


def removed_head(connection: Connection, table: Table) -> Checkpoint:
    """The newest entry that was removed: where the entries that are there go on from."""
    kept = select(REMOVED.c.seq, REMOVED.c.hash).where(REMOVED.c.log == table.name)
    row = connection.execute(kept.order_by(REMOVED.c.seq.desc()).limit(1)).first()
    return Checkpoint(row.seq, row.hash) if row else GENESIS


def append_to(connection: Connection, table: Table, values: Mapping[str, Any]) -> Checkpoint:
    """Chain `values` to the end of `table` in the caller's writing transaction."""
    last = last_of(connection, table)
    entry = {**values, "seq": last.seq + 1}
    text = canonical_json(entry)
    now = Checkpoint(last.seq + 1, link_text(last.hash, text))
    copies = {name: entry[name] for name in copied_columns(table)}
    row = {"entry": text.decode("ascii"), "prev_hash": last.hash, "hash": now.hash, **copies}
    connection.execute(_insert(table), row)
    return now


def first_entries(engine: Engine, table: Table, count: int, **equal: str) -> tuple[Mapping[str, Any], ...]:
    """The oldest `count` entries whose columns equal the given values.  Raises Unavailable."""
    where = [table.c[name] == value for name, value in equal.items()]
    with reading(engine) as connection:
        rows = connection.execute(select(table.c.entry).where(*where).order_by(table.c.seq).limit(count))
        return tuple(json.loads(row.entry) for row in rows)


def entry_of(engine: Engine, table: Table, seq: int) -> Mapping[str, Any] | None:
    """One entry, whose own link holds; None when its content was removed.

    Raises DataError when there is no such entry or it was changed, Unavailable when the log cannot be read.
    """
    with reading(engine) as connection:
        row = connection.execute(
            select(table.c.entry, table.c.prev_hash, table.c.hash).where(table.c.seq == seq)
        ).first()
        kept = removed_head(connection, table).seq
    if row is None and 1 <= seq <= kept:
        return None
    if row is None:
        english = f"The {table.name} has no entry {seq}. Type `python -m serving.verify_log` for its last one."
        raise DataError(Phrase(english, "replay.say.no_entry", seq=seq))
    if hashlib.sha256(f"{row.prev_hash}\n{row.entry}".encode()).hexdigest() != row.hash:
        english = f"Entry {seq} of the {table.name} was changed. Type `python -m serving.verify_log`."
        raise DataError(Phrase(english, "replay.say.changed", seq=seq))
    found: Mapping[str, Any] = json.loads(row.entry)
    return found


def verify_table(
    engine: Engine, table: Table, checkpoints: Sequence[Checkpoint] = (), removals: Sequence[Removal] = ()
) -> Verified:
    """Read the whole log and check every link.  Raises Unavailable when it cannot be read."""
    anchors = {point.seq: point.hash for point in checkpoints}
    with reading(engine) as connection:
        hashes = _removed_hashes(connection, table)
        walk = _Walk(GENESIS, anchors)
        bad = _first_bad_removed(walk, hashes, removals)
        if bad is None:
            with closing(_stored(connection, table)) as rows:
                bad = _first_bad_link(walk, rows, copied_columns(table))
        if bad is None and any(seq > walk.last.seq for seq in anchors):
            bad = walk.last.seq + 1  # a note says that there was more: the tail was cut
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        head = last_of(connection, table)
        return Verified(table.name, count, bad, head, len(hashes), walk.backwards, walk.last, walk.time)


def verify_after(engine: Engine, table: Table, before: Verified, checkpoints: Sequence[Checkpoint] = ()) -> Verified:
    """Check the entries that came after an earlier verification, and that its last entry is still the same.

    Raises Unavailable.  What is not seen: an entry up to `before.checked` that was changed since it was verified, as
    long as that last one keeps its hash.  `verify_table` sees it.
    """
    anchors = {point.seq: point.hash for point in checkpoints if point.seq >= before.checked.seq}
    with reading(engine) as connection:
        if not _is_still(connection, table, before.checked, anchors):
            return replace(before, first_bad=max(1, before.checked.seq))
        walk = _Walk(before.checked, anchors, before.time, before.backwards)
        with closing(_stored(connection, table, before.checked.seq)) as rows:
            bad = _first_bad_link(walk, rows, copied_columns(table))
        if bad is None and any(seq > walk.last.seq for seq in anchors):
            bad = walk.last.seq + 1
        entries, head = before.entries + walk.entries, last_of(connection, table)
        return Verified(table.name, entries, bad, head, before.removed, walk.backwards, walk.last, walk.time)


def _is_still(connection: Connection, table: Table, point: Checkpoint, anchors: Mapping[int, str]) -> bool:
    """Whether an entry that was verified has its hash, and whatever was noted of it says the same."""
    if point == GENESIS:
        return True
    kept = select(table.c.hash).where(table.c.seq == point.seq)
    removed = select(REMOVED.c.hash).where(REMOVED.c.log == table.name, REMOVED.c.seq == point.seq)
    hashes = connection.execute(kept.union_all(removed)).scalars().all()
    return list(hashes) == [point.hash] and anchors.get(point.seq, point.hash) == point.hash


def _removed_hashes(connection: Connection, table: Table) -> list[tuple[int, str]]:
    query = select(REMOVED.c.seq, REMOVED.c.hash).where(REMOVED.c.log == table.name).order_by(REMOVED.c.seq)
    return [(row[0], row[1]) for row in connection.execute(query)]


def _first_bad_removed(walk: _Walk, hashes: Sequence[tuple[int, str]], removals: Sequence[Removal]) -> int | None:
    """Kept hashes are numbered without a gap, agree with every note, and each lies in a signed removal."""
    for seq, hash_ in hashes:
        if seq != walk.last.seq + 1 or walk.anchors.get(seq, hash_) != hash_:
            return walk.last.seq + 1
        walk.last = Checkpoint(seq, hash_)
    covered = 0
    for removal in sorted(removals, key=lambda one: one.first):
        if removal.first > walk.last.seq:
            break  # stated and not done yet: the entries are there, and are checked as such
        own = [hash_ for _, hash_ in hashes[removal.first - 1 : removal.last]]
        if removal.last <= covered:
            continue  # stated twice
        if removal.first != covered + 1 or digest_of(own) != removal.digest:
            return covered + 1
        covered = removal.last
    return covered + 1 if covered != walk.last.seq else None


def _first_bad_link(walk: _Walk, rows: Rows, copies: tuple[str, ...]) -> int | None:
    """The first entry that does not follow from the one before.  `rows`: entry, prev_hash, hash, then the copies."""
    last_seq, last_hash, anchors, loads, sha256 = (
        walk.last.seq,
        walk.last.hash,
        walk.anchors,
        json.loads,
        hashlib.sha256,
    )
    for text, prev_hash, hash_, *copied in rows:
        computed = sha256(f"{prev_hash}\n{text}".encode()).hexdigest()
        try:
            entry = loads(text)
            same = [entry[name] for name in copies] == copied
        except (ValueError, KeyError, TypeError):
            same, entry = False, {}
        seq = copied[0]
        if not (same and seq == last_seq + 1 and prev_hash == last_hash and hash_ == computed):
            walk.last = Checkpoint(last_seq, last_hash)
            return last_seq if seq == last_seq else last_seq + 1  # a number that stands twice is itself the bad one
        if seq in anchors and anchors[seq] != hash_:
            return int(seq)
        walk.backwards += entry.get("time", "") < walk.time
        walk.time = entry.get("time", "")
        walk.entries += 1
        last_seq, last_hash = seq, hash_
    walk.last = Checkpoint(last_seq, last_hash)
    return None


def _stored(connection: Connection, table: Table, after: int | None = None) -> Generator[Sequence[Any], None, None]:
    """Entry, prev_hash, hash and the copied columns (the number first), in order; all, or those after a number."""
    wanted = [table.c[name] for name in ("entry", "prev_hash", "hash", *copied_columns(table))]
    query = select(*wanted).order_by(table.c.seq)
    query = query if after is None else query.where(table.c.seq > after)
    with connection.execution_options(yield_per=BATCH).execute(query) as result:
        for batch in result.partitions():
            yield from map(tuple, batch)
