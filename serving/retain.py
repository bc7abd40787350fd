"""`python -m serving.retain`: closes the months of the logs that are over and removes what was kept long enough.

Meant to run once a day (a systemd timer or cron).  It is itself an audit entry, written before anything is removed.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from configs.command import run_command, say
from configs.errors import DataError
from serving.records.keeping.removing import Kept
from serving.records.keeping.retaining import retain
from serving.records.opening import place_of
from serving.settings import DEFAULT_CONFIG, ServingSettings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line per log."""
    parser = argparse.ArgumentParser(prog="python -m serving.retain", description="Close months, remove what is due")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--clock-is-right", action="store_true", help="the service was silent for months, or for good")
    given = parser.parse_args(argv)
    return run_command(lambda: _retain(load_settings(given.config), given.clock_is_right))


def _retain(settings: ServingSettings, trusted: bool) -> None:
    if not place_of(settings).exists():
        raise DataError("There is no log yet: nothing was served from this data folder. Type `make demo` first.")
    for one in retain(settings, lambda: datetime.now(UTC), trusted):
        say(_sentence(one))


def _sentence(one: Kept) -> str:
    closed = f"closed {', '.join(one.closed)}" if one.closed else "no month to close"
    gone = f"{one.entries} entries of {', '.join(one.removed)} removed" if one.removed else "nothing is due"
    return f"{one.log}: {closed}; {gone}"


if __name__ == "__main__":
    raise SystemExit(main())
