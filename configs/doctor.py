"""Names what the machine lacks before anything is installed.  Standard library only; any Python 3 can run it."""

import ctypes.util
import importlib.util
import shutil
import socket
import sys
from pathlib import Path

SUPPORTED = ((3, 11), (3, 13))
FREE_GIGABYTES = 4
PROJECT_ROOT = Path(__file__).resolve().parent.parent


def python_fault(version: "tuple[int, int]") -> "str | None":
    """A sentence when this Python is outside 3.11–3.13."""
    if SUPPORTED[0] <= version <= SUPPORTED[1]:
        return None
    return (
        f"Python {version[0]}.{version[1]} was found, 3.11 to 3.13 is needed: "
        "install one and type `make PYTHON=python3.12 ...`."
    )


def venv_fault() -> "str | None":
    """A sentence when virtual environments cannot be made."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return None
    return "Python's venv module is missing: type `apt-get install python3-venv` (Debian, Ubuntu)."


def gomp_fault(found: "str | None") -> "str | None":
    """A sentence when LightGBM's OpenMP library is missing."""
    return None if found else "libgomp1 is missing, LightGBM needs it: type `apt-get install libgomp1`."


def disk_fault(free_bytes: int) -> "str | None":
    """A sentence when the project's disk is too full for the environment and the demo."""
    free = free_bytes / 1e9
    if free >= FREE_GIGABYTES:
        return None
    return f"Only {free:.1f} GB of disk is free, {FREE_GIGABYTES} GB is needed: free some space."


def port_fault(port: int) -> "str | None":
    """A sentence when something already listens on the demo's port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return None
    return f"Port {port} is in use: stop what listens there, or type `make demo PORT={port + 1}`."


def main(argv: "list[str]") -> int:
    """`python configs/doctor.py [PORT]`: prints every fault, exit code 1 when there is one."""
    faults = [
        python_fault((sys.version_info[0], sys.version_info[1])),
        venv_fault(),
        gomp_fault(ctypes.util.find_library("gomp")),
        disk_fault(shutil.disk_usage(PROJECT_ROOT).free),
        port_fault(int(argv[0])) if argv else None,
    ]
    named = [fault for fault in faults if fault]
    for fault in named:
        print(f"luotain: {fault}", file=sys.stderr)
    return 1 if named else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
