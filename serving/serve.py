"""`python -m serving.serve`: checks what the service needs, says where to look, and starts BentoML."""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence

from configs.command import run_command, say
from configs.errors import ConfigError, LuotainError, ModelError
from configs.loader import PROJECT_ROOT, resolve_path
from features.store import open_snapshot
from models.names import NEED_PREFIX
from models.registry import connect
from serving.records.opening import place_of
from serving.settings import CONFIG_VARIABLE, DEFAULT_CONFIG, ServingSettings, load_settings
from serving.starting import SUPERVISED, WORKER_ENVIRONMENT, live_names, refuse_test_persons

SERVICE = "serving.front:Luotain"
DRAIN_SPARE_SECONDS = 5
"""At the end a worker waits for open requests this much longer than any may take; one that never ends is cut off."""


class PortInUse(LuotainError):
    """Something else listens where the service is to listen."""


def main(argv: Sequence[str] | None = None) -> int:
    """Start the service; returns only when something is missing."""
    parser = argparse.ArgumentParser(prog="python -m serving.serve", description="Start the service")
    parser.add_argument("--config", default=DEFAULT_CONFIG, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--port", type=int, default=None, help="listen on this port instead of the config's")
    given = parser.parse_args(argv)
    return run_command(lambda: serve(given.config, given.port))


def serve(
    config: str, port: int | None, start: Callable[[Sequence[str], Mapping[str, str]], None] | None = None
) -> None:
    """Check, then replace this process by BentoML's.  Raises LuotainError in one sentence when something is missing."""
    settings = load_settings(config)
    place_of(settings)  # a wrong URL of the logs is said here and not by every worker
    chosen = settings.port if port is None else port
    require_free_port(settings.host, chosen)
    if settings.sign_in is not None:
        settings.sign_in.client_secret.read()  # a missing secret stops the start, not the first person who signs in
    refuse_test_persons(open_snapshot(settings.workspace.store), settings)
    absent = require_models(settings)
    for line in greeting(settings, chosen, absent):
        say(line)
    (start or _replace_process)(command(settings, chosen), environment(settings, config))


def require_free_port(host: str, port: int) -> None:
    """Raise when something already listens there."""
    if not 1 <= port <= 65535:
        raise ConfigError(f"The port {port} does not exist. Give 1 to 65535, e.g. `--port 3000`.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            other = port + 1 if port < 65535 else port - 1
            raise PortInUse(f"Port {port} is in use. Stop what listens there, or type `--port {other}`.") from None


def require_models(settings: ServingSettings) -> tuple[str, ...]:
    """The served names without a champion.  Raises ModelError when none has one."""
    registry = connect(settings.workspace)
    absent = tuple(name for name in settings.models.names if registry.champion(name) is None)
    found = live_names(registry, NEED_PREFIX) if settings.models.all_needs else ()
    if len(absent) == len(settings.models.names) and not found:
        raise ModelError("No model was promoted yet, so nothing can be answered. Type `make demo SERVE=0` first.")
    return absent


def greeting(settings: ServingSettings, port: int, absent: Sequence[str]) -> tuple[str, ...]:
    """What the person at the terminal reads: the addresses to open, and what will not answer."""
    base = f"http://{settings.host}:{port}"
    lines = [f"No model is live for {name}: its answers will be 503 until one is promoted." for name in absent]
    if settings.is_development and settings.sign_in is None:
        lines.append(f"Luotain listens at {base} (development mode, this machine only).  Sign in at {base}/sign-in:")
        first = {"coordinator": "/clients", "planner": "/forecasts", "manager": "/groups", "auditor": "/oversight"}
        for user_id, user in settings.development_users.items():
            lines.append(f"  {user_id:<12} {base}{first.get(user.role, '/models')}")
    else:
        lines.append(f"Luotain listens at {base} ({settings.environment} mode).")
        if settings.sign_in is not None:
            lines.append(f"People sign in at {settings.sign_in.public_url}/sign-in through {settings.sign_in.issuer}.")
    return tuple(lines)


def command(settings: ServingSettings, port: int) -> list[str]:
    """The process that BentoML runs in."""
    where = ["--host", settings.host, "--port", str(port), "--working-dir", str(PROJECT_ROOT)]
    until = ["--timeout-graceful-shutdown", str(settings.timeout_seconds + DRAIN_SPARE_SECONDS)]
    return [sys.executable, "-m", "bentoml", "serve", SERVICE, *where, *until]


def environment(settings: ServingSettings, config: str) -> dict[str, str]:
    """This process's environment and what the workers must know; no telemetry, no state in the home folder."""
    root = settings.workspace.root
    return {
        **os.environ,
        SUPERVISED: "1",
        CONFIG_VARIABLE: str(resolve_path(config)),
        "BENTOML_HOME": str(root / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        **WORKER_ENVIRONMENT,
    }


def _replace_process(words: Sequence[str], variables: Mapping[str, str]) -> None:
    os.chdir(PROJECT_ROOT)
    os.execve(words[0], list(words), dict(variables))


if __name__ == "__main__":
    raise SystemExit(main())
