"""The planner's further pages: what they show, what they refuse in words, and who may do what."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from serving.pages.planner.scenario_form import scenario_id, scenario_values
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.planned import base
from tests.serving.pages.faked.planner_asked import SERIES, said
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser

pekka = asked.pekka

PAGES = ("/scenarios", "/staffing", "/staffing/channels", "/flow")
FORM = {
    "name": "Ikääntyminen",
    "base_year": "2024",
    "year": "2026",
    "growth_85plus": "12,5",
    "growth_margin": "2",
    "key": "Abc-123xyz",
}


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/scenarios", ["Ikääntyminen", "Ero perusennusteeseen", "Eron 80 % väli", "Perusennuste"]),
        ("/scenarios?scenario=closing", ["Skenaario Pohjanselän tiimi suljetaan ei sovi tähän ennusteeseen."]),
        ("/scenarios/new", ["85 vuotta täyttäneet", "Varhainen tuki", "Lataa täytettävä taulukko"]),
        ("/staffing", ["Koko alue", "Mitoitus, suurin tarve", "Puhelinpalvelu", "oma oletus"]),
        ("/staffing?n.contacts.0=1000&n.queues.0.shrinkage=0.5", ["muutettu"]),
        ("/staffing?n.teams.0.work.absence=2", ["Tietoja ei voi käyttää.", "osuus on 0–1"]),
        ("/staffing?n.contacts.0=abc", ["Anna luvut numeroina"]),
        ("/staffing/channels?n.professions.nurse.hours=abc", ["Anna luvut numeroina", "Muutosta ei otettu käyttöön."]),
        ("/staffing/channels", ["Jako löytyi kaikkien rajojen sisällä.", "100 %"]),
        (
            "/staffing/channels",
            ["Asia odottaa ammattilaista keskimäärin 0,9 vrk (nyt 2,0 vrk)", "Odotus ryhmittäin", "7 min"],
        ),
        ("/staffing/channels", ["odotus (vrk): Äkillinen lievä sairaus", "odotus keskimäärin enintään (vrk)"]),
        ("/staffing/channels?n.channels.phone.wait=-1", ["Muutosta ei otettu", "odotus ovat vähintään 0"]),
        (
            "/staffing/channels?n.channels.phone.wait=9&n.channels.chat.wait=9",
            ["Rajat eivät mahdu yhteen.", "esteenä keskimääräinen odotus (Pitkäaikaissairauden seuranta"],
        ),
        ("/staffing/channels?n.professions.nurse.hours=100", ["Rajat eivät mahdu yhteen.", "Sairaanhoitajat"]),
        ("/flow", ["selvä pullonkaula", "83 % kulki kuvatun polun", "piilotettu", "Odotuspäiviä säästyy"]),
        ("/flow?stage=assessment&hours=5", ["15,5"]),
        ("/flow?stage=assessment&hours=x", ["Anna tunnit lukuna"]),
        ("/flow?stage=nowhere", ["Valitse vaihe luettelosta."]),
        ("/flow?stage=home_care", ["Säännöllinen kotihoito: lisätunnille ei ole vastausta, koska tunnit menevät"]),
        ("/flow", ["Päätös ja aloituksen odotus: oletus 3 tuntia asiakasta kohti (oma oletus)", "oletuksen varassa"]),
        ("/flow", ["12 tapausta toisin päin"]),
        ("/flow", ["Menneet viikot ja odotuspäivät", "Läpimenoaika viikoittain", "Odottaa nyt 64 asiakasta"]),
        ("/forecasts", ["Miksi ennuste on tällainen", "Väestön ikääntyminen", "Ei selity", "Omat korjaukset"]),
        ("/forecasts?area=Itä", ["ei tarpeeksi tietoa", "Liian lyhyt."]),
        ("/forecasts/upload", ["unique_id", "200 sarjaa"]),
    ],
)
def test_what_a_page_says(pekka: FakeBrowser, path: str, expected: list[str]) -> None:
    text = said(pekka.get(path))
    assert [one for one in expected if one not in text] == []


@pytest.mark.parametrize("path", [*PAGES, "/scenarios/new", "/forecasts/upload"])
def test_every_picture_has_a_table_and_every_page_three_languages(path: str) -> None:
    for code in ("fi", "sv", "en"):
        answer = FakeBrowser(user="pekka", language=code).get(path)
        assert answer.status_code == 200
        assert answer.text.count('role="img"') == 0 or "<table" in answer.text
        assert [one for one in ("style=", "<script") if one in answer.text] == []


@pytest.mark.parametrize("path", PAGES)
def test_without_a_model_or_a_right_nothing_is_shown(path: str) -> None:
    assert FakeBrowser(FakeServices(down=True), user="pekka").get(path).status_code == 503
    assert FakeBrowser(user="aino").get(path).status_code == 403
    assert FakeBrowser().get(path).headers["location"].endswith("/sign-in")
    empty = FakeBrowser(FakeServices(empty=True), user="pekka").get(path)
    assert empty.status_code == 200


def test_the_form_of_channels_sent_back_as_it_was_changes_nothing(pekka: FakeBrowser) -> None:
    """A wait of minutes is a small part of a day: the form gives every decimal."""
    page = pekka.get("/staffing/channels").text
    fields = dict(re.findall(r'name="(n\.[\w.]+)" value="([^"]*)"', page))
    assert fields["n.channels.digital_clinic.wait"] == "0,005"
    assert "muutettu" not in said(pekka.get(f"/staffing/channels?{urlencode(fields)}"))
    fields["n.channels.digital_clinic.wait"] = "0,006"
    changed = said(pekka.get(f"/staffing/channels?{urlencode(fields)}"))
    assert "odotus yhteydenottoon (vrk) muutettu" in changed
    assert changed.count("muutettu") == 1


def test_the_manager_sees_but_is_offered_no_forms() -> None:
    maija = FakeBrowser(user="maija")
    assert "Omat korjaukset" not in said(maija.get("/forecasts"))
    assert "Tee uusi skenaario" not in said(maija.get("/scenarios"))
    assert maija.get("/scenarios/new").status_code == 403
    assert maija.post("/scenarios/new", FORM).status_code == 403
    assert maija.post("/forecasts/overrides", {**SERIES, "period": "2025-01-13", "value": "1"}).status_code == 403


def test_a_scenario_from_the_form_is_kept_and_compared(pekka: FakeBrowser) -> None:
    made = pekka.post("/scenarios/new", FORM)
    assert (made.status_code, made.headers["location"]) == (303, "/scenarios?scenario=s_ikaantyminen_abc123")
    text = said(pekka.get(made.headers["location"]))
    assert "Kotihoidon suunnittelija 23.11.2026 09.30" in text
    (scenario, role) = next(iter(pekka.services.planner.saved.values()))
    growth = scenario.population[0].growth[2026]
    assert (growth.value, growth.low, growth.high, role) == (
        0.125,
        pytest.approx(0.105),
        pytest.approx(0.145),
        "planner",
    )


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"name": ""}, "Anna skenaariolle nimi."),
        ({"growth_85plus": "paljon"}, "Anna luku väliltä -90–300."),
        ({"growth_85plus": "-95"}, "Anna luku väliltä -90–300."),
        ({"growth_85plus": ""}, "Skenaario ei muuta mitään."),
        ({"early_share": "10"}, "Valitse alkamispäivä väliltä"),
        ({"supply_unit": "Itä", "supply_other": "Itä", "supply_starts": "2025-01-01"}, "Valitse toinen alue"),
        ({"year": "2020"}, "Tietoja ei voi käyttää."),
    ],
)
def test_a_scenario_form_says_what_is_wrong_and_keeps_what_was_written(
    pekka: FakeBrowser, changes: dict[str, str], expected: str
) -> None:
    answer = pekka.post("/scenarios/new", {**FORM, **changes})
    assert expected in said(answer, 400)
    assert pekka.services.planner.saved == {}
    assert 'value="2"' in answer.text


def test_a_saved_scenario_is_removed_by_a_form_of_this_session_and_by_a_planner_only(pekka: FakeBrowser) -> None:
    pekka.post("/scenarios/new", FORM)
    (made,) = pekka.services.planner.saved
    gone = {"scenario": made, "key": "k2"}
    assert 'action="/scenarios/remove"' in pekka.get("/scenarios").text
    assert pekka.post("/scenarios/remove", gone, csrf=None).status_code == 403
    maija = FakeBrowser(pekka.services, user="maija")
    assert 'action="/scenarios/remove"' not in maija.get("/scenarios").text
    assert maija.post("/scenarios/remove", gone).status_code == 403
    assert pekka.post("/scenarios/remove", gone).headers["location"] == "/scenarios"
    assert pekka.services.planner.saved == {}
    assert pekka.post("/scenarios/remove", gone).status_code == 404
    assert pekka.get("/scenarios/remove").headers["location"] == "/scenarios"


def test_only_scenarios_that_fit_are_counted_and_the_others_are_named_with_the_reason(pekka: FakeBrowser) -> None:
    for place in range(4):
        pekka.post("/scenarios/new", {**FORM, "name": f"Kasvu {place}", "key": f"key{place}"})
    chosen = "&".join(f"scenario={one}" for one in ("ageing", "closing", *pekka.services.planner.saved))
    text = said(pekka.get(f"/scenarios?compare=1&{chosen}"))
    assert "Ennusteeseen sopii ja vertailussa on 4 skenaariota." in text
    assert "Skenaario Pohjanselän tiimi suljetaan ei sovi tähän ennusteeseen." in text
    assert "sallittuja ovat Itä, Länsi" in text
    assert "Pois jäivät: Kasvu 0." in text
    none = said(pekka.get("/scenarios?compare=1&scenario=closing"))
    assert "vertailussa on 0 skenaariota" in none


def test_the_form_tells_its_limits_and_the_days_of_the_forecast(pekka: FakeBrowser) -> None:
    page, (first, last) = pekka.get("/scenarios/new"), base().span
    days = "–".join(f"{day.day}.{day.month}.{day.year}" for day in (first, last))
    for expected in ("−90 … 300", "0 … 100", f"Ennusteet kattavat päivät {days}", f'min="{first}" max="{last}"'):
        assert expected in said(page) or expected in page.text, expected
    late = {**FORM, "supply_unit": "Itä", "supply_starts": (last + timedelta(days=1)).isoformat()}
    assert f"Valitse alkamispäivä väliltä {days}." in said(pekka.post("/scenarios/new", late), 400)


def test_every_part_of_the_form_reaches_the_scenario() -> None:
    early = {"early_heavy": "age_group=75plus", "early_share": "10", "early_effect": "40", "early_margin": "50"}
    early |= {"early_light": "0,25", "early_delay": "8", "early_starts": "2025-02-03"}
    shift = {"channel_from": "channel=phone", "channel_to": "channel=chat", "channel_share": "25"}
    shift |= {"channel_suitable": "50", "channel_solved": "77", "channel_starts": "2025-02-03"}
    supply = {"supply_unit": "Itä", "supply_share": "90", "supply_starts": "2025-02-03"}
    values = scenario_values({**FORM, **early, **shift, **supply})
    assert values["early_support"][0]["effectiveness"] == {"value": 0.4, "low": 0.0, "high": 0.9}
    assert values["channel_shift"][0]["moved_from"] == {"channel": ["phone"]}
    assert values["supply"] == [
        {"kind": "closing", "unit": {"area": ["Itä"]}, "share": 0.9, "starts": "2025-02-03"},
    ]
    assert scenario_id("Ärjy – ÅÄÖ 2027!", "x") == "s_arjy_aao_2027_x"
