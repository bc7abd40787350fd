"""`make prove`: every repeated test with its full count, one proof after the other; what is done is not done again.

Results are kept per commit in `var/proofs/`, so that an interrupted run goes on where it stopped; when all are there,
`docs/proofs.json` is written with date and commit.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from configs.command import say
from configs.loader import PROJECT_ROOT, var_folder
from tests.counts import NOTES

RESULT = PROJECT_ROOT / "docs" / "proofs.json"
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")


def proofs() -> dict[str, list[str]]:
    """The tests of each proof, as pytest names them."""
    listing = subprocess.run(
        [*PYTEST, "--collect-only", "-q", "-m", "proof", "-p", "tests.proof_names"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for line in listing.stdout.splitlines():
        if line.startswith("proof\t"):
            _, name, test = line.split("\t")
            found.setdefault(name, []).append(test)
    return found


def run_proof(tests: list[str], notes: Path) -> dict[str, Any]:
    """Run one proof in full."""
    notes.unlink(missing_ok=True)
    started = time.perf_counter()
    environment = {**os.environ, "LUOTAIN_PROVE": "1", NOTES: str(notes)}
    done = subprocess.run([*PYTEST, "-q", *tests], cwd=PROJECT_ROOT, env=environment, check=False)
    counts = dict(line.split() for line in notes.read_text().splitlines()) if notes.exists() else {}
    return {
        "tests": len(tests),
        "counts": {name: int(used) for name, used in sorted(counts.items())},
        "passed": done.returncode == 0,
        "seconds": round(time.perf_counter() - started, 1),
    }


def main() -> int:
    """Run what is missing at this commit; 0 when every proof passed."""
    commit = _git("rev-parse", "--short", "HEAD")
    if _git("status", "--porcelain", "--untracked-files=no"):
        commit += "-changed"
    folder = var_folder("var") / "proofs"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{commit}.json"
    results: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() and not commit.endswith("changed") else {}
    wanted = proofs()
    for name, tests in sorted(wanted.items()):
        if results.get(name, {}).get("passed"):
            say(f"{name}: proved before at this commit")
            continue
        say(f"{name}: {len(tests)} tests in full")
        results[name] = run_proof(tests, folder / "notes")
        kept.write_text(json.dumps(results, indent=1))
    return _conclude(commit, {name: results[name] for name in sorted(wanted)})


def _conclude(commit: str, results: dict[str, Any]) -> int:
    content = {"date": datetime.now(UTC).date().isoformat(), "commit": commit, "proofs": results}
    RESULT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    failed = [name for name, result in results.items() if not result["passed"]]
    for name, result in results.items():
        counts = ", ".join(f"{key} {used:,}" for key, used in result["counts"].items())
        say(f"{name:<28} {'passed' if result['passed'] else 'FAILED':<8} {result['seconds']:>8} s   {counts}")
    return 1 if failed or not results else 0


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
