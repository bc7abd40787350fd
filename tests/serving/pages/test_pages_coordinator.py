"""The coordinator's further pages: own view first, file, letter (page and PDF), random sample, the auditor's counts."""

from dataclasses import replace

import pytest

from serving.pages.coordinator.file_picture import charts_of, code_name, picture_of
from serving.pages.coordinator.letter_text import letter_text
from serving.pages.format import Format
from serving.pages.language import LANGUAGES, language
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.coordinator import FILE, LETTER, NOTHING
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

aino = asked.aino

PROPOSED = "Verkostoasiakkuus"


def asking() -> FakeBrowser:
    browser = FakeBrowser(user="aino")
    browser.services.coordinator.ask_first.add("h-answered")
    return browser


# The own view first


def test_the_answer_is_not_in_the_html_before_the_own_view_is_given() -> None:
    browser = asking()
    plain = words(FakeBrowser(user="aino").get("/clients/h-answered").text)
    assert "samanlaista asiakasta" in plain
    said = browser.get("/clients/h-answered")
    assert said.status_code == 200
    for told in ("samanlaista asiakasta", "/ 100", "answer-1", "proposed", "Ehdotettu", "Hyväksyn", "<svg"):
        assert told not in said.text, told
    assert said.text.count('name="view"') == 5  # four groups, and "I cannot tell"; none of them chosen
    assert "checked" not in said.text
    chosen = browser.post("/clients/h-answered/own-view", {"view": "community", "key": "k"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/clients/h-answered")
    assert browser.services.coordinator.views == [("h-answered", "community")]
    assert "samanlaista asiakasta" in words(browser.get("/clients/h-answered").text)


def test_without_a_choice_the_question_is_asked_again() -> None:
    said = asking().post("/clients/h-answered/own-view", {"key": "k"})
    assert said.status_code == 400
    assert "Valitse ryhmä" in said.text
    assert "/ 100" not in said.text


@pytest.mark.parametrize("path", ["/what-would-change?output=complexity", "/letter", "/letter.pdf"])
def test_no_side_door_leads_to_the_answer_before_the_view(path: str) -> None:
    browser = asking()
    assert browser.get(f"/clients/h-answered{path}").status_code == 403
    assert browser.services.coordinator.letters == []


def test_the_list_says_that_the_view_comes_first() -> None:
    said = asking().get("/clients").text
    row = said[said.index("h-answered") : said.index("h-single")]
    assert "näkemyksesi ensin" in row
    assert PROPOSED not in row


# The client's file


def test_the_page_shows_alerts_with_evidence_history_similar_clients_and_what_came_of_it(aino: FakeBrowser) -> None:
    said = words(aino.get("/clients/h-answered").text)
    for part in (
        "Päivystyskäyntejä toistuvasti",
        "Päivystyskäynnit 365 päivän aikana: 5",
        "Viimeksi: 20.12.2024, 2.11.2024",
        "Kohderyhmät: Ikääntynyt tai omaishoidon piirissä",
        "säännöllinen kotihoito, kevyt",
        "1.3.2024 alkaen",
        "1.4.2023–1.4.2024",
        "12 / 80",
        "liian vähän asiakkaita kerrottavaksi",
        "12 / 100 toteutui",
    ):
        assert part in said, part
    assert "code_nobody_named" not in said  # a code without a name is "other"


def test_a_client_of_whom_little_is_known_gets_the_same_page_with_honest_sentences(aino: FakeBrowser) -> None:
    said = words(aino.get("/clients/h-single").text)
    for part in (
        "Yksikään heräte ei laukea",
        "ei ole tältä ajalta tapahtumia",
        "liian pieni",
        "ei ole näytetty aiempia",
    ):
        assert part in said, part


def test_the_timeline_has_a_name_that_says_its_lanes_and_the_same_in_tables() -> None:
    charts = charts_of(FILE, Format(language("fi")))
    assert [("chart wide" in chart, "chart narrow" in chart) for chart in charts] == [(True, False), (False, True)]
    assert "Arviot" in charts[0]
    assert "style=" not in "".join(charts)
    picture = picture_of(FILE, {}, Format(language("fi")))
    assert len(picture.history) == len(FILE.history)
    assert len(picture.months) == len(FILE.months)
    assert not picture_of(NOTHING, {}, Format(language("fi"))).has_history


def test_what_happened_to_similar_clients_is_named_where_an_estimate_on_the_page_foretells_it() -> None:
    outcome = {"fi": "Vähintään neljä päivystyskäyntiä vuodessa"}
    names = {"frequent_emergency": {"fi": "Päivystys"}, "other_task": outcome}
    outcomes = {"frequent_emergency": outcome, "other_task": outcome}
    lines = picture_of(FILE, names, Format(language("fi")), outcomes).similar
    assert [(one.name, one.outcome) for one in lines] == [("Päivystys", outcome["fi"]), (outcome["fi"], "")]


@pytest.mark.parametrize(
    "code, said",
    [("RAI-HC", "RAI-HC-arviointi"), ("light", "kevyt"), ("ward_stay", "vuodeosastojakso"), ("<b>secret", "muu")],
)
def test_X2_codes_are_told_by_their_names_only(code: str, said: str) -> None:
    assert code_name(code, FILE.code_names, Format(language("fi"))) == said


def test_a_silent_directory_is_said_and_the_pages_work(aino: FakeBrowser) -> None:
    aino.services.coordinator.nameless = True
    for path in ("/clients", "/reviews"):
        said = aino.get(path)
        assert said.status_code == 200
        assert "Nimihakemisto ei vastaa" in said.text


# The letter


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_letter_tells_role_elements_change_and_objection_in_every_language(code: str) -> None:
    t, text = language(code).text, letter_text(LETTER, Format(language(code)))
    assert text.opening == t("letter.role")
    told = {part.heading: part.parts for part in text.parts}
    assert list(told) == [t(f"letter.{key}") for key in ("result", "elements", "would_change", "data", "rights")]
    assert LETTER.raises[0][code] in told[t("letter.elements")][1]
    assert LETTER.changes[0][code] in told[t("letter.would_change")][1]
    assert any(t("letter.rights.no_loss") in one for one in told[t("letter.rights")])


def test_the_page_of_the_letter_may_be_in_another_language_than_the_site(aino: FakeBrowser) -> None:
    said = aino.get("/clients/h-answered/letter?language=sv").text
    assert '<article class="panel letter" lang="sv">' in said
    assert "Om du är av annan åsikt" in said
    assert aino.services.coordinator.letters == [("html", "sv")]
    assert 'lang="fi"' in aino.get("/clients/h-answered/letter?language=xx").text


def test_the_pdf_holds_the_letter_and_its_name_tells_nothing(aino: FakeBrowser) -> None:
    answer = aino.get("/clients/h-answered/letter.pdf?language=en")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == 'attachment; filename="luotain-en.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"%PDF")
    assert aino.services.coordinator.letters == [("pdf", "en")]


def test_the_same_letter_is_the_same_file(aino: FakeBrowser) -> None:
    first, second = (aino.get("/clients/h-answered/letter.pdf?language=fi").content for _ in range(2))
    assert first == second  # no clock and no chance in it


SAID = {"fi": "Voimavarat arjessa", "sv": "Resurser i vardagen", "en": "Resources for everyday life"}


def test_the_letter_of_a_client_decided_by_answers_tells_the_answers_and_not_the_models_reasons() -> None:
    own = replace(
        LETTER, basis="answers", raises=(), lowers=(), changes=(), answers=((SAID, LETTER.raises[0], "client"),)
    )
    text = letter_text(own, Format(language("fi")))
    said = str(text)
    assert "kirjattuihin vastauksiin, ei mallin laskelmaan" in said
    assert "jos vastaukset olisivat toiset" in said
    assert "Voimavarat arjessa: 5 päivystyskäyntiä (asiakas)" in said


# The random sample


def test_a_review_is_kept_and_an_incomplete_one_shown_again(aino: FakeBrowser) -> None:
    listed = words(aino.get("/reviews").text)
    assert "Kalle Keksitty" in listed
    assert "yksittäinen palvelu" in listed
    assert "Tarkistettu 23.11.2026 09.41: Mitään ei jäänyt huomaamatta." in listed
    form = {"finding": "need_found", "next_step": "contact", "reason": "Omainen uupunut.", "key": "k"}
    incomplete = aino.post("/reviews/h-single", {**form, "reason": " "})
    assert incomplete.status_code == 400
    assert "Valitse havainto" in incomplete.text
    assert 'value="need_found" required checked' in incomplete.text
    kept = aino.post("/reviews/h-single", form)
    assert (kept.status_code, kept.headers["location"]) == (303, "/reviews")
    ((handle, review),) = aino.services.coordinator.kept
    assert (handle, review.finding, review.next_step) == ("h-single", "need_found", "contact")
    assert aino.post("/reviews/h-late", form).status_code == 404


@pytest.mark.parametrize("wrong", [{"finding": "wizard"}, {"next_step": ""}, {"reason": "x" * 2001}])
def test_what_no_form_of_ours_sends_is_not_kept(aino: FakeBrowser, wrong: dict[str, str]) -> None:
    form = {"finding": "need_found", "next_step": "contact", "reason": "x", "key": "k"}
    assert aino.post("/reviews/h-single", {**form, **wrong}).status_code == 400
    assert aino.services.coordinator.kept == []


def test_nobody_drawn_is_said() -> None:
    assert "ei arvottu ketään" in FakeBrowser(FakeServices(empty=True), "aino").get("/reviews").text


def test_the_auditor_sees_counts_and_no_small_cell() -> None:
    said = words(FakeBrowser(user="tuula").get("/review-counts").text)
    assert "Asiakasohjaus Länsi, 12/2024" in said
    assert "tiedot eivät riitä arvioon – –" in said
    assert "Sama kuin ehdotus 31" in said
    assert "Näkemys kysytään 10,0 % tapauksista" in said
    assert "Yhtään otosta" in FakeBrowser(FakeServices(empty=True), "tuula").get("/review-counts").text


@pytest.mark.parametrize("path", ["/reviews", "/review-counts", "/clients/h-answered/letter"])
def test_A32_other_roles_find_neither_samples_nor_letters(path: str) -> None:
    assert FakeBrowser(user="pekka").get(path).status_code == 403
    assert FakeBrowser().get(path).headers["location"] == "/sign-in"


def test_X4_uploaded_html_and_svg_are_said_in_words_and_never_shown_as_pages() -> None:
    evil = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
    for name, path in (
        ("evil.svg", "/scenarios/upload"),
        ('"><script>alert(1)</script>.csv', "/forecasts/upload"),
        ("evil.html", "/forecasts/overrides/upload"),
    ):
        answer = FakeBrowser(user="pekka").send(path, evil, name)
        assert answer.headers["content-type"].startswith("text/html"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text
        assert "onload=" not in answer.text


@pytest.mark.parametrize(
    "user, path",
    [
        ("aino", "/clients"),
        ("aino", "/clients/h-answered/letter.pdf"),
        (None, "/sign-in"),
        ("tuula", "/review-counts"),
        ("aino", "/clients/nobody"),
    ],
)
def test_X6_no_page_may_be_framed(user: str | None, path: str) -> None:
    policy = FakeBrowser(user=user).get(path).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
