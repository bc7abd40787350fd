"""Access statistics for the auditor: how the service was used and what it refused, without pointing at a client.

Counts of clients below five are hidden (`None`), and so is what would give them away by subtraction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.small_cells import SMALLEST_CELL, hidden_cells
from serving.records.entries import HELSINKI

Entry = Mapping[str, Any]
DAY_BEGINS, DAY_ENDS = 6, 20
"""Hours in Finland outside which an access to a client counts as out of hours; so do Saturdays and Sundays."""
BREAKING = "break_glass"


@dataclass(frozen=True)
class UnitUse:
    """How one unit used the service."""

    unit: str
    events: int
    denied: int
    actors: int
    clients: int | None
    """Different clients looked at; None = fewer than five, or hidden so that such a count stays hidden."""


@dataclass(frozen=True)
class Widely:
    """A person who looked at many more different clients than the others of the same role do: worth a question."""

    actor_id: str
    role: str
    unit: str
    clients: int
    usual: float
    """Median of the role."""


@dataclass(frozen=True)
class AccessStatistics:
    """What a span of the audit log adds up to."""

    events: int
    denied: int
    errors: int
    by_event: Mapping[str, int]
    denied_by_ground: Mapping[str, int]
    """Why attempts were refused: role without right, another unit's client, no such client, ..."""
    denied_by_role: Mapping[str, int]
    by_month: tuple[tuple[str, int, int], ...]
    """(month, events, of which denied)."""
    by_unit: tuple[UnitUse, ...]
    break_glass: int
    out_of_hours: int
    """Accesses to clients at night and at weekends."""
    clock_jumps: int
    wide: tuple[Widely, ...]


def access_statistics(entries: Iterable[Entry], smallest: int = SMALLEST_CELL, times: float = 3.0) -> AccessStatistics:
    """The statistics of audit entries.  `times`: how many times the role's median makes somebody stand out."""
    found = tuple(entries)
    denied = [one for one in found if one["outcome"] == "denied"]
    return AccessStatistics(
        events=len(found),
        denied=len(denied),
        errors=sum(one["outcome"] == "error" for one in found),
        by_event=_counted(one["event"] for one in found),
        denied_by_ground=_counted(one["ground"] for one in denied),
        denied_by_role=_counted(one["role"] for one in denied),
        by_month=_months(found),
        by_unit=_units(found, smallest),
        break_glass=sum(str(one["event"]).startswith(BREAKING) or one["ground"] == BREAKING for one in found),
        out_of_hours=sum(_is_out_of_hours(one["time"]) for one in found if clients_of(one)),
        clock_jumps=sum("clock_jump_seconds" in one for one in found),
        wide=_wide(found, smallest, times),
    )


def clients_of(entry: Entry) -> set[str]:
    """Every client that an entry concerns: the one asked about, or all of a list.  An attempt refused shows nobody."""
    if entry["outcome"] != "ok":
        return set()
    listed = entry.get("detail", {}).get("clients", ())
    return {*listed, *([entry["client_id"]] if entry.get("client_id") else [])}


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _months(entries: Iterable[Entry]) -> tuple[tuple[str, int, int], ...]:
    every: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for one in entries:
        every[one["time"][:7]] += 1
        refused[one["time"][:7]] += one["outcome"] == "denied"
    return tuple((month, every[month], refused[month]) for month in sorted(every))


def _units(entries: Iterable[Entry], smallest: int) -> tuple[UnitUse, ...]:
    of_unit: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        of_unit[one["unit"]].append(one)
    units = sorted(of_unit)
    counts = [len({client for one in of_unit[unit] for client in clients_of(one)}) for unit in units]
    hidden = hidden_cells(counts, smallest)
    return tuple(
        UnitUse(
            unit,
            len(of_unit[unit]),
            sum(one["outcome"] == "denied" for one in of_unit[unit]),
            len({one["actor_id"] for one in of_unit[unit]}),
            None if hide else count,
        )
        for unit, count, hide in zip(units, counts, hidden, strict=True)
    )


def _wide(entries: Iterable[Entry], smallest: int, times: float) -> tuple[Widely, ...]:
    clients: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in entries:
        if seen := clients_of(one):
            clients[(one["actor_id"], one["role"], one["unit"])] |= seen
    usual = {role: _median([len(seen) for who, seen in clients.items() if who[1] == role]) for _, role, _ in clients}
    out = [
        Widely(actor, role, unit, len(seen), usual[role])
        for (actor, role, unit), seen in clients.items()
        if len(seen) >= smallest and len(seen) > times * usual[role]
    ]
    return tuple(sorted(out, key=lambda one: (-one.clients, one.actor_id)))


def _median(counts: list[int]) -> float:
    ordered, middle = sorted(counts), len(counts) // 2
    return float(ordered[middle]) if len(counts) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _is_out_of_hours(utc: str) -> bool:
    local = datetime.fromisoformat(utc).astimezone(HELSINKI)
    return local.weekday() >= 5 or not DAY_BEGINS <= local.hour < DAY_ENDS
