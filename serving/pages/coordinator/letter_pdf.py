"""The client's letter as a PDF.  The font has every letter of Finland's languages, the Sámi ones too."""

from fpdf import FPDF

from configs.fonts import FAMILY, FILES, font_folder
from serving.pages.coordinator.letter_text import LetterText

MARGIN, BODY, HEADING, TITLE, LINE = 22.0, 10.5, 12.5, 16.0, 5.6
"""Millimetres, and points of the letters."""


def pdf_of(letter: LetterText, language: str) -> bytes:
    """The letter on A4.  Raises ConfigError when the font is not installed."""
    page = FPDF(format="A4")
    for style, file in FILES.items():
        page.add_font(FAMILY, style, str(font_folder() / file))
    page.set_margins(MARGIN, MARGIN)
    page.set_auto_page_break(True, MARGIN)
    page.set_title(letter.title)
    page.set_lang(language)
    page.add_page()
    for line in letter.head:
        _write(page, line)
    _heading(page, letter.title, TITLE)
    _write(page, letter.opening)
    for part in letter.parts:
        _heading(page, part.heading, HEADING)
        for one in part.parts:
            _paragraph(page, one)
    page.ln(LINE)
    _write(page, letter.foot)
    return bytes(page.output())


def _heading(page: FPDF, words: str, size: float) -> None:
    page.ln(LINE * 0.7)
    page.set_font(FAMILY, "B", size)
    page.multi_cell(0, size * 0.5, words, new_x="LMARGIN", new_y="NEXT")
    page.ln(1)


def _paragraph(page: FPDF, one: str | tuple[str, ...]) -> None:
    for line in (one,) if isinstance(one, str) else (f"•  {item}" for item in one):
        _write(page, line)
        page.ln(1)


def _write(page: FPDF, words: str) -> None:
    page.set_font(FAMILY, "", BODY)
    page.multi_cell(0, LINE, words, new_x="LMARGIN", new_y="NEXT")
