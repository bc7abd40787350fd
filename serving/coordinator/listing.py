"""The work list as the coordinator's page shows it: own clients only, narrowed, named and logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from models.answers import Text
from serving.coordinator.dismissed import Dismissed
from serving.coordinator.own_view import OwnViews
from serving.coordinator.worklist import ListedClient, changes_since, names_of, narrowed
from serving.desk.directory import Named, Names
from serving.desk.requests import Caller, Desk, Grounds
from serving.engine.clients.overview import ClientLine
from serving.pages.coordinator.services import ListChoices, ListFilters
from serving.pages.services import ClientPage, ClientRow
from serving.records.log_pages import page_count
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from serving.users.handles import handle_of

FIRST_DAYS = 30
"""On a first visit, and with older data never seen: what changed in the last 30 days of the data."""
LOOKED_BACK = 20
"""Pages of a hundred own list entries that are looked through for an earlier visit."""


class WorkList:
    """Makes the list; remembers since when each person's changes are told."""

    def __init__(self, desk: Desk, names: Names, own_views: OwnViews, dismissed: Dismissed) -> None:
        self._desk, self._names, self._own_views, self._dismissed = desk, names, own_views, dismissed
        self._since: dict[tuple[str, str], date | None] = {}

    def page(
        self, caller: Caller, key: bytes, page: int, filters: ListFilters, seen: Sequence[str], grounds: Grounds
    ) -> ClientPage:
        """One page of the list, for handles under the session's `key` and rules that a role seeing `seen` is told."""
        size = self._desk.settings.pages.rows_per_page
        rules = {one.id: one for one in self._desk.engine.rule_names(seen)}
        listed = self._listed(caller, seen)
        before = self._last_visit(caller)
        since = before or self._desk.engine.data().as_of - timedelta(days=FIRST_DAYS)
        wanted = narrowed(listed, filters, since, rules)
        pages = page_count(len(wanted), size)
        page = min(max(page, 1), pages)
        shown = wanted[(page - 1) * size : page * size]
        self._log_list(caller, filters, shown, grounds)
        named = self._names.of([one.client_id for one in shown])
        segments = dict(self._desk.engine.segments())
        alerts = {one.id: one.name for one in rules.values() if one.kind == "alert"}
        groups = {one.id: one.name for one in rules.values() if one.kind == "target_group"}
        suggestions = {one.id: one.name for one in rules.values() if one.kind == "suggestion"}
        words = _Words(segments, alerts, suggestions)
        rows = tuple(self._row(key, one, named, since, words) for one in shown)
        ready = self._desk.engine.overview() is not None
        told = [tuple(one.items()) for one in (segments, alerts, groups, suggestions)]
        choices = ListChoices(told[0], told[1], told[2], told[3], ready)
        until = self._desk.engine.data().data_until.isoformat()
        return ClientPage(
            rows, len(wanted), page, pages, until, since.isoformat(), before is not None, named.known, choices
        )

    def _listed(self, caller: Caller, seen: Sequence[str]) -> list[ListedClient]:
        overview, engine = self._desk.engine.overview(), self._desk.engine
        lines = overview.lines if overview else {}
        user = caller.user.user_id
        given = self._own_views.given_today(user)
        own = self._desk.own_clients(caller)
        dismissed = self._dismissed.of({one: lines[one].alerts for one in own if one in lines}, seen)
        return [
            ListedClient(
                client,
                engine.facts(client),
                lines.get(client),
                client not in given and self._own_views.is_drawn(user, client) and _is_answered(lines.get(client)),
                dismissed.get(client, frozenset()),
            )
            for client in own
        ]

    def _last_visit(self, caller: Caller) -> date | None:
        """The `as_of` of the list as this person last saw it on older data; None when she never did."""
        now, actor = self._desk.engine.data().as_of.isoformat(), caller.user.user_id
        if (actor, now) not in self._since:
            self._since[actor, now] = self._search_visit(actor, now)
        return self._since[actor, now]

    def _search_visit(self, actor: str, now: str) -> date | None:
        wanted = Wanted({"actor_id": actor, "event": "client_list", "outcome": "ok"})
        for page in range(1, LOOKED_BACK + 1):
            found = self._desk.records.page(AUDIT_LOG, wanted, page, 100)
            seen = [str(entry["detail"]["as_of"]) for entry in found.entries if "as_of" in entry["detail"]]
            older = next((day for day in seen if day < now), None)
            if older or page * 100 >= found.total:
                return date.fromisoformat(older) if older else None
        return None

    def _log_list(self, caller: Caller, filters: ListFilters, shown: list[ListedClient], grounds: Grounds) -> None:
        overview = self._desk.engine.overview()
        detail = {
            "clients": [one.client_id for one in shown],
            "filters": filters.chosen,
            "as_of": self._desk.engine.data().as_of.isoformat(),
            "proposed": {one.client_id: one.segment_key for one in shown if one.line},
            "suggested": {
                one.client_id: list(one.line.suggestions) for one in shown if one.line and one.line.suggestions
            },
            "made_of": sorted(map(list, overview.made_of)) if overview else [],
        }
        event = self._desk.event(caller, "client_list", grounds=grounds)
        self._desk.records.audit(replace(event, ground="care_relationship", detail=detail))

    def _row(
        self,
        key: bytes,
        one: ListedClient,
        named: Named,
        since: date,
        words: "_Words",
    ) -> ClientRow:
        facts, line = one.facts, one.line
        return ClientRow(
            handle=handle_of(one.client_id, key),
            person=named.people.get(one.client_id),
            plan_until=_iso(facts.plan_until),
            has_valid_plan=facts.has_valid_plan,
            last_contact=_iso(facts.last_contact),
            segment=None if one.ask_first else words.segments.get(one.segment_key),
            status="ask_first" if one.ask_first else line.status if line else "",
            alerts=names_of(one.open_alerts, words.alerts),
            dismissed=names_of(sorted(one.dismissed), words.alerts),
            suggestions=names_of(line.suggestions if line else (), words.suggestions),
            changes=tuple(changes_since(facts, since).items()),
        )


@dataclass(frozen=True)
class _Words:
    """The names that a row may tell."""

    segments: Mapping[str, Text]
    alerts: Mapping[str, Text]
    suggestions: Mapping[str, Text]


def _is_answered(line: ClientLine | None) -> bool:
    """Without an overview nobody knows: the proposal is then not shown in the list either."""
    return line is None or line.status == "answered"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
