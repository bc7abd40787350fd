"""The steps that a retraining may be made of: what each is called, which command it is, and how it is run."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from configs.loader import PROJECT_ROOT, StrictConfig, read_yaml
from features.manifest import write_atomically

StepName = Literal[
    "ingest",
    "histories",
    "quality",
    "segmentation",
    "need",
    "demand",
    "flow",
    "evaluate",
    "promote",
    "client_groups",
    "fairness",
    "indicators",
    "guidance",
    "reconcile",
    "monitor",
    "feedback",
    "seeds",
    "service_facts",
    "audit",
]
MODULES: dict[str, str] = {
    "ingest": "features.ingest.__main__",
    "histories": "features.histories",
    "quality": "evaluation.quality.__main__",
    "segmentation": "training.segmentation",
    "need": "training.need",
    "demand": "training.demand.__main__",
    "flow": "training.flow",
    "evaluate": "evaluation.evaluate",
    "promote": "training.promote",
    "client_groups": "evaluation.client_groups.__main__",
    "fairness": "evaluation.fairness.__main__",
    "indicators": "evaluation.indicators.__main__",
    "guidance": "evaluation.guidance.__main__",
    "reconcile": "evaluation.reconcile.__main__",
    "monitor": "evaluation.monitor",
    "feedback": "training.feedback.__main__",
    "seeds": "training.seeds",
    "audit": "evaluation.audit.__main__",
}
APART: dict[str, str] = {"service_facts": "serving.oversight.facts"}
"""Commands of the service: typed as a person types them, in a process of their own.  Training imports no serving."""

Main = Callable[[Sequence[str]], int]
MainOf = Callable[[str], Main]


class Step(StrictConfig):
    """One step and the config it runs with."""

    step: StepName
    config: str
    changes: dict[str, Any] = {}
    """Top-level values of that config which are others in this retraining, e.g. a smaller sample."""


class RetrainConfig(StrictConfig):
    """The steps of one retraining, in order, and then the reports about what is live."""

    var: str = "var"
    steps: tuple[Step, ...]
    """Each needs those before it: a fault stops the road."""
    reports: tuple[Step, ...] = ()
    """Run when the models are decided; a fault in one stops no other and changes nothing that is live."""


def main_of(step: str) -> Main:
    """The `main` of a step, imported when its turn comes: the first step starts at once."""
    if step in APART:
        return lambda argv: _typed(APART[step], argv)
    main_function: Main = importlib.import_module(MODULES[step]).main
    return main_function


def config_of(step: Step, folder: Path) -> str:
    """The config file that a step is run with: its own, or in `folder` its own with the changed values."""
    if not step.changes:
        return step.config
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{step.step}.yaml"
    write_atomically(file, yaml.safe_dump(read_yaml(step.config) | step.changes, allow_unicode=True).encode())
    return str(file)


def command_of(step: Step) -> str:
    """What a person types to run this step alone."""
    module = (APART | MODULES)[step.step].removesuffix(".__main__")
    return f"python -m {module} --config {step.config}"


def _typed(module: str, argv: Sequence[str]) -> int:
    command = [sys.executable, "-m", module, *argv]
    return subprocess.run(command, cwd=PROJECT_ROOT, check=False).returncode
