"""The planner's overrides, files and numbers: what is kept and taken back, what cannot be, how numbers are written."""

import pytest

from models.planning.base import Base, PlanSeries
from models.planning.staffing.plan import staff
from models.planning.staffing.quantiles import quantile
from serving.pages.language import language
from serving.pages.planner.reading import number
from serving.pages.planner.units import counted
from serving.planning.assumptions import USUAL_CONTACTS, counted_contacts, tried_queues
from serving.planning.kept.published import Judged
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.planned import base
from tests.serving.pages.faked.planner import GROUND
from tests.serving.pages.faked.planner_asked import SERIES, said
from tests.serving.pages.faked.visitor import FakeBrowser

pekka = asked.pekka


def test_an_override_is_kept_shown_and_taken_back(pekka: FakeBrowser) -> None:
    form = {**SERIES, "period": "2025-01-13", "value": "2 600,5"}
    assert pekka.post("/forecasts/overrides", form).headers["location"].endswith("#overrides")
    page = pekka.get("/forecasts?area=L%C3%A4nsi")
    assert "Yhtä lukua on korjattu." in said(page)
    assert page.text.count('class="corrected"') == 2 + 1  # in both sizes and in the legend
    assert "Talo avataan." in page.text
    assert "malli sanoi:" in said(page)  # the cards show what is planned with, and what the model said
    pekka.post("/forecasts/overrides", {**form, "act": "take_back"})
    assert "peruttu" in said(pekka.get("/forecasts?area=L%C3%A4nsi"))


@pytest.mark.parametrize(
    "changes, status, expected",
    [
        ({"value": "monta"}, 400, "Anna luku, joka on nolla tai suurempi"),
        ({"value": "-3"}, 400, "Anna luku, joka on nolla tai suurempi"),
        ({"reason": " "}, 400, "Kirjoita muutamalla sanalla"),
        ({"period": "huomenna"}, 400, "Valitse jakso luettelosta."),
        ({"period": "2031-01-06"}, 400, "Tietoja ei voi käyttää."),
        ({"series_id": "Pohjoinen|total|visits"}, 404, ""),
    ],
)
def test_an_override_that_cannot_be_is_told(
    pekka: FakeBrowser, changes: dict[str, str], status: int, expected: str
) -> None:
    answer = pekka.post("/forecasts/overrides", {**SERIES, "period": "2025-01-13", "value": "1", **changes})
    assert expected in said(answer, status)
    assert pekka.services.planner.entries == []


def sheet(weeks: int = 60) -> bytes:
    rows = [f"a,2024-{1 + n // 28:02d}-{1 + n % 28:02d},{100 + n % 7}" for n in range(weeks)]
    return "\n".join(["unique_id,ds,y", *rows]).encode()


@pytest.mark.parametrize(
    "path, content, name, expected",
    [
        ("/forecasts/upload", b"", "tyhja.csv", "Tietoja ei voi käyttää."),
        ("/forecasts/upload", b"%PDF-1.7", "kuva.pdf", "Tiedosto ei ole .xlsx eikä .csv."),
        ("/forecasts/upload", b"PK\x03\x04 not a zip", "rikki.xlsx", "Tiedosto ei ole .xlsx-työkirja."),
        ("/forecasts/upload", b"id;paiva\n1;2", "vaara.csv", "saraketta unique_id ei ole"),
        ("/scenarios/upload", b"sheet,idd\nscenario,x", "s.csv", "Taulukossa on"),
        ("/forecasts/overrides/upload", b"series_id,ds,value\nx,2025-01-13,monta", "o.csv", "luku, esimerkiksi 0,06"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(
    pekka: FakeBrowser, path: str, content: bytes, name: str, expected: str
) -> None:
    assert expected in said(pekka.send(path, content, name, SERIES), 400)


def test_who_may_send_a_file_and_how_large(pekka: FakeBrowser) -> None:
    path = "/forecasts/upload"
    assert pekka.send(path, sheet(), "a.csv", csrf=None).status_code == 403
    assert pekka.send(path, sheet(), "a.csv", headers={"origin": "http://evil.test"}).status_code == 403
    assert pekka.send(path, sheet(), "a.csv", headers={"authorization": "Bearer x"}).status_code == 403
    assert pekka.send(path, b"x" * 2_000_001, "a.csv").status_code == 413
    assert pekka.post(path, {"file": "a.csv"}).status_code == 415
    assert FakeBrowser().send(path, sheet(), "a.csv").headers["location"].endswith("/sign-in")
    assert FakeBrowser(user="aino").send(path, sheet(), "a.csv").status_code == 403


def test_whether_overrides_helped_is_told_in_the_readers_language(pekka: FakeBrowser) -> None:
    assert "Vielä ei voi arvioida, auttoivatko korjaukset" in said(pekka.get("/forecasts"))
    pekka.services.planner.judgement = Judged(
        as_of="2025-03-31", n=40, better=25, worse=10, same=5, mean_change=-3.5, low95=-5.0, high95=-2.0,
        unit="käyntiä", sentence={"fi": "Korjaukset auttoivat.", "sv": "De hjälpte.", "en": "They helped."},
    )  # fmt: skip
    text = said(pekka.get("/forecasts"))
    for expected in ("Korjaukset auttoivat.", "Arvioituja lukuja 40", "−3,5 (käyntiä)", "−5,0 … −2,0", "31.3.2025"):
        assert expected in text, expected


def test_calls_start_from_the_forecast_that_counts_them_and_chats_at_once_are_a_field(pekka: FakeBrowser) -> None:
    page = pekka.get("/staffing?n.queues.1.concurrency=4").text
    assert 'name="n.queues.1.concurrency" value="4"' in page
    assert page.count('name="n.queues.1.concurrency"') == 1
    config = GROUND.staffing
    table = base().forecast.query("series_id == 'county|visits|total'").assign(series_id="county|contacts|phone")
    one = PlanSeries(
        "county|contacts|phone", {"area": "county", "measure": "contacts", "digital_channel": "phone"}, ("x",), {}, {}
    )
    found = counted_contacts([("demand_digital_weekly", Base(table, (one,), {}, {}, "week"))], config, "week")
    assert set(found) == {"phone"}
    most = float(quantile(table, config.service_level.value).max())
    assert (found["phone"].contacts, found["phone"].model) == (round(most), "demand_digital_weekly")
    (phone, chat) = tried_queues(config, staff(base(), config), {}, "week", found)
    assert (phone.contacts, phone.counted) == (round(most), found["phone"])
    assert (chat.contacts, chat.counted) == (USUAL_CONTACTS, None)
    assert tried_queues(config, staff(base(), config), {"contacts.0": 5.0}, "week", found)[0].counted is None


@pytest.mark.parametrize(
    "unit,                                                                           value, fi,      sv,        en",
    [
        (("käyntiä viikossa", "besök per vecka", "visits a week"), 84529.0, "käyntiä", "besök", "visits"),
        (("käyntiä viikossa", "besök per vecka", "visits a week"), 1.0, "käynti", "besök", "visit"),
        (("tuntia kuukaudessa", "timmar per månad", "hours a month"), 1.0, "tunti", "timme", "hour"),
        (
            ("yhteydenottoa viikossa", "kontakter per vecka", "contacts a week"),
            2.5,
            "yhteydenottoa",
            "kontakter",
            "contacts",
        ),
        (("kuljetusta päivässä", "transporter per dag", "rides a day"), 7.0, "kuljetusta", "transporter", "rides"),
    ],
)
def test_a_number_has_the_form_of_its_unit(unit: tuple[str, str, str], value: float, fi: str, sv: str, en: str) -> None:
    text = dict(zip(("fi", "sv", "en"), unit, strict=True))
    assert [counted(text, value, language(code)) for code in ("fi", "sv", "en")] == [fi, sv, en]


@pytest.mark.parametrize(
    "text,        value",
    [
        ("1 234,5", 1234.5),
        ("1\u00a0234.5", 1234.5),
        ("−3", -3.0),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("1,2,3", None),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float | None) -> None:
    assert number(text) == value
