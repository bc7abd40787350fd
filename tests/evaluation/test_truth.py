"""The truth is read with pseudonyms, and what the chapter says of it can be worked by hand."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from configs.workspace import Workspace
from evaluation.truth import read_truth, reason_hit, sampled_clients, simulator_chapter, true_drivers, world_figures
from features.identity import pseudonymise
from models.answers import Likelihood, Reason

KEY = bytes(range(32))
ADULT, CHILD = "010594Y9032", "010516B903X"
NAME = {"fi": "", "sv": "", "en": ""}


class NoModels:
    """A registry in which nothing was registered yet."""

    def champion(self, name: str) -> None:
        return None

    def latest(self, name: str) -> None:
        return None


@pytest.fixture
def workspace(var: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("LUOTAIN_PSEUDONYM_KEY", KEY.hex())
    folder = var / "truth"
    folder.mkdir()
    (folder / "persons.csv").write_text(f"person,henkilotunnus\n0,{ADULT}\n1,{CHILD}\n")
    monthly = [
        # person, as_of, long_term, complexity_high, resources_weak, complexity_driver_1
        (0, "2024-12-01", True, True, False, "falls"),
        (0, "2025-01-01", True, True, True, "falls"),
        (1, "2025-01-01", True, False, False, None),
    ]
    columns = ["person", "as_of", "long_term", "complexity_high", "resources_weak", "complexity_driver_1"]
    dated(monthly, columns).to_parquet(folder / "monthly.parquet")
    unmet = [
        (0, "2024-12-01", "mental_health", False),
        (0, "2025-01-01", "mental_health", True),  # met in the end
        (1, "2025-01-01", "mental_health", False),
    ]
    dated(unmet, ["person", "as_of", "service", "met"]).to_parquet(folder / "unmet_need.parquet")
    (folder / "drivers.json").write_text(json.dumps({"complexity": [{"family": "falls", "weight": 0.5}]}))
    (folder / "planted_faults.json").write_text(json.dumps({"a.csv": {"duplicate_row": 2}}))
    return Workspace(var)


def dated(rows: list[tuple], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]))


def likelihood(families: list[tuple[str, float | None]]) -> Likelihood:
    """Contributions in this order, with the client's own values (None = unknown)."""
    reasons = tuple(Reason(f, NAME, "health", "risk", 1.0, f, value, None, "s", NAME) for f, value in families)
    return Likelihood("complexity_high", NAME, NAME, 0.5, 0.0, 0.0, reasons, ())


def test_person_numbers_become_pseudonyms(workspace: Workspace) -> None:
    truth = read_truth(workspace)
    assert truth.monthly["client_id"].tolist() == [pseudonymise(KEY, one) for one in (ADULT, ADULT, CHILD)]
    assert "person" not in truth.monthly
    assert "person" not in truth.unmet_need
    assert truth.planted_faults == {"a.csv": {"duplicate_row": 2}}


def test_a_missing_part_is_named(workspace: Workspace) -> None:
    (workspace.truth / "drivers.json").unlink()
    with pytest.raises(DataError, match="no drivers"):
        read_truth(workspace)


def test_the_world_is_told_of_the_last_month(workspace: Workspace) -> None:
    figures = {figure["name"]["en"]: figure["value"] for figure in world_figures(read_truth(workspace))}
    assert figures["Long-term clients"] == 2
    assert figures["High complexity"] == 1 / 2
    assert figures["Need never became use: mental_health"] == 1 / 2  # the child; the adult was met in the end


def test_the_chapter_stands_without_a_model(workspace: Workspace) -> None:
    chapter = simulator_chapter(workspace, NoModels())  # type: ignore[arg-type]
    assert len(chapter["figures"]) == 4
    json.dumps(chapter, allow_nan=False)


def test_the_sample_is_of_the_last_known_month(workspace: Workspace) -> None:
    monthly = read_truth(workspace).monthly
    assert len(sampled_clients(monthly, pd.Timestamp("2025-01-01").to_datetime64())) == 2
    assert len(sampled_clients(monthly, pd.Timestamp("2024-12-15").to_datetime64())) == 1


@pytest.mark.parametrize(
    "families,                                                     hit, chance",
    [
        ([("a", 1.0), ("b", 1.0), ("falls", 1.0), ("d", 1.0)], 1.0, 1 - (3 * 2 * 1) / (4 * 3 * 2)),
        ([("a", 1.0), ("b", 1.0), ("c", 1.0), ("falls", 1.0)], 0.0, 1 - (3 * 2 * 1) / (4 * 3 * 2)),
        ([("a", None), ("b", 1.0), ("c", 1.0), ("falls", 1.0)], 1.0, 1.0),  # an unknown family is no reason
        ([("a", 1.0), ("b", 1.0), ("falls", None)], 0.0, 0.0),
    ],
)
def test_reasons_are_compared_with_chance(families: list, hit: float, chance: float) -> None:
    found = reason_hit(likelihood(families), frozenset({"falls"}))
    assert found == (hit, pytest.approx(chance))


def test_a_client_has_the_drivers_of_its_own_axis(workspace: Workspace) -> None:
    monthly = read_truth(workspace).monthly
    assert true_drivers(monthly.iloc[0], "complexity_high") == {"falls"}
    assert true_drivers(monthly.iloc[0], "resources_weak") == frozenset()
    assert true_drivers(monthly.iloc[2], "complexity_high") == frozenset()


def test_nothing_else_reads_the_truth() -> None:
    """The simulator writes it, evaluation/truth.py reads it, and evaluate asks that one."""
    folders = ("configs", "features", "models", "training", "evaluation", "serving")
    files = [file for folder in folders for file in (PROJECT_ROOT / folder).rglob("*.py")]
    found = {
        file.relative_to(PROJECT_ROOT).as_posix()
        for file in files
        if re.search(r"workspace\.truth\b|[\"']truth[\"'/]", file.read_text(encoding="utf-8"))
    }
    assert found == {
        "configs/workspace.py",
        "features/simulator/delivery/deliver.py",
        "evaluation/truth.py",
        "evaluation/evaluate.py",
        "evaluation/fairness/__main__.py",  # asks evaluation/truth.py
    }
