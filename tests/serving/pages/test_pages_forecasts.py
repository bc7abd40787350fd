"""The planner's page: choices, four numbers, the expected error beside the forecast, and an honest "too little"."""

from dataclasses import replace
from io import BytesIO

import pytest
from openpyxl import load_workbook

from serving.pages.planner.choosing import choose
from serving.pages.views.forecasts import backtest, summarise, verdict
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.answers import forecast_answer
from tests.serving.pages.faked.published import series as all_series
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

pekka = asked.pekka


def test_the_page_shows_forecast_interval_error_and_last_year(pekka: FakeBrowser) -> None:
    page = pekka.get("/forecasts")
    said = words(page.text)
    for expected in (
        "Kotihoidon käynnit, Länsi, 75+",
        "Seuraava viikko, vk 1/2025",
        "12 viikkoa yhteensä",
        "viime vuonna samaan aikaan",
        "Keskivirhe osuutena toteutuneesta 4,1 % 6,9 %",
        "Ennuste on ollut tarkempi kuin viime vuoden sama jakso.",
        "Rekisteritiedot 31.12.2024 loppuun",
        "viimeinen kokonainen viikko, johon ennuste perustuu, päättyi",
        "versio 3",
    ):
        assert expected in said
    assert page.text.count("<svg") == 2 + 5 + (
        5 + 1
    )  # wide and narrow picture, five keys, and bars of five groups and the remainder
    assert page.text.count("<tr>") > 12


def test_too_little_data_shows_no_forecast(pekka: FakeBrowser) -> None:
    said = words(pekka.get("/forecasts?area=It%C3%A4").text)
    assert "Tietoa on liian vähän ennusteeseen." in said
    assert "Seuraava viikko" not in said


def test_no_series_at_all_is_said_plainly() -> None:
    assert (
        "Ennusteita ei ole vielä julkaistu."
        in FakeBrowser(FakeServices(empty=True), user="pekka").get("/forecasts").text
    )


def test_unknown_choices_fall_back_to_what_there_is(pekka: FakeBrowser) -> None:
    assert pekka.get("/forecasts?area=<script>&age_group=x&measure=y").status_code == 200
    told = "Valitsemaasi sarjaa ei näytetä"
    assert told in pekka.get("/forecasts?area=nowhere").text
    assert told not in pekka.get("/forecasts").text + pekka.get("/forecasts?area=It%C3%A4&other=x").text
    wanted = {"area": "Itä", "age_group": "nothing", "measure": "hours"}
    assert choose(all_series(), wanted).series_id == "Itä|75+|hours"


def test_the_download_is_an_excel_file_of_the_same_series(pekka: FakeBrowser) -> None:
    answer = pekka.get("/forecasts/download?area=L%C3%A4nsi&age_group=total&measure=hours")
    assert answer.headers["content-disposition"] == 'attachment; filename="luotain_2024-12-31_fi.xlsx"'
    assert load_workbook(BytesIO(answer.content)).sheetnames == [
        *("Ennuste", "Toteutunut", "Selitys", "Skenaariot", "Tietoja tiedostosta")
    ]


def test_the_period_is_switched_by_a_link_and_chart_table_and_file_follow(pekka: FakeBrowser) -> None:
    week, month = (pekka.get(f"/forecasts?area=L%C3%A4nsi{more}").text for more in ("", "&period=month"))
    assert "period=month" in week, "a link to the other period"
    said = words(month)
    assert "2 jakso" in said.replace("jaksoa", "jakso")
    assert "1/2025" in said
    assert "vk 1/2025" not in said
    assert "Kuukausi on ne viikot, joiden torstai on siinä" in said
    assert "Lukuja korjataan viikoittain" in said
    assert "override-form" in week
    assert "override-form" not in month
    assert 'class="button" aria-current="true"' in month
    answer = pekka.get("/forecasts/download?area=L%C3%A4nsi&period=month")
    assert "luotain_2024-12-31_month_fi.xlsx" in answer.headers["content-disposition"]
    rows = list(load_workbook(BytesIO(answer.content))["Ennuste"].values)
    assert [row[1] for row in rows[1:]] == ["12/2024", "1/2025"]


@pytest.mark.parametrize("path", ["/forecasts", "/forecasts/download"])
def test_an_unknown_period_is_answered_with_one_sentence_and_the_own_period(pekka: FakeBrowser, path: str) -> None:
    answer = pekka.get(f"{path}?period=<script>")
    assert answer.status_code == 400
    assert "Sarjasta ei ole ennustetta tällä jaksolla." in words(answer.text)
    assert "Seuraava viikko" in words(answer.text)
    assert "<script>" not in answer.text


def test_the_sum_of_last_year_needs_every_period() -> None:
    answer = forecast_answer()
    summary = summarise(answer)
    assert summary is not None
    assert summary.total == pytest.approx(sum(point.value for point in answer.points))
    broken = replace(answer, points=(replace(answer.points[0], last_year=None), *answer.points[1:]))
    assert summarise(broken).total_last_year is None  # type: ignore[union-attr]
    assert summarise(replace(answer, points=())) is None


@pytest.mark.parametrize(
    "errors,                                       said",
    [
        ({"wape": 0.04, "baseline_wape": 0.06}, "better"),
        ({"wape": 0.06, "wape_naive": 0.04}, "worse"),
        ({"wape": 0.049, "baseline_wape": 0.05}, "same"),
        ({"wape": 0.052, "baseline_wape": 0.05}, "same"),
        ({"wape": 0.05}, None),
        ({"wape": float("nan"), "baseline_wape": 0.05}, None),
        ({}, None),
    ],
)
def test_better_than_last_year_only_when_clearly_so(errors: dict[str, float], said: str | None) -> None:
    assert verdict(backtest(replace(forecast_answer(), backtest=errors))) == said


def test_before_any_choice_everybodys_visits_are_shown() -> None:
    series = [
        replace(all_series()[0], series_id=f"{age}|{what}", age_group=age, measure=what)
        for age, what in (("65plus", "hours"), ("total", "visits"))
    ]

    class Choices(FakeServices):
        def series(self, visitor):  # type: ignore[no-untyped-def]
            return tuple(replace(one, series_id=f"Länsi|{one.age_group}|{one.measure}") for one in series)

    services = Choices()
    FakeBrowser(services, user="pekka").get("/forecasts")
    assert services.planner.asked == "Länsi|total|visits"
