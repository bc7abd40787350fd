"""The report as papers: matrix, pages, PDF, card, risks, and the signed people-impact assessment."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError, DataError, ModelError
from evaluation.audit.__main__ import told, write_report
from evaluation.audit.against.evidence import BY_KEY, KNOWN
from evaluation.audit.against.judged import judged
from evaluation.audit.against.matrix import matrix
from evaluation.audit.blocks import Block, Table
from evaluation.audit.card.page import card_html, card_markdown
from evaluation.audit.card.risks import risk_figures, risk_lines
from evaluation.audit.card.sign import main as sign_main
from evaluation.audit.card.sign import signed
from evaluation.audit.page import render
from evaluation.audit.pdf import pdf_of
from evaluation.audit.sections import sections
from evaluation.audit.summary import summarise
from models.bundles.papers import newest_signed
from models.oversight.impact import Signed, due_day, impact_of
from tests.audit.conftest import BOOK, CONFIG, NEED, SEGMENTATION, TODAY, World
from tests.evaluation.html_page import Page
from tests.pdf_file import PdfFile
from tests.plans import covers

Report = dict[str, Any]
WHO = "Aino Virtanen, quality manager"
WORK = {"indirect_work": "+"}


@pytest.fixture
def signing(world: World, monkeypatch: pytest.MonkeyPatch, reports: dict[str, Report]) -> Iterator[World]:
    """The reports are published; what is signed is forgotten afterwards."""
    monkeypatch.setattr("evaluation.audit.card.sign.today_of", lambda *_: TODAY)
    for name, report in reports.items():
        write_report(world.material(name).folder, report, with_pdf=False)
    yield world
    for file in (world.workspace.records / "impact").glob("*.json"):
        file.unlink()


def columns_of(block: Block) -> list[str]:
    """The columns of a table that is drawn."""
    return [name for name in block.columns if name] if isinstance(block, Table) and block.rows else []


def state(world: World, name: str, today: date = TODAY) -> str:
    version = world.material(name).version.version
    found, intact = newest_signed(world.workspace.records, world.workspace.keys, name, version)
    return impact_of(found, intact, version, today).state


def test_no_gap_of_the_matrix_is_unexplained_and_every_rule_has_its_section(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert {line["section"] for line in report["matrix"]} == set(range(1, 17))
        for line in report["matrix"]:
            assert (line["state"] == "gap") == bool(line["why"]["fi"]), line["id"]
            assert (line["state"] == "gap") == bool(line["why"]["en"]), line["id"]
        passed = {line["id"] for line in report["matrix"] if line["state"] == "pass"}
        assert {"aia_iv_1", "aia_iv_2g", "aia_15_rob", "tripod_12e", "facts_validation"} <= passed
        gaps = {line["id"] for line in report["matrix"] if line["state"] == "gap"}
        assert {"aia_27", "aia_72", "hti1_external"} <= gaps


def test_the_rules_cover_the_five_sources_and_all_evidence_is_asked_for() -> None:
    for source in ("AI Act Annex IV", "TRIPOD+AI", "ATRS", "HTI-1", "Model Facts"):
        assert any(rule.source.startswith(source) for rule in BOOK.rules), source
    items = {rule.source.removeprefix("TRIPOD+AI ") for rule in BOOK.rules if rule.source.startswith("TRIPOD+AI")}
    numbers = {int(re.match(r"\d+", item)[0]) for item in items}  # type: ignore[index]
    assert numbers == set(range(1, 28))
    assert {one.key for one in KNOWN} == {key for rule in BOOK.rules for key in rule.needs}


def test_an_unknown_evidence_is_refused_with_the_nearest_one(report: Report) -> None:
    rule = BOOK.rules[0].model_copy(update={"needs": ("performence",)})
    with pytest.raises(ConfigError, match="Did you mean `performance`"):
        matrix(report, [rule])


@pytest.mark.parametrize("key", ["explanation_checked", "sentences_checked", "calibration", "leak_alarm", "owners"])
def test_evidence_that_is_spoilt_becomes_a_gap(report: Report, key: str) -> None:
    spoilt = deepcopy(report)
    checks = spoilt["figures"]["explanation"][0]["checks"]
    checks["additivity"]["agreement"] = 1e-3
    checks["sentences"]["consistent"] = 0.99
    spoilt["figures"]["performance"][0]["metrics"]["calibration_slope"]["value"] = None
    spoilt["training"]["leaks"], spoilt["owners"]["definer"] = [], ""
    assert BY_KEY[key].present(report)
    assert not BY_KEY[key].present(spoilt)


@pytest.mark.parametrize("make", [render, card_html])
def test_X5_the_pages_are_self_contained_and_run_nothing(report: Report, make: Any) -> None:
    text = make(report)
    page = Page(text)
    assert page.open == []
    names = [tag for tag, _ in page.tags]
    assert names.count("style") == 1
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(names)
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "a" or str(attributes["href"]).startswith("#")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_sixteen_sections_and_a_table_beside_every_chart(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert [section.number for section in sections(report)] == list(range(1, 17))
        text = render(report)
        for figure in text.split("<figure>")[1:]:
            assert figure.split("</figure>")[1].lstrip().startswith('<div class="scroll"')
        assert text.count("<svg") >= 8


def test_P6_two_people_of_one_municipality_are_nowhere_in_the_papers(report: Report) -> None:
    lines = [line for line in report["figures"]["explanation"][0]["by_group"] if line["group"] == "907"]
    assert [line["n"] for line in lines] == [None]
    assert "piilotettu" in render(report)


def test_P5_percentiles_are_of_twenty_clients_at_least(report: Report) -> None:
    reasons = [reason for part in report["figures"]["explanation"][0]["examples"] for reason in part["reasons"]]
    small = [part for part in report["figures"]["explanation"][0]["examples"] if (part["n"] or 0) < 20]
    assert [reason["median"] for part in small for reason in part["reasons"]] == [None] * sum(
        len(part["reasons"]) for part in small
    )
    assert any(reason["median"] is not None for reason in reasons)


@covers("001-C13")
def test_the_pdf_and_the_card_say_the_same(report: Report) -> None:
    leaves = PdfFile(pdf_of(report)).leaves()
    numbered = [f"{section.number}. {section.fi}" for section in sections(report)]
    assert [words for tag, words in leaves if tag == "H2"] == numbered
    assert ("H1", f"{NEED}, versio 1") in leaves
    columns = {name for section in sections(report) for block in section.blocks for name in columns_of(block)}
    assert {words for tag, words in leaves if tag == "TH"} == columns
    card = card_markdown(report)
    assert card.startswith(f"# {NEED}, versio 1")
    auroc = report["figures"]["performance"][0]["metrics"]["auroc"]["value"]
    assert f"{auroc:.3f}".replace(".", ",") in card
    assert all(name in card for name in ("## Riskit", "## Ihmisiin kohdistuvat vaikutukset", "## Käyttö ja rajat"))


def test_risks_are_one_to_five_and_a_measurement_moves_the_likelihood(report: Report) -> None:
    for line in report["risks"]:
        assert line["score"] == line["likelihood"] * line["impact"]
        assert 1 <= line["likelihood"] <= 5
        assert 1 <= line["impact"] <= 5
    figures = risk_figures(report)
    worse = {**figures, "worst_group_ratio": 3.0, "reasons_change": 0.0}
    told = {line["id"]: line["likelihood"] for line in risk_lines(worse, BOOK.risks, "need")}
    assert told["under_served_group"] == 5
    assert told["unsteady_reasons"] == 1
    with pytest.raises(ConfigError, match="which is no figure"):
        risk_lines({}, BOOK.risks, "need")


@covers("002-G5")
def test_an_assessment_is_suggested_signed_and_due_after_six_months(signing: World, reports: dict[str, Report]) -> None:
    assert reports[NEED]["impact"]["state"] == "unsigned"
    file, values = signed(CONFIG, NEED, WHO, {**WORK, "indirect": "0"}, "discussed with the staff")
    assert values["ratings"]["indirect"] == "0"  # a person's word wins over the suggestion
    assert state(signing, NEED) == "signed"
    assert state(signing, NEED, due_day(TODAY)) == "signed"
    assert state(signing, NEED, date(2025, 7, 2)) == "overdue"
    assert state(signing, SEGMENTATION) == "unsigned"
    again = summarise(signing.read(NEED), CONFIG, BOOK, date(2025, 7, 2))
    assert again["impact"]["state"] == "overdue"
    assert any("overdue" in point["en"] for point in again["verdict"]["points"])
    second, _ = signed(CONFIG, NEED, WHO, WORK)
    assert second.name != file.name
    assert file.is_file()


@covers("002-G5")
def test_a_changed_assessment_and_a_strangers_signature_are_refused(signing: World) -> None:
    file, values = signed(CONFIG, NEED, WHO, WORK)
    file.write_text(json.dumps({**values, "ratings": {**values["ratings"], "indirect": "++"}}))
    assert state(signing, NEED) == "broken"
    file.write_text("{")
    assert state(signing, NEED) == "unsigned"
    signed(CONFIG, NEED, WHO, WORK)
    assert state(signing, NEED) == "signed"


@pytest.mark.parametrize(
    "who, given, fault",
    [
        ("A", WORK, "Say who signs"),
        (WHO, {}, "No measurement suggests a rating for indirect_work"),
        (WHO, {**WORK, "equalty": "0"}, "no row `equalty`"),
        (WHO, {"indirect_work": "very good"}, "is no rating"),
    ],
)
def test_a_signature_needs_a_name_and_a_rating_of_every_row(
    signing: World, who: str, given: dict[str, str], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        signed(CONFIG, NEED, who, given)
    assert state(signing, NEED) == "unsigned"


def test_nobody_signs_what_is_not_live_or_was_not_measured(signing: World) -> None:
    with pytest.raises(ModelError, match="Did you mean `need_heavier_home_care_6m`"):
        signed(CONFIG, "need_heavier_home_care", WHO, WORK)
    file = signing.material(NEED).folder / f"audit_{NEED}_v1.json"
    kept = file.read_text()
    file.unlink()
    with pytest.raises(DataError, match="No audit report"):
        signed(CONFIG, NEED, WHO, WORK)
    file.write_text(kept)


def test_the_command_signs(signing: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratings = tmp_path / "ratings.yaml"
    ratings.write_text('indirect_work: "0"\n')
    assert sign_main(["--model", NEED, "--who", WHO, "--ratings", str(ratings)]) == 0
    assert "due again on 2025-07-01" in capsys.readouterr().out
    assert sign_main(["--model", NEED, "--who", ""]) != 0


@pytest.mark.parametrize(
    "at, due",
    [("2024-08-31", "2025-02-28"), ("2025-01-01", "2025-07-01"), ("2025-10-15", "2026-04-15")],
)
def test_half_a_year_later(at: str, due: str) -> None:
    assert due_day(date.fromisoformat(at)).isoformat() == due
    one = Signed("m", "1", WHO, date.fromisoformat(at), {})
    assert impact_of(one, True, "2", TODAY).state == "unsigned"


def test_the_verdict_hears_of_broken_logs_and_of_age(report: Report) -> None:
    facts = {"chains": [{"log": "audit_log", "entries": 3, "first_bad": 2}], "promotions": [], "decisions": None}
    assert judged({**report, "facts": {**facts, "access": None}})["weight"] == 3
    assert judged({**report, "age_days": 400})["weight"] == 3
    assert any("ended 200 days ago" in point["en"] for point in judged({**report, "age_days": 200})["points"])


def test_a_point_is_made_once(reports: dict[str, Report]) -> None:
    for report in reports.values():
        said = [point["en"] for point in judged(report)["points"]]
        assert len(said) == len(set(said))


def test_what_the_command_prints(report: Report) -> None:
    first, verdict, *points = told(report)
    assert re.fullmatch(rf"{NEED} version 1: \d+ rules pass, \d+ explained gaps, 0 not concerned", first)
    assert "AUROC" in verdict
    assert len(points) == 3
