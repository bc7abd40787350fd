"""`python -m evaluation.client_groups --config configs/client_groups.yaml`: the manager's figures of groups.

Writes `client_groups.json` into `var/published/<snapshot>/`; the change is that from the newest earlier snapshot's.
"""

import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.areas.settings import AreasConfig
from evaluation.client_groups.counting import Wanted, count
from evaluation.client_groups.report import report_of
from evaluation.client_groups.settings import ClientGroupsConfig
from evaluation.published import CLIENT_GROUPS, published_folder
from features.histories import HistoriesConfig
from features.manifest import write_atomically
from features.store import open_snapshot
from models.bundles.bundle import Bundle
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.needs.need import NeedModel
from models.registry import RegisteredBundle, connect
from models.segments.segmentation import SegmentationModel

DEFAULT = "configs/client_groups.yaml"


def make(config: ClientGroupsConfig) -> tuple[Path, dict[str, Any]]:
    """Count, hide, compare and publish; the folder and the report.  Raises ModelError without a champion."""
    workspace = Workspace.of(config.var)
    snapshot, areas = open_snapshot(workspace.store), load_config(config.areas, AreasConfig)
    as_of = snapshot.data_until + timedelta(days=1)
    rules = load_config(config.histories, HistoriesConfig).rules
    model, version = _champion(workspace, config.segmentation)
    need, need_version = _need(workspace, config.multi_service)
    counts = count(snapshot, Wanted(as_of, config, rules, areas.area_of, model, need))
    names = {area: name.as_text() for area, name in areas.names.items()}
    folder = published_folder(workspace, snapshot.sha256)
    found = report_of(counts, model.scheme, names, _earlier(workspace, folder, snapshot.data_until.isoformat()))
    stamp: dict[str, str | None] = {
        "snapshot_sha256": snapshot.sha256,
        "model": config.segmentation,
        "version": version,
    }
    stamp |= {"multi_service": config.multi_service if need else None, "multi_service_version": need_version}
    report = {**found, **stamp, "data_until": snapshot.data_until.isoformat()}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / CLIENT_GROUPS, text.encode())
    return folder, report


def _champion(workspace: Workspace, name: str) -> tuple[SegmentationModel, str]:
    registry = connect(workspace)
    version = registry.champion(name)
    if version is None:
        raise ModelError(f"No version of {name} is live. Train and promote one first.")
    return SegmentationModel.from_bundle(_fetched(workspace, version)), version.version


def _need(workspace: Workspace, name: str) -> tuple[NeedModel | None, str | None]:
    """The live model of the expected number; None where no version is live: the number is then not told."""
    version = connect(workspace).champion(name) if name else None
    if version is None:
        return None, None
    return NeedModel.from_bundle(_fetched(workspace, version)), version.version


def _fetched(workspace: Workspace, version: RegisteredBundle) -> Bundle:
    with tempfile.TemporaryDirectory() as folder:
        fetched = connect(workspace).fetch(version.name, version.version, Path(folder) / "bundle")
        return verify_bundle(fetched, trusted_keys(workspace.keys))


def _earlier(workspace: Workspace, own: Path, until: str) -> dict[str, Any] | None:
    """The newest report of other registers that reach less far."""
    files = (file for file in workspace.published.glob(f"*/{CLIENT_GROUPS}") if file.parent != own)
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    older = [one for one in found if one["data_until"] < until]
    return max(older, key=lambda one: str(one["data_until"]), default=None)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report of the client groups."""
    path = parse_config_path(argv, "evaluation.client_groups", "Counts clients by customership group.", DEFAULT)

    def action() -> None:
        folder, report = make(load_config(path, ClientGroupsConfig))
        for line in report["segments"]:
            name = report["names"]["segments"][line["segment"]]["en"]
            say(f"{name:<24} {'hidden' if line['n'] is None else line['n']:>8}")
        told = [line["expected"]["value"] for line in report["segments"] if line["expected"]["value"] is not None]
        number = f"{sum(told):.0f} in the groups that are told" if told else "not told: its model is not live"
        say(f"Expected number of new multi-service clients: {number}.")
        county = report["without_events"][-1]
        say(f"Residents 65 or over without any event: {'hidden' if county['silent'] is None else county['silent']}.")
        say(f"Published in {folder.parent.name}/{folder.name}/{CLIENT_GROUPS}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
