"""The logs and their witness as the service's config names them: the same for the service and every command."""

from collections.abc import Callable
from pathlib import Path

from serving.records.chain.witness import Witness
from serving.records.database import Place
from serving.records.logs import Clock, Records
from serving.settings import ServingSettings


def place_of(settings: ServingSettings) -> Place:
    """Where the logs lie.  Raises ConfigError for a URL that is none."""
    return Place(settings.workspace.records, settings.records.database())


def open_records(
    settings: ServingSettings, clock: Clock, after: Callable[[Records, int], None] | None = None
) -> Records:
    """The logs; nothing is opened before the first entry."""
    return Records(place_of(settings), clock, after, settings.records.retention)


def witness_of(settings: ServingSettings) -> Witness:
    """Who notes the heads, in the second place."""
    named = settings.records.checkpoints
    return Witness(settings.workspace, Path(named) if named else None)
