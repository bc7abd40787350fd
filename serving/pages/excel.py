"""A forecast as an Excel file: one sheet of numbers, one of expected error, one about the file itself."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from models.answers import ForecastAnswer
from serving.pages.format import Format

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that a spreadsheet may take for a formula."""
Cell = str | float | date | None


def safe_text(text: str) -> str:
    """The text with a leading apostrophe when a spreadsheet could run it as a formula."""
    return f"'{text}" if text.startswith(RISKY) else text


def forecast_workbook(answer: ForecastAnswer, format: Format) -> bytes:
    """The workbook's bytes.  Numbers are numbers and dates are dates; every text is escaped."""
    book = Workbook()
    forecast = book.active
    assert isinstance(forecast, Worksheet)
    _fill(forecast, format.language.text("excel.forecast"), _forecast_rows(answer, format))
    _fill(book.create_sheet(), format.language.text("excel.history"), _history_rows(answer, format))
    _fill(book.create_sheet(), format.language.text("excel.about"), _about_rows(answer, format))
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def _forecast_rows(answer: ForecastAnswer, format: Format) -> Iterable[Sequence[Cell]]:
    t = format.language.text
    unit = format.said(answer.unit)
    yield [
        t("column.begins"),
        t("column.period"),
        f"{t('column.forecast')} ({unit})",
        t("column.low80"),
        t("column.high80"),
        t("column.low95"),
        t("column.high95"),
        t("column.last_year"),
    ]
    for p in answer.points:
        period = format.period(p.period_start, answer.period)
        numbers = (p.value, p.low80, p.high80, p.low95, p.high95, p.last_year)
        yield [date.fromisoformat(p.period_start[:10]), period, *numbers]


def _history_rows(answer: ForecastAnswer, format: Format) -> Iterable[Sequence[Cell]]:
    yield [format.language.text("column.begins"), f"{format.language.text('column.seen')} ({format.said(answer.unit)})"]
    for period, value in answer.history:
        yield [date.fromisoformat(period[:10]), value]


def _about_rows(answer: ForecastAnswer, format: Format) -> Iterable[Sequence[Cell]]:
    t = format.language.text
    yield [t("excel.about"), ""]
    yield [t("excel.series"), format.said(answer.name)]
    yield [t("stamp.model"), answer.stamp.name]
    yield [t("stamp.version"), answer.stamp.version]
    yield [t("stamp.until.label"), date.fromisoformat(answer.stamp.data_until)]
    yield [t("stamp.bundle"), answer.stamp.bundle_sha256]
    for key, value in answer.backtest.items():
        yield [format.language.label("backtest", key), value]
    yield [format.said(answer.notice), ""]


def _fill(sheet: Worksheet, title: str, rows: Iterable[Sequence[Cell]]) -> None:
    sheet.title = title[:31]
    for row in rows:
        sheet.append([safe_text(cell) if isinstance(cell, str) else cell for cell in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    for number, column in enumerate(sheet.columns, start=1):
        longest = max(len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[get_column_letter(number)].width = min(48, max(12, longest + 2))
