"""The service as processes: a killed worker is replaced while another answers, and a stop lets answers finish."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import psutil
import pytest

from configs.loader import PROJECT_ROOT
from serving.ask import free_port
from serving.users.keys import load_or_create_key
from serving.users.tokens import KEY_FILE, issue_token
from tests.fake_engine import MINE
from tests.serving_parts import CLIENT_QUESTION

pytestmark = pytest.mark.slow
START_SECONDS = 240


def command_of(process):
    """Empty for a process that ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


class Running:
    """The service's supervisor and its workers, asked over HTTP."""

    def __init__(self, var):
        self.base, self.slow = f"http://127.0.0.1:{free_port('127.0.0.1')}", var / "slow"
        self.token = issue_token("coordinator", load_or_create_key(var / "keys" / KEY_FILE), datetime.now(UTC), 3600)
        where = ["--host", "127.0.0.1", "--port", self.base.rpartition(":")[2], "--working-dir", str(PROJECT_ROOT)]
        with (var / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "bentoml", "serve", "tests.fake_service:Luotain", *where],
                cwd=PROJECT_ROOT,
                env={**os.environ, "LUOTAIN_VAR": str(var), "SLOW": str(self.slow)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ask(self):
        """HTTP status of one question."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        body = json.dumps({**CLIENT_QUESTION, "client_id": MINE}).encode()
        request = urllib.request.Request(f"{self.base}/v1/segment", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def workers(self):
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in below if "_bentoml_impl.worker.service" in command_of(one)]

    def wait_for(self, is_so):
        until = time.monotonic() + START_SECONDS
        while not is_so():
            assert self.process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)

    def answers(self):
        try:
            return self.ask() == 200
        except OSError:
            return False


@pytest.fixture
def running(tmp_path):
    one = Running(tmp_path)
    try:
        one.wait_for(one.answers)
        yield one
    finally:
        if one.process.poll() is None:
            left = [one.process, *psutil.Process(one.process.pid).children(recursive=True)]
            for process in left:
                process.kill()
        one.process.wait()


def test_F13_F14_a_killed_worker_is_replaced_and_a_stop_drains(running):
    running.wait_for(lambda: len(running.workers()) == 2)
    victim = running.workers()[0]
    victim.send_signal(signal.SIGKILL)
    refused, asked = 0, 0
    while victim.pid in [one.pid for one in running.workers()] or len(running.workers()) < 2:
        asked += 1
        refused += not running.answers()
        time.sleep(0.05)
    assert refused <= 1  # only what the killed worker held in its hands
    running.wait_for(running.answers)

    running.slow.touch()
    statuses = []
    asking = [threading.Thread(target=lambda: statuses.append(running.ask())) for _ in range(3)]
    for thread in asking:
        thread.start()
    time.sleep(0.4)
    running.process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join(60)
    assert statuses == [200] * 3
    assert running.process.wait(60) is not None
