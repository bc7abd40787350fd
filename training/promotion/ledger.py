"""The promotion ledger: what was live when, who decided it and why.  Append-only, hash-chained, signed at its head.

The ledger is what counts; MLflow's alias follows it.  Two promotions at once: the one that is written first wins.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import DataError, GateError
from configs.workspace import Workspace
from features.manifest import write_atomically
from models.bundles.signing import is_signed, load_or_create_signing_key, sign, trusted_keys
from models.chain import GENESIS, ChainedEntry, Checkpoint, append, canonical_json, head, verify

_METADATA = sa.MetaData()
_PROMOTIONS = sa.Table(
    "promotions",
    _METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
)
for _act in ("UPDATE", "DELETE"):
    sa.event.listen(
        _PROMOTIONS,
        "after_create",
        sa.DDL(
            f"CREATE TRIGGER promotions_no_{_act.lower()} BEFORE {_act} ON promotions "
            "BEGIN SELECT RAISE(ABORT, 'the promotion ledger is append-only'); END"
        ).execute_if(dialect="sqlite"),
    )


@dataclass(frozen=True)
class Live:
    """The last promotion of one model name."""

    seq: int
    entry: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The model version that this promotion made live."""
        return str(self.entry["version"])


class Ledger:
    """Promotions in one SQL table.  Made by `open_ledger`."""

    def __init__(self, engine: sa.Engine, checkpoint: Path, workspace: Workspace) -> None:
        self._engine = engine
        self._checkpoint = checkpoint
        self._workspace = workspace

    def entries(self) -> tuple[ChainedEntry, ...]:
        """Every promotion in order."""
        with self._engine.connect() as connection:
            return _read(connection)

    def live(self, name: str, on: datetime | None = None) -> Live | None:
        """What was live for `name` at the moment `on` (UTC; now when None)."""
        return _live(self.entries(), name, on)

    def previous_of(self, name: str, version: str) -> str | None:
        """What was live before `version` became so: where a second rollback in a row leads."""
        for chained in reversed(self.entries()):
            if (chained.entry["name"], chained.entry["version"]) == (name, version):
                previous = chained.entry["previous"]
                return None if previous is None else str(previous)
        return None

    def checks_of(self, live: Live) -> tuple[Mapping[str, Any], ...]:
        """The checks that let a live version through; of a roll-back those of the promotion that it goes back to."""
        for chained in reversed(self.entries()):
            entry = chained.entry
            same = (entry["name"], str(entry["version"])) == (live.entry["name"], live.version)
            if same and entry["checks"] and int(entry["seq"]) <= live.seq:
                return tuple(entry["checks"])
        return ()

    def append(self, expected: Live | None, values: Mapping[str, Any]) -> ChainedEntry:
        """Write a promotion of values["name"] unless something else became live since `expected` was read.

        Raises GateError when another promotion was first.
        """
        name = str(values["name"])
        try:
            with self._engine.begin() as connection:
                entries = _read(connection)
                if _live(entries, name) != expected:
                    raise _too_late(name)
                chained = append(head(entries[-1]) if entries else GENESIS, values)
                row = {"seq": chained.entry["seq"], "prev_hash": chained.prev_hash, "hash": chained.hash}
                text = canonical_json(chained.entry).decode("ascii")
                connection.execute(_PROMOTIONS.insert().values(**row, entry=text))
        except sa.exc.IntegrityError:
            raise _too_late(name) from None  # where two writers can read at once, the key decides
        self._write_checkpoint(load_or_create_signing_key(self._workspace.keys))
        return chained

    def verify(self) -> int | None:
        """The first bad sequence number, or None.  Raises DataError when the checkpoint itself was changed."""
        if not self._checkpoint.exists():
            return verify(self.entries())
        checkpoint = self._read_checkpoint(trusted_keys(self._workspace.keys))
        return verify(self.entries(), checkpoints=[checkpoint])

    def _write_checkpoint(self, key: Ed25519PrivateKey) -> None:
        """Sign the head as it is now.  Under the write lock, so that of two writers none puts an older head back."""
        with self._engine.begin() as connection:
            point = head(_read(connection)[-1])
            signed = {"hash": point.hash, "seq": point.seq}
            content = canonical_json({**signed, "signature": sign(key, canonical_json(signed))})
            write_atomically(self._checkpoint, content)

    def _read_checkpoint(self, keys: tuple[Ed25519PublicKey, ...]) -> Checkpoint:
        try:
            values = json.loads(self._checkpoint.read_bytes())
            point, signature = Checkpoint(int(values["seq"]), str(values["hash"])), str(values["signature"])
        except (ValueError, KeyError, TypeError):
            raise DataError("The promotion ledger's checkpoint cannot be read. Restore it from a backup.") from None
        if not is_signed(canonical_json({"hash": point.hash, "seq": point.seq}), signature, keys):
            raise DataError("The promotion ledger's checkpoint is not signed with a trusted key. Restore a backup.")
        return point


def open_ledger(workspace: Workspace, url: str | None = None) -> Ledger:
    """The ledger at `url`, or the SQLite file in the workspace's records."""
    workspace.records.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url or f"sqlite:///{workspace.records / 'promotions.db'}")
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _durable)
        sa.event.listen(engine, "begin", _write_lock)
    with engine.begin() as connection:
        _METADATA.create_all(connection)
    return Ledger(engine, workspace.records / "promotions.checkpoint.json", workspace)


def _durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA synchronous = FULL")


def _write_lock(connection: sa.Connection) -> None:
    """The write lock from the first statement on, so that nothing comes between reading the head and appending."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _read(connection: sa.Connection) -> tuple[ChainedEntry, ...]:
    rows = connection.execute(sa.select(_PROMOTIONS).order_by(_PROMOTIONS.c.seq))
    return tuple(ChainedEntry(json.loads(row.entry), row.prev_hash, row.hash) for row in rows)


def _live(entries: tuple[ChainedEntry, ...], name: str, on: datetime | None = None) -> Live | None:
    for chained in reversed(entries):
        entry = chained.entry
        if entry["name"] == name and (on is None or datetime.fromisoformat(entry["at"]) <= on):
            return Live(int(entry["seq"]), entry)
    return None


def _too_late(name: str) -> GateError:
    return GateError(f"Another promotion of {name} was written first. Look at what is live now and run promote again.")
