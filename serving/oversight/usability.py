"""How usable the proposals are, by unit: listed, opened, decided, how soon, and how often too little was known.

Source: the plans' assessment of the segmentation tool (seed 002_004 B3).  Agreement and kappa by unit are told by
`python -m evaluation.monitor` from the exported decisions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from models.small_cells import SMALLEST_CELL, hidden_cells

Entry = Mapping[str, Any]
UNANSWERED = ("not_answered", "ask_first")
"""What a list says in the place of a proposal."""
SHARES = ("opened", "decided", "accepted", "overridden", "not_enough_data")


@dataclass
class _Unit:
    """Clients of one unit by what happened to their proposals."""

    listed: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    choices: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def usability(entries: Iterable[Entry], decisions: Iterable[Entry]) -> list[dict[str, Any]]:
    """One line per unit: clients listed with a proposal and clients opened, and shares of clients.

    `opened`: of those listed; `decided` and `not_enough_data` (the last answer could not be given): of those opened;
    `accepted` and `overridden` (changed, or cannot tell): of those decided, by the last decision.  `median_seconds`
    from the view to the first decision.  Every count of 1-4 clients, and what would give one away, is None.
    """
    units: dict[str, _Unit] = defaultdict(_Unit)
    for one in entries:
        if one["outcome"] == "ok":
            _seen(units[str(one["unit"])], one)
    for one in decisions:
        _decided(units[str(one["unit"])], one)
    named = {name: unit for name, unit in sorted(units.items()) if unit.listed or unit.opened}
    return _lines(named)


def _seen(unit: _Unit, one: Entry) -> None:
    detail = one.get("detail", {})
    if one["event"] == "client_list":
        proposed: Mapping[str, str] = detail.get("proposed", {})
        unit.listed |= {client for client, segment in proposed.items() if segment not in UNANSWERED}
    if one["event"] == "answer" and one.get("client_id"):
        said = next((answer for answer in detail.get("answers", ()) if answer.get("kind") == "segment"), None)
        if said is not None:
            client = str(one["client_id"])
            unit.opened.add(client)
            (unit.unknown.add if said.get("status") == "not_assessable" else unit.unknown.discard)(client)


def _decided(unit: _Unit, one: Entry) -> None:
    client = str(one["client_id"])
    if client not in unit.opened:
        return
    unit.choices[client] = str(one["choice"])
    if one.get("seconds_from_view") is not None:
        unit.seconds.setdefault(client, float(one["seconds_from_view"]))


def _lines(units: Mapping[str, _Unit]) -> list[dict[str, Any]]:
    shares = {name: [_parts(unit)[name] for unit in units.values()] for name in SHARES}
    shown = {name: _shown(parts) for name, parts in shares.items()}
    listed, opened = (_counts([len(getattr(one, name)) for one in units.values()]) for name in ("listed", "opened"))
    return [
        {
            "unit": name,
            "listed_clients": listed[place],
            "opened_clients": opened[place],
            **{share: shown[share][place] for share in SHARES},
            "median_seconds": median(unit.seconds.values()) if len(unit.seconds) >= SMALLEST_CELL else None,
        }
        for place, (name, unit) in enumerate(units.items())
    ]


def _parts(unit: _Unit) -> dict[str, tuple[int, int]]:
    """Share → (part, whole)."""
    opened, decided = len(unit.opened), len(unit.choices)
    accepted = sum(choice == "accept" for choice in unit.choices.values())
    return {
        "opened": (len(unit.listed & unit.opened), len(unit.listed)),
        "decided": (decided, opened),
        "accepted": (accepted, decided),
        "overridden": (decided - accepted, decided),
        "not_enough_data": (len(unit.unknown), opened),
    }


def _shown(parts: Sequence[tuple[int, int]]) -> list[float | None]:
    """The shares that give no small count away, not even by what all units have together."""
    few = hidden_cells([part for part, _ in parts])
    rest = hidden_cells([whole - part for part, whole in parts])
    return [
        part / whole if whole and not (hide or other) else None
        for (part, whole), hide, other in zip(parts, few, rest, strict=True)
    ]


def _counts(counts: Sequence[int]) -> list[int | None]:
    return [None if hide else count for count, hide in zip(counts, hidden_cells(counts), strict=True)]
