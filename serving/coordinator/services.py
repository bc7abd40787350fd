"""The coordinator's pages over the desk: every call checks the right, writes its audit entry, and only then answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import get_args

from features.catalogue.families import Sensitivity
from models.answers import Counterfactual, Text
from serving.coordinator.alerts import Alerts, alert_counts
from serving.coordinator.dismissed import Dismissed
from serving.coordinator.earlier import earlier_forecasts
from serving.coordinator.letter import letter_of
from serving.coordinator.listing import WorkList
from serving.coordinator.own_view import OwnViews
from serving.desk.access import may
from serving.desk.directory import Named, Names
from serving.desk.requests import NOT_YOURS, Caller, Desk, Grounds
from serving.pages.coordinator.decided_alerts import AlertDecision
from serving.pages.coordinator.services import (
    ClientFile,
    DrawnClient,
    Letter,
    ListFilters,
    OversightCounts,
    Review,
    ReviewCounts,
    ReviewQueue,
    ViewFirst,
    ViewQuestion,
)
from serving.pages.services import ClientPage, NotYours, Visitor
from serving.reviews.keeping import Reviews
from serving.users.handles import client_of, handle_of

CallerOf = Callable[[Visitor], Caller]
KeyOf = Callable[[Visitor], bytes]


class CoreCoordinator:
    """`serving.pages.coordinator.services.CoordinatorServices`, and the work list."""

    def __init__(self, desk: Desk, names: Names, caller_of: CallerOf, key_of: KeyOf) -> None:
        self._desk, self._names = desk, names
        self._caller, self._key = caller_of, key_of
        self.own_views = OwnViews(desk)
        self._reviews, self._alerts = Reviews(desk), Alerts(desk)
        self._list = WorkList(desk, names, self.own_views, Dismissed(self._alerts))

    def worklist(self, visitor: Visitor, page: int, filters: ListFilters) -> ClientPage:
        """The unit's own clients, narrowed; what is shown of whom is logged before it is shown."""
        caller = self._caller(visitor)
        return self._list.page(caller, self._key(visitor), page, filters, self._seen(caller), self._grounds())

    def require_view(self, visitor: Visitor, handle: str) -> None:
        """Raises ViewFirst while the professional's own view is to be given before the proposal is shown."""
        caller, client_id = self._caller(visitor), self._client(visitor, handle)
        if self._is_own(caller, client_id) and self.own_views.is_due(caller, client_id):
            raise ViewFirst(handle)

    def file(self, visitor: Visitor, handle: str) -> ClientFile:
        """Alerts, history, similar clients and earlier forecasts."""
        self.require_view(visitor, handle)
        caller, client_id = self._caller(visitor), self._client(visitor, handle)
        event = self._desk.event(caller, "client_file", grounds=self._grounds(), client_id=client_id)
        event = self._desk.checked(caller, "see_answer", event)
        records = self._desk.engine.client_records(client_id, self._seen(caller))
        similar, similar_as_of = self._desk.engine.similar(client_id)
        earlier = earlier_forecasts(self._desk, client_id)
        told = {
            "alerts": [one.id for one in records.alerts],
            "data_categories": sorted({one.kind for one in records.history}),
        }
        self._desk.records.audit(replace(event, detail={**told, "earlier_forecasts": len(earlier)}))
        return ClientFile(
            alerts=records.alerts,
            history=records.history,
            months=records.months,
            since=records.since.isoformat(),
            until=records.until.isoformat(),
            code_names=records.code_names,
            similar=similar,
            similar_as_of=similar_as_of.isoformat() if similar_as_of else None,
            earlier=earlier,
            states=self._alerts.states(client_id, records.alerts),
        )

    def question(self, visitor: Visitor, handle: str) -> ViewQuestion:
        """The form for the own view; nothing of the answer is in it."""
        caller, client_id = self._caller(visitor), self._client(visitor, handle)
        event = self._desk.event(caller, "own_view", grounds=self._grounds(), client_id=client_id)
        event = self._desk.checked(caller, "see_answer", event)
        self._desk.records.audit(replace(event, detail={"asked": True}))
        engine = self._desk.engine
        return ViewQuestion(handle, self.named(client_id).people.get(client_id), engine.segments(), engine.layout())

    def give_view(self, visitor: Visitor, handle: str, view: str, key: str) -> None:
        """Keep the own view."""
        self.own_views.give(self._caller(visitor), self._grounds(), self._client(visitor, handle), view, key)

    def decide_alert(self, visitor: Visitor, handle: str, given: AlertDecision) -> None:
        """Keep what the professional says of one alert."""
        self.require_view(visitor, handle)
        self._alerts.decide(self._caller(visitor), self._grounds(), self._client(visitor, handle), given)

    def letter(self, visitor: Visitor, handle: str, form: str, language: str) -> Letter:
        """The letter's contents; the answer behind it and the making of it are logged."""
        self.require_view(visitor, handle)
        caller, client_id = self._caller(visitor), self._client(visitor, handle)
        event = self._desk.event(caller, "letter", grounds=self._grounds(), client_id=client_id)
        event = self._desk.checked(caller, "see_answer", event)
        answer_id, answer = self._desk.segment(caller, self._grounds(), client_id)
        asked = answer.axes if answer.basis != "answers" else ()
        found = [one for axis in asked if (one := self._explored(caller, client_id, axis.id))]
        told = {"format": form, "language": language}
        self._desk.records.audit(replace(event, answer_id=answer_id, detail=told))
        person = self.named(client_id).people.get(client_id)
        return letter_of(
            handle, person, answer, found, self._desk.settings.county, caller.user.unit_name, self.own_views.today()
        )

    def reviews(self, visitor: Visitor) -> ReviewQueue:
        """The unit's random sample."""
        caller = self._caller(visitor)
        self._desk.checked(caller, "review_sample", self._desk.event(caller, "review_sample"))
        own = self._desk.own_clients(caller)
        period, rule = self._reviews.period, self._desk.settings.coordinator.sample
        rows = self._reviews.drawn(caller, own)
        found = self._reviews.found(caller.user.unit, period)
        mine = [row for row in rows or () if row["client_id"] in set(own)]
        event = self._desk.event(caller, "review_sample", grounds=self._grounds())
        self._desk.records.audit(replace(event, detail={"clients": [row["client_id"] for row in mine]}))
        named = self.named(*(str(row["client_id"]) for row in mine))
        clients = tuple(
            _drawn(row, found.get(row["client_id"]), named, handle_of(row["client_id"], self._key(visitor)))
            for row in mine
        )
        counts = self._reviews.counts(caller.user.unit, period)
        ready = rows is not None
        return ReviewQueue(period, rule.rate, rule.seed, clients, counts, ready, named.known)

    def review(self, visitor: Visitor, handle: str, given: Review) -> None:
        """Keep one review."""
        self._reviews.review(self._caller(visitor), self._client(visitor, handle), given)

    def oversight(self, visitor: Visitor) -> OversightCounts:
        """The auditor's counts."""
        caller = self._caller(visitor)
        event = self._desk.checked(caller, "see_decisions", self._desk.event(caller, "oversight_counts"))
        given = self._desk.settings.coordinator
        counts = OversightCounts(
            self._reviews.every(),
            self.own_views.counts(),
            given.own_view.share,
            given.sample.rate,
            given.sample.seed,
            names=unit_names(self._desk),
            alerts=alert_counts(self._desk.records),
            alert_names={one.id: one.name for one in self._desk.engine.rule_names(get_args(Sensitivity))},
        )
        self._desk.records.audit(event)
        return counts

    def named(self, *client_ids: str) -> Named:
        """Who the clients are, as far as the directory says in time."""
        return self._names.of(client_ids)

    def _explored(self, caller: Caller, client_id: str, output: str) -> Counterfactual | None:
        try:
            return self._desk.explore(caller, self._grounds(), client_id, output)[1].found
        except NotYours:  # an estimate that is shown but cannot be explored: the letter is silent about it
            return None

    def _seen(self, caller: Caller) -> tuple[str, ...]:
        return self._desk.settings.sensitive.get(caller.user.role, ())

    def _grounds(self) -> Grounds:
        pages = self._desk.settings.pages
        return Grounds(pages.client_decision_point, pages.client_purpose)

    def _is_own(self, caller: Caller, client_id: str) -> bool:
        engine = self._desk.engine
        return may(caller.user, "see_answer", engine.ties(client_id), engine.data().as_of).allowed

    def _client(self, visitor: Visitor, handle: str) -> str:
        client_id = client_of(handle, self._key(visitor))
        if client_id is None:
            raise NotYours(NOT_YOURS)
        return client_id


def unit_names(desk: Desk) -> dict[str, Text]:
    """Names of the units that the settings know."""
    return {user.unit: user.unit_name.text() for user in desk.settings.development_users.values()}


def counts_for(desk: Desk, caller: Caller, grounds: Grounds) -> tuple[ReviewCounts, ...]:
    """What the API tells of random samples: an auditor every unit, a coordinator her own."""
    event = desk.checked(caller, "see_review_counts", desk.event(caller, "oversight_counts", grounds=grounds))
    every = Reviews(desk).every()
    told = tuple(one for one in every if caller.user.role == "auditor" or one.unit == caller.user.unit)
    desk.records.audit(event)
    return told


def _drawn(row: Mapping[str, object], found: Mapping[str, object] | None, named: Named, handle: str) -> DrawnClient:
    told = found or {}
    return DrawnClient(
        handle,
        named.people.get(str(row["client_id"])),
        row["reason"],  # type: ignore[arg-type]
        told.get("finding"),  # type: ignore[arg-type]
        told.get("next_step"),  # type: ignore[arg-type]
        str(told["time"]) if "time" in told else None,
    )
