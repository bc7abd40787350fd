"""`python -m serving.verify_log`: checks both logs link by link and names the first bad entry (exit code 1)."""

import argparse
from collections.abc import Sequence

from configs.command import run_command, say
from configs.errors import DataError, LuotainError
from serving.records.chained import Verified, verify_table
from serving.records.database import LOGS_FILE, open_sqlite
from serving.records.schema import CHAINED
from serving.records.witness import Witness
from serving.settings import DEFAULT_CONFIG, load_settings


class BrokenChain(LuotainError):
    """An entry of a log was changed, removed, added or moved."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line per log."""
    parser = argparse.ArgumentParser(prog="python -m serving.verify_log", description="Verify both logs")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    config = parser.parse_args(argv).config
    return run_command(lambda: _verify(config))


def _verify(config: str | None) -> None:
    workspace = load_settings(config).workspace
    folder, witness = workspace.records, Witness(workspace)
    if not (folder / LOGS_FILE).is_file():
        raise DataError("There is no log yet: nothing was served from this data folder. Type `make demo` first.")
    engine = open_sqlite(folder, LOGS_FILE)
    results = [verify_table(engine, table, witness.notes(table.name)) for table in CHAINED]
    engine.dispose()
    for result in results:
        say(_sentence(result))
    broken = [result for result in results if result.first_bad is not None]
    if broken:
        names = ", ".join(f"{result.log} entry {result.first_bad}" for result in broken)
        raise BrokenChain(f"The chain is broken at {names}. Keep the file and call the person in charge of logs.")


def _sentence(result: Verified) -> str:
    state = "whole" if result.first_bad is None else f"BROKEN at entry {result.first_bad}"
    return f"{result.log}: {result.entries} entries, chain {state}, head {result.head.seq} {result.head.hash[:16]}"


if __name__ == "__main__":
    raise SystemExit(main())
