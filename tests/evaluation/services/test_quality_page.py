"""The data-quality report as a whole: quarantine, switched-off families, the page and the command."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from configs.workspace import Workspace
from evaluation.published import published_folder, take_along
from evaluation.quality.__main__ import main
from evaluation.quality.counting import ORIGIN, Place, count_store
from evaluation.quality.page import render
from evaluation.quality.summary import delivered
from features.history_files import newest_meta, write_meta
from features.manifest import Batch
from tests.evaluation.services.quality_rows import CLIENT, SOURCES, monthly_visits, report, summary_of, visits
from tests.features.histories_data import store_of
from tests.plans import covers


def test_quarantine_is_told_by_reason_over_all_deliveries() -> None:
    batches = [
        Batch("1", (report({"unknown_code": 10, "duplicate": 20}),)),
        Batch("2", (report({"unknown_code": 30}),)),
    ]
    told = delivered(batches)[("s/a", "contacts")]
    assert told["rows"] == (1000 + 1000)
    assert told["reasons"] == {"unknown_code": (10 + 30), "duplicate": 20}
    assert told["unknown_codes"] == (10 + 30) / 2000
    assert delivered([Batch("1", (report({"bad_identifier": 2}),))])[("s/a", "contacts")]["quarantined"] is None


def test_switched_off_families_are_told_with_what_was_found() -> None:
    rows = visits(*monthly_visits("2022-01", 13, 99))
    assert summary_of(rows)["families"]["history"] is False
    (line,) = summary_of(rows, off={"reasons": 0.31})["families"]["lines"]
    assert (line["off"], line["completeness"], line["minimum"]) == (True, 0.31, 0.5)
    assert "31,0 %" in render(summary_of(rows, off={"reasons": 0.31}))


def test_the_page_holds_no_client_no_script_and_a_table_beside_each_chart() -> None:
    rows = [
        {**row, "reason": "A" if number % 3 else None} for number, row in enumerate(monthly_visits("2022-01", 30, 99))
    ]
    summary = summary_of(visits(*rows))
    html = render(summary)
    assert CLIENT not in html + json.dumps(summary)
    assert "<script" not in html
    assert "http" not in html
    assert html.count("<svg") == 2
    assert html.count("<details><summary>Luvut taulukkona") == 1
    assert html == render(summary)
    json.dumps(summary, allow_nan=False)


@pytest.fixture
def store(var: Path) -> Workspace:
    rows = monthly_visits("2022-01", 30, 12, reason=None)
    clients = ["0000000a" + "0" * 24, "0000000b" + "0" * 24]
    frame = visits(*({**row, "client_id": clients[number % 2]} for number, row in enumerate(rows)))
    store_of(var / "store", {"contacts": frame})
    return Workspace.of("var")


def test_buckets_add_up_to_the_whole(store: Workspace) -> None:
    from features.store import open_snapshot

    counts = count_store(open_snapshot(store.store), SOURCES)["contacts"]
    assert counts.cells[(Place("s/a", "north"), "reason")].tolist() == [12 * 20, 0, 0, 18 * 20]
    first = int((np.datetime64("2022-01", "M") - ORIGIN).astype(int))
    assert counts.monthly[("s/a", "reason")][first : first + 30].sum(axis=1).tolist() == [20] * 30


@covers("001-H10")
def test_the_command_publishes_and_evaluate_takes_the_report_along(
    store: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text(yaml.safe_dump({"sources": {"s/a": SOURCES["s/a"].model_dump(mode="json", by_alias=True)}}))
    config = tmp_path / "quality.yaml"
    values = {"var": "var", "sources": str(catalogue), "catalogue": "configs/features.yaml"}
    config.write_text(yaml.safe_dump(values))
    assert main(["--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "1 that no source break declares" in said
    assert "reason completeness in 2023-01: 1 to 0" in said
    folder = next(store.published.iterdir())
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(first) == {"quality.html", "quality.json"}
    assert main(["--config", str(config)]) == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first
    take_along(folder, tmp_path)
    assert (tmp_path / "quality.html").read_bytes() == first["quality.html"]
    assert published_folder(store, folder.name + "0" * 52) == folder


def test_an_empty_store_is_one_sentence(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 3
    assert "The store store/ is empty" in capsys.readouterr().err


def test_the_history_of_another_catalogue_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    write_meta(tmp_path / "one", {"snapshot_sha256": "s", "catalogue_sha256": "c", "vocabulary": "{}"})
    assert newest_meta(tmp_path, "s", "c") is not None
    assert newest_meta(tmp_path, "s", "other") is None
    assert newest_meta(tmp_path / "nothing", "s", "c") is None
