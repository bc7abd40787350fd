"""The stop switch: which models are stopped, by whom and why.  One small file per model, seen by every worker at once.

The act itself is an audit entry, committed before the file is written; the file is what a request reads, so that
stopping needs no database and no restart.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from models.oversight.facts import Stopped

FOLDER = "stopped"
SHORTEST_REASON, LONGEST_REASON = 10, 500
"""Characters of the reason why a model is stopped or served again."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class StopList:
    """The stopped models of one data folder."""

    def __init__(self, records: Path) -> None:
        self._folder = records / FOLDER
        self._seen: tuple[int, Mapping[str, Stopped]] = (-1, {})
        self._lock = threading.Lock()

    def all(self) -> Mapping[str, Stopped]:
        """Model name → why it is stopped.  Read again only when the folder has changed."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        with self._lock:
            if changed != self._seen[0]:
                self._seen = (changed, {file.stem: _read(file) for file in sorted(self._folder.glob("*.json"))})
            return self._seen[1]

    def stop(self, name: str, stopped: Stopped) -> None:
        """Stop serving `name`.  Raises ValueError for what is no model's name."""
        if not _NAME.fullmatch(name):
            raise ValueError("That is no name of a model.")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{name}.draft"
        draft.write_text(json.dumps(asdict(stopped), ensure_ascii=False), encoding="utf-8")
        draft.replace(self._folder / f"{name}.json")

    def lift(self, name: str) -> None:
        """Serve `name` again; nothing happens when it was not stopped."""
        if name in self.all():
            (self._folder / f"{name}.json").unlink(missing_ok=True)


def _read(file: Path) -> Stopped:
    """A file that cannot be read stops its model too: a stop is never undone by damage."""
    try:
        return Stopped(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return Stopped("", "", "?")
