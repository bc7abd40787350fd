"""Reads the promotion ledger that training writes: what was live when, who decided it and why.  It writes nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import column, create_engine, select, table
from sqlalchemy.exc import SQLAlchemyError

from configs.errors import DataError
from configs.workspace import Workspace
from models.bundles.signing import is_signed, trusted_keys
from models.chain import ChainedEntry, Checkpoint, canonical_json, verify
from models.oversight.facts import Promotion

FILE, CHECKPOINT = "promotions.db", "promotions.checkpoint.json"
_PROMOTIONS = table("promotions", column("seq"), column("prev_hash"), column("hash"), column("entry"))


@dataclass(frozen=True)
class Promotions:
    """Every promotion in order, and the first bad entry of the chain (None = whole)."""

    entries: tuple[ChainedEntry, ...]
    first_bad: int | None

    def live(self, name: str, at: datetime | None = None) -> Promotion | None:
        """What was live for `name` at the moment `at` (now when None)."""
        until = [one for one in self.entries if at is None or datetime.fromisoformat(one.entry["at"]) <= at]
        found = next((one for one in reversed(until) if one.entry["name"] == name), None)
        return _promotion(found, until) if found else None

    def names(self) -> tuple[str, ...]:
        """Every model that was ever live, in alphabetical order."""
        return tuple(sorted({str(one.entry["name"]) for one in self.entries}))


def read_promotions(workspace: Workspace, url: str | None = None) -> Promotions | None:
    """The ledger at `url`, or the file in the records folder; None when nothing was ever promoted.

    Raises DataError when it cannot be read or its checkpoint was changed.
    """
    file = workspace.records / FILE
    if url is None and not file.is_file():
        return None
    engine = create_engine(url or f"sqlite:///file:{file}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(_PROMOTIONS).order_by(_PROMOTIONS.c.seq)).all()
    except SQLAlchemyError as fault:
        raise DataError(f"The promotion ledger cannot be read ({type(fault).__name__}). Restore a backup.") from None
    finally:
        engine.dispose()
    entries = tuple(ChainedEntry(json.loads(row.entry), row.prev_hash, row.hash) for row in rows)
    return Promotions(entries, verify(entries, checkpoints=_checkpoints(workspace)))


def _promotion(found: ChainedEntry, entries: Sequence[ChainedEntry]) -> Promotion:
    entry = found.entry
    version = str(entry["version"])
    earlier = [
        one.entry for one in entries if (one.entry["name"], str(one.entry["version"])) == (entry["name"], version)
    ]
    judged = next((one for one in reversed(earlier) if one["checks"]), entry)
    return Promotion(
        act=str(entry["act"]),
        at=str(entry["at"]),
        who=str(entry["who"]),
        why=str(entry["why"]),
        version=version,
        bundle_sha256=str(entry["bundle_sha256"]),
        checks=tuple(entry["checks"]),
        metrics=dict(entry["metrics"]),
        gates_passed_earlier=any(one["checks"] and all(map(_let_through, one["checks"])) for one in earlier),
        waivers=tuple(check["waiver"] for check in judged["checks"] if check.get("waiver")),
    )


def _let_through(check: Mapping[str, Any]) -> bool:
    return bool(check["passed"] or check.get("waiver"))


def _checkpoints(workspace: Workspace) -> tuple[Checkpoint, ...]:
    """The signed head.  Raises DataError when it is unreadable or not signed with a trusted key."""
    file: Path = workspace.records / CHECKPOINT
    if not file.is_file():
        return ()
    try:
        values = json.loads(file.read_bytes())
        point, signature = Checkpoint(int(values["seq"]), str(values["hash"])), str(values["signature"])
    except (ValueError, KeyError, TypeError):
        raise DataError("The promotion ledger's checkpoint cannot be read. Restore it from a backup.") from None
    if not is_signed(canonical_json({"hash": point.hash, "seq": point.seq}), signature, trusted_keys(workspace.keys)):
        raise DataError("The promotion ledger's checkpoint is not signed with a trusted key. Restore a backup.")
    return (point,)
