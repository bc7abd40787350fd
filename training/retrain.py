"""The whole road in one command: data check, build, train, evaluate, gate, promote, report.

The steps of a config run in order, each with its time; the first fault stops them.  Then the reports tell of what is
live: a fault in one of them is told and returned, and stops nothing.  Every step is the same `main(argv)` that
`python -m <module>` runs, so a step by hand and a step here cannot differ.  Killed in the middle (kill -9, power), or
after a fault that was mended, the same command goes on where it was cut (training/retraining).
"""

import os
from collections.abc import Sequence
from pathlib import Path

from configs.command import fail, parse_config_path, say
from configs.errors import LuotainError
from configs.loader import load_config
from configs.workspace import Workspace
from training.retraining.course import OUTCOMES, Course, run_all
from training.retraining.journal import only_retraining, open_journal
from training.retraining.kept import SINCE
from training.retraining.report import write_report
from training.retraining.steps import MainOf, RetrainConfig, main_of


def retrain(config: RetrainConfig, name: str, main_of: MainOf) -> int:
    """The whole retraining of that name, or what a cut one had left; ends with its report."""
    workspace = Workspace.of(config.var)
    with only_retraining(workspace):
        return _retrain(config, name, main_of, workspace)


def _retrain(config: RetrainConfig, name: str, main_of: MainOf, workspace: Workspace) -> int:
    course = Course(workspace, open_journal(workspace, name), main_of, len(config.steps) + len(config.reports))
    if course.journal.resumed:
        say(f"Going on with the retraining of {course.journal.begun[:16]} UTC, which was cut.")
        os.environ[SINCE] = course.journal.begun
    try:
        code = run_all(config, course)
    finally:
        os.environ.pop(SINCE, None)
    if (
        code == 0 or code in OUTCOMES
    ):  # a refused candidate and an alarm are outcomes; after a fault the next call goes on
        course.journal = course.journal.concluded()
    if course.number == course.total:  # every step had its turn: a report that failed is told in it
        say(write_report(workspace, course.journal, code))
    return code


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
