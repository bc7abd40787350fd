"""`python -m serving.export_log`: the decisions as one more register extract, which `features.ingest` reads."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from configs.command import run_command, say
from configs.errors import DataError
from features.side_files import ANSWERS, DECISIONS, REVIEWS
from features.side_files.declared import FOLDER
from serving.records.entries import HELSINKI, local_text
from serving.records.opening import open_records, place_of
from serving.records.schema import AUDIT_LOG, OWN_VIEW_LOG, REVIEW_DRAW_LOG, REVIEW_LOG
from serving.settings import DEFAULT_CONFIG, load_settings
from serving.side_files import answers_frame, reviews_frame, seen_frame

FILE = "decisions.parquet"
AFTER_ALL = "9999"
"""Later than every time of the log."""
COLUMNS = (
    "decision_id",
    "client_id",
    "time",
    "recorded_at",
    "decision_point",
    "answer_id",
    "decision",
    "segment",
    "reason",
    "routing_target",
    "role",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the extract and its marker."""
    parser = argparse.ArgumentParser(prog="python -m serving.export_log", description="Export the decision log")
    parser.add_argument("--config", default=None, help=f"YAML file (default: {DEFAULT_CONFIG})")
    config = parser.parse_args(argv).config
    return run_command(lambda: _export(config))


def _export(config: str | None) -> None:
    settings = load_settings(config)
    workspace = settings.workspace
    if not place_of(settings).exists():
        raise DataError("There is no decision log yet: nothing was served from this data folder.")
    records = open_records(settings, datetime.now)
    decided = records.all_decisions()
    frame, answers = decisions_frame(decided), answers_frame(records.span(AUDIT_LOG, "", AFTER_ALL))
    seen = seen_frame(decided, records.kept(OWN_VIEW_LOG), answers)
    reviews = reviews_frame(records.kept(REVIEW_DRAW_LOG), records.kept(REVIEW_LOG))
    records.close()
    folder, until = workspace.extracts / FOLDER, datetime.now(HELSINKI).date()
    for declared, rows in ((ANSWERS, answers), (REVIEWS, reviews), (DECISIONS, seen)):
        write_extract(rows, folder / declared.file, covers_until=until)
    write_extract(frame, folder / FILE, covers_until=until)
    say(f"{len(frame)} decisions written to {FOLDER}/{FILE} under the extracts folder, beside them:")
    say(f"  {len(answers)} estimates of {answers['answer_id'].nunique()} shown answers, {len(reviews)} clients drawn.")


def decisions_frame(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Decisions in the columns of the canonical table; times are wall-clock Europe/Helsinki, to the second."""
    rows = [_row(entry) for entry in entries]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("time", "recorded_at"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[s]")
    return frame


def write_extract(frame: pd.DataFrame, file: Path, covers_until: date) -> None:
    """The Parquet file, and beside it the marker that says it is complete; the marker comes last."""
    file.parent.mkdir(parents=True, exist_ok=True)
    marker = file.with_name(f"{file.name}.complete")
    marker.unlink(missing_ok=True)
    draft = file.with_name(f".{file.name}")
    frame.to_parquet(draft, index=False)
    draft.replace(file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    said = {"sha256": sha256, "rows": len(frame), "covers_until": covers_until.isoformat()}
    marker.write_text(json.dumps(said), encoding="utf-8")


def _row(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    decided = local_text(entry["time"])
    return (
        entry["decision_id"],
        entry["client_id"],
        decided,
        decided,
        entry["decision_point"],
        entry["answer_id"],
        entry["choice"],
        entry["segment"],
        entry["reason"] or None,
        entry.get("routing_target"),
        entry["role"],
    )


if __name__ == "__main__":
    raise SystemExit(main())
