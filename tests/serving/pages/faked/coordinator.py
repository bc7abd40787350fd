"""FakeCoordinator: the coordinator's further pages answered from memory."""

from dataclasses import dataclass, field

from models.similar import Similar, SimilarOutcome
from serving.pages.coordinator.decided_alerts import AlertCount, AlertDecision, AlertState
from serving.pages.coordinator.services import (
    Alert,
    ClientFile,
    ContactMonth,
    Counted,
    DrawnClient,
    EarlierForecast,
    Happening,
    Letter,
    ListChoices,
    Outcome,
    OversightCounts,
    ProbeCounts,
    Proof,
    Review,
    ReviewCounts,
    ReviewQueue,
    ViewFirst,
    ViewQuestion,
)
from serving.pages.services import ClientRow, NotAllowed, NotYours, Person, Unavailable, Visitor
from tests.serving.pages.faked.answers import LAYOUT, SEGMENTS, words

EMERGENCY = words("Päivystyskäyntejä toistuvasti", "Upprepade jourbesök", "Repeated emergency visits")
REHABILITATION = words(
    "Kuntoutus tai fysioterapia", "Rehabilitering eller fysioterapi", "Rehabilitation or physiotherapy"
)
LAPSED = words("Suunnitelma rauennut", "Planen gäller inte längre", "Plan has lapsed")
OLDER = words("Ikääntynyt tai omaishoidon piirissä", "Äldre eller inom närståendevård", "Older person")
CHOICES = ListChoices(
    tuple((id_, names[0]) for id_, names in SEGMENTS.items()),
    (("frequent_emergency", EMERGENCY), ("plan_lapsed", LAPSED)),
    (("older_people_and_carers", OLDER),),
    ready=True,
    suggestions=(("light_client_rehabilitation", REHABILITATION),),
)
ALERTS = (
    Alert(
        "frequent_emergency",
        "alert",
        EMERGENCY,
        "own assumption",
        (
            Proof(
                words("Päivystyskäynnit", "Jourbesök", "Emergency visits"),
                5.0,
                "count",
                365,
                5,
                ("2024-12-20", "2024-11-02"),
                "avohilmo",
            ),
        ),
    ),
    Alert("older_people_and_carers", "target_group", OLDER, "seed", ()),
)
HISTORY = (
    Happening("assessments", ("RAI-HC",), "2024-10-02", None),
    Happening("episodes", ("home_care_regular", "light"), "2024-03-01", None, lasts=True),
    Happening("plans", ("care_plan",), "2023-04-01", "2024-04-01", lasts=True),
    Happening("requests", ("code_nobody_named",), "2023-02-11", "2023-03-01", lasts=True),
)
MONTHS = tuple(
    ContactMonth(f"{year}-{month:02d}-01", month % 4, month % 3, month)
    for year in (2023, 2024)
    for month in range(1, 13)
)
FILE = ClientFile(
    ALERTS,
    HISTORY,
    MONTHS,
    "2023-01-01",
    "2024-12-31",
    {"intensity": {"light": words("kevyt", "lätt", "light")}},
    Similar(100, (SimilarOutcome("frequent_emergency", 80, 12), SimilarOutcome("other_task", None, None))),
    "2024-01-01",
    (EarlierForecast("frequent_emergency", "2023-06-30", 0.12, "need", "1", Outcome("happened", "2024-06-29")),),
    {"frequent_emergency": AlertState("dismiss", "handled", "Sovittu käynti.", "coordinator", "2026-11-20T08:00:00")},
)
NOTHING = ClientFile((), (), (), "2023-01-01", "2024-12-31", {}, None, None, ())
LETTER = Letter(
    "h-answered",
    Person("Elli Esimerkki", 1939),
    "2026-11-23",
    "2024-12-31",
    "Esimerkin hyvinvointialue",
    words("Asiakasohjaus Länsi", "Klienthandledning Väst", "Client guidance West"),
    SEGMENTS["network"][0],
    SEGMENTS["network"][1],
    {},
    (words("5 päivystyskäyntiä", "5 jourbesök", "5 emergency visits"),),
    (words("Omainen auttaa", "En anhörig hjälper", "A relative helps"),),
    (words("2 käyntiä (nyt 5)", "2 besök (nu 5)", "2 visits (5 now)"),),
    "model",
    (),
    ("avohilmo/instance_a",),
    (words("RAI-arvio", "RAI-bedömning", "RAI assessment"),),
    "segmentation_suuntima_like",
    "3",
)
COUNTS = ReviewCounts(
    "u1",
    "2024-12",
    Counted({"not_eligible": 40, "not_assessable": None, "below_lists": 300}, 341),
    Counted({"not_eligible": 5, "not_assessable": None, "below_lists": 6}, 12),
    None,
    Counted({"nothing_missed": 7, "need_found": None, "records_wrong": None, "cannot_tell": 0}, 9),
)


@dataclass
class FakeCoordinator:
    """`ask_first` names the clients about whom the own view is asked; `nameless` stands for a silent directory."""

    down: bool = False
    empty: bool = False
    ask_first: set[str] = field(default_factory=lambda: {"h-ask"})
    nameless: bool = False
    views: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[str, Review]] = field(default_factory=list)
    letters: list[tuple[str, str]] = field(default_factory=list)
    alerts: list[tuple[str, AlertDecision]] = field(default_factory=list)

    def require_view(self, visitor: Visitor, handle: str) -> None:
        if handle in self.ask_first:
            raise ViewFirst(handle)

    def file(self, visitor: Visitor, handle: str) -> ClientFile:
        self._check(visitor, "coordinator")
        self.require_view(visitor, handle)
        return NOTHING if handle in ("h-single", "h-unknown") else FILE

    def question(self, visitor: Visitor, handle: str) -> ViewQuestion:
        self._check(visitor, "coordinator")
        segments = tuple((id_, names[0]) for id_, names in SEGMENTS.items())
        return ViewQuestion(handle, None if self.nameless else Person("Elli Esimerkki", 1939), segments, LAYOUT)

    def give_view(self, visitor: Visitor, handle: str, view: str, key: str) -> None:
        self._check(visitor, "coordinator")
        self.views.append((handle, view))
        self.ask_first.discard(handle)

    def decide_alert(self, visitor: Visitor, handle: str, given: AlertDecision) -> None:
        self._check(visitor, "coordinator")
        self.require_view(visitor, handle)
        if given.choice == "dismiss" and not given.reason_code:
            raise NotAllowed("Say why.")
        self.alerts.append((handle, given))

    def letter(self, visitor: Visitor, handle: str, form: str, language: str) -> Letter:
        self._check(visitor, "coordinator")
        self.require_view(visitor, handle)
        self.letters.append((form, language))
        return LETTER

    def reviews(self, visitor: Visitor) -> ReviewQueue:
        self._check(visitor, "coordinator")
        drawn = (
            DrawnClient("h-single", Person("Kalle Keksitty", 1957), "not_eligible", None, None, None),
            DrawnClient("h-unknown", None, "not_assessable", "nothing_missed", "none", "2026-11-23T09:41:00"),
        )
        return ReviewQueue("2024-12", 0.02, 7, () if self.empty else drawn, COUNTS, names_known=not self.nameless)

    def review(self, visitor: Visitor, handle: str, given: Review) -> None:
        self._check(visitor, "coordinator")
        if handle != "h-single":
            raise NotYours("Unknown.")
        self.kept.append((handle, given))

    def oversight(self, visitor: Visitor) -> OversightCounts:
        self._check(visitor, "auditor")
        probe = ProbeCounts(Counted({"same": 31, "other": 9, "cannot_tell": None}, 42), None)
        unit = words("Asiakasohjaus Länsi", "Klienthandledning Väst", "Client guidance West")
        emergency = words("Päivystyskäyntejä toistuvasti", "Upprepade jourbesök", "Repeated emergency visits")
        counts = () if self.empty else (AlertCount("frequent_emergency", "u1", 12, None, 14),)
        told = {"alerts": counts, "alert_names": {"frequent_emergency": emergency}}
        return OversightCounts(() if self.empty else (COUNTS,), probe, 0.1, 0.02, 7, names={"u1": unit}, **told)

    def row(self, handle: str, name: str, born: int, until: str | None, plan: bool, last: str, new: int) -> ClientRow:
        asked = handle in self.ask_first
        segment = None if asked or handle in ("h-single", "h-unknown") else SEGMENTS["network"][0]
        status = {"h-single": "not_eligible", "h-unknown": "not_assessable"}.get(handle, "answered")
        return ClientRow(
            handle,
            None if self.nameless else Person(name, born),
            until,
            plan,
            last,
            segment,
            "ask_first" if asked else status,
            (LAPSED,) if handle == "h-answered" else (),
            (("contact", new), ("plan", 1)) if new else (),
            (REHABILITATION,) if handle == "h-answered" else (),
            (EMERGENCY,) if handle == "h-answered" else (),
        )

    def _check(self, visitor: Visitor, *roles: str) -> None:
        if visitor.role not in roles:
            raise NotAllowed("Wrong role.")
        if self.down:
            raise Unavailable("No model is live.")
