"""Where the service of the benchmark lives: the demo's data and models, logs of its own, three coordinators."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import yaml

from configs.errors import DataError
from configs.loader import PROJECT_ROOT, var_folder
from features.store import open_snapshot
from serving.ask import free_port
from serving.desk.access import User, may
from serving.engine.registers import open_registers
from serving.serve import environment
from serving.settings import ServingSettings, load_settings
from serving.users.directory import users_of
from serving.users.keys import load_or_create_key
from serving.users.tokens import KEY_FILE, issue_token
from tests.bench.report import tell

LINKED, COPIED = ("store", "packed", "published"), ("mlflow", "bundles", "keys")
UNITS = ("asiakasohjaus_lansi", "asiakasohjaus_keski", "asiakasohjaus_ita")
START_SECONDS, TOKEN_SECONDS = 180, 7200


@dataclass(frozen=True)
class Place:
    """The benchmark's data folder and its config."""

    folder: Path
    config: Path
    settings: ServingSettings
    port: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_service(self) -> subprocess.Popen[bytes]:
        """`python -m serving.serve`, exactly as an administrator starts it."""
        words = [sys.executable, "-m", "serving.serve", "--config", str(self.config), "--port", str(self.port)]
        return self._start(words, {**environment(self.settings, str(self.config)), "LUOTAIN_VAR": str(self.folder)})

    def start_empty(self) -> subprocess.Popen[bytes]:
        """The empty endpoint on the same number of workers."""
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--working-dir", str(PROJECT_ROOT)]
        words = [sys.executable, "-m", "bentoml", "serve", "tests.bench.serving.empty:Empty", *where]
        return self._start(words, environment(self.settings, str(self.config)))

    def _start(self, words: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "service.log").open("ab") as log:
            return subprocess.Popen(words, cwd=PROJECT_ROOT, env=dict(variables), stdout=log, stderr=subprocess.STDOUT)

    def token(self, user: User) -> str:
        key = load_or_create_key(self.settings.workspace.keys / KEY_FILE)
        return issue_token(user.user_id, key, datetime.now(UTC), TOKEN_SECONDS)


def made(demo: Path, folder: Path) -> Place:
    """The place, from the demo's own data folder, with the models fetched and the clients packed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LINKED:
        link = folder / name
        if not link.exists() and (demo / name).is_dir():
            link.symlink_to(demo / name)
    for name in (*COPIED, "records", "checkpoints"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in COPIED:
        if (demo / name).is_dir():
            shutil.copytree(demo / name, folder / name)
    (folder / "records").mkdir()
    for ledger in demo.glob("records/promotions.*"):
        shutil.copy2(ledger, folder / "records")
    os.environ["LUOTAIN_VAR"] = str(folder)
    config = folder / "serving.yaml"
    config.write_text(yaml.safe_dump(_config(folder), allow_unicode=True), encoding="utf-8")
    place = Place(folder, config, load_settings(str(config)), free_port("127.0.0.1"))
    if not (demo / "bundles").is_dir():  # a demo that was never served: its first start is not the one that is measured
        with running(place, place.start_service(), "/readyz"):
            tell("serving: started once, so that models are fetched and clients packed")
    return place


def _config(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((PROJECT_ROOT / "configs/serving.yaml").read_text(encoding="utf-8"))
    coordinator = said["development_users"].pop("coordinator")
    users = {f"coordinator_{unit}": {**coordinator, "unit": unit} for unit in UNITS}
    return {**said, "var": str(folder), "development_users": {**users, **said["development_users"]}}


def questions(place: Place) -> list[dict[str, Any]]:
    """One question per own client of each coordinator: segments and needs in turn, in a fixed random order."""
    registers = open_registers(place.settings.workspace.store, place.settings.published_data)
    needs = sorted(one.name for one in place.settings.workspace.bundles.glob("need_*"))
    grounds = {"decision_point": "client_guidance", "purpose": "service_need_assessment"}
    asked = []
    for user in users_of(place.settings).values():
        for client in registers.relations.by_unit.get(user.unit, ()):
            if not may(user, "see_answer", client, registers.stamp.as_of).allowed:
                continue
            number = len(asked)
            body = {**grounds, "client_id": client.client_id}
            task = needs[number // 2 % len(needs)].removeprefix("need_")
            path, more = ("/v1/segment", {}) if number % 2 == 0 else ("/v1/need", {"task": task})
            asked.append({"path": path, "token": place.token(user), "body": {**body, **more}})
    return asked


@contextmanager
def running(place: Place, process: subprocess.Popen[bytes], path: str) -> Iterator[tuple[psutil.Process, float]]:
    """The process tree once it is ready, and the seconds that took; stopped at the end."""
    started = time.perf_counter()
    try:
        while not _answers(f"{place.base}{path}"):
            if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise DataError(f"The service did not start. Look at {place.folder.name}/service.log.")
            time.sleep(0.05)
        yield psutil.Process(process.pid), time.perf_counter() - started
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def busiest_share(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Share of the busier of the two busiest processes in what both spent; .5 = evenly divided."""
    first, second = sorted((spent - before.get(pid, 0.0) for pid, spent in after.items()), reverse=True)[:2]
    return first / (first + second)


def cpu_by_process(root: psutil.Process) -> dict[int, float]:
    """Processor time of a process and of each below it so far."""
    return {one.pid: sum(one.cpu_times()[:2]) for one in (root, *root.children(recursive=True))}


def demo_folder() -> Path:
    """The data folder of `make demo SERVE=0`, which is run when there is none."""
    folder = var_folder("var")
    if not (folder / "store").is_dir():
        tell("no demo in var/: making it (some minutes)")
        subprocess.run(["make", "--silent", "demo", "SERVE=0"], cwd=PROJECT_ROOT, check=True, stdout=sys.stderr)
    open_snapshot(folder / "store")
    return folder
