"""The areas counted over a small store, and what becomes of the counts: report, page, printed lines, files."""

import json
import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import evaluation.areas.__main__ as command
from configs.loader import load_config
from evaluation.areas.counted.counting import Counted, count
from evaluation.areas.gap import nothing_to_compare
from evaluation.areas.page import render
from evaluation.areas.report import as_csv, task_report
from evaluation.areas.settings import AreasConfig, Newcomers
from evaluation.areas.told import told
from features.cohort import Rule
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from tests.features.histories_data import empty_tables, store_of, table_of
from tests.models.client_case import catalogue, draw, labels, parts
from tests.plans import covers

TODAY = pd.Timestamp("2025-01-01")
PAST = Newcomers(
    first_origin=date(2024, 1, 1),
    step_days=91,
    observed_days=0,
    settle_days=0,
    half_life_days=365,
    prior_events=10,
    minimum_windows=1,
)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Twelve residents: a and b have home care; c began it in May 2024; d died; the others have never had any."""
    people = [f"{n:08x}" for n in range(12)]
    moved = {"valid_from": "2020-01-01", "recorded_at": "2020-01-01", "birth_year": 1940}
    residents = [{"client_id": one, "municipality": "901" if n < 8 else "902", **moved} for n, one in enumerate(people)]
    residents[3] |= {"died_on": "2024-03-01", "died_recorded_at": "2024-03-02"}
    care = [
        {"client_id": people[0], "start": "2022-01-01", "intensity": "light"},
        {"client_id": people[8], "start": "2022-01-01", "intensity": "light"},
        {"client_id": people[2], "start": "2024-05-01", "end": "2024-10-01", "end_recorded_at": "2024-10-02"},
    ]
    care[2]["intensity"] = "light"
    drawn = {"residents": table_of("residents", residents), "episodes": table_of("episodes", care)}
    snapshot = store_of(tmp_path_factory.mktemp("store"), {**empty_tables(), **drawn})
    rows = draw(400)
    described_parts = parts(rows)
    learner = LogisticRegression.fit(rows, labels(rows), described_parts.used, BaselineSettings())
    task = load_task("configs/needs/heavier_home_care_6m.yaml")
    model = NeedModel(described_parts, task, BinaryModel(learner, Calibration(1.0, 0.0)))
    area_of = {"901": "A", "902": "B"}
    return task, count(snapshot, model, (Rule(rule="alive"),), catalogue(), area_of, PAST)


def test_clients_and_the_others_are_counted_apart(counted) -> None:
    """2025-01-01: two with home care, one dead, nine others: six in A, three in B."""
    _, found = counted
    assert found.clients["area"].tolist() == ["A", "B"]
    assert ((found.clients["p"] > 0) & (found.clients["p"] < 1)).all()
    assert found.outside == 0
    assert found.exposed.values.tolist() == [["A", "75plus", 6.0], ["B", "75plus", 3.0]]


def test_the_past_of_people_who_were_not_clients(counted) -> None:
    """Origins 2024-07-03, 04-03 and 01-03 (horizon 182): care began on 1 May, inside the last two windows.

    In July that person is a client; in January the one who died in March still lived.
    """
    _, found = counted
    held = {(str(row.origin)[:10], row.area): (row.exposed, row.events) for row in found.cells.itertuples(index=False)}
    assert held == {
        ("2024-01-03", "A"): (7, 1),
        ("2024-01-03", "B"): (3, 0),
        ("2024-04-03", "A"): (6, 1),
        ("2024-04-03", "B"): (3, 0),
        ("2024-07-03", "A"): (5, 0),
        ("2024-07-03", "B"): (3, 0),
    }


def test_the_report_sums_exactly_and_hides_small_areas(counted) -> None:
    task, found = counted[0], thrice(counted[1])
    report = task_report(task, found, ("A", "B", "other"), PAST, 0.05, TODAY)
    assert [line["hidden"] for line in report["areas"]] == [True, True]
    assert report["county"]["known"]["value"] == math.fsum(found.clients["p"].tolist())
    assert report["county"]["total"]["value"] == report["county"]["known"]["value"] + report["county"]["new"]["value"]
    text = as_csv({"tasks": [report]})
    head, county, first, _ = text.splitlines()
    assert head.startswith("task,area,clients,residents,known_value")
    assert county.split(",")[4] == repr(report["county"]["known"]["value"])
    assert first == "heavier_home_care_6m,A" + "," * 17
    json.dumps(report, allow_nan=False)


def test_a_county_of_two_clients_shows_no_line_at_all(counted) -> None:
    report = task_report(*counted, ("A", "B", "other"), PAST, 0.05, TODAY)
    assert [line["hidden"] for line in (report["county"], *report["areas"])] == [True, True, True]
    assert as_csv({"tasks": [report]}).splitlines()[1] == "heavier_home_care_6m,county" + "," * 17


def thrice(found: Counted) -> Counted:
    """Six clients, three in each area: the areas are too small to show, the county is not."""
    return replace(found, clients=pd.concat([found.clients] * 3, ignore_index=True))


def whole(task, counted, **changes) -> dict:
    """The report of a command that found this one task."""
    no_gap = {"comparable": False, "why": nothing_to_compare([]), "lines": []}
    figures = task_report(task, thrice(counted), ("A", "B", "other"), PAST, 0.05, TODAY)
    found = {**figures, "model": "need_x", "version": "1", "holdout": {"sums": 0.0}, "demand": no_gap, **changes}
    words = {area: {"fi": f"{area} fi", "en": f"{area} en"} for area in ("A", "B", "other", "county")}
    year = {"kind": "home_care_regular", "clients": 40, "new_share": 0.25, "published": 0.41, "source": "THL"}
    return {
        "snapshot_sha256": "0" * 64,
        "as_of": "2025-01-01",
        "names": words,
        "turnover": year,
        "tasks": [found],
        "skipped": [{"id": "y", "name": {"fi": "Toinen"}, "why": {"fi": "Ei mallia.", "en": "No model."}}],
    }


def test_the_page_shows_no_hidden_figure_and_loads_nothing(counted) -> None:
    page = render(whole(*counted))
    assert page == render(whole(*counted))
    assert page.count("ei näytetä*") == 2
    assert "Toinen: Ei mallia." in page
    assert "Ei vertailukelpoinen" in page
    assert not any(word in page for word in ("<script", "http://", "https://", "src="))


@covers("002-A7")
def test_a_gap_is_a_table_of_its_own(counted) -> None:
    line = {"area": "county", "figure": 12.5, "forecast": 10.0, "gap": 2.5}
    report = whole(*counted, demand={"comparable": True, "why": None, "lines": [line]})
    assert '<td class="number">10,0</td><td class="number">2,5</td>' in render(report)
    assert "gap to the demand forecast, county en: +2.5" in told(report)


def test_the_command_prints_hidden_lines_and_what_was_left_out(counted) -> None:
    text = told(whole(*counted))
    assert text.count("hidden: fewer than five people") == 2
    assert "y: left out. No model." in text
    assert "new of them 25.0% (published: 41%, THL)" in text


def test_without_a_registered_model_the_report_says_so(var) -> None:
    people = [{"client_id": f"{n:08x}", "birth_year": 1940} for n in range(8)]
    care = [{"client_id": one["client_id"], "start": "2023-06-01"} for one in people]
    drawn = {"residents": table_of("residents", people), "episodes": table_of("episodes", care)}
    store_of(var / "store", {**empty_tables(), **drawn})
    folder, report = command.make(load_config("configs/areas.yaml", AreasConfig))
    assert [one["id"] for one in report["skipped"]] == [
        "heavier_home_care_6m",
        "move_to_24h_care_12m",
        "frequent_emergency_12m",
    ]
    assert "No model need_heavier_home_care_6m is registered" in report["skipped"][0]["why"]["en"]
    assert (report["turnover"]["clients"], report["turnover"]["new_share"]) == (8, 0.0)
    assert sorted(file.name for file in folder.iterdir()) == ["areas.csv", "areas.html", "areas.json"]
    assert json.loads((folder / "areas.json").read_text()) == report
