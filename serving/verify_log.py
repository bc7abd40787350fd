"""`python -m serving.verify_log`: checks every log link by link and names the first bad entry (exit code 1).

`--seen FILE` holds the logs against the heads that the last run wrote there, and writes the new ones when all is whole:
an auditor who keeps the file notices a rewritten log even when checkpoints and database were both in other hands.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from configs.command import run_command, say
from configs.errors import DataError, LuotainError
from models.chain import Checkpoint
from serving.records.chain.chained import Verified
from serving.records.opening import place_of, witness_of
from serving.records.schema import CHAINED
from serving.records.verifying.apart import told
from serving.settings import DEFAULT_CONFIG, load_settings

NICE = 10
"""Beside a service the verifier stands behind the answers."""


class BrokenChain(LuotainError):
    """An entry of a log was changed, removed, added or moved."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line per log."""
    parser = argparse.ArgumentParser(prog="python -m serving.verify_log", description="Verify the logs")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    parser.add_argument("--seen", type=Path, default=None, help="file of the heads seen last time, kept by the auditor")
    parser.add_argument("--json", action="store_true", help="one line for the service, which verifies apart this way")
    given = parser.parse_args(argv)
    return run_command(lambda: _verify(given.config, given.seen, given.json))


def _verify(config: str | None, kept: Path | None, as_json: bool) -> None:
    settings = load_settings(config)
    if as_json:
        os.nice(NICE)
    place, witness, seen = place_of(settings), witness_of(settings), _seen(kept)
    if not place.exists():
        raise DataError("There is no log yet: nothing was served from this data folder. Type `make demo` first.")
    engine = place.engine()
    results = [witness.verified(engine, table, *seen.get(table.name, ())) for table in CHAINED]
    engine.dispose()
    for line in [told(results)] if as_json else map(_sentence, results):
        say(line)
    broken = [result for result in results if result.first_bad is not None]
    if broken:
        names = ", ".join(f"{result.log} entry {result.first_bad}" for result in broken)
        raise BrokenChain(f"The chain is broken at {names}. Keep the file and call the person in charge of logs.")
    if kept is not None:
        heads = {result.log: [result.head.seq, result.head.hash] for result in results}
        kept.write_text(json.dumps(heads, indent=1) + "\n", encoding="utf-8")


def _seen(file: Path | None) -> Mapping[str, tuple[Checkpoint, ...]]:
    if file is None or not file.exists():
        return {}
    try:
        heads = json.loads(file.read_text(encoding="utf-8"))
        return {name: (Checkpoint(int(seq), str(hash_)),) for name, (seq, hash_) in heads.items() if seq}
    except (ValueError, TypeError, AttributeError):
        raise DataError(f"{file.name} is no file that this command wrote. Name the one of the last run.") from None


def _sentence(result: Verified) -> str:
    state = "whole" if result.first_bad is None else f"BROKEN at entry {result.first_bad}"
    removed = f" and {result.removed} removed after their time" if result.removed else ""
    clock = f", the clock went back {result.backwards} times" if result.backwards else ""
    head = f"head {result.head.seq} {result.head.hash[:16]}"
    return f"{result.log}: {result.entries} entries{removed}, chain {state}, {head}{clock}"


if __name__ == "__main__":
    raise SystemExit(main())
