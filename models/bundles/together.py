"""Several bundles checked at once: one child loads the libraries, and forks a process of its own for each bundle.

Every barrier of `verify_bundle` stands: signature, hashes, parsing where an abort harms nobody, golden rows, a limit of
processor time.  Only the seconds that each child would spend on loading LightGBM are spent once.
`python -m models.bundles.together` is the child; it is told keys and folders on stdin.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from configs.command import say
from configs.errors import LuotainError
from configs.loader import PROJECT_ROOT
from models.bundles.verify import MODEL_CLASSES, WALL_SECONDS, check_in_child, keys_text

BAD = 1


def good_bundles(folders: Sequence[Path], public_keys: Sequence[Ed25519PublicKey]) -> dict[Path, str]:
    """The hash of each bundle that is whole, ours, parseable and says what it said when trained.

    One that is refused is left out; `verify_bundle` says why.  Raises nothing: without a child none is good.
    """
    asked = json.dumps({"keys": keys_text(public_keys), "folders": [str(folder.resolve()) for folder in folders]})
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        child = subprocess.run(
            [sys.executable, "-m", "models.bundles.together"], input=asked, env=environment, cwd=PROJECT_ROOT,
            capture_output=True, text=True, errors="replace", timeout=WALL_SECONDS, check=False,
        )  # fmt: skip
        said: Mapping[str, str] = json.loads(child.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, OSError, ValueError, IndexError):
        return {}
    by_text = {str(folder.resolve()): folder for folder in folders}
    return {by_text[text]: sha256 for text, sha256 in said.items() if text in by_text}


def main() -> int:
    """The child's part: one line of JSON, folder to hash."""
    asked = json.load(sys.stdin)
    keys = tuple(Ed25519PublicKey.from_public_bytes(bytes.fromhex(text)) for text in json.loads(asked["keys"]))
    for place in MODEL_CLASSES.values():
        importlib.import_module(place.split(":")[0])
    found = {folder: _forked(Path(folder), keys) for folder in asked["folders"]}
    say(json.dumps({folder: sha256 for folder, sha256 in found.items() if sha256}))
    return 0


def _forked(folder: Path, keys: Sequence[Ed25519PublicKey]) -> str:
    """The hash that a forked process confirms; empty when it refuses or dies."""
    inward, outward = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(inward)
        os._exit(_confirm(folder, keys, outward))
    os.close(outward)
    with os.fdopen(inward, "rb") as said:
        confirmed = said.read().decode("ascii", "replace")
    _, status = os.waitpid(process, 0)
    return confirmed if status == 0 else ""


def _confirm(folder: Path, keys: Sequence[Ed25519PublicKey], outward: int) -> int:
    try:
        os.write(outward, check_in_child(folder, keys).encode("ascii"))
    except (LuotainError, OSError, ValueError, KeyError, TypeError):
        return BAD
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
