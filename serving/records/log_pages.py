"""The two logs as the auditor reads them: rows without client ids, filtered and in pages, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from serving.pages.services import LogPage, LogRow
from serving.records.entries import HELSINKI, local_text
from serving.records.logs import Records, Wanted
from serving.records.schema import AUDIT_LOG, DECISION_LOG, Table


@dataclass(frozen=True)
class LogView:
    """One log: its columns in order, the entry's field behind each, and the columns one may filter by."""

    table: Table
    fields: Mapping[str, str]
    filters: tuple[str, ...]


DECISIONS = LogView(
    DECISION_LOG,
    {
        "time": "time",
        "actor": "actor_id",
        "role": "role",
        "unit": "unit",
        "decision_point": "decision_point",
        "choice": "choice",
        "proposed": "proposed",
        "decided": "segment",
        "reason": "reason",
        "model": "model",
        "answer": "answer_id",
    },
    ("choice", "role"),
)
AUDIT = LogView(
    AUDIT_LOG,
    {
        "time": "time",
        "event": "event",
        "outcome": "outcome",
        "actor": "actor_id",
        "role": "role",
        "unit": "unit",
        "ground": "ground",
        "purpose": "purpose",
        "model": "model",
        "request": "request_id",
    },
    ("event", "outcome", "role"),
)


def log_page(records: Records, view: LogView, page: int, filters: Mapping[str, str], size: int) -> LogPage:
    """One page of a log.  A filter that is not known, or a day that is none, is left out."""
    wanted = Wanted(
        {name: value for name, value in filters.items() if name in view.filters and value},
        since=_utc_midnight(filters.get("from", ""), 0),
        before=_utc_midnight(filters.get("to", ""), 1),
    )
    found = records.page(view.table, wanted, max(page, 1), size)
    rows = tuple(LogRow(int(entry["seq"]), _cells(view, entry)) for entry in found.entries)
    choices = {name: records.values_of(view.table, name) for name in view.filters}
    return LogPage(tuple(view.fields), rows, found.total, max(page, 1), page_count(found.total, size), choices)


def page_count(total: int, size: int) -> int:
    """How many pages `total` rows make; at least one."""
    return max(1, -(-total // size))


def _cells(view: LogView, entry: Mapping[str, Any]) -> dict[str, str]:
    return {column: _cell(entry, name) for column, name in view.fields.items()}


def _cell(entry: Mapping[str, Any], name: str) -> str:
    if name == "time":
        return local_text(entry["time"])
    if name == "model" and "model" not in entry:
        said = entry.get("detail", {}).get("answers", ())
        return ", ".join(f"{one['model']} {one['version']}" for one in said)
    value = entry.get(name)
    return "" if value is None else str(value)


def _utc_midnight(day: str, days_later: int) -> str:
    """The UTC text at which a Finnish day (or the day after it) begins; empty when the text is no date."""
    try:
        local = datetime.combine(date.fromisoformat(day) + timedelta(days=days_later), time(), HELSINKI)
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    except (ValueError, OverflowError):
        return ""
