"""The feedback command on a small store, and the selected beside those whom nothing selected, by hand."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from configs.errors import NothingYetError
from configs.loader import read_yaml
from features.frames import read_frame
from features.side_files import ANSWERS, DECISIONS, REVIEWS
from features.store import Snapshot
from models.needs.need import load_task
from models.needs.need_task import Cohort
from models.segments.scheme import load_scheme
from serving.export_log import write_extract
from serving.side_files import frame_of
from tests.features.histories_data import store_of, table_of
from training.feedback import __main__ as command
from training.feedback import samples
from training.feedback.lines import Drawn

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")
TASK = load_task("move_to_24h_care_12m").model_copy(update={"horizon_days": 100, "cohort": Cohort()})
MIDNIGHT = date(2024, 12, 31)
CLIENTS = [f"{n:032x}" for n in range(40)]
HIGH_WEAK = SCHEME.segment_of({SCHEME.axes[0].id: "high", SCHEME.axes[1].id: "weak"})


def store(folder: Path) -> Snapshot:
    """Everybody lives in the county; the first ten move to care in July, all but the last ten get a segment then."""
    moves = [{"client_id": one, "start": "2024-07-01", "kind": "residential_24h"} for one in CLIENTS[:10]]
    levels = {"axis1_level": "high", "axis2_level": "weak", "scheme": SCHEME.id, "scheme_version": SCHEME.version}
    segments = [{"client_id": one, "time": "2024-07-05", **levels} for one in CLIENTS[:30]]
    tables = {"episodes": moves, "segment_records": segments, "residents": [{"client_id": one} for one in CLIENTS]}
    return store_of(folder, {name: table_of(name, rows) for name, rows in tables.items()})


def shown(client: str, n: int) -> dict[str, Any]:
    about = {"client_id": client, "answer_id": f"a{n}", "shown_at": "2024-06-01T09:00:00", "as_of": "2024-06-01"}
    said = {"kind": "segment", "task": SCHEME.id, "model": "s", "version": "1", "status": "answered"}
    return {**about, **said, "basis": "model", "proposed": HIGH_WEAK, "probability": 0.5, "unit": "west"}


def export(var: Path) -> None:
    decided = [
        {"decision_id": f"d{n}", "answer_id": f"a{n}", "client_id": client, "time": "2024-06-01T09:30:00"}
        | {"decision": "accept", "segment": HIGH_WEAK, "proposed": HIGH_WEAK, "suggestion_shown": True, "unit": "west"}
        for n, client in enumerate(CLIENTS)
    ]
    rows = {ANSWERS: [shown(one, n) for n, one in enumerate(CLIENTS)], DECISIONS: decided, REVIEWS: []}
    for declared, own in rows.items():
        write_extract(frame_of(declared, own), var / "extracts/service" / declared.file, date(2024, 12, 31))


@pytest.fixture
def config(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(command, "connect", lambda _: None)  # no need answered, so no registry is asked
    store(var / "store")
    values = {**read_yaml("configs/feedback.yaml"), "labels": None, "segment_days": 90, "repeats": 30}
    file = tmp_path / "feedback.yaml"
    file.write_text(yaml.safe_dump(values))
    return str(file)


def test_the_command_publishes_report_and_rows_and_does_it_again_alike(
    config: str, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(var)
    assert command.main(["--config", config]) == 0
    assert "40 answered estimates, 30 with a known outcome, 0 not due yet; 40 decisions" in capsys.readouterr().out
    (page,) = var.glob("published/*/feedback.html")
    summary = json.loads(page.with_suffix(".json").read_text())
    (every,) = [one for one in summary["calibration"] if one["part"] == "*"]
    assert (every["clients"], every["observed"], every["expected"], every["ratio"]) == (30, 1.0, 0.5, 2.0)
    assert summary["counts"]["state_not_countable"] == 10
    assert next(one for one in summary["right"] if one["choice"] == "accept")["proposal_right"] == 1.0
    (rows,) = var.glob("feedback/*.parquet")
    joined = read_frame(rows)
    assert joined["state"].value_counts().to_dict() == {"scored": 30, "not_countable": 10}
    assert set(joined.loc[joined["state"] == "scored", "days"]) == {34.0}
    html = page.read_text()
    assert not any(client in html for client in CLIENTS)
    assert "http" not in html.replace("http-equiv", "")
    before = page.read_bytes(), rows.read_bytes()
    assert command.main(["--config", config]) == 0
    assert (page.read_bytes(), rows.read_bytes()) == before


def test_without_an_export_the_command_says_what_to_type(
    config: str, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--config", config]) == NothingYetError.exit_code
    assert "python -m serving.export_log" in capsys.readouterr().err
    assert not (var / "published").exists()


def test_answers_that_were_all_shown_after_the_registers_end_are_counted_and_no_fault(
    config: str, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(var)
    Path(config).write_text(yaml.safe_dump({**read_yaml(config), "as_of": "2024-05-01"}))
    assert command.main(["--config", config]) == 0
    assert "as of 2024-05-01: 0 answered estimates" in capsys.readouterr().out
    (summary,) = (json.loads(file.read_text()) for file in var.glob("published/*/feedback.json"))
    assert summary["counts"]["shown_later"] == 40


def test_the_drawn_are_weighted_by_what_they_stand_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answered: 6 of 8 moved. Drawn below the lists: 4 of 10, for 100; not eligible: 0 of 5, for 300."""
    snapshot = store(tmp_path)
    model = SimpleNamespace(
        task=TASK,
        catalogue=None,
        vocabulary=None,
        feature_names=("age",),
        parts=SimpleNamespace(used_columns=lambda values: values),
        model=SimpleNamespace(probabilities=lambda used: np.full(len(used), 0.2)),
    )
    monkeypatch.setattr(
        samples, "build", lambda *asked: SimpleNamespace(frame=pd.DataFrame({"age": [80.0] * len(asked[1])}))
    )
    usual = {"kind": "need", "task": TASK.id, "model": "m", "version": "1", "state": "scored", "first": True}
    answered = pd.DataFrame({"client_id": CLIENTS[:6] + CLIENTS[38:], "outcome": [1.0] * 6 + [0.0] * 2})
    answered = answered.assign(**usual, probability=0.5)
    reasons = [("below_lists", 100, one) for one in CLIENTS[6:16]] + [
        ("not_eligible", 300, one) for one in CLIENTS[20:25]
    ]
    draws = [
        {
            "unit": "u",
            "period": "2024-05",
            "client_id": one,
            "as_of": "2024-06-01",
            "drawn_for": why,
            "population": n,
            "drawn": 1,
        }
        for why, n, one in reasons
    ]
    reviews = frame_of(REVIEWS, draws)
    drawn = samples.drawn_rows(reviews, model, snapshot, MIDNIGHT)  # type: ignore[arg-type]
    assert drawn.groupby("weight")["outcome"].agg(["size", "sum"]).to_dict("index") == {
        10.0: {"size": 10, "sum": 4.0},
        60.0: {"size": 5, "sum": 0.0},
    }
    told = samples.side_by_side(answered, reviews, {("m", "1"): model}, snapshot, MIDNIGHT, Drawn(5, 30, 1))  # type: ignore[dict-item]
    assert [one["hidden"] for one in told] == [True, True, True]  # two of the answered, four of the drawn
    monkeypatch.setattr("training.feedback.lines.hidden_together", lambda *counts: [False] * len(counts[0]))
    told = samples.side_by_side(
        answered,
        reviews,
        {("m", "1"): model},
        snapshot,
        date(2024, 12, 31),
        Drawn(5, 30, 1),  # type: ignore[dict-item]
    )
    rate = {one["part"]: (one["observed"], one["expected"]) for one in told}
    assert rate["selected"] == (0.75, 0.5)
    assert rate["not_selected"] == (pytest.approx(40 / 400), pytest.approx(0.2))
    assert rate["both"][0] == pytest.approx((6 + 40) / 408)
    early = samples.drawn_rows(reviews, model, snapshot, date(2024, 9, 9))  # type: ignore[arg-type]
    assert early.empty  # no horizon has passed yet
