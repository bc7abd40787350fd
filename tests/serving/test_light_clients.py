"""Light home-care clients and the replacing service that the rules suggest to them; a professional decides."""

import numpy as np
import pytest

from features.rules.fire import CANNOT_TELL, FIRES, NOT, verdicts
from features.rules.spec import load_rules
from serving.engine.clients.looking import RuleName
from serving.engine.clients.overview import ClientLine, Overview
from serving.pages.coordinator.services import ListFilters
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from serving.users import handles
from tests.plans import covers
from tests.serving.fake_engine import MINE, MINE_TOO, OTHERS, FakeEngine, said
from tests.serving.pages.faked.visitor import FakeBrowser, words
from tests.serving.serving_parts import house

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)
BOOK = load_rules("configs/rules.yaml")
LIGHT = {"home_care_few_visits__30d": 1.0, "age": 84.0}
SETTLED = {
    "visits_by_service__rehabilitation__365d": 0.0, "visits_by_service__physiotherapy__365d": 0.0,
    "rai_change__ADLH__365d": 0.0, "fall_injury__365d": 0.0, "carer_relation": 0.0, "informal_care": 0.0,
    "digital_share__365d": 0.0,
}  # fmt: skip


@covers("001-C2")
@pytest.mark.parametrize(
    "known, rule, verdict",
    [
        ({"digital_share__365d": 0.2}, "light_client_digital", FIRES),
        ({"digital_share__365d": 0.05}, "light_client_digital", NOT),
        ({"digital_share__365d": 0.0}, "light_client_digital", NOT),  # in the digital blind spot
        ({"digital_share__365d": np.nan}, "light_client_digital", CANNOT_TELL),  # no digital clinic in the municipality
        ({"rai_change__ADLH__365d": 1.0}, "light_client_rehabilitation", FIRES),
        ({"fall_injury__365d": 1.0}, "light_client_rehabilitation", FIRES),
        ({"fall_injury__365d": 1.0, "visits_by_service__physiotherapy__365d": 3.0}, "light_client_rehabilitation", NOT),
        ({"carer_relation": 1.0}, "light_client_informal_care", FIRES),
        ({"carer_relation": 1.0, "informal_care": 1.0}, "light_client_informal_care", NOT),
        ({"carer_relation": 1.0, "home_care_few_visits__30d": 0.0}, "light_client_informal_care", NOT),  # not light
    ],
)
def test_what_is_suggested_to_whom(known: dict[str, float], rule: str, verdict: int) -> None:
    row = {**LIGHT, **SETTLED, **known}
    frame = {name: np.array([row.get(name, np.nan)]) for name in BOOK.features()}
    assert BOOK.rules[rule].kind == "suggestion"
    assert verdicts(BOOK, frame, 1)[rule].tolist() == [verdict]


class Suggesting(FakeEngine):
    """One own light client with two suggestions, one without, and one of another unit."""

    def __init__(self) -> None:
        super().__init__()
        both = ("light_client_digital", "light_client_rehabilitation")
        lines = {
            MINE: ClientLine("answered", "network", groups=("light_home_care",), suggestions=both),
            MINE_TOO: ClientLine("answered", "network", groups=("light_home_care",)),
            OTHERS: ClientLine("answered", "network", groups=("light_home_care",), suggestions=both),
        }
        self.looked_over = Overview(frozenset(), lines)

    def rule_names(self, seen):  # type: ignore[no-untyped-def]
        return (
            *super().rule_names(seen),
            RuleName("light_home_care", "target_group", said("light")),
            RuleName("light_client_digital", "suggestion", said("digital")),
            RuleName("light_client_rehabilitation", "suggestion", said("rehabilitation")),
        )


@covers("001-C2")
@pytest.mark.parametrize(
    "filters, listed",
    [
        ({"group": "light_home_care"}, {MINE, MINE_TOO}),
        ({"suggestion": "any"}, {MINE}),
        ({"suggestion": "light_client_rehabilitation"}, {MINE}),
        ({"suggestion": "light_client_informal_care"}, set()),
        ({"suggestion": "' OR 1=1 --"}, set()),
    ],
)
def test_the_list_of_light_clients_is_of_ones_own_clients_with_what_is_suggested(var, filters, listed):
    built = house(Suggesting())
    visitor = built.services.visitor(built.services.sign_in("coordinator"))
    page = built.services.clients(visitor, 1, ListFilters(**filters))
    told = {handles.client_of(row.handle, visitor.session.handle_key): row.suggestions for row in page.rows}
    assert set(told) == listed
    if MINE in told:
        assert [name["en"] for name in told[MINE]] == ["digital", "rehabilitation"]
    assert [id for id, _ in page.choices.suggestions] == ["light_client_digital", "light_client_rehabilitation"]
    (entry,) = built.desk.records.page(AUDIT_LOG, Wanted({"event": "client_list"}), 1, 9).entries
    suggested = ["light_client_digital", "light_client_rehabilitation"]
    assert entry["detail"]["suggested"] == ({MINE: suggested} if MINE in listed else {})
    built.close()


@covers("001-C2")
def test_the_page_says_what_could_replace_and_that_a_professional_decides() -> None:
    page = FakeBrowser(user="aino")
    shown = words(page.get("/clients?suggestion=any").text)
    assert "Voisi korvata osan kotihoidosta: Kuntoutus tai fysioterapia" in shown
    assert "ammattilainen päättää yhdessä asiakkaan kanssa" in shown
