"""What the pages ask, answered through the same desk as the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from models.answers import NeedAnswer, SegmentAnswer, Text
from serving.coordinator.services import CoreCoordinator
from serving.desk.access import User
from serving.desk.asking import Explored, GivenAnswer, axis_answers
from serving.desk.deciding import decide
from serving.desk.directory import Names
from serving.desk.emergencies import EmergencyDesk
from serving.desk.requests import NOT_YOURS, Caller, Desk, Grounds
from serving.middleware.context import REQUEST_ID
from serving.oversight.desk import OversightDesk
from serving.pages.coordinator.services import ListFilters
from serving.pages.papers import REPORTS
from serving.pages.services import (
    ChainStatus,
    ClientPage,
    ClientView,
    Decision,
    DevelopmentUser,
    LogPage,
    ModelVersion,
    NotAllowed,
    NotYours,
    Paper,
    PastDecision,
    Receipt,
    Series,
    Unavailable,
    Visitor,
)
from serving.planning.desk import PlanningDesk
from serving.planning.page_planner import CorePlanner
from serving.records.chain.witness import Witness
from serving.records.entries import local_text
from serving.records.log_pages import AUDIT, DECISIONS, log_page
from serving.records.logs import new_id
from serving.records.sessions import Session, Sessions
from serving.users.directory import users_of
from serving.users.entrance import Entrance
from serving.users.handles import client_of, handle_of


@dataclass(frozen=True)
class SignedIn(Visitor):
    """A visitor with the session behind the cookie, and her rights at the beginning of this request."""

    session: Session
    user: User


class CorePageServices:
    """`serving.pages.services.PageServices` over the desk, the sessions and the development users."""

    def __init__(
        self,
        desk: Desk,
        planning: PlanningDesk,
        sessions: Sessions,
        names: Names,
        witness: Witness,
        entrance: Entrance,
    ) -> None:
        self._desk = desk
        self._sessions = sessions
        self._users = users_of(desk.settings)
        self._people = entrance.people
        self.door = entrance.door
        self.emergencies = EmergencyDesk(desk, self._caller, _key)
        self.planner = CorePlanner(planning, self._caller)
        self.oversight = OversightDesk(desk, witness, self._caller)
        self.coordinator = CoreCoordinator(desk, names, self._caller, _key)

    # Who is there

    def visitor(self, token: str | None) -> Visitor | None:
        """Who the cookie belongs to; nobody when the user is not there any more."""
        session = self._sessions.find(token) if token else None
        user = self._people.user_of(token, session) if token and session else None
        if session is None or user is None:
            return None
        self.emergencies.close_lapsed()
        return SignedIn(user.user_id, user.name, user.role, user.unit, user.unit_name, session.csrf, session, user)

    def development_users(self) -> tuple[DevelopmentUser, ...]:
        """The users of the development sign-in."""
        return tuple(DevelopmentUser(one.user_id, one.name, one.role, one.unit_name) for one in self._users.values())

    def sign_in(self, user_id: str) -> str:
        """A new session of a development user."""
        user = self._users.get(user_id)
        if user is None:
            raise NotAllowed("There is no such user to sign in as.")
        self._note(user, "sign_in")
        return self._sessions.start(user_id)

    def sign_out(self, token: str) -> None:
        """End the session, if there is one."""
        visitor = self.visitor(token)
        self._sessions.end(token)
        self._people.forget(token)
        if isinstance(visitor, SignedIn):
            self._note(visitor.user, "sign_out")

    # Clients

    def find_client(self, visitor: Visitor, henkilotunnus: str) -> str:
        """The session's handle of the client with this henkilötunnus."""
        return handle_of(self._desk.search(self._caller(visitor), henkilotunnus), _key(visitor))

    def clients(self, visitor: Visitor, page: int, filters: ListFilters) -> ClientPage:
        """The unit's clients, those with the latest contact first."""
        return self.coordinator.worklist(visitor, page, filters)

    def client(self, visitor: Visitor, handle: str, by_hand: Sequence[GivenAnswer] = ()) -> ClientView:
        """The answers about one client."""
        client_id, engine = self._client_id(visitor, handle), self._desk.engine
        self.coordinator.require_view(visitor, handle)
        given = axis_answers(by_hand, engine.questions()) if by_hand else ()
        shown = self._desk.everything(self._caller(visitor), self._client_grounds(), client_id, given)
        (segment,) = (answer for answer in shown.answers if isinstance(answer, SegmentAnswer))
        needs = tuple(answer for answer in shown.answers if isinstance(answer, NeedAnswer))
        past = tuple(self._past(entry) for entry in self._desk.records.decisions_about(client_id))
        named = self.coordinator.named(client_id)
        return ClientView(
            handle,
            named.people.get(client_id),
            shown.answer_id,
            segment,
            engine.layout(),
            needs,
            past,
            engine.questions(),
            engine.task_names(),
            self.emergencies.until(visitor, client_id),
            named.known,
        )

    def what_would_change(self, visitor: Visitor, handle: str, output: str) -> Explored:
        """What would change one estimate."""
        self.coordinator.require_view(visitor, handle)
        client_id = self._client_id(visitor, handle)
        return self._desk.explore(self._caller(visitor), self._client_grounds(), client_id, output)[1]

    def segments(self, visitor: Visitor) -> tuple[tuple[str, Text], ...]:
        """The segments one may choose from."""
        return self._desk.engine.segments()

    def decide(self, visitor: Visitor, handle: str, decision: Decision) -> Receipt:
        """Record the decision."""
        self.coordinator.require_view(visitor, handle)
        client_id = self._client_id(visitor, handle)
        entry = decide(self._desk, self._caller(visitor), self._client_grounds(), client_id, decision)
        return self._receipt(entry)

    def receipt(self, visitor: Visitor, handle: str, decision_id: str) -> Receipt:
        """A decision of one's own."""
        client_id, caller = self._client_id(visitor, handle), self._caller(visitor)
        event = self._desk.event(caller, "receipt", grounds=self._client_grounds(), client_id=client_id)
        event = self._desk.checked(caller, "decide", event)
        entry = self._desk.records.decision(decision_id)
        if entry is None or (entry["actor_id"], entry["client_id"]) != (visitor.user_id, client_id):
            raise NotYours(NOT_YOURS)
        self._desk.records.audit(replace(event, answer_id=entry["answer_id"]))
        return self._receipt(entry)

    # Forecasts

    def series(self, visitor: Visitor) -> tuple[Series, ...]:
        """The forecast series there are."""

        def every() -> tuple[Series, ...]:
            return tuple(one for live in self._desk.engine.demands() for one in live.series)

        return self._desk.logged(self._caller(visitor), "see_forecast", "forecast", every)

    # Oversight

    def models(self, visitor: Visitor) -> tuple[ModelVersion, ...]:
        """Every registered model version."""
        return self._desk.logged(self._caller(visitor), "see_models", "models", self._desk.engine.versions)

    def report(self, visitor: Visitor, name: str, version: str) -> str:
        """The audit report of one version."""
        caller = self._caller(visitor)
        html = self._desk.logged(caller, "see_models", "report", lambda: self._desk.engine.report(name, version))
        if html is None:
            raise NotYours("There is no report of such a model version.")
        return html

    def paper(self, visitor: Visitor, name: str, version: str, kind: str) -> bytes:
        """One file of the audit report of one version."""
        caller = self._caller(visitor)
        wanted = next((one for one in get_args(Paper) if one == kind), None)
        found = self._desk.logged(
            caller, "see_models", "report", lambda: self._desk.engine.paper(name, version, wanted) if wanted else None
        )
        if found is None:
            raise NotYours("There is no such file of a model version.")
        return found

    def published_reports(self) -> tuple[str, ...]:
        """Which reports about the registers and all models are there to be read."""
        return tuple(kind for kind in REPORTS if self._published(kind) is not None)

    def published_report(self, visitor: Visitor, kind: str) -> str:
        """One report about the registers and all models."""
        html = self._desk.logged(self._caller(visitor), "see_models", "report", lambda: self._published(kind))
        if html is None:
            raise NotYours("No such report of these registers was published.")
        return html

    def _published(self, kind: str) -> str | None:
        return self._desk.engine.published(f"{kind}.html") if kind in REPORTS else None

    def decision_log(self, visitor: Visitor, page: int, filters: Mapping[str, str]) -> LogPage:
        """Recorded decisions."""
        records, size = self._desk.records, self._desk.settings.pages.rows_per_page
        return self._desk.logged(
            self._caller(visitor),
            "see_decisions",
            "decision_log",
            lambda: log_page(records, DECISIONS, page, filters, size),
        )

    def audit_log(self, visitor: Visitor, page: int, filters: Mapping[str, str]) -> LogPage:
        """Audit entries."""
        records, size = self._desk.records, self._desk.settings.pages.rows_per_page
        return self._desk.logged(
            self._caller(visitor), "see_audit_log", "audit_log", lambda: log_page(records, AUDIT, page, filters, size)
        )

    def chain(self, visitor: Visitor) -> ChainStatus | None:
        """The audit log's chain, from the last verified entry on."""
        return self.oversight.chain(visitor)

    # Inside

    def _caller(self, visitor: Visitor) -> Caller:
        if not isinstance(visitor, SignedIn):
            raise NotAllowed("This user is not known any more. Sign in again.")
        return Caller(visitor.user, "session", REQUEST_ID.get() or new_id(), visitor.session.name)

    def _note(self, user: User, event: Any) -> None:
        caller = Caller(user, "session", REQUEST_ID.get() or new_id())
        self._desk.records.audit(replace(self._desk.event(caller, event), ground="own_session"))

    def _client_grounds(self) -> Grounds:
        pages = self._desk.settings.pages
        return Grounds(pages.client_decision_point, pages.client_purpose)

    def _client_id(self, visitor: Visitor, handle: str) -> str:
        client_id = client_of(handle, _key(visitor))
        if client_id is None:
            raise NotYours(NOT_YOURS)
        return client_id

    def _past(self, entry: Mapping[str, Any]) -> PastDecision:
        return PastDecision(
            local_text(entry["time"]), entry["choice"], self._name(entry["segment"]), entry["reason"], entry["role"]
        )

    def _receipt(self, entry: Mapping[str, Any]) -> Receipt:
        time = local_text(entry["time"])
        return Receipt(entry["decision_id"], time, entry["choice"], self._name(entry["segment"]), entry["reason"])

    def _name(self, segment: str | None) -> Text | None:
        if segment is None:
            return None
        return dict(self._desk.engine.segments()).get(segment, dict.fromkeys(("fi", "sv", "en"), segment))


def _key(visitor: Visitor) -> bytes:
    if not isinstance(visitor, SignedIn):
        raise Unavailable("This visitor has no session. Sign in again.")
    return visitor.session.handle_key
