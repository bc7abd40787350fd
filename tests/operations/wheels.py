"""Installing without internet: the two commands of docs/operations.md; `python -m tests.operations.wheels` tries them.

Downloads what the lock names (about 1.4 GB installed) into `var/without_internet/wheels`, makes an empty environment,
installs it from that folder with every index shut out, and asks pip whether it is whole.
"""

import os
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from configs.command import say
from configs.loader import PROJECT_ROOT, var_folder

WHEELS = (
    *("python", "-m", "pip", "download", "--only-binary", ":all:", "--require-hashes"),
    *("--dest", "wheels", "-r", "requirements.lock"),
)
INSTALL = (
    *(".venv/bin/python", "-m", "pip", "install", "--no-index", "--find-links", "wheels"),
    *("--require-hashes", "-r", "requirements.lock"),
)


def main() -> int:
    """Both commands as they are documented, and what they took."""
    place = var_folder("var") / "without_internet"
    place.mkdir(parents=True, exist_ok=True)
    (place / "requirements.lock").write_bytes((PROJECT_ROOT / "requirements.lock").read_bytes())
    fetched = _timed([sys.executable, *WHEELS[1:]], place)
    size = sum(file.stat().st_size for file in (place / "wheels").iterdir())
    say(f"wheels: {len(list((place / 'wheels').iterdir()))} files, {size / 1e6:,.0f} MB, {fetched:.0f} s")
    venv.create(place / ".venv", with_pip=True, clear=True)
    shut = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": "/dev/null"}
    say(f"installed in {_timed(list(INSTALL), place, shut):.0f} s from the folder alone")
    _timed([".venv/bin/python", "-m", "pip", "check"], place)
    say("pip check: nothing is missing")
    return 0


def _timed(words: Sequence[str], place: Path, variables: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(words, cwd=place, env={**os.environ, **(variables or {})}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
