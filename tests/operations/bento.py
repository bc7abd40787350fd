"""`python -m tests.operations.bento` (`make bento`): builds the Bento and tries it where no checkout is near.

Built into `var/bento/home`; served from another folder over a copy of the demo's data, without this checkout on its
path; asked `/livez`, `/readyz` and pages; the code that answered is the Bento's own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from configs.command import run_command, say
from configs.errors import DataError
from configs.loader import PROJECT_ROOT, var_folder
from serving.ask import free_port
from tests.operations.running import eventually, running

COPIED = ("store", "packed", "published", "mlflow", "bundles", "keys", "extracts")
ASKED = ("/livez", "/readyz", "/sign-in", "/accessibility", "/static/luotain.css")
QUIET = {"BENTOML_DO_NOT_TRACK": "True", "MLFLOW_DISABLE_TELEMETRY": "true"}


def build(home: Path) -> Path:
    """The folder of the new Bento under this BENTOML_HOME."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    words = [sys.executable, "-m", "bentoml", "build", str(PROJECT_ROOT), "--output", "tag"]
    done = subprocess.run(
        words,
        cwd=PROJECT_ROOT,
        env={**os.environ, **QUIET, "BENTOML_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DataError(f"The Bento was not built: {done.stderr.strip().splitlines()[-1]}")
    name, _, version = done.stdout.strip().splitlines()[-1].removeprefix("__tag__:").partition(":")
    return home / "bentos" / name / version


def strangers(bento: Path) -> list[str]:
    """Files in the Bento that no commit holds, keys and data among them; there must be none."""
    held = {str(file.relative_to(bento / "src")) for file in (bento / "src").rglob("*") if file.is_file()}
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    return sorted(held - set(listing.stdout.splitlines()) - {"bentofile.yaml"})


def serve_and_ask(bento: Path, home: Path, place: Path, ready: int = 200) -> Mapping[str, int]:
    """The statuses of the questions, asked once `/readyz` says `ready`; the data folder is `var` in `place`."""
    port = free_port("127.0.0.1")
    variables = {
        **QUIET,
        "BENTOML_HOME": str(home),
        "LUOTAIN_VAR": str(place / "var"),
        "LUOTAIN_CODE_COMMIT": bento.name,
        "PYTHONPATH": "",
    }
    words = [sys.executable, "-m", "bentoml", "serve", f"luotain:{bento.name}", "--port", str(port)]
    with running(words, variables, port, place / "service.log", place) as service:
        eventually(lambda: service.status("/readyz") == ready, f"/readyz says {ready}")
        workers = [psutil.Process(one.pid) for one in service.workers()]
        if {Path(one.cwd()).resolve() for one in workers} != {(bento / "src").resolve()}:
            raise DataError("The workers do not run in the Bento's own folder.")
        if _listening(port) != {"127.0.0.1"}:
            raise DataError("The Bento listens elsewhere than on loopback.")
        return {path: service.status(path) for path in ASKED}


def _listening(port: int) -> set[str]:
    """The addresses on which somebody listens at this port."""
    found = (one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN)
    return {one.laddr.ip for one in found if one.laddr.port == port}


def main() -> int:
    """Build, look inside, serve, ask."""
    return run_command(_run)


def _run() -> None:
    demo, place = var_folder("var"), var_folder("var") / "bento"
    if not (demo / "bundles").is_dir():
        raise DataError("There is no demo to serve. Type `make demo SERVE=0` first.")
    shutil.rmtree(place, ignore_errors=True)
    home, away = place / "home", place / "away"
    away.mkdir(parents=True)
    bento = build(home)
    size = sum(file.stat().st_size for file in bento.rglob("*") if file.is_file())
    say(f"built luotain:{bento.name}, {size / 1e6:.1f} MB")
    if found := strangers(bento):
        raise DataError(f"The Bento holds {len(found)} files that do not belong in it, first {found[0]}.")
    for name in COPIED:
        shutil.copytree(demo / name, away / "var" / name)
    answers = serve_and_ask(bento, home, away)
    say("served from another folder: " + ", ".join(f"{path} {status}" for path, status in answers.items()))
    if set(answers.values()) != {200}:
        raise DataError("The Bento does not answer as it should; its log is var/bento/away/service.log.")


if __name__ == "__main__":
    raise SystemExit(main())
