"""What the service runs on, as every answer's entry keeps it: code, libraries and threads."""

import hashlib
import os
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from configs.loader import PROJECT_ROOT

CODE_VARIABLE = "LUOTAIN_CODE_COMMIT"
"""Names the commit where the code is no repository (an installed wheel, a Bento)."""
LIBRARIES = ("lightgbm", "numpy", "numba", "pandas", "pyarrow", "scikit-learn")
"""What a number can depend on besides the bundle and the snapshot."""


@cache
def runtime() -> dict[str, Any]:
    """Code commit, a hash of the libraries' versions, and how many threads one computation may use."""
    return {"code": _commit(), "libraries": _libraries(), "threads": os.environ.get("OMP_NUM_THREADS") or "all"}


def _libraries() -> str:
    said = " ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    return hashlib.sha256(said.encode("utf-8")).hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _commit() -> str:
    given = os.environ.get(CODE_VARIABLE)
    return given or _git("rev-parse", "HEAD") or f"luotain {_version('luotain')}"


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
