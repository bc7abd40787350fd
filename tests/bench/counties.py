"""Simulated counties of 100,000 residents for the benchmarks: other seeds of the demo's world, made once and kept.

`python -m tests.bench.counties 1 2 3` makes counties ahead of time.  Each lies in a folder of its own under `var/bench`
with its store, its truth and an MLflow of its own; the extracts are removed once they are ingested.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from configs.loader import PROJECT_ROOT, var_folder
from configs.workspace import Workspace
from tests.bench.report import tell

RESIDENTS = 100_000
SECOND = 99
"""Seed of the second county, whose true levels teach the best achievable model."""
BASE = "configs/county/demo.yaml"


def county(seed: int, residents: int = RESIDENTS) -> Workspace:
    """The workspace of one county; simulated and ingested unless it is there."""
    workspace = Workspace(var_folder("var/bench") / f"county-{residents}-{seed}")
    done = workspace.root / "ingested"
    if not done.exists():
        shutil.rmtree(workspace.root, ignore_errors=True)
        workspace.root.mkdir(parents=True)
        settings = workspace.root / "county.yaml"
        base = (PROJECT_ROOT / BASE).as_posix()
        settings.write_text(f"based_on: {base}\nkind: simulation\nseed: {seed}\nresidents: {residents}\n")
        tell(f"county {seed}: simulating {residents:,} residents")
        run(workspace, "features.simulator", str(settings))
        tell(f"county {seed}: ingesting")
        run(workspace, "features.ingest", "configs/ingest.yaml")
        shutil.rmtree(workspace.extracts)
        done.touch()
    return workspace


def run(workspace: Workspace, module: str, config: str) -> str:
    """Run one command of the project in a county; its output.  Raises CalledProcessError with what it said shown."""
    environment = {**os.environ, "LUOTAIN_VAR": str(workspace.root)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [sys.executable, "-m", module, "--config", config]
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        tell(done.stdout[-2000:] + done.stderr[-2000:])
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout


def remove(workspace: Workspace, parts: tuple[str, ...]) -> None:
    """Take away parts of a county that are no longer needed, by name."""
    for part in parts:
        shutil.rmtree(Path(workspace.root) / part, ignore_errors=True)


if __name__ == "__main__":
    for given in sys.argv[1:]:
        county(int(given))
