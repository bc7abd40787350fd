"""FakeServices: the protocol of the service core, answered from memory.  Handles and tokens are fixed words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.answers import Text
from serving.desk.asking import Explored, GivenAnswer
from serving.pages.coordinator.services import ListFilters
from serving.pages.emergency import EmergencyCase
from serving.pages.services import (
    ChainStatus,
    ClientPage,
    ClientView,
    Decision,
    DevelopmentUser,
    LogPage,
    LogRow,
    ModelVersion,
    NotAllowed,
    NotYours,
    Person,
    Receipt,
    Series,
    Unavailable,
    Visitor,
)
from serving.users.door import DevelopmentDoor
from tests.serving.pages.faked import needs, published, richer
from tests.serving.pages.faked.answers import LAYOUT, SEGMENTS, need_answer, refused_answer, segment_answer, words
from tests.serving.pages.faked.coordinator import CHOICES, FakeCoordinator
from tests.serving.pages.faked.oversight import FakeOversight
from tests.serving.pages.faked.planner import FakePlanner

TASK = words("Toistuva päivystyksen käyttö", "Upprepade jourbesök", "Frequent emergency use")
UNIT = words("Asiakasohjaus Länsi", "Klienthandledningen Väst", "Client guidance West")
USERS = {
    "aino": DevelopmentUser("aino", "Aino Ohjaaja", "coordinator", UNIT),
    "pekka": DevelopmentUser("pekka", "Pekka Suunnittelija", "planner", words("Kotihoito", "Hemvården", "Home care")),
    "maija": DevelopmentUser("maija", "Maija Päällikkö", "manager", words("Kotihoito", "Hemvården", "Home care")),
    "antti": DevelopmentUser("antti", "Antti Ylläpitäjä", "admin", words("Tietohallinto", "Dataförvaltningen", "IT")),
    "tuula": DevelopmentUser("tuula", "Tuula Tarkastaja", "auditor", words("Tarkastus", "Granskning", "Audit")),
}
PEOPLE = [
    ("h-answered", "Elli Esimerkki", 1939, None, False, "2024-12-29", 4),
    ("h-single", "Kalle Keksitty", 1957, "2025-06-30", True, "2024-12-12", 1),
    ("h-unknown", "Siiri Satunnainen", 1948, None, True, "2024-11-02", 0),
    ("h-late", "Onni Olematon", 1944, "2025-02-28", True, "2024-12-18", 2),
]
RICH = {
    "h-sure": richer.SURE,
    "h-two": richer.TWO,
    "h-ask": richer.TWO,
    "h-no-telling": richer.NO_TELLING,
    "h-recorded": richer.RECORDED,
    "h-three": richer.three_level_segment(),
    "h-unassessed": refused_answer("not_assessable"),
}
"""More clients, not in the list: each with another kind of answer."""
REPORT = (
    "<!doctype html><html lang='fi'><head><title>SHAP</title><style>body{font-family:sans-serif;color:#123456}"
    "</style></head><body><h1>SHAP-raportti</h1></body></html>"
)


class FakeEmergencies:
    """Two accesses: one waits for its review, late; one was reviewed."""

    def open(self, visitor: Visitor, client: str, reason: str, key: str) -> str:
        if len(reason.strip()) < 10:
            raise NotAllowed("Too short.")
        return FakeServices().find_client(visitor, client)

    def end(self, visitor: Visitor, handle: str) -> None:
        return None

    def cases(self, visitor: Visitor) -> tuple[EmergencyCase, ...]:
        if visitor.role != "auditor":
            raise NotAllowed("Not this role.")
        waiting = EmergencyCase(
            emergency_id="e1",
            started="2026-11-01T12:00:00",
            ended="2026-11-01T13:00:00",
            lapsed=True,
            actor="aino",
            role="coordinator",
            unit="u1",
            reason="Asiakas löytyi kaupungilta <script>alert(1)</script>",
            review_by="2026-11-08T12:00:00",
            overdue=True,
        )
        found = {"finding": "justified", "note": "Perusteltu käynti", "reviewed": "2026-11-09T12:00:00"}
        return (waiting, replace(waiting, emergency_id="e2", overdue=False, reviewer="tuula", **found))

    def review(self, visitor: Visitor, emergency_id: str, finding: str, note: str) -> None:
        return None


@dataclass
class FakeServices:
    """One unit, four clients.  Set `down` to raise Unavailable, `empty` for a service without data."""

    down: bool = False
    empty: bool = False
    unit_name: Text = field(default_factory=lambda: UNIT)
    decisions: list[Decision] = field(default_factory=list)
    intact: bool = True
    tried: list[GivenAnswer] = field(default_factory=list)
    planner: FakePlanner = field(default_factory=FakePlanner)
    door: DevelopmentDoor = field(default_factory=DevelopmentDoor)
    emergencies: "FakeEmergencies" = field(default_factory=lambda: FakeEmergencies())
    coordinator: FakeCoordinator = field(default_factory=FakeCoordinator)
    oversight: FakeOversight = field(default_factory=FakeOversight)

    def __post_init__(self) -> None:
        self.coordinator.down, self.coordinator.empty = self.down, self.empty
        self.oversight.down, self.oversight.empty = self.down, self.empty
        self.planner.down, self.planner.empty = self.down, self.empty

    def visitor(self, token: str | None) -> Visitor | None:
        user = USERS.get((token or "").removeprefix("token-"))
        return Visitor(user.user_id, user.name, user.role, "u1", self._unit(user), "csrf-word") if user else None

    def development_users(self) -> tuple[DevelopmentUser, ...]:
        return () if self.empty else tuple(USERS.values())

    def sign_in(self, user_id: str) -> str:
        if user_id not in USERS:
            raise NotAllowed("No such user.")
        return f"token-{user_id}"

    def sign_out(self, token: str) -> None:
        return None

    def find_client(self, visitor: Visitor, henkilotunnus: str) -> str:
        self._check(visitor, "coordinator")
        if henkilotunnus.strip().upper() != "010594Y9032":
            raise NotYours("Unknown.")
        return "h-answered"

    def clients(self, visitor: Visitor, page: int, filters: ListFilters) -> ClientPage:
        self._check(visitor, "coordinator")
        rows = [] if self.empty else [self.coordinator.row(*person) for person in PEOPLE]
        rows = [row for row in rows if not (filters.plan == "none" and row.has_valid_plan)]
        known = not self.coordinator.nameless
        return ClientPage(
            tuple(rows),
            len(rows) and 138 + len(rows),
            page,
            6 if rows else 1,
            "2024-12-31",
            "2024-12-01",
            names_known=known,
            choices=CHOICES,
        )

    def client(self, visitor: Visitor, handle: str, by_hand: Sequence[GivenAnswer] = ()) -> ClientView:
        self._check(visitor, "coordinator")
        self.coordinator.require_view(visitor, handle)
        if handle in RICH:
            self.tried += list(by_hand)
            return ClientView(
                handle,
                Person("Rauha Rikas", 1941),
                "answer-1",
                richer.tried(RICH[handle], tuple(by_hand)) if by_hand else RICH[handle],
                richer.THREE_LAYOUT if handle == "h-three" else LAYOUT,
                needs.many_needs() if handle == "h-sure" else (needs.ordered_need(),),
                questions=() if handle == "h-three" else richer.QUESTIONS,
                task_names={"frequent_emergency": TASK},
            )
        person = next((row for row in PEOPLE if row[0] == handle), None)
        if person is None:
            raise NotYours("Unknown.")
        answer = {"h-single": "not_eligible", "h-unknown": "not_assessable"}.get(handle)
        return ClientView(
            handle,
            Person(person[1], person[2]),
            "answer-1",
            refused_answer(answer) if answer else segment_answer(),
            None if answer else LAYOUT,
            (need_answer(answered=answer is None),),
        )

    def what_would_change(self, visitor: Visitor, handle: str, output: str) -> Explored:
        self.client(visitor, handle)
        if output not in ("complexity", "resources"):
            raise NotYours("Unknown.")
        return richer.explored(reached=output == "complexity")

    def segments(self, visitor: Visitor) -> tuple[tuple[str, Text], ...]:
        return tuple((id_, names[0]) for id_, names in SEGMENTS.items())

    def decide(self, visitor: Visitor, handle: str, decision: Decision) -> Receipt:
        self.client(visitor, handle)
        self.decisions.append(decision)
        return self._receipt(decision)

    def receipt(self, visitor: Visitor, handle: str, decision_id: str) -> Receipt:
        self._check(visitor, "coordinator")
        if decision_id != "d-2024-000123":
            raise NotYours("Unknown.")
        made = Decision("answer-1", "accept", None, "Sovittiin yhdessä asiakkaan kanssa.", "k")
        return self._receipt(self.decisions[-1] if self.decisions else made)

    def series(self, visitor: Visitor) -> tuple[Series, ...]:
        self._check(visitor, "planner", "manager")
        return () if self.empty else tuple(published.series())

    def models(self, visitor: Visitor) -> tuple[ModelVersion, ...]:
        self._check(visitor, "auditor")
        return () if self.empty else published.versions()

    def published_reports(self) -> tuple[str, ...]:
        return () if self.empty else ("quality", "feedback")

    def published_report(self, visitor: Visitor, kind: str) -> str:
        self._check(visitor, "auditor")
        if kind not in self.published_reports():
            raise NotYours("Unknown.")
        return REPORT

    def report(self, visitor: Visitor, name: str, version: str) -> str:
        self._check(visitor, "auditor")
        if (name, version) != ("segmentation_suuntima_like", "3"):
            raise NotYours("Unknown.")
        return REPORT

    def paper(self, visitor: Visitor, name: str, version: str, kind: str) -> bytes:
        self._check(visitor, "auditor")
        if (name, version) != ("segmentation_suuntima_like", "3") or kind not in ("pdf", "json", "card"):
            raise NotYours("Unknown.")
        return REPORT.encode() if kind == "card" else b"%PDF-1.4" if kind == "pdf" else b"{}"

    def decision_log(self, visitor: Visitor, page: int, filters: Mapping[str, str]) -> LogPage:
        self._check(visitor, "auditor")
        columns = ("time", "actor", "role", "unit", "choice", "proposed", "decided", "reason")
        return self._log(columns, published.DECISIONS, page, {"choice": ("accept", "change", "cannot_tell")})

    def audit_log(self, visitor: Visitor, page: int, filters: Mapping[str, str]) -> LogPage:
        self._check(visitor, "auditor")
        columns = ("seq", "time", "event", "outcome", "actor", "role", "unit", "model")
        choices = {"event": ("answer", "client_search"), "outcome": ("ok", "denied")}
        return self._log(columns, published.ENTRIES, page, choices)

    def chain(self, visitor: Visitor) -> ChainStatus:
        at, bad = ("2026-11-23T07:30:00", "2026-11-23T08:15:00"), None if self.intact else 778
        return ChainStatus(self.intact, 12345, bad, at[1], 12000, at[0], 12300, 12345)

    def _unit(self, user: DevelopmentUser) -> Text:
        return self.unit_name if user.role == "coordinator" else user.unit_name

    def _check(self, visitor: Visitor, *roles: str) -> None:
        if visitor.role not in roles:
            raise NotAllowed("Wrong role.")
        if self.down:
            raise Unavailable("No model is live.")

    def _receipt(self, decision: Decision) -> Receipt:
        segment = SEGMENTS[decision.segment][0] if decision.segment else None
        return Receipt("d-2024-000123", "2026-11-23T09:41:00", decision.choice, segment, decision.reason)

    def _log(
        self, columns: tuple[str, ...], rows: list[dict[str, str]], page: int, choices: Mapping[str, tuple[str, ...]]
    ) -> LogPage:
        shown = [] if self.empty else rows
        made = tuple(LogRow(i, {"seq": str(12345 - i), **row}) for i, row in enumerate(shown))
        return LogPage(columns, made, len(made) and 212, page, 5 if made else 1, choices)
