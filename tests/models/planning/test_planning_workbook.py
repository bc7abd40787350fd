"""The planning workbook: one sheet per question, live formulas whose results are the plan's own numbers."""

import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook

from configs.loader import load_config
from models.exchange import csv_text, workbook
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.plan import plan
from models.planning.scenarios.applied import apply
from models.planning.scenarios.compared import compare
from models.planning.sheets.out import Planned, planning_sheets
from models.planning.staffing.config import StaffingConfig
from models.planning.staffing.plan import staff
from tests.models.demand.demand_data import words
from tests.models.planning.planning_data import scenario, small_base
from tests.plans import covers

HOURS = {f"{area}|hours|{band}": 50.0 for area in ("901", "902") for band in ("under65", "65to74", "75plus")}
STAFFING = load_config("configs/staffing.yaml", StaffingConfig)
CHANNELS = load_config("configs/channels.yaml", ChannelsConfig)


def planned(measure: str = "hours") -> Planned:
    base = small_base({name.replace("hours", measure): value for name, value in HOURS.items()}, measure)
    growing = apply(scenario(population=[{"growth": {2025: 0.1}}]), base)
    parts = {"staffing": (STAFFING, staff(base, STAFFING)), "channels": (CHANNELS, plan(CHANNELS))}
    by_scenario = {"tried": staff(base, STAFFING, growing.table)}
    return Planned(base, (growing,), **parts, by_scenario=by_scenario, about=((words("model"), "=cmd"),))  # type: ignore[arg-type]


def value(book: Any, sheet: str, cell: str) -> float:
    """A cell's number; a formula is worked out by arithmetic on the cells that it names."""
    content = book[sheet][cell].value
    if not isinstance(content, str) or not content.startswith("="):
        return float(content)
    text = re.sub(r"'([^']+)'!\$?([A-Z]+)\$?(\d+)", lambda at: repr(value(book, at[1], at[2] + at[3])), content[1:])
    text = re.sub(r"(?<![A-Za-z$'])([A-Z])(\d+)", lambda at: repr(value(book, sheet, at[0])), text)
    text = re.sub(r'IF\((.+),(.+),""\)', r"(\2 if \1 else 0)", text)
    text = re.sub(r"ROUNDUP\((.+),0\)", r"-(-(\1)//1)", text)
    return float(eval(text, {"__builtins__": {}}))


@pytest.fixture(scope="module")
def book() -> Any:
    return load_workbook(BytesIO(workbook(planning_sheets(planned(), "en"))))


def test_there_is_one_sheet_per_question(book: Any) -> None:
    assert book.sheetnames == [
        *("Forecast", "Scenarios", "Scenarios by period", "Staffing", "Staffing by scenario", "Pool"),
        *("Channels", "Channels by group", "Assumptions", "About"),
    ]


def test_people_are_live_formulas_over_the_assumptions(book: Any) -> None:
    table = planned().staffing[1].teams[0].table  # type: ignore[index]
    formula = book["Staffing"]["G2"].value
    assert formula == "=D2/('Assumptions'!$B$5*'Assumptions'!$B$2*(1-'Assumptions'!$B$6)*(1-F2)*'Assumptions'!$B$8)"
    for row, line in enumerate(table.itertuples(), start=2):
        assert value(book, "Staffing", f"G{row}") == pytest.approx(line.fte)
        assert value(book, "Staffing", f"H{row}") == pytest.approx(line.fte_planned)


def test_a_scenario_needs_its_own_people(book: Any) -> None:
    told = planned()
    peaks = [*told.staffing[1].teams[0].peaks["fte_planned"], *told.by_scenario["tried"].teams[0].peaks["fte_planned"]]  # type: ignore[index]
    found = [value(book, "Staffing by scenario", f"H{row}") for row in range(2, 8)]
    assert found == pytest.approx(peaks)
    assert found[3] > found[0]


def test_every_assumption_stands_with_its_source(book: Any) -> None:
    rows = list(book["Assumptions"].iter_rows(min_row=2, values_only=True))
    assert rows[3][:2] == ("Home care: working time (h a week)", 38.25)
    assert all(row[2] for row in rows)


def test_differences_are_formulas_that_give_the_comparison(book: Any) -> None:
    told = planned()
    table = compare(told.base, told.results)
    table = table[table["scenario"] != "base"].reset_index(drop=True)
    for row, line in enumerate(table.itertuples(), start=2):
        assert value(book, "Scenarios", f"F{row}") == pytest.approx(line.difference / 4)  # mean of four weeks
        assert value(book, "Scenarios", f"G{row}") == pytest.approx(line.share)


def test_queues_have_their_busiest_hour_and_roster_as_formulas() -> None:
    told = planned("phone")
    book = load_workbook(BytesIO(workbook(planning_sheets(told, "en"))))
    table = told.staffing[1].queues[0].table  # type: ignore[index]
    for row, line in enumerate(table.itertuples(), start=2):
        assert value(book, "Phone and chat", f"E{row}") == pytest.approx(line.busiest_hour)
        assert value(book, "Phone and chat", f"G{row}") == line.rostered


def test_the_load_of_channels_adds_up(book: Any) -> None:
    moved = CHANNELS and plan(CHANNELS).channels
    for row, line in enumerate(moved.itertuples(), start=2):
        assert value(book, "Channels", f"H{row}") == pytest.approx(line.hours - line.hours_today)


@covers("002-F9")
def test_the_wait_of_channels_and_of_need_groups_is_in_the_workbook(book: Any) -> None:
    made = plan(CHANNELS)
    for row, line in enumerate(made.channels.itertuples(), start=2):
        told = book["Channels"][f"J{row}"].value  # empty where the plan has no contact of the channel
        assert (np.nan if told is None else told) == pytest.approx(line.wait, nan_ok=True)
    cells = {(row[0].value, row[1].value): row[3].value for row in book["Channels"].iter_rows()}
    waits = made.waits.set_index(["group", "clients"])["until_first"]
    assert cells["Need group", "Clients"] == "Wait, plan (days)"
    assert cells["All need groups", "everyone"] == pytest.approx(waits["", "everyone"])
    assert cells["Follow-up of a long-term illness", "digitally excluded"] == pytest.approx(
        waits["long_term_illness", "excluded"]
    )
    said = [row[0].value for row in book["Channels"].iter_rows() if row[0].value]
    assert made.waited[0]["en"] in said


def test_no_text_of_a_planner_is_a_formula(book: Any) -> None:
    assert book["About"]["B2"].value == "'=cmd"


@pytest.mark.parametrize("language, first, people", [("fi", "Ennuste", "Henkilöstö"), ("sv", "Prognos", "Personal")])
def test_every_language_has_its_own_sheets(language: str, first: str, people: str) -> None:
    sheets = {one.title: one for one in planning_sheets(planned(), language)}
    assert next(iter(sheets)) == first
    lines = csv_text(sheets[people]).splitlines()
    assert len(lines) == len(sheets[people].rows)
    fte = planned().staffing[1].teams[0].table["fte"].iloc[0]  # type: ignore[index]
    assert float(lines[1].split(";")[6].replace(",", ".")) == pytest.approx(fte)  # CSV has the formula's result
