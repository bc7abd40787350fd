"""Retraining runs its steps in order and stops at the first fault."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from configs.errors import DataError, NothingYetError
from configs.loader import PROJECT_ROOT, StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.audit.settings import AuditConfig
from evaluation.fairness.settings import FairnessConfig
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.monitoring.settings import MonitorConfig
from training import retrain
from training.feedback.settings import FeedbackConfig
from training.retraining import journal
from training.retraining.steps import config_of
from training.seeds import SeedsConfig


@pytest.fixture(autouse=True)
def report(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a registry costs seconds: only the tests of the report itself write one."""
    if "tells" not in request.fixturenames:
        monkeypatch.setattr(retrain, "write_report", lambda *_: "Report: none")


@pytest.fixture
def tells(var: Path, empty_registry: Path) -> None:
    """For a test that reads the report."""
    shutil.copytree(empty_registry, var, dirs_exist_ok=True)


ROAD = ["ingest", "need", "promote"]


def steps(*names: str, reports: Sequence[str] = ()) -> retrain.RetrainConfig:
    lists = {"steps": names, "reports": reports}
    made = {key: tuple({"step": n, "config": f"{n}.yaml"} for n in wanted) for key, wanted in lists.items()}
    return retrain.RetrainConfig.model_validate(made)


def recorder(codes: dict[str, int], calls: list[tuple[str, str]]) -> Callable[[str], Callable[[Sequence[str]], int]]:
    def main_of(step: str) -> Callable[[Sequence[str]], int]:
        def main(argv: Sequence[str]) -> int:
            calls.append((step, argv[1]))
            return codes.get(step, 0)

        return main

    return main_of


@pytest.mark.usefixtures("tells")
def test_steps_run_in_order_each_with_its_config_and_a_report_is_written(var: Path) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("ingest", "need", "promote"), "monthly", recorder({}, calls)) == 0
    assert calls == [("ingest", "ingest.yaml"), ("need", "need.yaml"), ("promote", "promote.yaml")]
    (report,) = (var / "retraining").glob("*.md")
    assert "| promote | promote.yaml |" in report.read_text()
    assert json.loads(report.with_suffix(".json").read_text())["exit_code"] == 0


def test_the_first_fault_stops_the_road_and_the_next_call_goes_on_there(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("ingest", "need", "promote"), "monthly", recorder({"need": 4}, calls)) == 4
    assert [step for step, _ in calls] == ["ingest", "need"]
    assert "later steps were not run" in capsys.readouterr().out
    assert retrain.retrain(steps("ingest", "need", "promote"), "monthly", recorder({}, calls)) == 0
    assert [step for step, _ in calls] == ["ingest", "need", "need", "promote"]
    assert "ingest was done before the interruption" in capsys.readouterr().out
    assert retrain.retrain(steps("ingest"), "monthly", recorder({}, calls)) == 0
    assert [step for step, _ in calls][-1] == "ingest"  # the last one ended: this is a new one


def test_a_refused_candidate_ends_the_retraining(var: Path) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("need", "promote"), "monthly", recorder({"promote": 5}, calls)) == 5
    assert retrain.retrain(steps("need", "promote"), "monthly", recorder({}, calls)) == 0
    assert [step for step, _ in calls] == ["need", "promote", "need", "promote"]


@pytest.mark.usefixtures("tells")
def test_after_a_refused_candidate_the_later_steps_tell_of_what_is_live(var: Path) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("need", "promote", "client_groups"), "m", recorder({"promote": 5}, calls)) == 5
    assert [step for step, _ in calls] == ["need", "promote", "client_groups"]
    (report,) = (var / "retraining").glob("*.md")
    assert json.loads(report.with_suffix(".json").read_text())["exit_code"] == 5


class Killed(BaseException):
    """Stands for kill -9: nothing is cleared up after it."""


def killed_at(
    step: str, calls: list[tuple[str, str]], codes: dict[str, int] | None = None
) -> Callable[[str], Callable[[Sequence[str]], int]]:
    def main_of(name: str) -> Callable[[Sequence[str]], int]:
        def die(argv: Sequence[str]) -> int:
            raise Killed

        return die if name == step else recorder(codes or {}, calls)(name)

    return main_of


@pytest.mark.parametrize(
    "changed,            again",
    [
        ("nothing", ["promote"]),
        ("the code", ["ingest", "need", "promote"]),
        ("the registers", ["ingest", "need", "promote"]),
    ],
)
def test_F11_a_killed_retraining_goes_on_only_with_the_same_code_and_registers(
    var: Path, monkeypatch: pytest.MonkeyPatch, changed: str, again: list[str]
) -> None:
    calls: list[tuple[str, str]] = []
    with pytest.raises(Killed):
        retrain.retrain(steps("ingest", "need", "promote"), "monthly", killed_at("promote", calls))
    assert [step for step, _ in calls] == ["ingest", "need"]
    if changed == "the code":
        monkeypatch.setattr(journal, "source_fingerprint", lambda: "other")
    if changed == "the registers":
        monkeypatch.setattr(journal, "snapshot_of", lambda _: "b" * 64)
    assert retrain.retrain(steps("ingest", "need", "promote"), "monthly", recorder({}, calls)) == 0
    assert [step for step, _ in calls][2:] == again


def test_of_two_retrainings_at_once_the_second_is_told(var: Path) -> None:
    with journal.only_retraining(Workspace.of("var")), pytest.raises(DataError, match="Another retraining"):
        retrain.retrain(steps("need"), "monthly", recorder({}, []))
    assert retrain.retrain(steps("need"), "monthly", recorder({}, [])) == 0


def test_the_fingerprint_sees_every_change_of_code_and_config(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    file = tmp_path / "configs" / "need.yaml"
    file.write_text("a: 1\n")
    before = journal.source_fingerprint(tmp_path)
    assert journal.source_fingerprint(tmp_path) == before
    file.write_text("a: 2\n")
    assert journal.source_fingerprint(tmp_path) != before
    file.rename(file.with_name("needs.yaml"))
    assert len({before, journal.source_fingerprint(tmp_path)}) == 2


def test_a_journal_that_cannot_be_read_begins_anew(var: Path) -> None:
    file = var / "retraining" / "monthly.json"
    file.parent.mkdir()
    file.write_text("{half")
    assert journal.open_journal(Workspace.of("var"), "monthly").steps == ()


REPORTS = ("fairness", "monitor", "audit")


@pytest.mark.parametrize(
    "codes,                                        code",
    [
        ({}, 0),
        ({"monitor": 10}, 10),  # an alarm is an answer
        ({"promote": 5}, 5),
        ({"promote": 5, "monitor": 10}, 5),  # a refused candidate is told before an alarm
        ({"promote": 5, "monitor": 10, "fairness": 3}, 3),  # and a fault before both
        ({"fairness": 3, "audit": 4}, 3),  # the first fault
    ],
)
def test_the_code_of_a_retraining_with_reports_tells_the_worst_and_every_report_has_its_turn(
    var: Path, codes: dict[str, int], code: int
) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("need", "promote", reports=REPORTS), "m", recorder(codes, calls)) == code
    assert [step for step, _ in calls] == ["need", "promote", *REPORTS]
    report = json.loads((var / "retraining" / "m.json").read_text())
    assert report["ended"] == (code not in (3, 4))  # after a fault the next call goes on
    assert {one["step"]: one["code"] for one in report["steps"]} == {
        step: codes.get(step, 0) for step in ("need", "promote", *REPORTS)
    }


def test_a_failed_report_says_what_stays_live_and_only_it_runs_again(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[str, str]] = []
    road = steps("need", "promote", reports=REPORTS)
    assert retrain.retrain(road, "m", recorder({"fairness": 3}, calls)) == 3
    shown = capsys.readouterr().out
    assert "The report fairness failed (exit code 3). What is live stays live" in shown
    assert "evaluation.fairness --config fairness.yaml" in shown
    calls.clear()
    assert retrain.retrain(road, "m", recorder({}, calls)) == 0
    assert [step for step, _ in calls] == ["fairness"]


def test_a_report_with_nothing_to_tell_of_yet_is_one_line_and_no_fault(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[str, str]] = []
    road = steps("promote", reports=("monitor", "feedback", "audit"))
    assert retrain.retrain(road, "m", recorder({"feedback": NothingYetError.exit_code}, calls)) == 0
    assert [step for step, _ in calls] == ["promote", "monitor", "feedback", "audit"]
    shown = capsys.readouterr().out
    assert shown.count("feedback had nothing to tell of yet") == 1
    assert "failed" not in shown
    assert json.loads((var / "retraining" / "m.json").read_text())["ended"]


def test_a_step_with_nothing_yet_stops_the_road(var: Path) -> None:
    """Only a report may have nothing to tell of: what the later steps need must be there."""
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("ingest", "need"), "m", recorder({"ingest": 11}, calls)) == 11
    assert [step for step, _ in calls] == ["ingest"]


@pytest.mark.parametrize(
    "codes,              again",
    [
        ({}, ["audit"]),
        ({"monitor": 10}, ["monitor", "audit"]),  # its alarm must be told at the end
        ({"promote": 5}, ["promote", "audit"]),  # and so must a refusal
        ({"fairness": 3}, ["fairness", "audit"]),
    ],
)
def test_F11_a_retraining_killed_in_its_reports_trains_nothing_again(
    var: Path, codes: dict[str, int], again: list[str]
) -> None:
    calls: list[tuple[str, str]] = []
    road = steps("need", "promote", reports=REPORTS)
    with pytest.raises(Killed):
        retrain.retrain(road, "m", killed_at("audit", calls, codes))
    calls.clear()
    assert retrain.retrain(road, "m", recorder({k: v for k, v in codes.items() if v in (5, 10)}, calls)) in (0, 5, 10)
    assert [step for step, _ in calls] == again


def test_a_person_who_stops_a_report_stops_the_rest(var: Path) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.retrain(steps("promote", reports=REPORTS), "m", recorder({"fairness": 130}, calls)) == 130
    assert [step for step, _ in calls] == ["promote", "fairness"]


def test_a_command_of_the_service_is_typed_as_a_person_types_it(monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        typed.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr("training.retraining.steps.subprocess.run", run)
    assert retrain.main_of("service_facts")(["--config", "configs/serving.yaml"]) == 3
    assert typed == [[sys.executable, "-m", "serving.oversight.facts", "--config", "configs/serving.yaml"]]
    assert importlib.util.find_spec(typed[0][2]) is not None


def test_changed_values_are_told_and_the_rest_of_the_config_stays(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[str, str]] = []
    step = {"step": "seeds", "config": "configs/seeds.yaml", "changes": {"seeds": [1]}}
    road = retrain.RetrainConfig.model_validate({"steps": (), "reports": (step,)})
    assert retrain.retrain(road, "m", recorder({}, calls)) == 0
    assert "(configs/seeds.yaml, seeds: [1])" in capsys.readouterr().out
    ((_, file),) = calls
    found, whole = load_config(file, SeedsConfig), load_config("configs/seeds.yaml", SeedsConfig)
    assert found == whole.model_copy(update={"seeds": (1,)})
    assert Path(file).parent == var / "retraining" / "configs"


def test_an_unknown_step_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "retrain.yaml"
    config.write_text(yaml.safe_dump({"steps": [{"step": "segmentation2", "config": "x.yaml"}]}))
    assert retrain.main(["--config", str(config)]) == 2
    assert "steps.0.step" in capsys.readouterr().err


def test_every_step_of_the_shipped_configs_exists() -> None:
    for file in ("configs/retrain.yaml", "configs/real/retrain.yaml"):
        road = load_config(file, retrain.RetrainConfig)
        for step in (*road.steps, *road.reports):
            assert (PROJECT_ROOT / step.config).is_file(), step.config
            assert callable(retrain.main_of(step.step))


CHANGED: dict[str, type[StrictConfig]] = {
    **{"fairness": FairnessConfig, "monitor": MonitorConfig, "seeds": SeedsConfig, "audit": AuditConfig},
    "indicators": IndicatorsConfig,
    "feedback": FeedbackConfig,
}


@pytest.mark.parametrize("step", CHANGED)
def test_what_the_shipped_road_changes_are_settings_of_the_step(step: str, tmp_path: Path) -> None:
    road = load_config("configs/retrain.yaml", retrain.RetrainConfig)
    assert {one.step for one in (*road.steps, *road.reports) if one.changes} == set(CHANGED)
    (one,) = (report for report in road.reports if report.step == step)
    changed = load_config(config_of(one, tmp_path), CHANGED[step]).model_dump(mode="json")
    whole = load_config(one.config, CHANGED[step]).model_dump(mode="json")
    assert {name for name in whole if changed[name] != whole[name]} == set(one.changes)
