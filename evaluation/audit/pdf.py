"""The report on paper: the same blocks; a chart is told by the table beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fpdf import FPDF
from fpdf.fonts import FontFace

from configs.fonts import FAMILY, FILES, font_folder
from evaluation.audit.blocks import Block, Facts, Heading, Missing, Section, Table, Words
from evaluation.audit.sections import sections

MARGIN, BODY, SMALL, HEADING, TITLE, LINE = 16.0, 9.0, 7.0, 12.0, 17.0, 4.6
"""Millimetres, and points of the letters."""
WIDEST_FIRST = 0.34
"""Share of the width for the first column, which holds words."""
LONGEST_CELL = 220


def pdf_of(report: Mapping[str, Any]) -> bytes:
    """The report on A4.  Raises ConfigError when the font is not installed."""
    page, identity = _page(), report["identity"]
    page.set_title(f"Luotain: {identity['name']} {identity['version']}")
    _write(page, f"{identity['name']}, versio {identity['version']}", TITLE, bold=True)
    _write(page, f"Auditointiraportti {report['today']}, tiedot {identity['data_until']} loppuun")
    _write(page, report["verdict"]["sentence"]["fi"], HEADING, bold=True)
    for point in report["verdict"]["weakest"]:
        _write(page, f"•  {point['fi']}")
    for section in sections(report):
        _section(page, section)
    return bytes(page.output())


def _page() -> FPDF:
    page = FPDF(format="A4")
    for style, file in FILES.items():
        page.add_font(FAMILY, style, str(font_folder() / file))
    page.set_margins(MARGIN, MARGIN)
    page.set_auto_page_break(True, MARGIN)
    page.set_lang("fi")
    page.add_page()
    return page


def _section(page: FPDF, section: Section) -> None:
    page.ln(LINE)
    _write(page, f"{section.number}. {section.fi}", HEADING, bold=True)
    for block in section.blocks:
        _block(page, block)


def _block(page: FPDF, block: Block) -> None:
    if isinstance(block, Heading):
        page.ln(LINE / 2)
        _write(page, block.fi, BODY + 1, bold=True)
    elif isinstance(block, Words):
        _write(page, block.fi)
    elif isinstance(block, Missing):
        _write(page, f"PUUTE: {block.fi} {block.command}".rstrip())
    elif isinstance(block, Facts):
        for name, value in block.rows:
            _write(page, f"{name}: {value}")
    elif block.rows:
        _table(page, block)


def _table(page: FPDF, block: Table) -> None:
    _write(page, block.caption, SMALL + 1, bold=True)
    page.set_font(FAMILY, "", SMALL)
    others = len(block.columns) - 1
    widths = (100,) if not others else (WIDEST_FIRST * 100, *[(1 - WIDEST_FIRST) * 100 / others] * others)
    alignment = tuple("LEFT" if not place or place in block.words else "RIGHT" for place in range(len(block.columns)))
    with page.table(
        col_widths=widths,
        text_align=alignment,
        line_height=LINE * 0.75,
        headings_style=FontFace(emphasis="BOLD"),
        borders_layout="HORIZONTAL_LINES",
    ) as table:
        for cells in _rows(block.columns, block.rows):
            row = table.row()
            for cell in cells:
                row.cell(cell)
    page.ln(LINE / 2)


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield columns
    for row in rows:
        yield [cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…" for cell in row]


def _write(page: FPDF, words: str, size: float = BODY, bold: bool = False) -> None:
    page.set_font(FAMILY, "B" if bold else "", size)
    page.multi_cell(0, max(LINE, size * 0.45), words, new_x="LMARGIN", new_y="NEXT")
