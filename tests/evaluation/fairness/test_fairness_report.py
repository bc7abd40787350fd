"""The report of fairness: what it says, what it hides, and what may leave the house."""

import json

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.fairness import WorkingPoint, fairness_table, read_published, tables_in
from evaluation.fairness.comparing.figures import USUAL
from evaluation.fairness.comparing.parts import tabulate
from evaluation.fairness.needed.told import NO_TRUTH, against_need
from evaluation.fairness.needed.told import told as told_need
from evaluation.fairness.page import render
from evaluation.fairness.publish import as_csv, write_report
from evaluation.fairness.released import for_publication, keep_release, releases
from evaluation.fairness.report import Found, ModelTables, report_of, told
from evaluation.fairness.settings import FairnessConfig
from evaluation.fairness.subjects.outcomes import backtest_table, sets_part
from evaluation.fairness.subjects.waiting import waiting_part
from evaluation.fairness.traits import TraitsConfig, had_contact, homes, most_used, thirds, traits_of
from evaluation.published import published_folder
from evaluation.small_cells.ledger import Ledger
from tests.evaluation.fairness.test_fairness import POINT, in_area, stored
from tests.models.needs.test_true_need import planted
from tests.plans import covers

TRAITS = load_config("configs/traits.yaml", TraitsConfig)

ENCODING = {
    "adversaries": [
        {
            "output": "need",
            "trait": "instance",
            "group": "instance_b",
            "from_score": 0.52,
            "from_score_at_same_outcome": 0.51,
            "from_features": 0.87,
        }
    ],
    "ablations": [
        {
            "output": "need",
            "trait": "instance",
            "features": ["a", "b"],
            "auroc_change": -0.01,
            "gap_before": 0.2,
            "gap_after": 0.1,
        }
    ],
}


@pytest.fixture(scope="module")
def report():
    """One model whose area 3 is missed, and a group of three people."""
    frame = stored()
    frame.loc[in_area(frame, "3") & (frame["label"] == 1), "p"] *= 0.7
    frame["group_area"] = np.where(frame["client"] < 3, "tiny", frame["group_area"])
    table = fairness_table(frame, POINT, subject="need_x", asked=("area", "homeless"), with_shapes=False)
    found = Found("a" * 64, "2024-12-31", [ModelTables("need_x", "7", "need", [table], ENCODING)])
    return report_of(found, load_config("configs/fairness.yaml", FairnessConfig), TRAITS)


def test_the_short_table_names_the_group_that_is_missed(report):
    lines = told(report)
    assert any("area 3: recall" in line for line in lines)
    assert lines[1].split()[:2] == ["need_x", "7"]


def test_what_is_published_is_read_again(report, tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    workspace = Workspace.of("var")
    assert read_published(workspace, "a" * 64) is None
    write_report(published_folder(workspace, "a" * 64), report)
    again = read_published(workspace, "a" * 64)
    assert again == json.loads(json.dumps(report))
    (table,) = tables_in(again, "need_x", "7")
    assert table.of("area", "3").verdict == ("recall", "observed_to_expected")
    assert tables_in(again, "need_x", "8") == ()
    assert sorted(file.suffix for file in tmp_path.rglob("fairness.*")) == [".csv", ".html", ".json"]


def test_the_page_tells_what_the_registers_do_not(report):
    page = render(report)
    assert "homeless" in page
    assert "<script" not in page
    assert "http" not in page
    assert page.count("ei näytetä") >= 2
    assert "instance_b" in page
    assert "0,87" in page


def test_the_page_shows_true_need_or_says_that_real_data_has_none(report):
    one = report["models"][0]
    none, some = (
        render({**report, "models": [{**one, "true_need": found}]})
        for found in (against_need(NO_TRUTH, None, None, None), told_need(planted(0.4), None, {"need_y": "why not"}))
    )
    assert NO_TRUTH in none
    assert "Tarve / ennustettu" not in none.split("<h3>Todellista tarvetta vasten")[1].split("</section>")[0]
    shown = some.split("<h3>Todellista tarvetta vasten")[1]
    assert "Tarve / ennustettu" in shown
    assert "<svg" in shown.split("<h3>Näkyykö")[0]
    assert "why not" in shown


def test_P6_no_figure_of_a_hidden_group_is_in_any_file(report):
    hidden = [row for model in report["models"] for table in model["tables"] for row in table["rows"] if row["hidden"]]
    assert {row["group"] for row in hidden} >= {"tiny"}
    lines = [line for line in as_csv(report).splitlines() if ",tiny," in line]
    assert len(lines) == 1
    assert lines[0].split(",")[:8] == ["7", "need_x", "need", "area", "tiny", "", "", "True"]


def test_P1_P3_what_leaves_the_house_is_rounded_and_kept(report, tmp_path):
    public, ledger = for_publication(report), Ledger(tmp_path / "releases.jsonl")
    rows = [row for row in public["models"][0]["tables"][0]["rows"] if not row["hidden"]]
    assert all(row["n"] % 5 == 0 for row in rows)
    assert all(row["events"] % 5 == 0 for row in rows)
    assert all(one["value"] == round(one["value"], 2) for row in rows for one in row["metrics"].values())
    keep_release(ledger, public)
    keep_release(ledger, public)  # the same again tells nothing more
    assert len(ledger.releases()) == len(list(releases(public)))


def test_P3_a_second_publication_that_shows_what_the_first_hid_is_refused(report, tmp_path):
    public, ledger = for_publication(report), Ledger(tmp_path / "releases.jsonl")
    keep_release(ledger, public)
    text = json.dumps(public)
    shown = json.loads(text)
    for row in shown["models"][0]["tables"][0]["rows"]:
        if row["trait"] == "area" and row["n"] is None:
            row["n"] = 10
    with pytest.raises(DataError, match="would reveal"):
        keep_release(ledger, shown)


def test_coverage_of_sets_is_compared_where_they_were_stored():
    n = 400
    classes = pd.DataFrame({"client": np.arange(n), "label": "a", "proposed": np.where(np.arange(n) % 3, "a", "b")})
    classes["group_area"] = np.where(np.arange(n) < 200, "west", "east")
    assert sets_part(classes) is None
    covered = np.where(np.arange(n) < 200, np.arange(n) % 20 > 0, np.arange(n) % 2 == 0)
    table = tabulate("segments", [sets_part(classes.assign(covered=covered))], USUAL, 5)
    assert table.of("area", "east").metrics["coverage"].value == 0.5
    assert table.of("area", "east").verdict == ("coverage",)


@covers("002-B13", "002-B14")
def test_who_waits_longer_for_the_same_service_is_flagged():
    rng = np.random.default_rng(4)
    n = 400
    service = np.where(np.arange(n) % 2, "short", "long")
    slow = np.arange(n) % 4 < 2
    waited = np.where(service == "long", 40.0, 10.0) * np.where(slow, 1.3, 1.0) * rng.uniform(0.8, 1.2, n)
    waits = pd.DataFrame({"client_id": np.arange(n).astype(str), "service": service, "waited": waited})
    part = waiting_part("days_to_start", waits, pd.DataFrame({"group_area": np.where(slow, "slow", "quick")}))
    table = tabulate("waiting", [part], USUAL, 5)
    assert table.of("area", "slow").verdict == ("wait_to_usual",)
    assert table.of("area", "slow").metrics["wait_to_usual"].ratio == pytest.approx(1.3, abs=0.05)
    assert table.of("area", "quick").verdict == ()


def test_an_area_whose_forecast_interval_does_not_hold_is_flagged():
    weeks = pd.date_range("2024-01-01", periods=40, freq="W-MON")
    rows = pd.DataFrame(
        [(f"{area}|hours|65plus", week) for area in "ab" for week in weeks], columns=["series_id", "ds"]
    )
    y = 100 + np.tile(np.random.default_rng(5).normal(0, 5, 40), 2)
    wrong = rows["series_id"].str.startswith("b").to_numpy() & (np.arange(80) % 2 == 0)
    rows = rows.assign(y=y + 20 * wrong, value=100.0, low80=90.0, high80=110.0)
    table = backtest_table("demand_x", rows, USUAL, 5)
    assert table.of("area", "b").verdict == ("coverage80",)
    assert table.of("area", "b").metrics["bias"].value < -0.05  # too little was foretold
    assert table.of("area", "a").verdict == ()


#                     client  service           day of 2024
CONTACTS = pd.DataFrame(
    [
        ("a", "income_support", "2024-03-01"),
        ("a", "gp_visit", "2024-06-01"),
        ("b", "income_support", "2023-02-01"),
        ("c", "gp_visit", "2024-05-01"),
    ],
    columns=["client_id", "service", "time"],
).assign(time=lambda frame: pd.to_datetime(frame["time"]))  # fmt: skip


@pytest.mark.parametrize(
    "client, as_of,        belongs",
    [
        ("a", "2024-03-01", False),  # a contact on the day itself is not known
        ("a", "2024-03-02", True),
        ("a", "2025-03-01", True),   # 365 days back, both years counted
        ("a", "2025-03-02", False),
        ("b", "2024-01-31", True),
        ("c", "2024-12-31", False),  # another service
    ],
)  # fmt: skip
def test_a_vulnerable_group_by_service_is_known_before_as_of(client, as_of, belongs):
    rows = pd.DataFrame({"client_id": [client], "as_of": [pd.Timestamp(as_of)]})
    assert had_contact(CONTACTS, rows, ["income_support"], 365).tolist() == [belongs]


def test_a_service_that_nobody_had_makes_no_group():
    rows = pd.DataFrame({"client_id": ["a"], "as_of": [pd.Timestamp("2024-12-31")]})
    assert had_contact(CONTACTS, rows, ["substance_care"], 365) is None


def test_home_organisation_is_that_of_the_municipality_and_not_of_ones_own_visits():
    contacts = pd.DataFrame(
        {"client_id": list("aabbcc"), "legacy_org": ["west"] * 2 + ["hospital"] * 2 + ["west"] * 2, "source": "x/a"}
    )
    stays = pd.DataFrame({"client_id": list("abcd"), "municipality": "901"})
    found = homes(contacts, stays)
    assert set(found["legacy_org"]) == {
        "west"
    }  # also of b, who mostly visits the hospital, and of d, who visits nobody
    assert found["instance"]["d"] == "a"


def test_equal_counts_take_the_first_by_name():
    assert most_used(pd.Series(list("aa")), pd.Series(["y", "x"]))["a"] == "x"


def test_postal_areas_are_divided_into_thirds_of_residents():
    areas = pd.Series(["10"] * 30 + ["20"] * 30 + ["30"] * 30)
    shares = pd.Series({"10": 0.3, "20": 0.1, "30": 0.2})
    assert thirds(shares, areas) == {"20": "least deprived", "30": "middle", "10": "most deprived"}


@covers("002-B14")
def test_every_vulnerable_group_has_a_source_and_names():
    assert len(TRAITS.groups) >= 14
    assert len(TRAITS.not_recorded) >= 10
    assert all("seed" in group.source for group in TRAITS.groups.values())
    assert WorkingPoint(share=0.1).as_json() == {"share": 0.1}


def test_what_the_register_knows_by_the_outcome_is_not_compared_and_said_to_be_missing():
    real = load_config("configs/real/traits.yaml", TraitsConfig)
    rows = pd.DataFrame({"group_age_band": ["18-29", "unknown"], "group_sex": ["1", "2"], "p": [0.1, 0.2]})
    assert list(real.compared(rows).columns) == ["group_sex", "p"]
    assert list(TRAITS.compared(rows).columns) == list(rows.columns)
    assert "age_band" in real.asked


@pytest.mark.parametrize("with_residents", [True, False])
def test_a_county_without_contacts_has_no_groups_by_service_and_no_fault(monkeypatch, with_residents):
    stays = pd.DataFrame({"client_id": ["a"], "municipality": ["901"], "postal_area": ["90110"]})
    stays = stays.assign(valid_from=pd.Timestamp("2020-01-01"), superseded_at=pd.NaT)
    columns = ["client_id", "time", "service", "legacy_org", "source", "superseded_at"]
    tables = {"residents": stays if with_residents else stays.iloc[:0], "contacts": pd.DataFrame(columns=columns)}
    monkeypatch.setattr("evaluation.fairness.traits.read_table", lambda _, name, columns: tables[name])
    rows = pd.DataFrame({"client_id": ["a"], "as_of": [pd.Timestamp("2024-12-31")]})
    found = traits_of(None, TRAITS, rows, {"memory_disorder": np.array([1.0])})
    assert found["trait_legacy_org"].tolist() == ["unknown"]
    assert found["trait_memory_disorder"].tolist() == [True]
    assert "trait_low_income" not in found
    assert "trait_informal_carer" not in found
