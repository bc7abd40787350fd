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
from serving.records.entries import HELSINKI, local_text
from serving.records.opening import open_records, place_of
from serving.records.schema import OWN_VIEW_LOG, REVIEW_LOG
from serving.settings import DEFAULT_CONFIG, load_settings

FILE = "decisions.parquet"
SEEN_FILE = "decisions_seen.parquet"
"""What monitoring and retraining need beside the canonical table: the proposal, the unit, the view given before it."""
SEEN_COLUMNS = ("decision_id", "unit", "model", "proposed", "own_view")
REVIEWS_FILE = "reviews_seen.parquet"
REVIEW_COLUMNS = ("unit", "period", "client_id", "finding")
"""Findings about clients whom nothing had selected."""
CANNOT_TELL = "cannot_tell"
FOLDER = "service"
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
    frame, seen = decisions_frame(decided), seen_frame(decided, records.kept(OWN_VIEW_LOG))
    reviews = reviews_frame(records.kept(REVIEW_LOG))
    records.close()
    file = workspace.extracts / FOLDER / FILE
    write_extract(reviews, file.with_name(REVIEWS_FILE), covers_until=datetime.now(HELSINKI).date())
    write_extract(seen, file.with_name(SEEN_FILE), covers_until=datetime.now(HELSINKI).date())
    write_extract(frame, file, covers_until=datetime.now(HELSINKI).date())
    say(f"{len(frame)} decisions written to {FOLDER}/{FILE} under the extracts folder.")


def decisions_frame(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Decisions in the columns of the canonical table; times are wall-clock Europe/Helsinki, to the second."""
    rows = [_row(entry) for entry in entries]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("time", "recorded_at"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[s]")
    return frame


def seen_frame(decided: Sequence[Mapping[str, Any]], views: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Per decision: its unit, model and proposal, and the view the same person gave of the client earlier that day."""
    given = {(view["actor_id"], view["client_id"], view["day"]): view for view in views}
    rows = [(one["decision_id"], one["unit"], one["model"], one["proposed"], _own_view(one, given)) for one in decided]
    return pd.DataFrame(rows, columns=list(SEEN_COLUMNS), dtype=object)


def reviews_frame(reviews: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per review of a client of a unit's random sample."""
    rows = [tuple(one.get(name) for name in REVIEW_COLUMNS) for one in reviews]
    return pd.DataFrame(rows, columns=list(REVIEW_COLUMNS), dtype=object)


def _own_view(one: Mapping[str, Any], given: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> str | None:
    view = given.get((one["actor_id"], one["client_id"], local_text(one["time"])[:10]))
    if view is None or view["time"] > one["time"] or view["view"] == CANNOT_TELL:
        return None
    return str(view["view"])


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
