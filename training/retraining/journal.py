"""The journal of a retraining: which steps are done, so that a killed one goes on where it was cut.

One small file per retraining config in the data folder, replaced whole.  It is followed only while the code, the
configs and the registers are those it was begun with; otherwise, or when the last one ended, a new one begins.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from configs.workspace import Workspace
from features.manifest import write_atomically
from features.store import open_snapshot

FOLDER = "retraining"
SOURCES = ("configs", "features", "models", "evaluation", "training")
SUFFIXES = (".py", ".yaml", ".j2", ".css", ".csv", ".sql")


@dataclass(frozen=True)
class Done:
    """One step that ended."""

    step: str
    config: str
    seconds: float
    processor_seconds: float
    code: int
    snapshot_sha256: str
    """Of the registers when it ended; empty where there are none yet."""


@dataclass(frozen=True)
class Journal:
    """What has been done of one retraining."""

    file: Path
    begun: str
    """UTC; versions that were registered from then on belong to this retraining."""
    fingerprint: str
    """Of the code and the configs."""
    steps: tuple[Done, ...] = ()
    ended: bool = False
    resumed: int = field(default=0)
    """How often it went on after it was cut."""

    def is_done(self, step: str, config: str) -> bool:
        """True for a step that ended well, before the cut or in this process."""
        return any((one.step, one.config, one.code) == (step, config, 0) for one in self.steps)

    def with_step(self, done: Done) -> "Journal":
        """Written down before the next step begins; a fault in the very first one leaves nothing to go on with."""
        after = replace(self, steps=(*self.steps, done))
        return after if done.code and not self.steps else self._written(after)

    def concluded(self) -> "Journal":
        """Nothing is left to do: the next retraining begins from the first step."""
        return self._written(replace(self, ended=True))

    def _written(self, journal: "Journal") -> "Journal":
        journal.file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(journal.file, json.dumps(journal.as_dict(), indent=1).encode())
        return journal

    def as_dict(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "begun": self.begun,
            "fingerprint": self.fingerprint,
            "steps": [vars(one) for one in self.steps],
            "ended": self.ended,
            "resumed": self.resumed,
        }


@contextmanager
def only_retraining(workspace: Workspace) -> Iterator[None]:
    """Hold the data folder's retrainings.  Raises DataError when another one runs; a killed one holds nothing."""
    folder = workspace.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DataError("Another retraining of this data folder is running. Wait until it has ended.") from None
    finally:
        os.close(handle)


def open_journal(workspace: Workspace, name: str) -> Journal:
    """The cut retraining of that name to go on with, or a new one."""
    file = workspace.root / FOLDER / f"{name}.json"
    fingerprint = source_fingerprint()
    cut = _read(file)
    if cut is not None and not cut.ended and cut.fingerprint == fingerprint and _same_registers(workspace, cut):
        good = tuple(one for one in cut.steps if one.code == 0)
        return replace(cut, steps=good, resumed=cut.resumed + 1)
    return Journal(file, datetime.now(UTC).isoformat(timespec="milliseconds"), fingerprint)


def source_fingerprint(root: Path = PROJECT_ROOT) -> str:
    """SHA-256 over every file of code and configuration, by name and content."""
    digest = hashlib.sha256()
    for folder in SOURCES:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    digest.update(os.environ.get("OMP_NUM_THREADS", "").encode())
    return digest.hexdigest()


def snapshot_of(workspace: Workspace) -> str:
    """The registers' present snapshot; empty where there are none yet."""
    try:
        return open_snapshot(workspace.store).sha256
    except DataError:
        return ""


def _same_registers(workspace: Workspace, cut: Journal) -> bool:
    return not cut.steps or cut.steps[-1].snapshot_sha256 == snapshot_of(workspace)


def _read(file: Path) -> Journal | None:
    try:
        values: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        steps = tuple(Done(**one) for one in values["steps"])
        return Journal(file, values["begun"], values["fingerprint"], steps, values["ended"], values["resumed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
