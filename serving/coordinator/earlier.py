"""Earlier forecasts about a client, read from the log, and what then happened, read from the registers."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from serving.desk.requests import Desk
from serving.pages.coordinator.services import EarlierForecast, Outcome
from serving.pages.services import Unavailable
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG

MOST_ENTRIES = 400
"""Answers about one client that are looked through, newest first."""
Row = Mapping[str, Any]


def earlier_forecasts(desk: Desk, client_id: str) -> tuple[EarlierForecast, ...]:
    """One line per task and day of knowledge, the earliest showing of each; newest first, not today's knowledge."""
    wanted = Wanted({"client_id": client_id, "event": "answer", "outcome": "ok"})
    entries = desk.records.page(AUDIT_LOG, wanted, 1, MOST_ENTRIES).entries
    now = desk.engine.data().as_of.isoformat()
    found: dict[tuple[str, str], tuple[str, Row, Row]] = {}
    for entry in entries:
        for said, explained in _estimates(entry):
            if said["as_of"] < now:
                found[said["task"], said["as_of"]] = (entry["time"], said, explained)
    return tuple(_line(desk, client_id, made, said, explained) for made, said, explained in found.values())


def _estimates(entry: Row) -> Iterator[tuple[Row, Row]]:
    for said in entry.get("detail", {}).get("answers", ()):
        if said.get("kind") == "need":
            yield from ((said, one) for one in said["explained"] if one["id"] == said["task"])


def _line(desk: Desk, client_id: str, made: str, said: Row, explained: Row) -> EarlierForecast:
    task, as_of = str(said["task"]), date.fromisoformat(said["as_of"])
    try:
        outcome = desk.engine.outcome(client_id, task, as_of)
    except Unavailable:
        outcome = Outcome("unknown", "")
    return EarlierForecast(
        task, said["as_of"], float(explained["probability"]), str(said["model"]), str(said["version"]), outcome
    )
