"""Writes signed checkpoints of the logs while the service runs, and reads them for the verifier."""

import logging
import threading
import time
from pathlib import Path

from sqlalchemy import Engine, Table

from configs.errors import LuotainError
from configs.workspace import Workspace
from models.chain import Checkpoint
from serving.records.chain.chained import Verified, last_of, verify_table
from serving.records.chain.checkpoints import NOTE_SECONDS, Statements, is_due, note
from serving.records.database import reading
from serving.records.keeping.keys import checkpoint_key, checkpoint_keys
from serving.records.logs import Records
from serving.records.schema import CHAINED
from serving.records.verifying.remembered import Remembered

logger = logging.getLogger("luotain.serving")


class Witness:
    """Notes the head of each log outside its database.  A failure is logged and never stops an answer."""

    def __init__(self, workspace: Workspace, folder: Path | None = None) -> None:
        """`folder`: the second place; without one the notes lie beside the records folder, not in it."""
        self.keys = workspace.keys
        self.folder = folder or workspace.root / "checkpoints"
        self._read = Remembered()
        self._noted: dict[str, int] = {}
        self._due = time.monotonic() + NOTE_SECONDS
        self._lock = threading.Lock()

    def after(self, records: Records, seq: int) -> None:
        """Called with the number of an entry just committed."""
        if is_due(seq) or time.monotonic() >= self._due:
            self.note_heads(records)

    def note_heads(self, records: Records) -> None:
        """Note where every log stands now, where it moved since the last note."""
        self._due = time.monotonic() + NOTE_SECONDS
        try:
            with self._lock:
                self._note_moved(records)
        except (LuotainError, OSError) as error:
            logger.warning("checkpoint not written: %s", type(error).__name__)

    def statements(self, log: str) -> Statements:
        """Everything stated about a log.  Raises DataError or ModelError."""
        file = self.folder / f"{log}.jsonl"
        if not file.is_file():
            return Statements()
        return self._read.of(file, log, checkpoint_keys(self.keys))

    def notes(self, log: str) -> tuple[Checkpoint, ...]:
        """Every entry whose hash was written down.  Raises DataError or ModelError."""
        return self.statements(log).anchors

    def verified(self, engine: Engine, table: Table, *seen: Checkpoint) -> Verified:
        """The log held against everything that was stated about it, and against heads that somebody else kept."""
        said = self.statements(table.name)
        return verify_table(engine, table, (*said.anchors, *seen), said.removals)

    def _note_moved(self, records: Records) -> None:
        key = checkpoint_key(self.keys)
        for table in CHAINED:
            with reading(records.engine) as connection:
                head = last_of(connection, table)
            if head.seq and self._noted.get(table.name) != head.seq:
                note(self.folder, table.name, head, key, records.now())
                self._noted[table.name] = head.seq
