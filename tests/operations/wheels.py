"""Installing without internet, for real: `make offline`, the two commands of docs/operations.md.

Downloads what the lock names (167 files, 325 MB) into `var/without_internet/wheels` and copies the commit there.  Then,
in a network namespace of its own that has nothing but loopback: an empty environment is installed from that folder
alone and asked whether it is whole, and the service that runs from it, over a copy of the demo's data, gives one
explained answer.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from configs.command import run_command, say
from configs.errors import DataError
from configs.loader import PROJECT_ROOT, var_folder

WHEELS = (
    *("python", "-m", "pip", "download", "--only-binary", ":all:", "--require-hashes"),
    *("--dest", "wheels", "-r", "requirements.lock"),
)
INSTALL = (
    *(".venv/bin/python", "-m", "pip", "install", "--no-index", "--find-links", "wheels"),
    *("--require-hashes", "-r", "requirements.lock"),
)
ASK = (".venv/bin/python", "-m", "serving.ask", "--config", "configs/serving.yaml")
CUT_OFF = ("unshare", "--map-root-user", "--net")
COPIED = ("store", "packed", "published", "mlflow", "bundles", "keys", "extracts")
OUTSIDE = ("198.51.100.1", 443)
"""An address of nobody (RFC 5737): without a network it cannot even be tried."""


def main(argv: Sequence[str] | None = None) -> int:
    """Download outside, everything else cut off."""
    parser = argparse.ArgumentParser(prog="python -m tests.operations.wheels")
    parser.add_argument("--inside", type=Path, default=None, help="the folder; for the part that is cut off")
    given = parser.parse_args(argv)
    return run_command(lambda: _inside(given.inside) if given.inside else _outside())


def _outside() -> None:
    demo, place = var_folder("var"), var_folder("var") / "without_internet"
    if not (demo / "store").is_dir():
        raise DataError("There is no demo to serve. Type `make demo SERVE=0` first.")
    place.mkdir(parents=True, exist_ok=True)
    checked_out(place)
    fetched = _timed([sys.executable, *WHEELS[1:]], place)
    wheels = list((place / "wheels").iterdir())
    size = sum(file.stat().st_size for file in wheels)
    say(f"wheels: {len(wheels)} files, {size / 1e6:,.0f} MB, {fetched:.0f} s")
    for name in COPIED:
        if (demo / name).is_dir():
            shutil.copytree(demo / name, place / "var" / name)
    words = [*cut_off(), sys.executable, "-m", "tests.operations.wheels", "--inside", str(place)]
    if subprocess.run(words, cwd=PROJECT_ROOT, check=False).returncode:
        raise DataError("The installation without internet failed; the sentence above says where.")


def checked_out(place: Path) -> None:
    """The commit's own files, and no repository: what is carried over; wheels fetched before stay."""
    for old in place.iterdir():
        if old.name != "wheels":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=PROJECT_ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive, check=True)


def cut_off() -> tuple[str, ...]:
    """The words before a command that take its network away; none, and said, where the machine does not allow it."""
    if not shutil.which("unshare") or subprocess.run([*CUT_OFF, "true"], capture_output=True, check=False).returncode:
        say("This machine gives no network namespace: every index is shut out instead")
        return ()
    return CUT_OFF


def _inside(place: Path) -> None:
    if not reaches(OUTSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        say("cut off: nothing but loopback can be reached")
    venv.create(place / ".venv", with_pip=True, clear=True)
    shut = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}
    shut["PIP_CONFIG_FILE"] = "/dev/null"
    say(f"installed in {_timed(list(INSTALL), place, shut):.0f} s from the folder alone")
    _timed([".venv/bin/python", "-m", "pip", "check"], place)
    say("pip check: nothing is missing")
    variables = {"LUOTAIN_VAR": str(place / "var"), "LUOTAIN_CODE_COMMIT": commit(), "PYTHONPATH": ""}
    done = subprocess.run(ASK, cwd=place, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"The service did not answer from there: {done.stderr.strip().splitlines()[-1]}")
    say(f"the service runs from there and explains: {json.dumps(done.stdout.strip().splitlines()[0])}")


def reaches(address: tuple[str, int]) -> bool:
    """Whether a connection can be tried at all; True also when nobody answers there."""
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except TimeoutError:
        return True
    except OSError:
        return False


def commit() -> str:
    """The commit whose files are carried over."""
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(words, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _timed(words: Sequence[str], place: Path, variables: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(words, cwd=place, env={**os.environ, **(variables or {})}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
