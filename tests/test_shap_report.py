"""The audit report: its numbers are right, it hides small groups, and its page can be opened anywhere."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation import metrics
from evaluation.explanation import ExplainedOutput, by_family, direction, importance, profiles
from evaluation.report_summary import measured, summarise
from evaluation.shap_report import ReportIdentity, render, write_report
from features.catalogue import Catalogue
from features.catalogue.families import Family, Words
from features.catalogue.specs import FeatureSpec

SLOPE, INTERCEPT = 0.8, -0.2
FEATURES = ("visits__90d", "visits__365d", "age", "noise")
SPECS = tuple(FeatureSpec(name, name.split("__")[0]) for name in FEATURES)


def words(text: str) -> Words:
    return Words(fi=text, sv=text, en=text)


def family(name: str, shown: str) -> Family:
    return Family(
        id=name, table="contacts", aggregate="count", name=words(shown), dimension="health", role="risk",
        source="Avohilmo", unit="count",
    )  # fmt: skip


CATALOGUE = Catalogue(
    dimensions={"health": words("Terveys")},
    families={
        "visits": family("visits", "Käynnit <b>"),
        "age": family("age", "Ikä"),
        "noise": family("noise", "Kohina"),
    },
)
IDENTITY = ReportIdentity(
    name="need_demo",
    kind="need",
    snapshot_sha256="a" * 64,
    data_until="2024-12-31",
    label_source={"fi": "jaksot", "en": "episodes"},
    training_rows=1500,
    training_clients=1500,
    holdout="the last year",
    config={"seed": 1, "trees": 40},
)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def data(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 4)).astype(np.float32)
    rows[:, 0] = rng.poisson(1.0, n)
    rows[rng.random(n) < 0.2, 2] = np.nan
    truth = 1.2 * rows[:, 0] + 0.8 * np.nan_to_num(rows[:, 2]) - 2
    return rows, (rng.random(n) < sigmoid(truth)).astype(int)


def trained() -> lightgbm.Booster:
    rows, label = data(1500, 1)
    settings = {"objective": "binary", "num_threads": 2, "verbosity": -1, "seed": 1, "num_leaves": 7, "max_depth": 4}
    return lightgbm.train(settings, lightgbm.Dataset(rows, label), 40)


def explained(booster: lightgbm.Booster, rows: np.ndarray, slope: float = SLOPE) -> ExplainedOutput:
    """What the service would say of `rows`."""
    shares = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=2))
    served, base = slope * shares[:, :-1], INTERCEPT + slope * shares[0, -1]
    p = sigmoid(base + served.sum(axis=1))
    return ExplainedOutput("demo", words("Raskas tarve").as_text(), booster, slope, INTERCEPT, rows, base, served, p)


def stored(booster: lightgbm.Booster, rows: np.ndarray, label: np.ndarray) -> pd.DataFrame:
    n, rng = len(rows), np.random.default_rng(9)
    p = explained(booster, rows).probabilities
    visits = rows[:, 0] / 4
    frame = {"row": np.arange(n), "client": np.arange(n) // 2, "as_of": pd.Timestamp("2024-06-01"), "output": "demo"}
    groups = {"group_sex": rng.choice(["male", "female"], n), "group_municipality": ["901"] * (n - 2) + ["902"] * 2}
    return pd.DataFrame({**frame, "label": label, "p": p, "baseline_p": sigmoid(visits - 1), **groups})


@pytest.fixture(scope="module")
def booster() -> lightgbm.Booster:
    return trained()


@pytest.fixture(scope="module")
def hold_out() -> tuple[np.ndarray, np.ndarray]:
    return data(1200, 2)


@pytest.fixture(scope="module")
def summary(booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    rows, label = hold_out
    segments = np.where(label == 1, "network", "self_managed")
    keys = {"row": np.arange(len(rows)), "client": np.arange(len(rows)), "as_of": pd.Timestamp("2024-06-01")}
    classes = pd.DataFrame({**keys, "label": segments, "proposed": segments[::-1], "baseline_proposed": "network"})
    steps = [{"step": "all", "rows": 3000}, {"step": "adults", "rows": 2700}]
    predictions, output = stored(booster, rows, label), explained(booster, rows[:400])
    return summarise(IDENTITY, predictions, [output], SPECS, CATALOGUE, classes, steps)


def test_served_contributions_agree_with_shaps_own_tree_walk(booster: lightgbm.Booster) -> None:
    output = explained(booster, data(300, 3)[0])
    assert output.additivity_max_error < 1e-9
    assert output.agreement_max_difference is not None
    assert output.agreement_max_difference < 1e-9


def test_they_agree_also_where_a_value_is_unknown_that_training_always_knew(booster: lightgbm.Booster) -> None:
    rows = data(300, 3)[0]
    rows[:100, 0] = np.nan  # LightGBM reads it as 0, because it never saw one
    difference = explained(booster, rows).agreement_max_difference
    assert difference is not None
    assert difference < 1e-9


def test_without_trees_the_check_is_reported_as_not_made(
    booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]
) -> None:
    rows, label = hold_out
    output = replace(explained(booster, rows[:100]), booster=None)
    summary = summarise(IDENTITY, stored(booster, rows, label), [output], SPECS, CATALOGUE)
    assert "shap_agreement_max_difference" not in measured(summary)
    assert "ei tarkistettu" in render(summary)


@pytest.mark.parametrize("fault", ["one contribution moved to another feature", "forgotten slope", "wrong base"])
def test_a_wrong_explanation_is_found(booster: lightgbm.Booster, fault: str) -> None:
    good = explained(booster, data(300, 3)[0])
    served, base, p = good.served_contributions.copy(), good.served_base, good.probabilities
    if fault == "forgotten slope":
        served = served / SLOPE
    elif fault == "wrong base":
        base = base + 1e-3
    else:
        served[7, [0, 1]] = served[7, [1, 0]] + np.array([1e-3, -1e-3])
    wrong = ExplainedOutput("demo", good.name, booster, SLOPE, INTERCEPT, good.rows, base, served, p)
    assert wrong.agreement_max_difference is not None
    assert wrong.agreement_max_difference >= 1e-3 - 1e-9
    # Shares moved between two features still add up: only the second program finds them.
    assert (wrong.additivity_max_error < 1e-9) == fault.startswith("one contribution")


def test_importance_is_the_mean_absolute_share_of_a_family(booster: lightgbm.Booster) -> None:
    output = explained(booster, data(300, 3)[0])
    lines = {line["family"]: line for line in importance(output, SPECS)}
    visits = (output.served_contributions[:, 0] + output.served_contributions[:, 1]).astype(float)
    assert lines["visits"]["mean"] == pytest.approx(np.abs(visits).mean(), abs=1e-9)
    assert sum(line["share"] for line in lines.values()) == pytest.approx(1)
    assert next(iter(lines)) == "visits"


def test_families_are_sums_of_their_features() -> None:
    names, summed = by_family(np.array([[1.0, 20.0, 300.0, 4000.0]]), SPECS)
    assert names == ["visits", "age", "noise"]
    assert summed.tolist() == [[1.0 + 20.0, 300.0, 4000.0]]


def test_direction_says_that_more_visits_raise_and_what_unknown_does(booster: lightgbm.Booster) -> None:
    lines = {line["family"]: line for line in direction(explained(booster, data(400, 3)[0]), SPECS, ["visits", "age"])}
    assert lines["visits"]["feature"] == "visits__90d"
    assert lines["visits"]["rises"] > 0.9
    assert lines["visits"]["low"] < 0 < lines["visits"]["high"]
    assert lines["visits"]["unknown"] is None  # nobody's is
    assert lines["age"]["unknown"] is not None


def test_P6_no_profile_of_fewer_clients_than_the_smallest_cell(booster: lightgbm.Booster) -> None:
    assert [part["third"] for part in profiles(explained(booster, data(300, 3)[0]), SPECS)] == [
        "lowest",
        "middle",
        "highest",
    ]
    assert profiles(explained(booster, data(12, 3)[0]), SPECS) == []


def test_every_number_follows_from_the_stored_predictions(
    summary: dict[str, Any], booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]
) -> None:
    frame = stored(booster, *hold_out)
    (output,) = summary["outputs"]
    label, p, base = (frame[column].to_numpy() for column in ("label", "p", "baseline_p"))
    figure = output["metrics"]["auroc"]
    assert figure["value"] == pytest.approx(metrics.auroc(label, p))
    assert figure["baseline"] == pytest.approx(metrics.auroc(label, base))
    assert figure["gain"] == pytest.approx(figure["value"] - figure["baseline"])
    assert figure["low"] < figure["value"] < figure["high"]
    assert (output["rows"], output["clients"], output["events"]) == (1200, 600, int(label.sum()))
    assert sum(rows for rows, _, _ in output["reliability"]) == 1200


def test_P6_small_groups_are_hidden_in_the_dict_and_on_the_page(summary: dict[str, Any]) -> None:
    lines = {line["group"]: line for line in summary["outputs"][0]["groups"]}
    assert lines["902"]["n"] is None
    assert lines["902"]["predicted"] is None
    assert lines["901"]["n"] is None  # else 902 could be found by subtraction
    assert lines["female"]["n"] is not None
    assert "alle 5*" in render(summary)
    assert ">nainen</th>" in render(summary)


def test_the_verdict_names_what_is_weakest(summary: dict[str, Any]) -> None:
    found = summary["verdict"]
    assert "AUROC" in found["sentence"]["fi"]
    assert 1 <= len(found["weakest"]) <= 3
    weights = [point["weight"] for point in found["weakest"]]
    assert weights == sorted(weights, reverse=True)
    assert found["weight"] == weights[0]


@pytest.mark.parametrize(
    "fault,             weight, said",
    [
        ("none", 1, "Measured on this county"),
        ("worse", 3, "No better than the simple baseline"),
        ("too extreme", 2, "too extreme"),
        ("under-predicted", 2, "observed / expected"),
        ("few", 2, "fewer than 200"),
    ],
)
def test_the_verdict_follows_the_figures(booster: lightgbm.Booster, fault: str, weight: int, said: str) -> None:
    rows, label = data(3000, 5)
    frame, output = stored(booster, rows, label), explained(booster, rows[:200])
    rng = np.random.default_rng(1)
    p = frame["p"].to_numpy()
    frame["label"] = (rng.random(3000) < p).astype(int)  # a calibrated model
    frame["group_municipality"] = "901"
    if fault == "worse":
        frame["baseline_p"], frame["p"] = frame["p"], frame["baseline_p"]
    elif fault == "too extreme":
        frame["p"] = sigmoid(1.33 * np.log(p / (1 - p)))
    elif fault == "under-predicted":
        frame["label"] = np.maximum(frame["label"], (rng.random(3000) < 0.3 * p).astype(int))
        frame["label"] = np.maximum(frame["label"], (rng.random(3000) < 0.3 * p).astype(int))
    elif fault == "few":
        frame = frame.iloc[:300]
    found = summarise(IDENTITY, frame, [output], SPECS, CATALOGUE)["verdict"]
    assert found["weight"] == weight
    assert any(said in point["en"] for point in found["weakest"])


def test_P1_P2_the_confusion_table_hides_small_cells(summary: dict[str, Any]) -> None:
    cells = summary["classes"]["confusion"]["cells"]
    assert all(cell is None or cell == 0 or cell >= 5 for row in cells for cell in row)
    assert summary["classes"]["metrics"]["accuracy"]["baseline"] == pytest.approx(summary["outputs"][0]["prevalence"])


class Page(HTMLParser):
    """Tags, attributes and open-tag balance of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


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
