"""`python -m evaluation.reconcile --config configs/reconcile.yaml`: every indicator from an old and a new source.

Writes `reconcile.json` and `reconcile.csv` into `var/published/<new snapshot>/`.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.indicators.__main__ import made
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.published import RECONCILE_CSV, RECONCILE_JSON, published_folder
from evaluation.reconcile.matching import REASONS, reconciled, refused
from evaluation.reconcile.settings import ReconcileConfig, Side
from features.manifest import write_atomically
from features.store import Snapshot, open_earlier, open_snapshot

DEFAULT = "configs/reconcile.yaml"
COLUMNS = ("id", "period", "by", "group", "old", "new", "difference", "old_n", "new_n", "reason")


def compare(old: Snapshot, new: Snapshot, config: ReconcileConfig) -> dict[str, Any]:
    """The report of two snapshots.  Raises ConfigError, DataError."""
    as_of = config.as_of or min(old.data_until, new.data_until) + timedelta(days=1)
    wanted = [load_config(side.indicators or config.indicators, IndicatorsConfig) for side in (config.old, config.new)]
    dated = [one.model_copy(update={"as_of": as_of}) for one in wanted]
    first, second = made(old, dated[0]), made(new, dated[1])
    lines = reconciled(first, second, config, max(one.smallest_cell for one in wanted))
    return {
        "format": 1,
        "as_of": as_of.isoformat(),
        "old": {"name": config.old.name.as_text(), "snapshot_sha256": old.sha256},
        "new": {"name": config.new.name.as_text(), "snapshot_sha256": new.sha256},
        "reasons": dict(REASONS),
        "counts": dict(Counter(line["reason"] for line in lines)),
        "refused": list(refused(first, second).values()),
        "missing": {side: _missing(one) for side, one in (("old", first), ("new", second))},
        "lines": lines,
    }


def _missing(report: dict[str, Any]) -> dict[str, str]:
    """Indicator → the tables it waits for in this store, by name."""
    waits = [one for one in report["indicators"] if one["readiness"] == "needs"]
    return {one["id"]: one["reads"] for one in waits}


def as_csv(lines: Sequence[dict[str, Any]]) -> str:
    """One line per indicator, period and place."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(["" if line[name] is None else line[name] for name in COLUMNS] for line in lines)
    return stream.getvalue()


def snapshot_of(side: Side) -> Snapshot:
    """The store's content that a side names.  Raises DataError."""
    store = Workspace.of(side.var).store
    return open_snapshot(store) if side.snapshot is None else open_earlier(store, side.snapshot)


def publish(config: ReconcileConfig) -> tuple[Path, dict[str, Any]]:
    """Compare and write; the folder and the report."""
    new = snapshot_of(config.new)
    report = compare(snapshot_of(config.old), new, config)
    folder = published_folder(Workspace.of(config.new.var), new.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / RECONCILE_CSV, as_csv(report["lines"]).encode())
    write_atomically(folder / RECONCILE_JSON, text.encode())
    return folder, report


def main(argv: Sequence[str] | None = None) -> int:
    """Write both sources side by side."""
    path = parse_config_path(argv, "evaluation.reconcile", "Sets an old and a new source side by side.", DEFAULT)

    def action() -> None:
        folder, report = publish(load_config(path, ReconcileConfig))
        for reason, number in sorted(report["counts"].items(), key=lambda one: -one[1]):
            say(f"{number:>6}  {reason}: {REASONS[reason]}")
        for sentence in report["refused"]:
            say(sentence)
        say(f"As of {report['as_of']}; published in {folder.parent.name}/{folder.name}/{RECONCILE_JSON}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
