"""The coordinator's pages: words first, nothing pre-filled, nothing hidden, and a decision with its reason."""

import math
import re
from dataclasses import replace

import pytest

from serving.pages.format import Format
from serving.pages.language import language
from serving.pages.views.client_picture import how_sure, summarise
from serving.pages.views.explained import SHOWN_CONTRIBUTIONS
from tests.plans import covers
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.answers import LAYOUT, need_answer, segment_answer
from tests.serving.pages.faked.answers import words as text
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

aino = asked.aino

FI = Format(language("fi"))
GOOD = {"choice": "accept", "reason": "Sovittiin yhdessä.", "answer_id": "answer-1", "key": "k1"}


@covers("000-12")
def test_the_list_shows_names_plans_and_handles_only(aino: FakeBrowser) -> None:
    page = aino.get("/clients")
    said = words(page.text)
    assert "Elli Esimerkki" in said
    assert "142 asiakasta" in said
    assert "Tiedot 31.12.2024 loppuun" in said
    assert "/clients/h-answered" in page.text
    assert aino.get("/clients?plan=none").text.count('class="tag warn"') == 1


def test_without_a_directory_a_client_is_told_apart_by_her_handle(aino: FakeBrowser) -> None:
    class Nameless(FakeServices):
        def clients(self, visitor, page, filters):  # type: ignore[no-untyped-def]
            found = super().clients(visitor, page, filters)
            return replace(found, rows=tuple(replace(row, person=None) for row in found.rows))

    said = words(FakeBrowser(Nameless(), user="aino").get("/clients").text)
    assert "Asiakas h-answ" in said
    assert "Asiakas h-sing" in said


def test_search_goes_to_the_handle_and_never_repeats_what_was_typed(aino: FakeBrowser) -> None:
    found = aino.post("/clients/search", {"henkilotunnus": " 010594y9032 "})
    assert (found.status_code, found.headers["location"]) == (303, "/clients/h-answered")
    for wrong in ("010594Y9033", "<script>alert(1)</script>", "010516B903X"):
        missed = aino.post("/clients/search", {"henkilotunnus": wrong})
        assert missed.status_code == 404
        assert wrong not in missed.text
        assert "Asiakasta ei löytynyt" in missed.text


def test_search_without_a_code_says_what_to_do(aino: FakeBrowser) -> None:
    empty = aino.post("/clients/search", {"henkilotunnus": "  "})
    assert empty.status_code == 400
    assert "Kirjoita henkilötunnus." in empty.text


@covers("001-B1", "002-B6")
def test_the_client_page_says_the_proposal_its_sureness_its_reasons_and_its_stamp(aino: FakeBrowser) -> None:
    said = words(aino.get("/clients/h-answered").text)
    for expected in (
        "Malli antaa tietoa; ammattilainen päättää.",
        "Verkostoasiakkuus",
        "Sadasta samanlaisesta asiakkaasta 58 kuuluu tähän ryhmään. Ehdotus on melko selvä.",
        "Mahdollinen on myös: Yhteisöasiakkuus (21 / 100), Yhteistyöasiakkuus (16 / 100).",
        "3 päivystyskäyntiä 90 päivän aikana (vertailuryhmässä tavallisesti 0).",
        "Nostaa arviota",
        "Laskee arviota",
        "Tiedot 31.12.2024 loppuun",
        "versio 3",
        "RAI-arviointi",
        "38 / 100 samanlaista asiakasta",
        "Siirtyy tiiviimpään kotihoitoon 6 kuukauden kuluessa",
    ):
        assert expected in said


def test_nothing_in_the_decision_form_is_chosen_beforehand(aino: FakeBrowser) -> None:
    html = aino.get("/clients/h-answered").text
    assert html.count('type="radio"') == 3
    assert " checked" not in html
    assert " selected" not in html
    assert re.search(r"<textarea[^>]*></textarea>", html)


@pytest.mark.parametrize(
    "handle, title",
    [("h-single", "Ehdotusta ei tehdä"), ("h-unknown", "Malli ei voi arvioida")],
)
def test_a_client_without_a_proposal_is_told_honestly_and_keeps_her_services(
    aino: FakeBrowser, handle: str, title: str
) -> None:
    page = aino.get(f"/clients/{handle}")
    said = words(page.text)
    assert title in said
    assert "Kenenkään asiaa ei suljeta eikä palvelua evätä tämän vuoksi." in said
    assert "Hyväksyn ehdotuksen" not in said
    assert "En voi vielä sanoa" in said
    assert "<svg" not in page.text.split("<main")[1].split("decision-title")[0] or "chart segments" not in page.text


@pytest.mark.parametrize(
    "change,                                      fault",
    [
        ({"choice": ""}, "Valitse, mitä päätit."),
        ({"choice": "delete"}, "Valitse, mitä päätit."),
        ({"choice": "change", "segment": ""}, "Valitse asiakkuusryhmä."),
        ({"reason": "   "}, "Kirjoita perustelu."),
        ({"reason": "x" * 2001}, "Lyhennä perustelu"),
    ],
)
def test_a_decision_with_something_missing_is_not_recorded(
    aino: FakeBrowser, change: dict[str, str], fault: str
) -> None:
    answer = aino.post("/clients/h-answered/decision", {**GOOD, **change})
    assert answer.status_code == 400
    assert fault in answer.text
    assert aino.services.decisions == []


def test_a_fault_keeps_what_the_professional_wrote(aino: FakeBrowser) -> None:
    answer = aino.post("/clients/h-answered/decision", {**GOOD, "choice": "change", "reason": "Tytär <auttaa>."})
    assert "Tytär &lt;auttaa&gt;." in answer.text
    assert re.search(r'value="change"[^>]* checked', answer.text)


@pytest.mark.parametrize(
    "form,                                             recorded",
    [
        ({}, ("accept", None)),
        ({"choice": "change", "segment": "community"}, ("change", "community")),
        ({"choice": "cannot_tell", "segment": "community"}, ("cannot_tell", None)),
    ],
)
def test_a_decision_is_recorded_and_confirmed(
    aino: FakeBrowser, form: dict[str, str], recorded: tuple[str, str | None]
) -> None:
    sent = aino.post("/clients/h-answered/decision", {**GOOD, **form})
    assert (sent.status_code, sent.headers["location"]) == (303, "/clients/h-answered/decided/d-2024-000123")
    made = aino.services.decisions[0]
    assert (made.choice, made.segment) == recorded
    assert (made.reason, made.answer_id, made.key) == ("Sovittiin yhdessä.", "answer-1", "k1")
    said = words(aino.get(sent.headers["location"]).text)
    assert "Päätös on tallennettu" in said
    assert "Kirjattu 23.11.2026 09.41." in said


def test_two_openings_of_the_form_have_two_keys(aino: FakeBrowser) -> None:
    keys = {re.findall(r'name="key" value="([^"]+)"', aino.get("/clients/h-answered").text)[0] for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    "probability, word", [(0.7, "clear"), (0.69, "fairly_clear"), (0.5, "fairly_clear"), (0.49, "unsure")]
)
def test_how_sure(probability: float, word: str) -> None:
    assert how_sure(probability) == word


def test_the_contributions_on_the_page_add_up_to_the_estimate_on_the_page() -> None:
    view = FakeServices().client(FakeServices().visitor("token-aino"), "h-answered")  # type: ignore[arg-type]
    picture = summarise(view, FI)
    for explained in (*picture.axes, picture.needs[0].explained):
        assert explained is not None
        total = explained.likelihood.base + math.fsum(line.value for line in explained.lines)
        odds = explained.likelihood.probability / (1 - explained.likelihood.probability)
        assert total == pytest.approx(math.log(odds), abs=1e-9)
        assert len(explained.lines) == SHOWN_CONTRIBUTIONS + 1
        assert {reason.family for reason in explained.raises} & {reason.family for reason in explained.lowers} == set()


def test_X1_X2_names_and_texts_from_outside_are_text_and_not_markup(aino: FakeBrowser) -> None:
    evil = '"><svg onload=alert(1)>'
    hostile = text(evil, evil, evil)

    class Hostile(FakeServices):
        def client(self, visitor, handle):  # type: ignore[no-untyped-def]
            view = super().client(visitor, handle)
            return replace(
                view,
                segment=segment_answer(name=hostile),
                layout=replace(LAYOUT, horizontal=replace(LAYOUT.horizontal, name=hostile)),
            )

    html = FakeBrowser(Hostile(unit_name=hostile), user="aino").get("/clients/h-answered").text
    assert "<svg onload" not in html
    assert html.count("&lt;svg onload=alert(1)&gt;") > 5


def test_a_need_that_is_not_answered_says_why() -> None:
    class Young(FakeServices):
        def client(self, visitor, handle):  # type: ignore[no-untyped-def]
            return replace(super().client(visitor, handle), needs=(need_answer(answered=False),))

    said = words(FakeBrowser(Young(), user="aino").get("/clients/h-answered").text)
    assert "Ei arvioida. Asiakas on alle 18-vuotias." in said
