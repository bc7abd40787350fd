"""`python -m evaluation.flow.export_events --config configs/export_path_events.yaml`: a chain's events for an engine.

Each run writes the events that became known since the cursor as one file of JSON lines, named by the two days it lies
between, and moves the cursor last: a run that is stopped is simply run again and writes the same file.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from features.exports.path_events import SCHEMA_NAME, Event, as_lines, events_of, schema, since
from features.flow import Chain, ChainRows, read_chain, spells_at
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot, read_table
from models.flow.config import FlowConfig

DEFAULT = "configs/export_path_events.yaml"
CURSOR = "cursor.json"


class PathEventsConfig(StrictConfig):
    """What the command reads."""

    var: str
    folder: str
    flow: str
    """A flow config: its chain is exported."""


def make(config: PathEventsConfig) -> tuple[Path, int]:
    """Write what is new; the file and how many events it holds."""
    workspace = Workspace.of(config.var)
    snapshot, chain = open_snapshot(workspace.store), load_config(config.flow, FlowConfig).chain
    folder = workspace.root / config.folder / chain.id
    folder.mkdir(parents=True, exist_ok=True)
    cursor, until = stored_cursor(folder), snapshot.data_until + timedelta(days=1)
    events = new_events(chain, read_chain(snapshot, chain), cursor, until, under_non_disclosure(snapshot))
    file = folder / f"{cursor or 'begin'}_{until}.jsonl"
    write_atomically(folder / SCHEMA_NAME, json.dumps(schema(chain), indent=1).encode())
    if cursor != until:
        write_atomically(file, as_lines(events))
    write_atomically(folder / CURSOR, json.dumps({"known_before": until.isoformat()}).encode())
    return file, len(events)


def new_events(chain: Chain, rows: ChainRows, cursor: date | None, until: date, hidden: frozenset[str]) -> list[Event]:
    """The events known at `until` that were not known at `cursor` (None = none were)."""
    before = events_of(chain, spells_at(chain, rows, cursor), hidden) if cursor else {}
    return since(before, events_of(chain, spells_at(chain, rows, until), hidden))


def stored_cursor(folder: Path) -> date | None:
    """The day before which everything was written already.  Raises DataError for a damaged cursor."""
    file = folder / CURSOR
    if not file.is_file():
        return None
    try:
        return date.fromisoformat(json.loads(file.read_text(encoding="utf-8"))["known_before"])
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{CURSOR} is damaged. Remove it to export everything from the beginning.") from None


def under_non_disclosure(snapshot: Snapshot) -> frozenset[str]:
    """Clients of whom nothing leaves (turvakielto)."""
    residents = read_table(snapshot, "residents", columns=["client_id", "non_disclosure"])
    return frozenset(residents["client_id"][residents["non_disclosure"].astype(bool)].astype(str))


def main(argv: Sequence[str] | None = None) -> int:
    """Write the new events of a chain."""
    path = parse_config_path(argv, "evaluation.flow.export_events", "Writes a chain's new events.", DEFAULT)

    def action() -> None:
        file, events = make(load_config(path, PathEventsConfig))
        say(f"{events:,} new events of {file.parent.name}; everything known before {file.stem[-10:]} is written.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
