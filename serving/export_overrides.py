"""`python -m serving.export_overrides`: planners' overrides as the files that `evaluation.demand_reports` judges."""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from configs.command import run_command, say
from configs.errors import DataError
from features.manifest import write_atomically
from models.names import DEMAND_PREFIX
from serving.records.opening import open_records, place_of
from serving.records.schema import OVERRIDE_LOG
from serving.settings import DEFAULT_CONFIG, load_settings

FOLDER, FILE = "forecasts/{model}/overrides", "service.json"
"""Below `var/published/`: where the judgement looks for overrides of a model."""
TOLD = ("series_id", "ds", "value", "original", "role", "reason", "time")
"""What of an override is judged; who gave it is nobody's business there."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write every override of the log, one file a model."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.export_overrides", description="Export planners' overrides"
    )
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    config = parser.parse_args(argv).config
    return run_command(lambda: _export(config))


def _export(config: str | None) -> None:
    settings = load_settings(config)
    if not place_of(settings).exists():
        raise DataError("There is no log yet: nothing was served from this data folder.")
    records = open_records(settings, datetime.now)
    rows = records.kept(OVERRIDE_LOG)
    records.close()
    files = write_overrides(rows, settings.workspace.published)
    say(f"{len(rows)} overrides of {len(files)} models written below published/forecasts.")


def write_overrides(rows: Sequence[Mapping[str, Any]], published: Path) -> list[Path]:
    """One file a model with its overrides, oldest first, the original beside each and no author.

    The log only grows, so a later file holds all of an earlier one and takes its place.
    """
    files = []
    for model in sorted({str(row["model"]) for row in rows}):
        own = [{name: row[name] for name in TOLD} for row in rows if row["model"] == model]
        file = published / FOLDER.format(model=model.removeprefix(DEMAND_PREFIX)) / FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, (json.dumps(own, ensure_ascii=False, indent=1) + "\n").encode())
        files.append(file)
    return files


if __name__ == "__main__":
    raise SystemExit(main())
