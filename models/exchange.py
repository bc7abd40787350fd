"""The door to Excel and CSV: workbooks and tables out, sheets of plain values in.

Out: texts are escaped, so that nothing a person wrote runs as a formula; formulas are only those made here (`Formula`).
In: values only.  Macros, links to other files, formulas, XML entities and files that unpack too large are refused.
"""

import csv
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from configs.errors import DataError
from configs.phrases import Phrase
from models.workbook_checks import MOST_BYTES as MOST_BYTES
from models.workbook_checks import check_packed, too_large

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that a spreadsheet may take for a formula."""
FORBIDDEN = str.maketrans(dict.fromkeys((code for code in range(32) if code not in (9, 10, 13)), ""))
SHEET_LETTERS = 31
MOST_ROWS, MOST_COLUMNS, MOST_SHEETS, MOST_LETTERS = 10_000, 60, 20, 2_000
DAMAGED = (
    *(InvalidFileException, zipfile.BadZipFile, LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
    *(SyntaxError, EOFError),
)
"""What openpyxl raises for damaged files; ElementTree's ParseError is a SyntaxError."""


@dataclass(frozen=True)
class Formula:
    """A live formula, written by us in English Excel notation, e.g. `=B2/assumptions!$B$3`.

    `value` is its result, for CSV, which has no formulas.
    """

    text: str
    value: float | None = None

    def __post_init__(self) -> None:
        if not self.text.startswith("="):
            raise ValueError("a formula begins with =")


Cell = str | float | int | date | Formula | None


@dataclass(frozen=True)
class Sheet:
    """One sheet: its first row is the header, with units."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    key: str = ""
    """A name of plain letters for files."""


@dataclass(frozen=True)
class Found:
    """A cell as read: text, number, date or nothing; `is_formula` True where the file holds a formula instead."""

    value: str | float | date | None
    is_formula: bool = False


def safe_text(text: str) -> str:
    """The text with a leading apostrophe when a spreadsheet could run it as a formula."""
    clean = text.translate(FORBIDDEN)
    return f"'{clean}" if clean.startswith(RISKY) else clean


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """An .xlsx file.  Numbers are numbers, dates are dates, texts are escaped, formulas are live."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    for place, sheet in enumerate(sheets):
        _fill(first if place == 0 else book.create_sheet(), sheet)
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def csv_text(sheet: Sheet, separator: str = ";", decimal: str = ",") -> str:
    """A sheet as CSV for a Finnish spreadsheet; formulas become their results."""
    out = StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    for row in sheet.rows:
        writer.writerow([_plain(cell, decimal) for cell in row])
    return out.getvalue()


def read_workbook(content: bytes) -> dict[str, tuple[tuple[Found, ...], ...]]:
    """Sheet title → rows of an .xlsx file, without empty rows at the end.

    Raises DataError in one sentence for a file that is no .xlsx workbook, is too large or holds more than values.
    """
    check_packed(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of drop-down lists and styles that it leaves out
            return _sheets(content)
    except DAMAGED:
        raise DataError(
            Phrase("The file is not a readable .xlsx workbook. Save it in Excel as .xlsx again.", "file_unreadable")
        ) from None


def _sheets(content: bytes) -> dict[str, tuple[tuple[Found, ...], ...]]:
    book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False, keep_vba=False)
    if not book.sheetnames:
        raise DataError(
            Phrase("The workbook has no sheets. Save it in Excel as .xlsx and send it again.", "file_no_sheets")
        )
    if len(book.sheetnames) > MOST_SHEETS:
        raise DataError(
            Phrase(
                f"The workbook has {len(book.sheetnames)} sheets; at most {MOST_SHEETS} are read.",
                "file_sheets",
                found=len(book.sheetnames),
                most=MOST_SHEETS,
            )
        )
    return {name: _rows(book[name], name) for name in book.sheetnames if hasattr(book[name], "reset_dimensions")}


def read_csv(content: bytes, title: str) -> dict[str, tuple[tuple[Found, ...], ...]]:
    """A CSV file as one sheet of texts.  UTF-8, separated by ; or , or tab (as its first line is)."""
    if len(content) > MOST_BYTES:
        raise too_large(len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(Phrase("The CSV file is not UTF-8 text. Save it as `CSV UTF-8`.", "csv_not_utf8")) from None
    head = text.split("\n", 1)[0]
    separator = max(";,\t", key=head.count)
    try:
        lines = list(csv.reader(StringIO(text), delimiter=separator))
    except csv.Error:
        raise DataError(
            Phrase("The CSV file cannot be read: a line is broken or too long. Save it again.", "csv_broken")
        ) from None
    if len(lines) > MOST_ROWS or max((len(line) for line in lines), default=0) > MOST_COLUMNS:
        raise DataError(
            Phrase(
                f"The CSV file is larger than {MOST_ROWS:,} rows of {MOST_COLUMNS} columns.",
                "csv_large",
                rows=MOST_ROWS,
                columns=MOST_COLUMNS,
            )
        )
    rows = tuple(tuple(Found(cell.strip() or None, cell.startswith("=")) for cell in line) for line in lines)
    return {title: _without_empty_end(rows)}


def _fill(sheet: Worksheet, told: Sheet) -> None:
    sheet.title = "".join(" " if letter in "[]:*?/\\" else letter for letter in told.title)[:SHEET_LETTERS]
    for number, row in enumerate(told.rows, start=1):
        for column, cell in enumerate(row, start=1):
            _write(sheet, number, column, cell)
    for head in sheet[1]:
        head.font = Font(bold=True)
        head.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    for number, column_cells in enumerate(sheet.columns, start=1):
        longest = max(len(str(cell.value or "")) for cell in column_cells)
        sheet.column_dimensions[get_column_letter(number)].width = min(48, max(12, longest + 2))


def _write(sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
    place = sheet.cell(row=row, column=column)
    if isinstance(cell, str):
        place.value = safe_text(cell)
        place.data_type = "s"
    elif isinstance(cell, Formula):
        place.value = cell.text
    elif isinstance(cell, float) and cell != cell:
        place.value = None
    else:
        place.value = cell


def _plain(cell: Cell, decimal: str) -> str:
    if isinstance(cell, Formula):
        return _plain(cell.value, decimal)
    if cell is None or (isinstance(cell, float) and cell != cell):
        return ""
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    return repr(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)


def _rows(sheet: object, name: str) -> tuple[tuple[Found, ...], ...]:
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # the file's own claim may be wrong in either direction
    found = []
    cells = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS)  # type: ignore[attr-defined]
    for number, row in enumerate(cells, start=1):
        if number > MOST_ROWS:
            raise DataError(
                Phrase(
                    f"The sheet {name} has more than {MOST_ROWS:,} rows.", "sheet_rows", sheet=name[:31], most=MOST_ROWS
                )
            )
        found.append(_without_empty_cells([_found(cell) for cell in row]))
    return _without_empty_end(tuple(found))


def _found(cell: object) -> Found:
    value = getattr(cell, "value", None)
    if getattr(cell, "data_type", "n") == "f":
        return Found(None, True)
    if isinstance(value, datetime):
        return Found(value.date())
    if isinstance(value, bool):
        return Found(str(value))
    if isinstance(value, int | float):
        return Found(float(value))
    if isinstance(value, date) or value is None:
        return Found(value)
    text = str(value)[:MOST_LETTERS].strip()
    return Found(text.removeprefix("'") if text[:2].startswith("'") and text[1:].startswith(RISKY) else text or None)


def _without_empty_cells(row: Sequence[Found]) -> tuple[Found, ...]:
    last = max((place for place, cell in enumerate(row) if cell != Found(None)), default=-1)
    return tuple(row[: last + 1])


def _without_empty_end(rows: tuple[tuple[Found, ...], ...]) -> tuple[tuple[Found, ...], ...]:
    last = max((place for place, row in enumerate(rows) if any(cell != Found(None) for cell in row)), default=-1)
    return rows[: last + 1]
