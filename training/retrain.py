"""The whole road in one command: the steps of a config, in order, each with its time; the first fault stops it.

Every step is the same `main(argv)` that `python -m <module>` runs, so a step by hand and a step here cannot differ.
"""

import importlib
import time
from collections.abc import Callable, Sequence
from typing import Literal

from configs.command import fail, parse_config_path, say
from configs.errors import LuotainError
from configs.loader import StrictConfig, load_config

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

    steps: tuple[Step, ...]


def run_steps(config: RetrainConfig, main_of: Callable[[str], Callable[[Sequence[str]], int]]) -> int:
    """Run the steps; returns 0, or the exit code of the first step that failed (its message is already printed)."""
    started = time.monotonic()
    total = len(config.steps)
    for number, step in enumerate(config.steps, start=1):
        say(f"\n[{number}/{total}] {step.step}  ({step.config})")
        begun = time.monotonic()
        code = main_of(step.step)(["--config", step.config])
        if code:
            say(f"[{number}/{total}] {step.step} stopped the retraining (exit code {code}); later steps were not run.")
            return code
        say(f"[{number}/{total}] {step.step} took {time.monotonic() - begun:.1f} s")
    say(f"\nAll {total} steps took {time.monotonic() - started:.1f} s.")
    return 0


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
        return run_steps(config, main_of)
    except KeyboardInterrupt:  # between two steps or while one is imported; a running step says it itself
        say("luotain: stopped by the user; nothing half-written was kept.")
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
