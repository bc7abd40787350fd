"""Runs that a killed training left behind: nothing of them is visible, and the next training here marks them killed."""

import os
import socket
from pathlib import Path

from models.registry import EXPERIMENT, Registry

PROCESS = "process"
"""Tag of a run: machine, process and its start, so that a process number used again is not taken for it."""


def this_process() -> str:
    """The tag's value."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def end_dead_runs(registry: Registry) -> int:
    """Mark this machine's runs whose process is gone: KILLED, or FINISHED where the version was registered already."""
    experiment = registry.client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return 0
    running = registry.client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'", max_results=200)
    dead = [run.info.run_id for run in running if is_dead(run.data.tags.get(PROCESS, ""))]
    for run_id in dead:
        versions = list(registry.client.search_model_versions(f"run_id = '{run_id}'"))
        registry.client.set_terminated(run_id, "FINISHED" if versions else "KILLED")
    return len(dead)


def is_dead(process: str) -> bool:
    """True for a tag of this machine whose process is there no more; of another machine nothing is known."""
    machine, _, rest = process.partition(":")
    number, _, started = rest.partition(":")
    if machine != socket.gethostname() or not number.isdigit():
        return False
    return _started(int(number)) != started


def _started(number: int) -> str:
    """When a process began, in the system's ticks; empty when there is none such."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, *fields = text.rsplit(")", 1)[1].split()
    return "" if state in "ZX" else fields[18]
