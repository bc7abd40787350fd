"""The work list: the unit's own clients, narrowed and in order.  Pure; who is one's own was decided before."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from serving.engine.clients.overview import ClientLine
from serving.engine.contract import ClientFacts
from serving.pages.coordinator.services import ListFilters

NOT_ANSWERED = "not_answered"
"""The segment filter's word for clients without a proposal."""
ASK_FIRST = "ask_first"
"""And for those whose proposal is not shown before the own view: a segment filter must not give it away."""

ANY_SUGGESTION = "any"
"""The suggestion filter's word for every client with a suggestion."""


@dataclass(frozen=True)
class ListedClient:
    """One client as the list knows her; `line` is None while the overview is being worked out."""

    client_id: str
    facts: ClientFacts
    line: ClientLine | None
    ask_first: bool
    dismissed: frozenset[str] = frozenset()
    """Alerts that somebody dismissed and that still rest on the same records."""

    @property
    def open_alerts(self) -> tuple[str, ...]:
        """Alerts that fire and are not dismissed: what is shown as open and filtered by."""
        return tuple(one for one in self.line.alerts if one not in self.dismissed) if self.line else ()

    @property
    def segment_key(self) -> str:
        """What the segment filter compares."""
        if self.ask_first:
            return ASK_FIRST
        return (self.line.segment if self.line else None) or NOT_ANSWERED


def narrowed(
    clients: Sequence[ListedClient], filters: ListFilters, since: date, rules: Collection[str]
) -> list[ListedClient]:
    """Those that every filter lets through, the latest contact first; `rules` are the ids one may filter by."""
    kept = [one for one in clients if _passes(one, filters, since, rules)]
    return sorted(
        kept, key=lambda one: (one.facts.last_contact is None, -_ordinal(one.facts.last_contact), one.client_id)
    )


def changes_since(facts: ClientFacts, since: date) -> dict[str, int]:
    """Kind of change -> on how many days something of it became known since the day."""
    return dict(Counter(kind for day, kind in facts.changes if day >= since))


def _passes(one: ListedClient, filters: ListFilters, since: date, rules: Collection[str]) -> bool:
    line = one.line
    return (
        not (filters.plan == "none" and one.facts.has_valid_plan)
        and filters.segment in ("", one.segment_key)
        and _named(filters.alert, one.open_alerts, rules)
        and _named(filters.group, line.groups if line else (), rules)
        and _suggested(filters.suggestion, line.suggestions if line else (), rules)
        and not (filters.changed == "yes" and not changes_since(one.facts, since))
    )


def _named(wanted: str, own: Collection[str], rules: Collection[str]) -> bool:
    return not wanted or (wanted in rules and wanted in own)


def _suggested(wanted: str, own: Collection[str], rules: Collection[str]) -> bool:
    """`any` asks for those with some suggestion that the role is told of."""
    return _named(wanted, own, rules) if wanted != ANY_SUGGESTION else bool(set(own) & set(rules))


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


def names_of(ids: Sequence[str], names: Mapping[str, Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    """The names of the ids that may be told."""
    return tuple(names[one] for one in ids if one in names)
