"""The service's side files: what is written, what is left out and counted, what is refused."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.errors import DataError
from configs.workspace import Workspace
from features.side_files import ANSWERS, DECISIONS, REVIEWS, SIDE_FILES, SideFile, read_side_file
from features.side_files.declared import CHOICES, FINDINGS, NOT_SELECTED
from serving.export_log import write_extract
from serving.pages.coordinator.services import Finding, ReviewReason
from serving.side_files import answers_frame, frame_of, seen_frame
from tests.training.feedback_rows import MOVED, answers, decisions

# The side files


def shown_entry(**more: Any) -> dict[str, Any]:
    said = {"model": "need_x", "version": "3", "as_of": "2024-06-01", "status": "answered"}
    need = {**said, "kind": "need", "task": "x", "explained": [{"id": "x", "probability": 0.4}]}
    segment = {**said, "kind": "segment", "scheme": "s 1", "basis": "model", "proposed": "network"}
    segment["segments"] = {"network": 0.7, "community": 0.3}
    entry = {"event": "answer", "outcome": "ok", "client_id": MOVED, "answer_id": "a", "unit": "u"}
    return {**entry, "time": "2024-06-01T06:00:00.000Z", "detail": {"answers": [need, segment]}, **more}


def test_the_log_is_told_as_estimates_without_any_other_identifier() -> None:
    told = answers_frame([shown_entry(), shown_entry(time="2024-06-02T06:00:00.000Z"), shown_entry(outcome="denied")])
    assert told["probability"].tolist() == [0.4, 0.7]
    assert told["shown_at"].tolist() == [pd.Timestamp("2024-06-01 09:00:00")] * 2
    decision = {
        **{"decision_id": "d", "answer_id": "a", "client_id": MOVED, "segment": "community", "choice": "change"},
        **{"proposed": "network", "model": "m 1", "unit": "u", "time": "2024-06-01T06:05:00.000Z", "actor_id": "w"},
    }
    (seen,) = seen_frame([decision], [], told).to_dict("records")
    assert (seen["task"], seen["as_of"], seen["suggestion_shown"]) == ("x s", pd.Timestamp("2024-06-01"), True)
    assert "w" not in seen.values()
    assert not {"actor_id", "reason"} & {name for one in SIDE_FILES for name in one.names}


def test_the_declared_words_are_those_of_the_service() -> None:
    assert Finding.__args__ == FINDINGS
    assert sorted(NOT_SELECTED) == sorted(ReviewReason.__args__)
    assert set(CHOICES) == {"accept", "change", "cannot_tell"}


def written(var: Path, declared: SideFile, frame: pd.DataFrame) -> Workspace:
    write_extract(frame, var / "extracts" / "service" / declared.file, date(2024, 12, 31))
    return Workspace(var)


def test_wrong_rows_are_left_out_and_counted_by_reason(tmp_path: Path) -> None:
    many = answers(*({"client_id": f"{n:032x}"} for n in range(100)))
    many.loc[0, "client_id"] = "010594Y9032"
    many.loc[1, "probability"] = 1.5
    many.loc[2, "answer_id"] = "a3"
    many.loc[4, "status"] = "maybe"
    checked = read_side_file(written(tmp_path, ANSWERS, many), ANSWERS)
    assert (checked.delivered, len(checked.rows), checked.covers_until) == (100, 96, date(2024, 12, 31))
    assert checked.left_out == {
        "duplicate": 1,
        "no pseudonym in client_id": 1,
        "out of range: probability": 1,
        "value not allowed in status": 1,
    }


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: file.with_name(f"{file.name}.complete").unlink(), "may be half-written"),
        (lambda file: file.write_bytes(file.read_bytes() + b" "), "was damaged or edited"),
        (lambda file: file.with_name(f"{file.name}.complete").write_text("{}"), "cannot be read"),
        (lambda file: write_extract(decisions({}), file, date(2024, 1, 1)), r"5 of 5|1 of 1 rows are wrong"),
        (
            lambda file: write_extract(decisions().drop(columns=["own_view"]), file, date(2024, 1, 1)),
            "lacks the column own_view",
        ),
    ],
)
def test_a_file_that_cannot_be_believed_is_refused_with_what_to_type(tmp_path: Path, spoil: Any, sentence: str) -> None:
    workspace = written(tmp_path, DECISIONS, decisions({"client_id": MOVED, "answer_id": "a"}))
    spoil(tmp_path / "extracts" / "service" / DECISIONS.file)
    with pytest.raises(DataError, match=sentence) as refused:
        read_side_file(workspace, DECISIONS)
    assert "python -m serving.export_log" in str(refused.value)


def test_nothing_exported_is_no_rows_and_an_empty_export_reads_back(tmp_path: Path) -> None:
    for declared in SIDE_FILES:
        assert read_side_file(Workspace(tmp_path), declared).covers_until is None
        empty = read_side_file(written(tmp_path, declared, frame_of(declared, [])), declared)
        assert list(empty.rows.columns) == list(declared.names)
        assert empty.rows.empty
        assert empty.covers_until is not None
    assert json.loads((tmp_path / "extracts/service" / f"{REVIEWS.file}.complete").read_text())["rows"] == 0
