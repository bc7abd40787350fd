"""The client's letter as a PDF.  The font has every letter of Finland's languages, the Sámi ones too."""

from xml.sax.saxutils import escape

from fpdf import FPDF, ViewerPreferences

from configs.fonts import FAMILY, FILES, font_folder
from serving.pages.coordinator.letter_text import LetterText

MARGIN, BODY, HEADING, TITLE, LINE, INDENT = 22.0, 10.5, 12.5, 16.0, 5.6, 5.0
"""Millimetres, and points of the letters."""
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
"""Title and language for readers and assistive technology; nothing of the client."""


def pdf_of(letter: LetterText, language: str) -> bytes:
    """The letter on A4.  Raises ConfigError when the font is not installed."""
    page = FPDF(format="A4")
    for style, file in FILES.items():
        page.add_font(FAMILY, style, str(font_folder() / file))
    page.set_margins(MARGIN, MARGIN)
    page.set_auto_page_break(True, MARGIN)
    page.set_title(letter.title)
    page.set_lang(language)
    page.set_xmp_metadata(XMP.format(title=escape(letter.title), language=language))
    page.viewer_preferences = ViewerPreferences(display_doc_title=True)
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
    page.start_section(words, level=0 if size == TITLE else 1, strict=False)
    page.multi_cell(0, size * 0.5, words, align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(1)


def _paragraph(page: FPDF, one: str | tuple[str, ...]) -> None:
    if isinstance(one, str):
        _write(page, one)
        page.ln(1)
        return
    for item in one:
        _item(page, item)


def _item(page: FPDF, words: str) -> None:
    """One point of a list: what runs on stands under the words, not under the dot."""
    page.set_font(FAMILY, "", BODY)
    page.cell(INDENT, LINE, "•")
    page.multi_cell(0, LINE, words, align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(1)


def _write(page: FPDF, words: str) -> None:
    page.set_font(FAMILY, "", BODY)
    page.multi_cell(0, LINE, words, align="L", new_x="LMARGIN", new_y="NEXT")
