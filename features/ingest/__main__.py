"""`python -m features.ingest --config configs/ingest.yaml`: delivered files into the store."""

import time
from collections.abc import Sequence

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from features.ingest.report import report_lines
from features.ingest.run import Outcome, ingest
from features.ingest.settings import IngestConfig


def main(argv: Sequence[str] | None = None) -> int:
    """Ingest everything new and print what became of every file's rows."""
    config = parse_config_path(argv, "features.ingest", "Read register extracts into the store.", "configs/ingest.yaml")
    return run_command(lambda: _run(config))


def _run(config: str) -> None:
    started = time.perf_counter()
    outcome = ingest(load_config(config, IngestConfig))
    _tell(outcome, time.perf_counter() - started)


def _tell(outcome: Outcome, seconds: float) -> None:
    if outcome.files:
        for line in report_lines(outcome.files):
            say(line)
    if outcome.known:
        say(f"{len(outcome.known)} files had been ingested before: nothing to do for them.")
    rows = sum(file.rows for file in outcome.files)
    say(f"Snapshot {outcome.sha256[:12]}: {rows:,} rows in {seconds:.1f} s.")


if __name__ == "__main__":
    raise SystemExit(main())
