"""A retraining as it goes: every step with its time, written down when it ends; faults told where they belong."""

import resource
import time

from configs.command import fail, say
from configs.errors import GateError, LuotainError, NothingYetError
from configs.workspace import Workspace
from evaluation.monitoring.exit_codes import ALARM
from training.retraining.journal import FOLDER, Done, Journal, snapshot_of
from training.retraining.steps import MainOf, RetrainConfig, Step, command_of, config_of

OUTCOMES = {GateError.exit_code: "a candidate was refused", ALARM: "the monitoring has an alarm"}
"""Exit codes that are an answer and not a fault of the step."""
NOTHING_YET = NothingYetError.exit_code
"""A report had nothing to tell of yet (its command said what); a step never may."""
INTERRUPTED = 130


class Course:
    """One retraining: runs its steps, keeps its journal."""

    def __init__(self, workspace: Workspace, journal: Journal, main_of: MainOf, total: int) -> None:
        self.workspace, self.journal, self.main_of, self.total = workspace, journal, main_of, total
        self.number = 0

    def run(self, step: Step) -> int:
        """One step; its exit code.  A step that ended well before an interruption is not run again."""
        self.number += 1
        place = f"[{self.number}/{self.total}] {step.step}"
        if self.journal.is_done(step.step, step.config):
            say(f"{place} was done before the interruption")
            return 0
        changed = "".join(f", {name}: {value}" for name, value in step.changes.items())
        say(f"\n{place}  ({step.config}{changed})")
        begun, used = time.monotonic(), _processor_seconds()
        code = self._typed(step)
        seconds, used = time.monotonic() - begun, _processor_seconds() - used
        done = Done(step.step, step.config, round(seconds, 1), round(used, 1), code, snapshot_of(self.workspace))
        self.journal = self.journal.with_step(done)
        if code == 0 or code in OUTCOMES:
            say(f"{place} took {seconds:.1f} s ({used:.1f} s of processor time)")
        if code == NOTHING_YET:
            say(f"{place} had nothing to tell of yet; the others go on.")
        return code

    def _typed(self, step: Step) -> int:
        try:
            config = config_of(step, self.workspace.root / FOLDER / "configs")
        except LuotainError as error:
            return fail(error)
        return self.main_of(step.step)(["--config", config])


def run_all(config: RetrainConfig, course: Course) -> int:
    """Every step, then every report; 0, or the code that most deserves to be told.

    A fault of a step comes back at once and later ones are not run.  A fault of a report comes back when the others
    have run; then a refused candidate (5); then an alarm (10).  A report with nothing to tell of yet is no fault.
    """
    started, refused = time.monotonic(), 0
    for step in config.steps:
        code = course.run(step)
        refused = refused or (code if code in OUTCOMES else 0)
        if code and code not in OUTCOMES:
            place = f"[{course.number}/{course.total}] {step.step}"
            say(f"{place} stopped the retraining (exit code {code}); later steps were not run.")
            return code
    fault, alarm = _reports(config, course)
    say(f"\nAll {course.total} steps took {time.monotonic() - started:.1f} s.")
    return fault or refused or alarm


def _reports(config: RetrainConfig, course: Course) -> tuple[int, int]:
    fault = alarm = 0
    for step in config.reports:
        code = course.run(step)
        if code == INTERRUPTED:
            return code, alarm
        if code in OUTCOMES:
            alarm = code
        elif code not in (0, NOTHING_YET):
            fault = fault or code
            say(f"The report {step.step} failed (exit code {code}). What is live stays live; the other reports go on.")
            say(f"When it is mended, type the same retraining again, or only {command_of(step)}")
    return fault, alarm


def _processor_seconds() -> float:
    """Of this process and of the ones it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
