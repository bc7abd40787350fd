"""Where a client could be guided, and how soon: a table in config over the segment.  A professional decides.

The suggestion rests on what the answer shows and nothing else: the segments that cannot be ruled out.  Their targets
are put together, the proposed segment's first, and the most urgent of their urgencies counts, so that uncertainty never
makes anybody wait longer.  Without a proposal a professional meets the client: a missing answer closes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import model_validator

from configs.loader import StrictConfig
from models.texts import Text, Texts


class Guidance(StrictConfig):
    """Targets (ids, the first one first) and an urgency (id)."""

    targets: tuple[str, ...]
    urgency: str


class RoutingTable(StrictConfig):
    """The county's own table.  Urgencies are listed from the most urgent on."""

    version: str
    targets: dict[str, Texts]
    urgencies: dict[str, Texts]
    segments: dict[str, Guidance]
    otherwise: Guidance
    """When nothing is proposed, or a segment that the table does not know."""
    legal_bases: dict[str, Texts] = {}
    """Laws that a professional may name as the ground of a decision: recorded, never suggested, never a feature."""

    @model_validator(mode="after")
    def _names_what_is_listed(self) -> "RoutingTable":
        every = [*self.segments.values(), self.otherwise]
        unknown = {target for one in every for target in one.targets} - set(self.targets)
        unknown |= {one.urgency for one in every} - set(self.urgencies)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))} is not among `targets` or `urgencies`; add it there")
        return self


@dataclass(frozen=True)
class Named:
    """An id and its name."""

    id: str
    name: Text


@dataclass(frozen=True)
class Routing:
    """What is suggested; the professional's own choice is recorded beside it."""

    targets: tuple[Named, ...]
    urgency: Named
    table_version: str


def suggested_routing(table: RoutingTable, proposed: str | None, credible: Sequence[str]) -> Routing:
    """The suggestion for a proposed segment and those that cannot be ruled out."""
    segments = tuple(dict.fromkeys((proposed, *credible))) if proposed else ()
    guided = [table.segments.get(segment, table.otherwise) for segment in segments] or [table.otherwise]
    targets = dict.fromkeys(target for one in guided for target in one.targets)
    order = list(table.urgencies)
    urgency = min((one.urgency for one in guided), key=order.index)
    return Routing(
        tuple(Named(target, table.targets[target].as_text()) for target in targets),
        Named(urgency, table.urgencies[urgency].as_text()),
        table.version,
    )


def routing_of_entry(table: RoutingTable, said: Mapping[str, Any]) -> Routing:
    """The suggestion that was shown, again, from what the log kept of a segment answer."""
    return suggested_routing(table, said.get("proposed"), said.get("credible") or ())
