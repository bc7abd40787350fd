"""The client's letter as a tagged PDF: what assistive technology is told, and that no typed word is a command."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.typesetting import UNKNOWN, tagged_pdf
from serving.pages.coordinator.letter_pdf import TEMPLATE, pdf_of
from serving.pages.coordinator.letter_text import LetterText, letter_text
from serving.pages.format import Format
from serving.pages.language import LANGUAGES, language
from serving.pages.services import Person
from tests.pdf_file import PdfFile
from tests.serving.pages.faked.coordinator import LETTER


def letter(code: str = "fi", name: str = "Kalle Keksitty") -> LetterText:
    return letter_text(replace(LETTER, person=Person(name, 1950)), Format(language(code)))


def read_aloud(text: LetterText) -> Iterator[tuple[str, str]]:
    """The letter as its page has it: tag and words, in the page's order."""
    yield from (("P", line) for line in text.head)
    yield from (("H1", text.title), ("P", text.opening))
    for part in text.parts:
        yield "H2", part.heading
        for one in part.parts:
            yield from [("P", one)] if isinstance(one, str) else (("LBody", item) for item in one)
    yield "P", text.foot


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_pdf_reads_aloud_every_sentence_of_the_letter_in_its_order(code: str) -> None:
    text = letter(code)
    assert PdfFile(pdf_of(text, code)).leaves() == list(read_aloud(text))


def test_a_long_letter_reads_on_over_its_pages() -> None:
    text = letter()
    long = replace(text, parts=text.parts * 4)
    file = PdfFile(pdf_of(long, "fi"))
    assert sum(b"/Type/Page/" in one for one in file.objects.values()) > 1
    assert file.leaves() == list(read_aloud(long))


def test_the_pdf_tells_readers_its_language_its_title_and_its_standard() -> None:
    text = letter("sv")
    pdf = pdf_of(text, "sv")
    catalog = PdfFile(pdf).catalog
    for told in (
        b"/Lang(sv)",
        b"/MarkInfo<</Marked true",
        b"/StructTreeRoot ",
        b"/Outlines ",
        b"/DisplayDocTitle true",
    ):
        assert told in catalog.replace(b"/Lang (", b"/Lang("), told
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"<dc:language><rdf:Bag><rdf:li>sv</rdf:li>" in pdf
    assert f'"x-default">{text.title}<'.encode() in pdf
    assert LETTER.person is not None
    assert LETTER.person.name.encode() not in pdf  # neither in the metadata nor in plain text
    assert pdf == pdf_of(text, "sv")  # no clock and no chance in it


@pytest.mark.parametrize(
    "typed",
    [
        "Šiššá Čáŋŋa-Đávvá",  # the letters of the Sámi languages
        '#panic("x") #eval("1") #read("/etc/passwd")',
        "*lihava* _vino_ $x^2$ = otsikko",
        "[a] {b} <c> @d `e` \\f // g /* h",
        '"q" -- --- ... ~ https://esimerkki.fi \\u{41}',
        "}} {% x %} </script> \\",
    ],
)
def test_X2_what_somebody_typed_is_words_and_never_a_command(typed: str) -> None:
    said = PdfFile(pdf_of(letter(name=typed), "fi")).leaves()
    assert ("P", f"Saaja: {typed}") in said


def test_a_letter_that_the_font_lacks_is_shown_as_unknown_and_the_letter_is_made() -> None:
    said = PdfFile(pdf_of(letter(name="漢 \x07 \ud800 Aino"), "fi")).leaves()
    assert ("P", f"Saaja: {UNKNOWN} {UNKNOWN} {UNKNOWN} Aino") in said


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_any_text_makes_a_letter(typed: str) -> None:
    text = LetterText("Kirje", (typed,), typed, (), typed)
    assert tagged_pdf(TEMPLATE, {"language": "fi", "letter": vars(text)}).startswith(b"%PDF-1.7")
