"""The auditor's first screen and acts, the manager's groups and the stop switch, as pages."""

import pytest

from tests.plans import covers
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.oversight import NEED
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

tuula = asked.tuula


def test_the_first_page_of_an_auditor_is_the_verdict_with_its_weakest_points(tuula: FakeBrowser) -> None:
    assert tuula.get("/").headers["location"] == "/oversight"
    said = words(tuula.get("/oversight").text)
    assert "Toistuva päivystyksen käyttö Mallia ei saa käyttää" in said
    assert "Todennäköisyydet ovat väärän kokoisia (kulmakerroin 0,61)." in said
    assert "Aliarvioi tarvetta: ikäryhmä 85+, toteutuneita 1,31-kertaisesti." in said
    assert "Ennustevälille osui 77,0 % toteutuneista, luvattu 80,0 %." in said
    assert "Lisäksi 1 muu kohta." in said
    assert "anna.arvioija · 20.11.2026 10.21" in said
    assert "Summaennusteista ei tehdä SHAP-raporttia" in said


def test_without_models_the_first_page_says_what_is_missing() -> None:
    said = words(FakeBrowser(FakeServices(empty=True), user="tuula").get("/oversight").text)
    assert "Mikään malli ei ole käytössä." in said
    assert "Ei käytössä: rekisterit, Asiakkuusryhmän ehdotus." in said


def test_the_versions_of_need_models_stand_under_their_tasks_names(tuula: FakeBrowser) -> None:
    assert "Asiakkuusryhmän ehdotus" in tuula.get("/models").text


def test_what_was_live_on_a_day(tuula: FakeBrowser) -> None:
    said = words(tuula.get("/oversight/live-on?day=2026-11-21").text)
    assert "Käytössä 21.11.2026 päivän päättyessä" in said
    assert "anna.arvioija, otettu käyttöön" in said
    assert "Mikään versio ei ollut vielä käytössä." in said
    wrong = tuula.get("/oversight/live-on?day=x")
    assert wrong.status_code == 400
    assert "Valitse päivä kalenterista" in wrong.text


def test_access_statistics_hide_few_clients(tuula: FakeBrowser) -> None:
    said = words(tuula.get("/oversight/access?since=2026-11-01&until=2026-11-30").text)
    assert "asiakasohjaus_lansi 1 000 12 4 321" in said.replace("\xa0", " ")
    assert "kotihoito 234 0 2 –" in said
    assert tuula.get("/oversight/access?since=2026-12-01&until=2026-11-30").status_code == 400


@pytest.mark.parametrize(
    "entry, status, said",
    [
        ("12", 200, "Jokainen vastaus on sama bitilleen."),
        ("7", 200, "Vastauksia, jotka eivät ole samoja: 1."),
        ("9", 200, "Vastausta ei voitu laskea uudelleen."),
        ("abc", 400, "Anna merkinnän numero"),
    ],
)
def test_an_answer_is_computed_again_from_the_page(tuula: FakeBrowser, entry: str, status: int, said: str) -> None:
    answer = tuula.post("/oversight/replay", {"entry": entry})
    assert answer.status_code == status
    assert said in words(answer.text)


@pytest.mark.parametrize(
    "empty, said", [(False, "Kaikki ketjut ovat ehjiä."), (True, "Ensimmäinen virheellinen merkintä: 778")]
)
def test_the_chains_are_verified_by_a_button(empty: bool, said: str) -> None:
    browser = FakeBrowser(FakeServices(empty=empty), user="tuula")
    assert said not in browser.get("/oversight/chains").text
    assert said in words(browser.post("/oversight/chains", {}).text)


def test_W23_a_clients_own_log_is_asked_for_in_a_form_and_the_number_never_comes_back(tuula: FakeBrowser) -> None:
    form = {"person": "010594Y9032", "span": "two", "language": "sv", "form": "csv", "reason": "ignored"}
    made = tuula.post("/oversight/own-log", form)
    assert made.headers["content-disposition"] == 'attachment; filename="client-log.sv.csv"'
    assert tuula.services.oversight.acts == [("client_log", "", "csv", "sv")]  # two years need no reason
    wrong = tuula.post("/oversight/own-log", {**form, "person": "131052-308T"})
    assert wrong.status_code == 400
    assert "131052-308T" not in wrong.text
    assert tuula.post("/oversight/own-log", {**form, "form": "exe"}).status_code == 400


def test_the_manager_sees_the_indicators_of_the_plans_with_interval_target_and_what_is_missing() -> None:
    browser = FakeBrowser(user="maija")
    page = browser.get("/groups").text
    said = words(page)
    assert "light fi 2026-09 35,5 % 33,5 % – 37,5 % 15,0 % (2025Q4): ei täyty −1,2 prosenttiyksikköä 966 90 %" in said
    assert "t3 fi 2026-09 3,2 arkipäivää" in said
    assert "Kuusivaara liian vähän ihmisiä" in said
    assert "youth fi requests (service = youth)" in said
    assert page.count('class="share-name">light fi') == 1  # the chart; its table says the same
    table = browser.get("/groups/download?form=indicators").content.decode("utf-8-sig").splitlines()
    assert table[1].startswith("light fi;Koko hyvinvointialue;2026-09;35,5")
    assert table[-1].endswith(";liian vähän ihmisiä")
    nothing = FakeBrowser(FakeServices(empty=True), user="maija")
    assert "Mittareita ei ole julkaistu" in nothing.get("/groups").text
    assert nothing.get("/groups/download?form=indicators").status_code == 404


@covers("002-B4")
def test_the_managers_groups_with_a_table_and_files() -> None:
    browser = FakeBrowser(user="maija")
    assert browser.get("/").headers["location"] == "/groups"
    said = words(browser.get("/groups").text)
    assert "Verkosto 1 620 25,0 % −12" in said.replace("\xa0", " ")
    assert "Koko hyvinvointialue 800 12 1,5 %" in said.replace("\xa0", " ")
    table = browser.get("/groups/download?form=csv").content.decode("utf-8-sig")
    assert "Koko hyvinvointialue;;Verkosto;1620;0.25;" in table
    assert browser.get("/groups/download").content[:2] == b"PK"
    nothing = FakeBrowser(FakeServices(empty=True), user="maija")
    assert "Raporttia ei ole vielä julkaistu" in nothing.get("/groups").text
    assert nothing.get("/groups/download").status_code == 404


def test_the_stop_switch_asks_for_a_reason_and_every_page_says_what_is_stopped() -> None:
    browser = FakeBrowser(user="antti")
    assert browser.post(f"/stop-models/{NEED}/stop", {"reason": "x"}).status_code == 400
    assert browser.post(f"/stop-models/{NEED}/stop", {"reason": "Rekisteri on rikki"}).status_code == 303
    assert browser.services.oversight.acts == [("stop", NEED, "Rekisteri on rikki")]
    stopped = FakeServices()
    stopped.oversight.is_stopped = True
    page = FakeBrowser(stopped, user="aino").get("/clients").text
    assert "Malli on pysäytetty: Toistuva päivystyksen käyttö" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.parametrize("path", ["/oversight", "/oversight/live-on?day=2026-11-21", "/groups", "/stop-models"])
@pytest.mark.parametrize("user", ["aino", "pekka"])
def test_A17_others_may_not(path: str, user: str) -> None:
    assert FakeBrowser(user=user).get(path).status_code == 403
