"""Who was not selected, and which of them are drawn for a review.  Pure: the same seed draws the same clients.

Finnish data-protection decisions (3895/83/22) treat as the automated decision the one about people whom a tool does
*not* select, because nobody looks at them.  Hence a sample of exactly those.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from serving.coordinator.chance import chance
from serving.engine.clients.overview import ClientLine
from serving.pages.coordinator.services import ReviewReason

REASONS: tuple[ReviewReason, ...] = ("not_eligible", "not_assessable", "below_lists")


@dataclass(frozen=True)
class SampleRule:
    """Share of each reason's clients, the seed, and how many of each at least (where there are so many)."""

    rate: float
    seed: int
    at_least: int


def not_selected(lines: Mapping[str, ClientLine], clients: Collection[str]) -> dict[str, ReviewReason]:
    """Why nobody's attention was drawn to a client; those whom a need list or an alert names are left out."""
    return {client: reason for client in clients if client in lines and (reason := reason_of(lines[client]))}


def reason_of(line: ClientLine) -> ReviewReason | None:
    """None when some list names the client; else the refusal of the proposal, or simply below every line."""
    if line.lists or line.alerts:
        return None
    return "below_lists" if line.status == "answered" else line.status


def draw(candidates: Mapping[str, ReviewReason], rule: SampleRule, unit: str, period: str) -> tuple[str, ...]:
    """The drawn clients, reason by reason; within a reason every client has the same chance."""
    drawn: list[str] = []
    for reason in REASONS:
        own = [client for client, why in candidates.items() if why == reason]
        size = min(len(own), max(rule.at_least, math.ceil(rule.rate * len(own)))) if rule.rate else 0
        drawn += sorted(own, key=lambda client: (chance(rule.seed, unit, period, client), client))[:size]
    return tuple(drawn)
