"""Writes signed checkpoints of both logs while the service runs, and reads them for the verifier."""

import logging
from pathlib import Path

from configs.errors import LuotainError
from configs.workspace import Workspace
from models.bundles.signing import load_or_create_signing_key, trusted_keys
from models.chain import Checkpoint
from serving.records.chained import last_of
from serving.records.checkpoints import is_due, note, noted
from serving.records.database import reading
from serving.records.logs import Records
from serving.records.schema import CHAINED

logger = logging.getLogger("luotain.serving")


class Witness:
    """Notes the head of each log outside its database.  A failure is logged and never stops an answer."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def folder(self) -> Path:
        """Where the notes are: beside the records folder, not in it."""
        return self._workspace.root / "checkpoints"

    def after(self, records: Records, seq: int) -> None:
        """Called with the number of an entry just committed."""
        if is_due(seq):
            self.note_heads(records)

    def note_heads(self, records: Records) -> None:
        """Note where both logs stand now."""
        try:
            key = load_or_create_signing_key(self._workspace.keys)
            for table in CHAINED:
                with reading(records.engine) as connection:
                    head = last_of(connection, table)
                if head.seq:
                    note(self.folder, table.name, head, key, records.now())
        except (LuotainError, OSError) as error:
            logger.warning("checkpoint not written: %s", type(error).__name__)

    def notes(self, log: str) -> tuple[Checkpoint, ...]:
        """Every note of a log.  Raises DataError or ModelError."""
        if not (self.folder / f"{log}.jsonl").is_file():
            return ()
        return noted(self.folder, log, trusted_keys(self._workspace.keys))
