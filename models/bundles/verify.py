"""Is this bundle safe to load?  Parsed first in a child process, because a damaged LightGBM text aborts the process.

`verify_bundle` checks signature and hashes, lets a child parse the model and repeat its golden rows, and only then
gives the bundle to the caller.  The child is this module: `python -m models.bundles.verify <folder>`, keys on stdin.
"""

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import lightgbm
import numpy as np
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from configs.command import run_command, say
from configs.errors import ModelError
from configs.loader import PROJECT_ROOT
from models.bundles.bundle import WITH_SUMS, Bundle, read_bundle
from models.bundles.golden import GOLDEN_FILE, check, check_files, golden_rows

PARSING_SECONDS = 2.0  # processor time of parsing and golden rows; libraries are imported before the clock starts
WALL_SECONDS = 120.0  # start of Python and its libraries on a loaded machine included

MODEL_CLASSES = {
    "segmentation": "models.segments.segmentation:SegmentationModel",
    "need": "models.needs.need:NeedModel",
    "demand": "models.demand:DemandModel",
    "flow": "models.flow.model:FlowModel",
    "booster": "models.bundles.verify:BareBooster",
}


class Verifiable(Protocol):
    """What a model class offers so that its bundle can be checked."""

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "Verifiable": ...

    def golden_outputs(self, rows: np.ndarray) -> Mapping[str, np.ndarray]: ...


class BareBooster:
    """The smallest model kind: one LightGBM text and nothing else.  Used to prove the loader itself."""

    def __init__(self, booster: lightgbm.Booster) -> None:
        self.booster = booster

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "BareBooster":
        """Parse `booster.txt`."""
        return cls(lightgbm.Booster(model_str=bundle.text("booster.txt")))

    def golden_outputs(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Predictions and the contributions behind them."""
        return {
            "prediction": np.asarray(self.booster.predict(rows, num_threads=1)),
            "contributions": np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=1)),
        }


def verify_bundle(folder: Path, public_keys: Sequence[Ed25519PublicKey]) -> Bundle:
    """The bundle in `folder`, known to be whole, ours, parseable and saying what it said when trained.

    Raises ModelError; the caller keeps its last good model.
    """
    bundle = read_bundle(folder, public_keys)
    model_class(bundle.kind)
    if GOLDEN_FILE not in bundle.files:
        raise ModelError(f"The model bundle {folder.name} has no {GOLDEN_FILE}, so it cannot be checked. Retrain it.")
    reply = _ask_child(folder, public_keys)
    if reply != bundle.sha256:
        raise ModelError(f"The model bundle {folder.name} changed while it was being checked. Fetch it again.")
    return bundle


def model_class(kind: str) -> str:
    """Where the class of a bundle's kind is.  Raises ModelError for an unknown kind."""
    if kind not in MODEL_CLASSES:
        raise ModelError(f"The bundle's kind is {kind}; this version knows {', '.join(MODEL_CLASSES)}. Update Luotain.")
    return MODEL_CLASSES[kind]


def _ask_child(folder: Path, public_keys: Sequence[Ed25519PublicKey]) -> str:
    """The bundle hash that the child confirms.  Raises ModelError when it refuses, dies or hangs."""
    # One thread: the golden rows are few, and the figure then does not depend on the machine.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "models.bundles.verify", str(folder.resolve())]
    try:
        child = subprocess.run(
            command, input=keys_text(public_keys), env=environment, cwd=PROJECT_ROOT,
            capture_output=True, text=True, errors="replace", timeout=WALL_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ModelError(f"Parsing the model bundle {folder.name} did not end. Promote another version.") from None
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        raise ModelError(f"Parsing the model bundle {folder.name} ended in {name}. Promote another version.")
    if child.returncode != 0:
        said = [line for line in child.stderr.splitlines() if line.startswith("luotain: ")]
        raise ModelError(said[-1].removeprefix("luotain: ") if said else _unexplained(folder))
    return child.stdout.strip().splitlines()[-1] if child.stdout.strip() else ""


def _unexplained(folder: Path) -> str:
    return f"The model bundle {folder.name} cannot be parsed. Retrain it, or promote another version."


def keys_text(public_keys: Sequence[Ed25519PublicKey]) -> str:
    """The keys as a child is told them."""
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return json.dumps([key.public_bytes(*raw).hex() for key in public_keys])


def _limit(seconds: float) -> None:
    """From here on the kernel ends this process after `seconds` of processor time, even inside C code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def check_in_child(folder: Path, public_keys: Sequence[Ed25519PublicKey]) -> str:
    """The bundle's hash after every barrier; parses it, so only a process that may die calls this."""
    bundle = read_bundle(folder, public_keys)
    module, name = model_class(bundle.kind).split(":")
    cls: Any = getattr(importlib.import_module(module), name)
    _limit(PARSING_SECONDS)
    golden = bundle.bytes_of(GOLDEN_FILE)
    model: Verifiable = cls.from_bundle(bundle)
    check(golden, model.golden_outputs(golden_rows(golden)))
    if bundle.format >= WITH_SUMS:
        check_files(golden, bundle.files)
    return bundle.sha256


def main(argv: Sequence[str] | None = None) -> int:
    """The child's part: print the bundle's hash when it is good, else say why not."""
    folder = Path((sys.argv[1:] if argv is None else argv)[0])
    keys = tuple(Ed25519PublicKey.from_public_bytes(bytes.fromhex(text)) for text in json.load(sys.stdin))
    return run_command(lambda: say(check_in_child(folder, keys)))


if __name__ == "__main__":
    raise SystemExit(main())
