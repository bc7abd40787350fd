"""Every MLproject step is thin: one module, one config, both existing, nothing that breaks from another folder."""

import importlib.util
import re

import pytest
import yaml

from configs.loader import PROJECT_ROOT

PROJECT = yaml.safe_load((PROJECT_ROOT / "MLproject").read_text())
STEPS = [
    *(
        "ingest",
        "histories",
        "segmentation",
        "need",
        "demand",
        "flow",
        "heads_up",
        "evaluate",
        "promote",
        "live",
        "retrain",
    ),
    *("quality", "rules", "crosswalk", "decay", "clusters", "selection", "county_reasons", "areas", "planning"),
    "private_counts",
    "path_events",
    "readiness",
    "audit",
    "seeds",
    "demand_reports",
    "client_groups",
    "guidance",
    *("fairness", "ablation"),
    "indicators",
    "reconcile",
    "monitor",
    "feedback",
]


def test_the_steps_are_the_documented_ones() -> None:
    assert sorted(PROJECT["entry_points"]) == sorted(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_one_module_with_one_config(step: str) -> None:
    entry = PROJECT["entry_points"][step]
    found = re.fullmatch(r"python -m (\S+) --config \{config\}", entry["command"])
    assert found, entry["command"]
    assert importlib.util.find_spec(found[1]), found[1]
    # `path` parameters are made absolute against the caller's folder and break from another one.
    assert entry["parameters"]["config"]["type"] == "string"
    assert (PROJECT_ROOT / entry["parameters"]["config"]["default"]).is_file()


def test_the_environment_is_the_hashed_lock() -> None:
    environment = yaml.safe_load((PROJECT_ROOT / PROJECT["python_env"]).read_text())
    assert environment["dependencies"] == ["-r requirements.lock"]
