"""The page of the explanation report: self-contained, headings and tables whole, names escaped, small groups hidden."""

import json
import re
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from configs.errors import DataError
from evaluation.report.report_summary import summarise
from evaluation.report.shap_report import render, write_report
from tests.evaluation import explained_case
from tests.evaluation.explained_case import CATALOGUE, IDENTITY, SPECS, explained, stored
from tests.evaluation.html_page import Page

booster, hold_out, summary = explained_case.booster, explained_case.hold_out, explained_case.summary


def test_P6_small_groups_are_hidden_in_the_dict_and_on_the_page(summary: dict[str, Any]) -> None:
    lines = {line["group"]: line for line in summary["outputs"][0]["groups"]}
    assert lines["902"]["n"] is None
    assert lines["902"]["predicted"] is None
    assert lines["901"]["n"] is None  # else 902 could be found by subtraction
    assert lines["female"]["n"] is not None
    assert "alle 5*" in render(summary)
    assert ">nainen</th>" in render(summary)


def test_P1_P2_the_confusion_table_hides_small_cells(summary: dict[str, Any]) -> None:
    cells = summary["classes"]["confusion"]["cells"]
    assert all(cell is None or cell == 0 or cell >= 5 for row in cells for cell in row)
    assert summary["classes"]["metrics"]["accuracy"]["baseline"] == pytest.approx(summary["outputs"][0]["prevalence"])


def test_X5_the_page_is_self_contained_and_runs_nothing(summary: dict[str, Any]) -> None:
    page = Page(render(summary))
    assert page.open == []
    names = [tag for tag, _ in page.tags]
    assert names.count("style") == 1
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(names)
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert "src" not in attributes
        assert tag != "a" or str(attributes["href"]).startswith("#")
    assert "url(" not in render(summary)
    assert "@import" not in render(summary)


def test_X2_names_are_escaped(summary: dict[str, Any]) -> None:
    text = render(summary)
    assert "Käynnit <b>" not in text
    assert "Käynnit &lt;b&gt;" in text


def test_every_chart_has_a_name_and_a_table_beside_it(summary: dict[str, Any]) -> None:
    text = render(summary)
    charts = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(charts) == 3 + 3  # performance, calibration, importance; three profiles
    assert all("<title>" in chart for chart in charts)
    for figure in text.split("<figure>")[1:]:
        assert "<table>" in figure.split("<h3>")[0].split("<h4>")[0]


def test_headings_and_anchors_are_whole(summary: dict[str, Any]) -> None:
    page = Page(render(summary))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [str(attributes["href"])[1:] for tag, attributes in page.tags if tag == "a"]
    labels = [attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes]
    assert set(targets) <= set(ids)
    assert set(labels) <= set(ids)


def test_the_files_say_the_same_and_the_gates_metrics_come_back(
    tmp_path: Path, booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]
) -> None:
    rows, label = hold_out
    output = explained(booster, rows[:100])
    found = write_report(tmp_path / "report", IDENTITY, stored(booster, rows, label), [output], SPECS, CATALOGUE)
    assert set(found) == {"additivity_max_error", "shap_agreement_max_difference"}
    assert max(found.values()) < 1e-9
    summary = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (tmp_path / "report" / "report.html").read_text() == render(summary)
    assert "client" not in json.dumps(summary["outputs"][0]["reliability"])


def test_an_output_without_predictions_is_refused(
    booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]
) -> None:
    frame = stored(booster, *hold_out).assign(output="other")
    with pytest.raises(DataError, match="no output demo"):
        summarise(IDENTITY, frame, [explained(booster, hold_out[0][:50])], SPECS, CATALOGUE)
