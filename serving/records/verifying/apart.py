"""The whole verification in a process of its own, behind everything else: a long log must not slow the answers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from models.chain import Checkpoint
from serving.records.chain.chained import Verified


def verified_apart(config: str) -> tuple[Verified, ...]:
    """What `python -m serving.verify_log --json` finds.  Raises DataError with its sentence."""
    command = [sys.executable, "-m", "serving.verify_log", "--json", "--config", config]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    try:
        return heard(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        raise DataError(done.stderr.strip().removeprefix("luotain: ") or "The verifier said nothing.") from None


def told(found: Sequence[Verified]) -> str:
    """One line that `heard` reads."""
    return json.dumps([asdict(one) for one in found])


def heard(line: str) -> tuple[Verified, ...]:
    """Back from `told`.  Raises ValueError."""
    values: list[dict[str, Any]] = json.loads(line)
    found = (Verified(**one) for one in values)
    return tuple(replace(one, head=_point(one.head), checked=_point(one.checked)) for one in found)


def _point(values: Any) -> Checkpoint:
    return Checkpoint(int(values["seq"]), str(values["hash"]))
