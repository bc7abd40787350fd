"""What the client page says of sets, people's own answers, arrangements and needs of every kind."""

import re
from dataclasses import replace

import pytest

from models.answers import LevelShare, SourceAge
from serving.pages.views.credible import kind_of
from serving.pages.views.need_picture import level_lines
from tests.plans import covers
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.answers import need_answer
from tests.serving.pages.faked.answers import words as text
from tests.serving.pages.faked.asked import said
from tests.serving.pages.faked.needs import TOO_OLD, many_needs, ordered_need
from tests.serving.pages.faked.richer import CHANNEL_RULES, QUESTIONS, RECORDED, SURE
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

aino = asked.aino

# Which segments cannot be ruled out


@pytest.mark.parametrize(
    "handle,          code, sentence",
    [
        ("h-two", "fi", "Useampi kuin yksi ryhmä on uskottava: Verkostoasiakkuus, Yhteisöasiakkuus"),
        ("h-two", "sv", "Mer än en grupp är trovärdig: Nätverksklient, Gemenskapsklient"),
        ("h-two", "en", "More than one group is credible: Network, Community"),
        ("h-sure", "fi", "Sadasta samanlaisesta asiakkaasta 86 kuuluu tähän ryhmään. Vain tämä ryhmä on uskottava."),
        ("h-sure", "en", "Only this group is credible."),
        ("h-no-telling", "fi", "Tiedot eivät erota ryhmiä toisistaan"),
        ("h-no-telling", "sv", "Uppgifterna skiljer inte grupperna åt"),
        ("h-no-telling", "en", "The data cannot tell the groups apart"),
        ("h-three", "fi", "Useampi kuin yksi ryhmä on uskottava: Yhteistyöasiakkuus, Verkostoasiakkuus"),
    ],
)
def test_the_set_is_said_plainly(aino: FakeBrowser, handle: str, code: str, sentence: str) -> None:
    assert sentence in said(aino, handle, code)


def test_what_ninety_per_cent_means_is_said_in_a_persons_words(aino: FakeBrowser) -> None:
    sentence = "asiakkaalle kirjattu ryhmä on niiden joukossa noin 90 kertaa sadasta"
    assert sentence in said(aino, "h-two")
    assert sentence not in said(aino, "h-recorded")  # measured for the model alone, not for answers mixed in
    assert sentence not in said(aino, "h-answered")  # a model that makes no sets


def test_several_credible_segments_are_never_called_clear(aino: FakeBrowser) -> None:
    for handle in ("h-two", "h-no-telling"):
        page = said(aino, handle)
        assert "Ehdotus on" not in page
        assert "Vain tämä ryhmä" not in page


@pytest.mark.parametrize("handle, credible", [("h-two", 1), ("h-no-telling", 3), ("h-sure", 0), ("h-three", 1)])
def test_the_picture_marks_the_cells_with_edge_and_word(aino: FakeBrowser, handle: str, credible: int) -> None:
    html = aino.get(f"/clients/{handle}").text
    assert html.count('class="cell credible"') == credible
    assert html.count("stroke-dasharray") == credible
    assert html.count(">uskottava</text>") == credible
    assert len(re.findall('class="dot filled"', html.split("</figure>")[0])) == 100


@pytest.mark.parametrize(
    "credible,        segments, kind",
    [
        ((), 4, "unknown"),
        (("a",), 4, "one"),
        (("a", "b"), 4, "some"),
        (("a", "b", "c", "d"), 4, "all"),
        (("a", "b"), 2, "all"),
        ((), 0, "unknown"),
    ],
)
def test_kinds_of_sets(credible: tuple[str, ...], segments: int, kind: str) -> None:
    assert kind_of(credible, segments) == kind


def test_a_scheme_that_is_no_grid_is_a_list_and_a_table(aino: FakeBrowser) -> None:
    class Flat(FakeServices):
        def client(self, visitor, handle, by_hand=()):  # type: ignore[no-untyped-def]
            return replace(super().client(visitor, handle, by_hand), layout=None)

    html = FakeBrowser(Flat(), user="aino").get("/clients/h-two").text
    assert "<figure>" not in html
    assert html.count('class="share-name"') == 4


# Arrangement


@covers("001-A7", "001-B1")
def test_what_is_arranged_for_the_segment(aino: FakeBrowser) -> None:
    page = said(aino, "h-sure")
    for expected in (
        "Miten tuki järjestetään: Verkostoasiakkuus",
        "Palvelupolku Verkoston yhteinen suunnitelma",
        "Asiointitapa Nimetty yhteyshenkilö puhelimitse tai kotona",
        "Suunnitelma asiakassuunnitelma",
        "Ohjauksen tiiviys tiivis",
        "Vastuussa Asiakasvastaava Asiakasvastaavaa ehdotetaan",
        "Seuranta Puhelu kuukausittain Kotikäynti puolivuosittain",
    ):
        assert expected in page
    assert "todennäköisimmän ryhmän järjestely" not in page
    assert "todennäköisimmän ryhmän järjestely" in said(aino, "h-two")
    assert "Miten tuki järjestetään" not in said(aino, "h-single")


# Needs


def test_an_ordered_need_is_a_bar_with_its_table(aino: FakeBrowser) -> None:
    html = aino.get("/clients/h-two").text
    page = words(html)
    assert "Kevyempi kotihoito 11 / 100" in page
    assert "Ympärivuorokautinen hoito 9 / 100" in page
    assert html.count('class="level"') == 2 * 4  # in the bar and in the table
    numbers = [line.number for line in level_lines(ordered_need().levels)]
    assert numbers == [11, 51, 29, 9]


def test_levels_add_up_to_a_hundred_whatever_they_are() -> None:
    levels = tuple(LevelShare(str(place), {}, 1 / 3) for place in range(3))
    assert sum(line.number for line in level_lines(levels)) == 100


def test_expected_minutes_are_said_with_their_interval_in_words(aino: FakeBrowser) -> None:
    page = said(aino, "h-two")
    assert "Kotihoidon ajan muutos +96 minuuttia viikossa" in page
    assert "Kahdeksalla kymmenestä samanlaisesta asiakkaasta tulos on välillä −24 … +231 minuuttia viikossa." in page
    assert "Muutos voi olla kumpaan suuntaan tahansa." in page
    assert "Lähtötaso +12,0" in page
    assert "Yhteensä +96,0" in page


def test_alternatives_stand_side_by_side_and_none_is_chosen(aino: FakeBrowser) -> None:
    html = aino.get("/clients/h-sure").text
    table = html.split('class="stacked alternatives"')[1].split("</table>")[0]
    assert table.count("<tr>") == 1 + 5
    assert "proposed" not in table
    assert "tag" not in table
    page = words(html)
    assert "Järjestys ei kerro paremmuudesta, eikä malli valitse." in page
    assert (
        "Kotihoito 3 päivystyskäyntiä 90 päivän aikana. Lähde: asiointirekisterit Läheinen hoitaa päivittäin." in page
    )


def test_many_needs_are_folded_and_a_score_that_is_too_old_is_refused_honestly(aino: FakeBrowser) -> None:
    html = aino.get("/clients/h-sure").text
    page = words(html)
    assert html.count('class="panel fold need"') == 3
    assert "Näitä ei arvioitu Toistuva päivystyksen käyttö." in page
    assert TOO_OLD.status_reason["fi"] in page


@pytest.mark.parametrize(
    "code, sentence",
    [
        ("fi", "”Kotihoidon tarve kasvaa”, ”Kotihoidon tarpeen muutos” arvioivat samaa asiaa (Siirtyy tiiviimpään"
               " kotihoitoon 6 kuukauden kuluessa) eri malleilla, joten luvut voivat poiketa hieman toisistaan."
               " ”Kotihoidon tarpeen muutos” erottaa toisistaan myös muut mahdolliset muutokset."),
        ("sv", "med olika modeller, så talen kan skilja sig något åt."),
        ("en", "with different models, so the numbers may differ a little."),
    ],
)  # fmt: skip
def test_two_needs_with_the_same_outcome_say_why_their_numbers_differ(code: str, sentence: str) -> None:
    graded, plain = ordered_need(), need_answer()
    assert graded.likelihood is not None
    change = text("Kotihoidon tarpeen muutos", "Förändrat behov av hemvård", "Change of the home-care need")
    graded = replace(graded, likelihood=replace(graded.likelihood, name=change))

    class Both(FakeServices):
        def client(self, visitor, handle, by_hand=()):  # type: ignore[no-untyped-def]
            return replace(super().client(visitor, handle, by_hand), needs=(plain, graded))

    assert sentence in words(FakeBrowser(Both(), user="aino", language=code).get("/clients/h-answered").text)


def test_a_need_with_an_outcome_of_its_own_says_nothing_of_others(aino: FakeBrowser) -> None:
    assert "arvioivat samaa asiaa" not in words(aino.get("/clients/h-answered").text)


def test_a_folded_need_says_what_its_number_foretells_unless_its_name_does(aino: FakeBrowser) -> None:
    folds = aino.get("/clients/h-sure").text.split('class="panel fold need"')[1:]
    heads = [words(fold.split("</summary>")[0]) for fold in folds]
    told = [need.likelihood for need in many_needs() if need.likelihood]
    assert any(one.outcome != one.name for one in told)
    assert all(head.count(one.outcome["fi"]) == 1 for head, one in zip(heads, told, strict=True))


def test_X1_X2_new_texts_from_outside_are_text_and_not_markup() -> None:
    evil = '"><svg onload=alert(1)>'
    hostile = text(evil, evil, evil)

    class Hostile(FakeServices):
        def client(self, visitor, handle, by_hand=()):  # type: ignore[no-untyped-def]
            view = super().client(visitor, handle, by_hand)
            (need,) = view.needs
            arranged = replace(SURE.arrangement, path=hostile, follow_up=(hostile,))
            return replace(
                view,
                segment=replace(
                    RECORDED,
                    arrangement=arranged,
                    answers=tuple(replace(one, level_name=hostile) for one in RECORDED.answers),
                    freshness=(SourceAge(evil, "2024-01-01", 366),),
                ),
                needs=(
                    replace(
                        need,
                        levels=tuple(replace(level, name=hostile) for level in need.levels),
                        expected=replace(need.expected, name=hostile, unit=hostile),
                    ),
                ),
                questions=tuple(replace(question, name=hostile) for question in QUESTIONS),
            )

        def what_would_change(self, visitor, handle, output):  # type: ignore[no-untyped-def]
            told = super().what_would_change(visitor, handle, output)
            changes = tuple(replace(change, sentence=hostile) for change in told.found.changes)
            return replace(told, name=hostile, found=replace(told.found, changes=changes))

    browser = FakeBrowser(Hostile(), user="aino")
    for path, least in (("/clients/h-two", 15), ("/clients/h-two/what-would-change?output=complexity", 2)):
        html = browser.get(path).text
        assert "<svg onload" not in html
        assert html.count("&lt;svg onload=alert(1)&gt;") >= least


# Channels


@covers("000-3")
@pytest.mark.parametrize(
    "code, title, offered, refused",
    [
        ("fi", "Asiointikanavat", "Kotihoito on voimassa", "Ei tarjota"),
        ("sv", "Kontaktsätt", "Hemvård pågår", "Erbjuds inte"),
        ("en", "Channels of contact", "Home care is in force", "Not offered"),
    ],
)
def test_every_channel_is_told_with_why_and_a_digital_one_is_never_alone(
    aino: FakeBrowser, code: str, title: str, offered: str, refused: str
) -> None:
    page = said(aino, "h-sure", code)
    told = page[page.index(title) :]
    assert all(str(one.name[code]) in told for one in SURE.channels.channels)
    assert offered in told
    assert refused in told
    assert CHANNEL_RULES.notice.as_text()[code] in told


@covers("000-3")
def test_an_answer_without_channels_says_nothing_of_them(aino: FakeBrowser) -> None:
    assert "Asiointikanavat" not in said(aino, "h-answered")
