"""The whole road in one command: data check, build, train, evaluate, gate, promote, report.

The steps of a config run in order, each with its time; the first fault stops them.  Every step is the same `main(argv)`
that `python -m <module>` runs, so a step by hand and a step here cannot differ.  Killed in the middle (kill -9, power),
or after a fault that was mended, the same command goes on where it was cut (training/retraining).
"""

import importlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from configs.command import fail, parse_config_path, say
from configs.errors import GateError, LuotainError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from training.retraining.journal import Done, Journal, only_retraining, open_journal, snapshot_of
from training.retraining.kept import SINCE
from training.retraining.report import write_report

StepName = Literal[
    "ingest", "histories", "quality", "segmentation", "need", "demand", "flow", "evaluate", "promote", "client_groups"
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
}


class Step(StrictConfig):
    """One step and the config it runs with."""

    step: StepName
    config: str


class RetrainConfig(StrictConfig):
    """The steps of one retraining, in order."""

    var: str = "var"
    steps: tuple[Step, ...]


MainOf = Callable[[str], Callable[[Sequence[str]], int]]


def run_steps(config: RetrainConfig, main_of: MainOf, course: "Course") -> int:
    """Run the steps; returns 0, or the exit code of the first step that failed (its message is already printed).

    A refused candidate stops nothing: what was live stays live, and later steps tell of it.  Its code is returned.
    """
    started, refused = time.monotonic(), 0
    total = len(config.steps)
    for number, step in enumerate(config.steps, start=1):
        if course.journal.is_done(number - 1):
            say(f"[{number}/{total}] {step.step} was done before the interruption")
            continue
        say(f"\n[{number}/{total}] {step.step}  ({step.config})")
        begun = time.monotonic()
        code = main_of(step.step)(["--config", step.config])
        course.ended(step, time.monotonic() - begun, code)
        refused = refused or (code if code == GateError.exit_code else 0)
        if code and code != GateError.exit_code:
            say(f"[{number}/{total}] {step.step} stopped the retraining (exit code {code}); later steps were not run.")
            return code
        say(f"[{number}/{total}] {step.step} took {time.monotonic() - begun:.1f} s")
    say(f"\nAll {total} steps took {time.monotonic() - started:.1f} s.")
    return refused


class Course:
    """One retraining as it goes: every step is written down when it ends."""

    def __init__(self, workspace: Workspace, journal: Journal) -> None:
        self.workspace, self.journal = workspace, journal

    def ended(self, step: Step, seconds: float, code: int) -> None:
        """A step ended; a killed process never gets here."""
        done = Done(step.step, step.config, round(seconds, 1), code, snapshot_of(self.workspace))
        self.journal = self.journal.with_step(done)


def retrain(config: RetrainConfig, name: str, main_of: MainOf) -> int:
    """The whole retraining of that name, or what a cut one had left; ends with the report."""
    workspace = Workspace.of(config.var)
    with only_retraining(workspace):
        return _retrain(config, name, main_of, workspace)


def _retrain(config: RetrainConfig, name: str, main_of: MainOf, workspace: Workspace) -> int:
    course = Course(workspace, open_journal(workspace, name))
    if course.journal.resumed:
        say(f"Going on with the retraining of {course.journal.begun[:16]} UTC, which was cut.")
        os.environ[SINCE] = course.journal.begun
    try:
        code = run_steps(config, main_of, course)
    finally:
        os.environ.pop(SINCE, None)
    if code in (0, GateError.exit_code):  # a refused candidate is an outcome; after a fault the next call goes on
        course.journal = course.journal.concluded()
        say(write_report(workspace, course.journal, code))
    return code


def main_of(step: str) -> Callable[[Sequence[str]], int]:
    """The `main` of a step, imported when its turn comes: the first step starts at once."""
    main_function: Callable[[Sequence[str]], int] = importlib.import_module(MODULES[step]).main
    return main_function


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m training.retrain --config configs/retrain.yaml`."""
    path = parse_config_path(argv, "training.retrain", str(__doc__).splitlines()[0], "configs/retrain.yaml")
    try:
        config = load_config(path, RetrainConfig)
    except LuotainError as error:
        return fail(error)
    try:
        return retrain(config, Path(path).stem, main_of)
    except LuotainError as error:
        return fail(error)
    except KeyboardInterrupt:  # between two steps or while one is imported; a running step says it itself
        say("luotain: stopped by the user; nothing half-written was kept.")
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
