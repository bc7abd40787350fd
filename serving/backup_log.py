"""`python -m serving.backup_log --to FOLDER`: a copy of the logs while the service runs; `--restore FILE` puts it back.

Both print the number of entries and the head of every log, to be compared, and end with the verifier's verdict.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from configs.command import run_command, say
from configs.errors import DataError
from serving.records.database import Place
from serving.records.databases.copies import back_up, counted, restore
from serving.records.opening import place_of
from serving.settings import DEFAULT_CONFIG, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line per log."""
    parser = argparse.ArgumentParser(prog="python -m serving.backup_log", description="Back up or restore the logs")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=Path, help="folder of the copy")
    what.add_argument("--restore", type=Path, help="copy to put where there are no logs")
    given = parser.parse_args(argv)
    return run_command(lambda: _run(place_of(load_settings(given.config)), given.to, given.restore))


def _run(place: Place, to: Path | None, copy: Path | None) -> None:
    if to is not None:
        if not place.exists():
            raise DataError("There is no log yet: nothing was served from this data folder. Type `make demo` first.")
        file = back_up(place, to)
        say(f"backed up to {file.name}")
        if place.url is None:
            _tell(Place(to))
            return
    elif copy is not None:
        restore(place, copy)
        say(f"restored from {copy.name}; now type `python -m serving.verify_log`")
    _tell(place)


def _tell(place: Place) -> None:
    engine = place.engine()
    for log, one in counted(engine).items():
        say(f"{log}: {one.entries} entries, {one.removed} removed, head {one.head_seq} {one.head_hash[:16]}")
    engine.dispose()


if __name__ == "__main__":
    raise SystemExit(main())
