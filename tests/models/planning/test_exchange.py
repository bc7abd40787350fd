"""Workbooks out and in: texts never run, values come back, and a file that is more than values is refused."""

import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from configs.errors import DataError
from models import exchange
from models.exchange import Cell, Formula, Found, Sheet, csv_text, read_csv, read_workbook, safe_text, workbook
from models.planning.overrides import apply_overrides
from models.planning.sheets.columns import SheetError
from models.planning.sheets.overrides_in import overrides_template, read_overrides
from models.planning.sheets.scenarios_in import read_scenario, scenario_template
from tests.models.planning.planning_data import small_base

NOW = datetime(2025, 1, 2, 8)
SHEET = Sheet(
    "numbers", (("name", "hours"), ("=1+1", 2.5), ("@cmd", -1.0), ("day", date(2025, 1, 6)), ("sum", Formula("=B2*2")))
)


def test_texts_are_escaped_and_formulas_are_ours_alone() -> None:
    sheet = load_workbook(BytesIO(workbook([SHEET])))["numbers"]
    assert [sheet.cell(row, 1).value for row in (2, 3)] == ["'=1+1", "'@cmd"]
    assert [sheet.cell(row, 1).data_type for row in (2, 3)] == ["s", "s"]
    assert sheet["B5"].value == "=B2*2"
    assert sheet["B5"].data_type == "f"
    assert sheet["B3"].value == -1  # a negative number is a number


@pytest.mark.parametrize("text", ["=A1", "+A1", "-A1", "@A1", "\tA1", "\rA1", "\x01=A1"])
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert safe_text(text).startswith("'")


def test_what_goes_out_comes_back() -> None:
    rows = read_workbook(workbook([SHEET]))["numbers"]
    assert [cell.value for cell in rows[1]] == ["=1+1", 2.5]  # the escape is taken off again
    assert rows[3][1].value == date(2025, 1, 6)
    assert rows[4][1] == Found(None, is_formula=True)


def test_csv_for_a_finnish_spreadsheet() -> None:
    assert csv_text(SHEET) == "name;hours\n'=1+1;2,5\n'@cmd;-1,0\nday;2025-01-06\nsum;\n"
    back = read_csv(csv_text(SHEET).encode("utf-8-sig"), "numbers")["numbers"]
    assert back[1][1].value == "2,5"


def changed(content: bytes, name: str, body: bytes) -> bytes:
    """The workbook with one member replaced or added."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, body)
    return out.getvalue()


PLAIN = workbook([Sheet("a", (("x",), (1.0,)))])
FIRST = "xl/worksheets/sheet1.xml"
ENTITY = '<?xml version="1.0"{}?><!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    "content,                                                               said",
    [
        (b"not a zip", "not an .xlsx workbook"),
        (b"x" * (exchange.MOST_BYTES + 1), "at most 2,000,000 are read"),
        (changed(PLAIN, "xl/vbaProject.bin", b"macro"), "macros or links"),
        (changed(PLAIN, "xl/externalLinks/externalLink1.xml", b"<a/>"), "macros or links"),
        (changed(PLAIN, FIRST, ENTITY.format("").encode()), "what no workbook of values holds"),
        (changed(PLAIN, FIRST, ENTITY.format(' encoding="utf-16"').encode("utf-16")), "what no workbook of values"),
        (changed(PLAIN, FIRST, ENTITY.format(' encoding="cp037"').encode("cp037")), "what no workbook of values"),
        (changed(PLAIN, FIRST, b"<!--" + b"x" * 9000 + b"-->" + ENTITY.format("").encode()[21:]), "what no workbook"),
        (changed(PLAIN, FIRST, b"0" * 40_000_000), "unpacks to more"),
        (changed(PLAIN, FIRST, b"<worksheet><sheetData><row>"), "not a readable .xlsx"),
        (changed(PLAIN, "xl/workbook.xml", b"<nothing/>"), "has no sheets"),
    ],
)
def test_a_file_that_is_more_than_values_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said.replace(".", r"\.")):
        read_workbook(content)


def test_a_far_away_row_and_a_false_dimension_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_ROWS", 100)
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    far += b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    far += b'<row r="1048576"><c r="A1048576"><v>2</v></c></row></sheetData></worksheet>'
    with pytest.raises(DataError, match="more than 100 rows"):
        read_workbook(changed(PLAIN, FIRST, far))


def filled(title: str, *rows: tuple[Any, ...], head: tuple[Cell, ...] | None = None) -> bytes:
    """The template with one sheet's example replaced by rows."""
    sheets = [one for one in scenario_template() if one.title in ("scenario", title)]
    return workbook([Sheet(one.title, (head or one.rows[0], *rows)) if one.title == title else one for one in sheets])


def test_the_empty_workbook_sent_back_as_it_is_is_refused_row_by_row() -> None:
    with pytest.raises(SheetError) as refused:
        read_scenario(read_workbook(workbook(scenario_template())))
    changes = ["population", "early_support", "channel_shift", "supply"]
    assert [(one.sheet, one.row, one.found) for one in refused.value.faults] == [
        (sheet, 2, "the example of the empty sheet") for sheet in changes
    ]


def test_every_example_of_the_empty_workbook_is_a_change_once_it_is_ones_own() -> None:
    sheets = []
    for sheet in scenario_template():
        head, example = sheet.rows
        sheets.append(Sheet(sheet.title, (head, (*example[:-1], "own count") if "source" in head else example)))
    made = read_scenario(read_workbook(workbook(sheets)))
    assert made.population[0].growth[2027].low == 0.04
    assert made.early_support[0].heavy == {"age_group": ("75plus",)}
    assert made.channel_shift[0].suitable == {"all": 0.5}
    assert made.supply[0].change == 40


def test_rows_of_one_group_are_one_change_over_years() -> None:
    made = read_scenario(
        read_workbook(filled("population", ("901", "75plus", 2027, 0.06), (901, "75plus", 2028, 0.09)))
    )
    assert len(made.population) == 1
    assert made.population[0].areas == ("901",)  # a code that Excel took for a number
    assert {year: one.value for year, one in made.population[0].growth.items()} == {2027: 0.06, 2028: 0.09}


def test_every_fault_is_told_with_sheet_row_and_column() -> None:
    rows = (("901", "75plus", "next year", 0.06), ("", None, 2027, "6 %"), ("", "75plus", 2027, "=1"))
    book = load_workbook(BytesIO(filled("population", *rows)))
    book["population"]["D4"] = "=0.01*6"
    saved = BytesIO()
    book.save(saved)
    with pytest.raises(SheetError) as refused:
        read_scenario(read_workbook(saved.getvalue()))
    assert [str(one) for one in refused.value.faults][:4] == [
        "sheet population, row 2, column year: found `next year`, allowed: a whole number, e.g. 2027",
        "sheet population, row 3, column ages: found nothing, allowed: a short text",
        "sheet population, row 3, column growth: found `6 %`, allowed: a number, e.g. 0.06",
        "sheet population, row 4, column growth: found a formula, allowed: a number, e.g. 0.06, as a value",
    ]


@pytest.mark.parametrize(
    "content,                                                            said",
    [
        (
            filled("population", ("", "75plus", 2027, 0.1), head=("areas", "ages", "yaer", "growth")),
            "row 1, column C: found `yaer`, allowed: `year`",
        ),
        (filled("population", ("", "75plus", 2027)), "sheet population, row 2: give either"),
        (filled("population", ("", "seventy", 2027, 0.1)), "sheet population, row 2: `ages`"),
        (filled("population", ("", "75plus", 2020, 0.1)), "sheet scenario, row 2: the year 2020 is not after"),
        (
            filled("supply", ("close", "area=901")),
            "column kind: found `close`, allowed: one of staffed_hours, closing, opening",
        ),
        (filled("supply", ("closing", "901")), "column unit: found `901`, allowed: dimension=value"),
        (
            workbook([scenario_template()[0], Sheet("populaton", ((1.0,),))]),
            "found the sheet `populaton`, allowed: `population`",
        ),
        (workbook([scenario_template()[1]]), "sheet scenario, row 2: found 0 rows, allowed: exactly one row"),
    ],
)
def test_what_a_scenario_workbook_gets_wrong(content: bytes, said: str) -> None:
    with pytest.raises(SheetError) as refused:
        read_scenario(read_workbook(content))
    assert said in str(refused.value)


def test_a_csv_scenario_names_the_kind_of_change_in_its_first_column() -> None:
    text = "sheet;id;name_fi;base_year;ages;year;growth\nscenario;own;Oma;2024;;;\npopulation;;;;75plus;2027;0,06\n"
    made = read_scenario(read_csv(text.encode(), "scenario"))
    assert made.population[0].growth[2027].value == 0.06
    with pytest.raises(SheetError, match=r"row 3, column growth: found `x`"):
        read_scenario(read_csv(text.replace("0,06", "x").encode(), "scenario"))


def test_overrides_come_back_from_their_own_sheet() -> None:
    base = small_base()
    sheet = overrides_template(base, "901|visits|75plus")
    rows = (sheet.rows[0], sheet.rows[1], (*sheet.rows[2][:3], 80.0, "planner", "a new unit opens"))
    found = read_overrides(read_workbook(workbook([Sheet("overrides", rows)])), base, NOW)
    assert len(found) == 1  # the row without a value is left as it is
    assert found[0].value == 80
    assert apply_overrides(base, found).table["given"].sum() == 1


def test_faults_of_overrides_are_told_and_never_the_reason() -> None:
    head = tuple(one for one in overrides_template(small_base()).rows[0])
    rows = (
        ("901|visits|totl", date(2025, 1, 6), None, 5.0, "planner", "secret words"),
        ("901|visits|total", date(2025, 1, 7), None, -5.0, "", "secret words"),
        ("901|visits|total", date(2025, 1, 6), None, 5.0, "planner", ""),
    )
    with pytest.raises(SheetError) as refused:
        read_overrides(read_workbook(workbook([Sheet("overrides", (head, *rows))])), small_base(), NOW)
    told = [(one.row, one.column) for one in refused.value.faults]
    assert told == [(2, "series_id"), (3, "ds"), (3, "value"), (3, "author_role"), (4, "reason")]
    assert "secret" not in str(refused.value)


def test_a_workbook_of_another_program_is_read() -> None:
    book = Workbook()
    book.active.title = "scenario"
    for row in scenario_template()[0].rows:
        book["scenario"].append([cell or None for cell in row])
    book.create_sheet("population").append(["ages", "year", "growth"])
    book["population"].append(["all", 2030, 0.01])
    saved = BytesIO()
    book.save(saved)
    assert read_scenario(read_workbook(saved.getvalue())).population[0].ages == "all"
