"""`python -m training.feedback --config configs/feedback.yaml`: what became of the service's answers.

Writes `feedback.html` and `feedback.json` into `var/published/<snapshot>/`, and the joined rows (pseudonyms) as
`var/feedback/<snapshot>_<as_of>.parquet`.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError, NothingYetError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.published import FEEDBACK_HTML, FEEDBACK_JSON, published_folder
from features.frames import frame_bytes
from features.manifest import write_atomically
from features.side_files import ANSWERS, DECISIONS, REVIEWS, Checked, read_side_file
from features.store import Snapshot, open_snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.needs.need import NeedModel
from models.registry import Registry, connect
from models.segments.scheme import load_scheme
from training.feedback.figures import calibration, choices, right, units
from training.feedback.joining import Asked, Joined, join
from training.feedback.label_report import label_report
from training.feedback.lines import Drawn
from training.feedback.page import render
from training.feedback.samples import findings, side_by_side
from training.feedback.settings import FeedbackConfig

DEFAULT = "configs/feedback.yaml"
FORMAT = 1
SIDES = (ANSWERS, DECISIONS, REVIEWS)
SEGMENT = {"fi": "Ehdotettu segmentti", "sv": "Föreslaget segment", "en": "Proposed segment"}
Models = dict[tuple[str, str], NeedModel]


def make(config: FeedbackConfig) -> tuple[Path, dict[str, Any]]:
    """Join, summarise and publish; the folder and the summary.  Raises a LuotainError, NothingYetError too."""
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    midnight = config.as_of or snapshot.data_until + timedelta(days=1)
    answers, decisions, reviews = (read_side_file(workspace, one) for one in SIDES)
    if answers.rows.empty:
        raise NothingYetError("No shown answer was exported yet. When there are some: `python -m serving.export_log`.")
    models = answering_models(connect(workspace), workspace, answers.rows)
    asked = _asked(config, snapshot, midnight, models)
    joined = join(answers.rows, decisions.rows, asked)
    summary = summarise(config, snapshot, midnight, joined, reviews.rows, models)
    summary["names"] = {asked.scheme.id: SEGMENT, **{one.task.id: one.task.name.as_text() for one in models.values()}}
    summary["files"] = [_told(one.file, of) for one, of in zip(SIDES, (answers, decisions, reviews), strict=True)]
    summary["labels"] = label_report(config, workspace, config.labels) if config.labels else None
    return _written(workspace, snapshot, midnight, joined.rows, summary), summary


def answering_models(registry: Registry, workspace: Workspace, answers: pd.DataFrame) -> Models:
    """Every need model version that answered and is still registered, verified as serving does."""
    found: Models = {}
    needs = answers.loc[answers["kind"] == "need", ["model", "version"]].drop_duplicates()
    for name, version in needs.itertuples(index=False, name=None):
        with tempfile.TemporaryDirectory() as folder:
            try:
                fetched = registry.fetch(name, version, Path(folder) / "bundle")
            except ModelError:  # taken out of the registry: told as unknown_model, never guessed
                continue
            found[name, version] = NeedModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))
    return found


def summarise(
    config: FeedbackConfig,
    snapshot: Snapshot,
    midnight: date,
    joined: Joined,
    reviews: pd.DataFrame,
    models: Models,
) -> dict[str, Any]:
    """Everything that is told of the join, ready for JSON."""
    drawn = Drawn(config.least_rows, config.repeats, config.seed)
    return {
        "format": FORMAT,
        "snapshot_sha256": snapshot.sha256,
        "data_until": str(snapshot.data_until),
        "as_of": str(midnight),
        "counts": dict(joined.counts),
        "refused": list(joined.refused),
        "calibration": calibration(joined.rows, drawn),
        "choices": choices(joined.rows, drawn),
        "right": right(joined.rows, drawn),
        "units": units(joined.rows, drawn),
        "samples": side_by_side(joined.rows, reviews, models, snapshot, midnight, drawn),
        "findings": findings(reviews),
        "settings": config.model_dump(mode="json"),
    }


def _asked(config: FeedbackConfig, snapshot: Snapshot, midnight: date, models: Models) -> Asked:
    tasks = {of: model.task for of, model in models.items()}
    scheme = load_scheme(config.scheme)
    return Asked(snapshot, midnight, tasks, scheme, config.segment_days, config.unmatched_limit)


def _told(file: str, checked: Checked) -> dict[str, Any]:
    return {"file": file, "rows": checked.delivered, "left_out": dict(checked.left_out)}


def _written(
    workspace: Workspace, snapshot: Snapshot, midnight: date, rows: pd.DataFrame, summary: Mapping[str, Any]
) -> Path:
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    page = render(summary)
    folder, kept = published_folder(workspace, snapshot.sha256), workspace.root / "feedback"
    for place in (folder, kept):
        place.mkdir(parents=True, exist_ok=True)
    write_atomically(kept / f"{snapshot.sha256[:12]}_{midnight}.parquet", frame_bytes(rows))
    write_atomically(folder / FEEDBACK_HTML, page.encode())
    write_atomically(folder / FEEDBACK_JSON, text.encode())
    return folder


def told(summary: Mapping[str, Any]) -> str:
    """What the command prints."""
    counts = summary["counts"]
    lines = [
        f"as of {summary['as_of']}: {counts['answers']} answered estimates, {counts.get('state_scored', 0)} with a "
        f"known outcome, {counts.get('state_not_due', 0)} not due yet; {counts['decisions']} decisions"
    ]
    lines += [f"  {sentence}" for sentence in summary["refused"]]
    for one in summary["calibration"]:
        if one["part"] == "*" and one["ratio"] is not None:
            span = "" if one["low"] is None else f" ({one['low']:.2f}–{one['high']:.2f})"
            lines.append(f"  {one['task']:<32}{one['rows']:>7} rows  observed/expected {one['ratio']:.2f}{span}")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Join what was answered with what was decided and what came of it."""
    path = parse_config_path(argv, "training.feedback", "Joins answers, decisions and outcomes.", DEFAULT)

    def action() -> None:
        folder, summary = make(load_config(path, FeedbackConfig))
        say(told(summary))
        say(f"Published in {folder.parent.name}/{folder.name}/{FEEDBACK_HTML}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
