"""People's own answers on the client page: recorded ones kept apart, by-hand ones a trial that is never stored."""

import re
from dataclasses import replace

import pytest

from serving.desk.asking import GivenAnswer, NotAsked, axis_answers
from serving.pages.views.people import basis_of, deciding, given_by_hand
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.answers import likelihood
from tests.serving.pages.faked.answers import words as text
from tests.serving.pages.faked.richer import QUESTIONS, RECORDED, SURE
from tests.serving.pages.faked.visitor import FakeBrowser, words

aino = asked.aino


def said(aino: FakeBrowser, handle: str) -> str:
    return words(aino.get(f"/clients/{handle}").text)


def test_both_respondents_stand_apart_and_the_deciding_one_is_marked(aino: FakeBrowser) -> None:
    page = said(aino, "h-recorded")
    assert "Tilanteen monimutkaisuus ammattilainen suuri 2.10.2024 Ratkaisee" in page
    assert "Tilanteen monimutkaisuus asiakas vähäinen 2.10.2024 Näkyy rinnalla" in page
    assert "Ryhmä perustuu kirjattuihin vastauksiin ja niiden puuttuessa mallin ehdotukseen." in page
    assert "Tähän on vastattu: suuri (ammattilainen)." in page


def test_only_an_axis_without_an_answer_is_asked(aino: FakeBrowser) -> None:
    names = re.findall(r'name="(axis-\w+)"', aino.get("/clients/h-recorded").text)
    assert set(names) == {"axis-resources"}
    assert set(re.findall(r'name="(axis-\w+)"', aino.get("/clients/h-two").text)) == {
        "axis-complexity",
        "axis-resources",
    }
    assert "axis-" not in aino.get("/clients/h-single").text  # no proposal, nothing to try


def test_a_by_hand_answer_changes_the_segment_and_says_that_it_is_a_trial(aino: FakeBrowser) -> None:
    tried = aino.post("/clients/h-two/by-hand", {"axis-resources": "strong", "axis-complexity": ""})
    page = words(tried.text)
    assert tried.status_code == 200
    assert aino.services.tried == [GivenAnswer("resources", "strong")]
    assert "Kokeilu Tämä sivu on laskettu antamillasi vastauksilla: Omat voimavarat: vahvat." in page
    assert "Ehdotus asiakkuusryhmäksi Yhteistyöasiakkuus" in page
    assert "Ryhmä perustuu omaan vastaukseesi ja mallin ehdotukseen." in page
    assert re.search(r'id="resources-strong"[^>]* checked', tried.text)
    assert aino.services.decisions == []


def test_the_untried_page_has_nothing_chosen(aino: FakeBrowser) -> None:
    assert " checked" not in aino.get("/clients/h-two").text


@pytest.mark.parametrize(
    "form,                          status, sentence",
    [
        ({}, 400, "Valitse ainakin yksi taso"),
        ({"axis-resources": ""}, 400, "Valitse ainakin yksi taso"),
        ({"axis-resources": "superb"}, 400, "Pyyntöä ei voitu lukea"),
        ({"axis-mood": "strong"}, 400, "Pyyntöä ei voitu lukea"),
    ],
)
def test_a_by_hand_answer_that_says_nothing_or_is_unknown(
    aino: FakeBrowser, form: dict[str, str], status: int, sentence: str
) -> None:
    answer = aino.post("/clients/h-two/by-hand", form)
    assert (answer.status_code, sentence in words(answer.text)) == (status, True)
    assert "superb" not in answer.text


def test_a_by_hand_answer_needs_the_sessions_own_form(aino: FakeBrowser) -> None:
    assert aino.post("/clients/h-two/by-hand", {"axis-resources": "strong"}, csrf="other").status_code == 403
    assert aino.get("/clients/h-two/by-hand").headers["location"] == "/clients/h-two"


def test_a_decision_with_a_fault_keeps_the_trial(aino: FakeBrowser) -> None:
    trial = aino.post("/clients/h-two/by-hand", {"axis-resources": "strong"}).text
    hidden = dict(re.findall(r'type="hidden" name="(axis-\w+)" value="(\w+)"', trial))
    assert hidden == {"axis-resources": "strong"}
    faulty = aino.post("/clients/h-two/decision", {"choice": "accept", "reason": "", **hidden})
    assert "Hyväksyn ehdotuksen: Yhteistyöasiakkuus" in words(faulty.text)


def test_a_by_hand_answer_is_the_axiss_own_respondents_unless_said_otherwise() -> None:
    (answer,) = axis_answers((GivenAnswer("resources", "strong", "relative"),), QUESTIONS)
    assert (answer.level, answer.respondent, answer.given, answer.time) == ("strong", "relative", "by_hand", None)
    assert axis_answers((GivenAnswer("complexity", "low"),), QUESTIONS)[0].respondent == "professional"


@pytest.mark.parametrize(
    "given,                                  field,           sentence",
    [
        (["mood low"], "answers.axis", "The field `answers.axis` must be one of: complexity, resources."),
        (["resources superb"], "answers.level", "The field `answers.level` must be one of: strong, weak."),
        (["resources weak", "resources strong"], "answers.axis", "has the same axis more than once."),
    ],
)
def test_an_unknown_axis_or_level_is_refused_without_repeating_it(given: list[str], field: str, sentence: str) -> None:
    with pytest.raises(NotAsked, match=re.escape(sentence)) as refused:
        axis_answers([GivenAnswer(*one.split()) for one in given], QUESTIONS)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert not any(sent in str(refused.value.text) for sent in ("mood", "superb"))


def test_forms_name_their_axes() -> None:
    form = {"csrf": "x", "axis-resources": "weak", "axis-complexity": "", "choice": "accept"}
    assert given_by_hand(form) == (GivenAnswer("resources", "weak"),)


def test_the_answer_that_decides_an_axis_is_found_for_every_level_of_it() -> None:
    high = likelihood("complexity_high", text("x", "y", "z"), text("x", "y", "z"), [0.1], [0], 0.0)
    other = replace(high, id="complexity_of_all")
    found = deciding(RECORDED.answers, high, QUESTIONS)
    assert found is not None
    assert (found.level, found.respondent) == ("high", "professional")
    assert deciding(RECORDED.answers, other, QUESTIONS) is None


def test_what_the_segment_rests_on() -> None:
    by_hand = axis_answers((GivenAnswer("resources", "weak"),), QUESTIONS)
    assert basis_of(SURE) == "basis.model"
    assert basis_of(RECORDED) == "basis.both"
    assert (
        basis_of(replace(RECORDED, answers=(*RECORDED.answers, *by_hand), basis="answers")) == "basis.by_hand.answers"
    )


def test_a_client_whom_the_model_cannot_assess_may_be_answered_for_on_every_axis(aino: FakeBrowser) -> None:
    page = aino.get("/clients/h-unassessed")
    said_words = words(page.text)
    assert "Malli ei voi arvioida" in said_words
    assert "ryhmä näkyy vasta, kun vastaat kaikkiin kohtiin" in said_words
    assert "En vastaa tähän, malli ehdottaa" not in said_words
    html = aino.post("/clients/h-unassessed/by-hand", {"axis-resources": "weak", "axis-complexity": "low"}).text
    tried = words(html)
    assert "Ehdotus asiakkuusryhmäksi Yhteisöasiakkuus" in tried
    assert "Ryhmä tulee kokonaan vastauksista, joista ainakin osan annoit nyt." in tried
    assert ">Miksi</h2>" not in html
    assert ">Miksi</h2>" in aino.get("/clients/h-two").text


def test_where_people_answered_everything_no_uncertainty_of_a_model_is_drawn(aino: FakeBrowser) -> None:
    html = aino.post("/clients/h-two/by-hand", {"axis-resources": "weak", "axis-complexity": "low"}).text
    picture = html.split("<figure>")[1].split("</figure>")[0]
    assert "dot filled" not in picture
    assert ">vastausten mukaan</text>" in picture
    assert 'class="share-name"' not in html
    assert "Sadasta samanlaisesta asiakkaasta" not in words(html.split('id="people-title"')[0])
