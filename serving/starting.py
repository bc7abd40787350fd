"""What is asked before the service starts, and how it is run: light to load, because two processes wait for it."""

from typing import Any

from configs.errors import DataError
from features.store import Snapshot
from models.registry import Registry
from serving.settings import ServingSettings

SERVICE_NAME = "Luotain"
SPARE_SECONDS = 30
"""BentoML's own time limit lies this much behind the middleware's, which answers in our shape."""
WORKER_ENVIRONMENT = {
    "FORWARDED_ALLOW_IPS": "nobody",  # uvicorn would believe X-Forwarded-For of this machine's own proxies
    "OMP_NUM_THREADS": "1",  # one row at a time: a second thread costs more than it gives
    "OTEL_SDK_DISABLED": "true",  # BentoML makes four spans of every request, which nobody reads and nobody may keep
}
"""What the workers must know however they are started: by `serving.serve` or as a Bento."""
SUPERVISED = "LUOTAIN_SUPERVISED"
"""Set by `serving.serve`: the process that supervises the workers need not load what they load."""


def worker_options(settings: ServingSettings) -> dict[str, Any]:
    """How BentoML runs the service."""
    return {
        "name": SERVICE_NAME,
        "workers": settings.workers,
        "threads": settings.threads,
        "traffic": {"timeout": settings.timeout_seconds + SPARE_SECONDS},
        "http": {"host": settings.host, "port": settings.port},  # BentoML's own default is every address of the machine
        "envs": [{"name": name, "value": value} for name, value in WORKER_ENVIRONMENT.items()],
        "logging": {"access": {"enabled": False}},  # it would print addresses
        "metrics": {"enabled": False},  # its labels are raw paths, handles included
        "monitoring": {"enabled": False},
    }


def live_names(registry: Registry, prefix: str) -> tuple[str, ...]:
    """Registered names that begin with `prefix` and have a champion, in alphabetical order.  Raises ModelError."""
    return tuple(sorted(name for name in registry.champions() if name.startswith(prefix)))


def refuse_test_persons(snapshot: Snapshot, settings: ServingSettings) -> None:
    """Raise DataError when production would serve registers in which fictional or temporary persons are linked."""
    if not settings.is_development and snapshot.test_range == "link":
        raise DataError(
            "The store was built with `identity: {test_range: link}`, which production does not serve. "
            "Write `test_range: refuse` in the ingest's config and ingest into an empty data folder."
        )
