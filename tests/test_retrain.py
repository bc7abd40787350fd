"""Retraining runs its steps in order and stops at the first fault."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from configs.loader import PROJECT_ROOT, load_config
from training import retrain


def steps(*names: str) -> retrain.RetrainConfig:
    return retrain.RetrainConfig.model_validate({"steps": tuple({"step": n, "config": f"{n}.yaml"} for n in names)})


def recorder(codes: dict[str, int], calls: list[tuple[str, str]]) -> Callable[[str], Callable[[Sequence[str]], int]]:
    def main_of(step: str) -> Callable[[Sequence[str]], int]:
        def main(argv: Sequence[str]) -> int:
            calls.append((step, argv[1]))
            return codes.get(step, 0)

        return main

    return main_of


def test_steps_run_in_order_each_with_its_config() -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.run_steps(steps("ingest", "need", "promote"), recorder({}, calls)) == 0
    assert calls == [("ingest", "ingest.yaml"), ("need", "need.yaml"), ("promote", "promote.yaml")]


def test_the_first_fault_stops_the_road_with_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[tuple[str, str]] = []
    assert retrain.run_steps(steps("ingest", "need", "promote"), recorder({"need": 4}, calls)) == 4
    assert [step for step, _ in calls] == ["ingest", "need"]
    assert "later steps were not run" in capsys.readouterr().out


def test_an_unknown_step_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "retrain.yaml"
    config.write_text(yaml.safe_dump({"steps": [{"step": "segmentation2", "config": "x.yaml"}]}))
    assert retrain.main(["--config", str(config)]) == 2
    assert "steps.0.step" in capsys.readouterr().err


def test_every_step_of_the_shipped_configs_exists() -> None:
    for file in ("configs/retrain.yaml",):
        for step in load_config(file, retrain.RetrainConfig).steps:
            assert (PROJECT_ROOT / step.config).is_file(), step.config
            assert callable(retrain.main_of(step.step))
