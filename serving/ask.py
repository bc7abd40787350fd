"""One explained answer from the running service: starts it on a free port, asks over HTTP, prints the answer, stops it.

`python -m serving.ask --config configs/serving.yaml`; development mode only.  The client is chosen here and
never named: neither the pseudonym nor a made-up name is printed.
"""

import argparse
import json
import math
import os
import signal
import socket
import subprocess
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO, Any

from configs.command import run_command, say
from configs.errors import AccessError, ConfigError, DataError, LuotainError, ModelError
from configs.loader import PROJECT_ROOT, nearest
from features.store import open_snapshot
from models.names import NEED_PREFIX
from models.registry import connect
from serving.desk.access import User, may
from serving.engine.registers import Registers, open_registers
from serving.pages.format import Format, in_hundred
from serving.pages.language import LANGUAGES, language
from serving.serve import command, environment
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings
from serving.starting import live_names
from serving.users.directory import users_of
from serving.users.keys import load_or_create_key
from serving.users.tokens import KEY_FILE, issue_token

CLIENTS: Mapping[str, str] = {
    "latest": "the one with the most recent contact (of several, the one with most contacts in the last 30 days)",
    "first": "the first one by pseudonym (another one under another key)",
}
"""How the client is chosen.  The same data and key give the same client."""
START_SECONDS = 120
STOP_SECONDS = 20
REPLY_SECONDS = 60
TOKEN_SECONDS = 300
PAGE_WIDTH = 110
SAME = 1e-9
"""Log-odds: how far base + contributions may lie from the log-odds of the probability shown."""


class NoAnswer(LuotainError):
    """The service did not start, or did not answer."""


@dataclass(frozen=True)
class Asked:
    """Who asks what, and where the service is to listen."""

    config: str
    settings: ServingSettings
    task: str
    user: User
    port: int


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m serving.ask`."""
    parser = argparse.ArgumentParser(prog="python -m serving.ask", description="Ask the service about one client")
    parser.add_argument("--config", default=DEFAULT_CONFIG, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--task", default=None, help="id of the need task (default: the first served one)")
    parser.add_argument("--client", choices=list(CLIENTS), default="latest", help="which client (default: latest)")
    parser.add_argument("--language", choices=list(LANGUAGES), default="en", help="of the reasons (default: en)")
    given = parser.parse_args(argv)
    return run_command(lambda: ask(given.config, given.task, given.client, given.language))


def ask(config: str, task: str | None, which: str, words: str) -> None:
    """Start, ask, print, stop.  Raises LuotainError when something is missing or the answer does not add up."""
    settings = load_settings(config)
    asked = Asked(config, settings, chosen_task(settings, task), asker(settings), free_port(settings.host))
    open_snapshot(settings.workspace.store)
    if connect(settings.workspace).champion(f"{NEED_PREFIX}{asked.task}") is None:
        raise ModelError(f"No version of {NEED_PREFIX}{asked.task} is live. Train and promote one first.")
    client_id = choose(open_registers(settings.workspace.store, settings.published_data), asked.user, which)
    with running(asked) as base:
        answer = post(f"{base}/v1/need", question(asked, client_id), token(asked))
    say(f"POST /v1/need, task {asked.task}, asked by {asked.user.name} about one client,\n{CLIENTS[which]}.\n")
    for line in told(answer, Format(language(words))):
        say(line)


def chosen_task(settings: ServingSettings, task: str | None) -> str:
    """The task asked about.  Raises ConfigError when the service does not serve it."""
    names = settings.models.named_needs
    if settings.models.all_needs:
        names = live_names(connect(settings.workspace), NEED_PREFIX)
    served = [name.removeprefix(NEED_PREFIX) for name in names]
    if not served:
        raise ConfigError("The service serves no need task. Name one under `models: needs:`.")
    if task is not None and task not in served:
        guess = nearest(task, served) or served[0]
        raise ConfigError(f"The service has no such task; served: {', '.join(served)}. Type `--task {guess}`.")
    return task or served[0]


def asker(settings: ServingSettings) -> User:
    """The first development user who may see answers about clients.  Raises AccessError."""
    if not settings.is_development:
        raise AccessError("This command signs in without a password, so it needs `environment: development`.")
    for user in users_of(settings).values():
        if user.role == "coordinator":
            return user
    raise AccessError("No development user is a coordinator. Add one under `development_users`.")


def choose(registers: Registers, user: User, which: str) -> str:
    """The client asked about, among those whom the user may see.  Raises DataError when there is none."""
    at = registers.stamp.as_of
    unit = registers.relations.by_unit.get(user.unit, ())
    own = [client.client_id for client in unit if may(user, "see_answer", client, at).allowed]
    if not own:
        raise DataError("The coordinator's unit has no clients in the registers. Check `unit` under development_users.")
    if which == "first":
        return min(own)

    def recency(client_id: str) -> tuple[date, int, str]:
        facts = registers.facts[client_id]
        return facts.last_contact or date.min, facts.new_contacts, client_id

    return max((client for client in own if client in registers.facts), key=recency, default=own[0])


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(asked: Asked) -> Iterator[str]:
    """The service as a child process, from ready to stopped; yields its address."""
    base = f"http://{asked.settings.host}:{asked.port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command(asked.settings, asked.port),
            cwd=PROJECT_ROOT,
            env=environment(asked.settings, asked.config),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(base, process, log)
            yield base
        finally:
            _stop(process)


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise NoAnswer(f"The service ended before it was ready. Its last words: {_last_words(log)}")
        if _is_ready(base):
            return
        time.sleep(0.2)
    raise NoAnswer(f"The service was not ready in {START_SECONDS} s. Its last words: {_last_words(log)}")


def _is_ready(base: str) -> bool:
    try:
        with _opener().open(f"{base}/readyz", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:  # not listening yet, or 503: registers or models are still loading
        return False


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "none")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the service end by itself (it notes where its logs stand); what is left after that is killed."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _opener() -> urllib.request.OpenerDirector:
    """Straight to this machine: a proxy of the environment is not asked."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def token(asked: Asked) -> str:
    """A short-lived development token."""
    key = load_or_create_key(asked.settings.workspace.keys / KEY_FILE)
    return issue_token(asked.user.user_id, key, datetime.now(UTC), TOKEN_SECONDS)


def question(asked: Asked, client_id: str) -> dict[str, str]:
    """The body of the request: what the pages would say about themselves."""
    pages = asked.settings.pages
    grounds = {"decision_point": pages.client_decision_point, "purpose": pages.client_purpose}
    return {**grounds, "client_id": client_id, "task": asked.task}


def post(address: str, body: Mapping[str, str], bearer: str) -> dict[str, Any]:
    """The JSON answer.  Raises NoAnswer with the service's own sentence when it refuses."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {bearer}"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    try:
        with _opener().open(request, timeout=REPLY_SECONDS) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer
    except urllib.error.HTTPError as refused:
        with refused:
            said = json.load(refused).get("error", {}).get("message", "no reason was given")
        raise NoAnswer(f"The service refused ({refused.code}): {said}") from None
    except OSError:
        raise NoAnswer("The service went away while it was asked. Type the command again.") from None


def told(answer: Mapping[str, Any], words: Format) -> list[str]:
    """The answer as lines to read.  Raises ModelError when the contributions do not add up to the number shown."""
    likelihood = answer["likelihood"]
    explained = _refused(answer, words) if likelihood is None else _explained(likelihood, words)
    stamp = answer["stamp"]
    unknown = ", ".join(words.said(one["name"]) for one in answer["missing"])
    return [
        *explained,
        f"  missing information: {unknown or 'none'}",
        f"  model: {stamp['name']} version {stamp['version']}, bundle {stamp['bundle_sha256'][:12]}",
        f"  data until {stamp['data_until']}; nothing recorded from {stamp['as_of']} on is known to the answer",
        f"  answer id: {answer['answer_id']} (in the audit log before it was sent)",
        *textwrap.wrap(words.said(answer["notice"]), PAGE_WIDTH, initial_indent="  ", subsequent_indent="  "),
    ]


def _refused(answer: Mapping[str, Any], words: Format) -> list[str]:
    return [f"No likelihood is given ({answer['status']}): {words.said(answer['status_reason'])}"]


def _explained(likelihood: Mapping[str, Any], words: Format) -> list[str]:
    shown, base = likelihood["probability"], likelihood["base"]
    spoken = likelihood["reasons"]
    rest = [one for one in likelihood["contributions"] if one["family"] not in {said["family"] for said in spoken}]
    return [
        words.said(likelihood["outcome"]),
        f"  about {in_hundred(shown)} of 100 clients like this one: probability {words.percent(shown)}, "
        f"log-odds {words.signed(math.log(shown / (1 - shown)))}",
        f"  everyone starts from {words.percent(1 / (1 + math.exp(-base)))}: log-odds {words.signed(base)}; then",
        *(_share(one["contribution"], words.said(one["sentence"]), words) for one in spoken),
        _share(math.fsum(one["contribution"] for one in rest), f"the other {len(rest)} feature families", words),
        f"  base + contributions = log-odds of the probability shown; difference {added_up(likelihood):.0e}",
    ]


def _share(contribution: float, what: str, words: Format) -> str:
    return f"    {words.signed(contribution):>6}  {what}"


def added_up(likelihood: Mapping[str, Any]) -> float:
    """How far base + contributions lie from the log-odds of the probability shown.  Raises ModelError when too far."""
    shown = likelihood["probability"]
    total = math.fsum([likelihood["base"], *(one["contribution"] for one in likelihood["contributions"])])
    apart = abs(total - math.log(shown / (1 - shown)))
    if not apart <= SAME:
        raise ModelError(
            f"The contributions miss the number shown by {apart:.1e} (at most {SAME:.0e}). Train it again."
        )
    return apart


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the service is stopped then, too
    raise SystemExit(main())
