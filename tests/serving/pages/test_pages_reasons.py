"""What the client page says of reasons: how old the data are, where they come from, what would change the answer."""

from dataclasses import replace

import pytest

from models.answers import SourceAge
from models.explaining.restricted import hide_sensitive
from models.explaining.supposing.counterfactual import NOT_STORED
from serving.pages.format import Format
from serving.pages.language import language
from serving.pages.views.ages import age_lines, age_text
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.answers import segment_answer
from tests.serving.pages.faked.answers import words as text
from tests.serving.pages.faked.asked import said
from tests.serving.pages.faked.richer import SURE
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

aino = asked.aino
FI = Format(language("fi"))

# Ages and reasons with a date


@pytest.mark.parametrize(
    "days, fi,            sv,           en",
    [
        (1, "1 päivä", "1 dag", "1 day"),
        (59, "59 päivää", "59 dagar", "59 days"),
        (60, "2 kuukautta", "2 månader", "2 months"),
        (729, "24 kuukautta", "24 månader", "24 months"),
        (730, "2 vuotta", "2 år", "2 years"),
        (1095, "3 vuotta", "3 år", "3 years"),
    ],
)
def test_ages_in_words(days: int, fi: str, sv: str, en: str) -> None:
    assert [age_text(days, language(code)) for code in ("fi", "sv", "en")] == [fi, sv, en]


def test_sources_are_listed_freshest_first_and_old_ones_are_marked() -> None:
    ages = (
        SourceAge("RAI assessments", "2024-01-02", 365),
        SourceAge("plans", None, None),
        SourceAge("contact registers", "2024-01-03", 364),
        SourceAge("care relationships", "2022-01-01", 1096),  # a relationship holds until it ends
    )
    lines = [(line.source, line.newest, line.old) for line in age_lines(ages, FI)]
    assert lines == [
        ("asiointirekisterit", "3.1.2024", False),
        ("RAI-arvioinnit", "2.1.2024", True),
        ("hoito- ja asiakassuhteet", "1.1.2022", False),
        ("suunnitelmat", "", False),
    ]


def test_the_page_says_how_old_the_data_are(aino: FakeBrowser) -> None:
    page = said(aino, "h-sure")
    assert "RAI-arvioinnit 14.11.2022 2 vuotta vanha tieto" in page
    assert "asiakkaan omat arviot Ei kirjauksia" in page
    assert "Osa tiedoista on yli vuoden vanhoja." in page
    assert "Osa tiedoista on yli vuoden vanhoja." not in said(aino, "h-answered")


def test_a_reason_says_its_source_and_its_date(aino: FakeBrowser) -> None:
    assert "(vertailuryhmässä tavallisesti 0). Lähde: Avohilmo, 29.12.2024" in said(aino, "h-sure")
    assert segment_answer().axes[0].reasons[0].date is None


# What would change it


@pytest.mark.parametrize(
    "code, kind",
    [
        ("fi", "Näin malli toimii. Tämä ei ole neuvo eikä tavoite asiakkaalle."),
        ("sv", "Så här fungerar modellen. Det här är inget råd och inget mål för klienten."),
        ("en", "This is how the model behaves. It is not advice and not a goal for the client."),
    ],
)
def test_what_would_change_it_is_labelled_as_the_models_behaviour(aino: FakeBrowser, code: str, kind: str) -> None:
    aino.language = code
    assert kind in words(aino.get("/clients/h-two/what-would-change?output=complexity").text)


def test_what_would_change_it_is_a_page_of_its_own_that_is_linked_to(aino: FakeBrowser) -> None:
    assert '/clients/h-two/what-would-change?output=complexity"' in aino.get("/clients/h-two").text
    page = words(aino.get("/clients/h-two/what-would-change?output=complexity").text)
    assert "Arvio on nyt 74 / 100." in page
    assert "Arvio olisi 47 / 100, jos tiedoissa olisi: 1 päivystyskäynti 90 päivän aikana (nyt 3)." in page


def test_that_nothing_gets_there_is_said(aino: FakeBrowser) -> None:
    page = words(aino.get("/clients/h-two/what-would-change?output=resources").text)
    assert "Mikään sallittu muutos ei vie arviota rajan toiselle puolelle." in page
    assert "Arvio olisi" not in page


@pytest.mark.parametrize("query", ["", "?output=", "?output=mood", "?output=<script>"])
def test_an_unknown_estimate_is_the_one_404(aino: FakeBrowser, query: str) -> None:
    answer = aino.get(f"/clients/h-two/what-would-change{query}")
    assert answer.status_code == 404
    assert "mood" not in answer.text.split("<main")[1]
    assert "script" not in answer.text.split("<main")[1]


@pytest.mark.parametrize(
    "code, line",
    [
        ("fi", "Palvelujen käyttö Riskitekijä +1,48"),
        ("sv", "Användning av tjänster Riskfaktor +1,48"),
        ("en", "Service use Risk factor +1.48"),
    ],
)
def test_effects_are_summed_by_dimension_and_role(aino: FakeBrowser, code: str, line: str) -> None:
    assert line in said(aino, "h-sure", code)


def test_a_date_that_the_sentence_tells_is_not_told_twice(aino: FakeBrowser) -> None:
    reason = replace(SURE.axes[0].reasons[0], date="2024-12-29", sentence=text("x 29.12.2024", "x 2024", "x 2024"))
    axis = replace(SURE.axes[0], reasons=(reason,))

    class Dated(FakeServices):
        def client(self, visitor, handle, by_hand=()):  # type: ignore[no-untyped-def]
            view = super().client(visitor, handle, by_hand)
            return replace(view, segment=replace(SURE, axes=(axis,)))

    page = words(FakeBrowser(Dated(), user="aino").get("/clients/h-two").text)
    assert "x 29.12.2024 Lähde: Avohilmo Laskee" in page or "x 29.12.2024 Lähde: Avohilmo Vaikutus" in page


def test_a_restricted_reason_says_so_and_names_no_register(aino: FakeBrowser) -> None:
    class Restricted(FakeServices):
        def client(self, visitor, handle, by_hand=()):  # type: ignore[no-untyped-def]
            view = super().client(visitor, handle, by_hand)
            first = SURE.axes[0]
            secret = replace(first.contributions[0], sensitivity="economic", source="secret register")
            hidden = replace(first, contributions=(secret, *first.contributions[1:]), reasons=(secret,))
            return replace(view, segment=hide_sensitive(replace(SURE, axes=(hidden,)), ()))

    page = words(FakeBrowser(Restricted(), user="aino").get("/clients/h-two").text)
    assert "Rajattu tieto, jota käyttöoikeutesi ei kata" in page
    assert "secret" not in page
    assert "Lähde: restricted" not in page


def test_a_model_that_holds_nothing_of_changes_says_that_nothing_was_tried() -> None:
    class Older(FakeServices):
        def what_would_change(self, visitor, handle, output):  # type: ignore[no-untyped-def]
            told = super().what_would_change(visitor, handle, "resources")
            return replace(told, found=replace(told.found, sentence=NOT_STORED, notice=NOT_STORED))

    page = words(FakeBrowser(Older(), user="aino").get("/clients/h-two/what-would-change?output=complexity").text)
    assert NOT_STORED["fi"] in page
    assert "Vain muuttuvia asioita kokeiltiin" not in page
    assert "Mikään sallittu muutos" not in page
