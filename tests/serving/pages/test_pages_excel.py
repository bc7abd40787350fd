"""The Excel file: numbers are numbers, dates are dates, and no text is a formula."""

from dataclasses import replace
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from models.exchange import safe_text
from serving.pages.excel import forecast_workbook
from serving.pages.format import Format
from serving.pages.language import language
from serving.planning.kept.records import SeriesPicture
from tests.plans import covers
from tests.serving.pages.faked.answers import forecast_answer, words

FI = Format(language("fi"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_X8_a_text_that_a_spreadsheet_could_run_is_escaped(start: str) -> None:
    assert safe_text(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"
    assert safe_text("Kotihoito") == "Kotihoito"


@covers("001-C14")
def test_the_workbook_holds_the_forecast_as_numbers() -> None:
    answer = forecast_answer()
    book = load_workbook(BytesIO(forecast_workbook(SeriesPicture(answer), FI)))
    sheet = book["Ennuste"]
    header, first = list(sheet.iter_rows(values_only=True))[:2]
    assert header[2] == "Ennuste (käyntiä)"
    assert first[0] == datetime.fromisoformat(answer.points[0].period_start)
    assert first[2] == pytest.approx(answer.points[0].value)
    assert sheet.max_row == 1 + len(answer.points)
    assert book["Toteutunut"].max_row == 1 + len(answer.history)


def test_X8_a_series_named_as_a_formula_stays_a_text() -> None:
    evil = words("=1+1", "=1+1", "=1+1")
    book = load_workbook(
        BytesIO(forecast_workbook(SeriesPicture(replace(forecast_answer(), name=evil, unit=evil)), FI))
    )
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert "'=1+1" in {cell.value for cell in cells}


def test_the_file_says_which_model_and_which_data() -> None:
    about = dict(
        row[:2]
        for row in load_workbook(
            BytesIO(forecast_workbook(SeriesPicture(forecast_answer()), FI, registers="2024-12-31"))
        )
        .worksheets[2]
        .values
    )
    assert about["Malli"] == "demand_home_care"
    assert about["Mallin versio"] == "3"
    assert about["Rekisteritiedot päättyvät"] == datetime(2024, 12, 31)
    assert "Viimeinen kokonainen viikko päättyi" in about
