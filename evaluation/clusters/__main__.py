"""Are there clients whom no segment describes?  Histories grouped without any label, beside the proposed segments.

`python -m evaluation.clusters --config configs/clusters.yaml` writes clusters.html and clusters.json for data
scientists into `var/published/<snapshot>/`.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError, ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.clusters.page import render
from evaluation.clusters.summary import Asked, summarise
from evaluation.published import CLUSTERS_HTML, CLUSTERS_JSON, published_folder
from features.histories import History, load_history
from features.manifest import write_atomically
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.learners.mixture import Mixture
from models.names import segmentation_model
from models.registry import RegisteredBundle, Registry, connect
from models.segments.eligibility import assess
from models.segments.segmentation import SegmentationModel

DEFAULT = "configs/clusters.yaml"


class ClustersConfig(StrictConfig):
    """configs/clusters.yaml."""

    var: str
    histories: str
    scheme: str
    """Id of the scheme whose newest model proposes the segments."""
    version: str | None = None
    numbers: tuple[int, ...] = Field(min_length=1)
    """Numbers of clusters that are tried."""
    scores: int = Field(default=8, ge=2, le=50)
    """Principal scores that the clusters are made of."""
    rows: int = Field(default=5000, ge=200)
    """Clients that the clusters are fitted on; every eligible client is then put into one."""
    described_from: float = Field(default=0.6, gt=0, lt=1)
    """A cluster is described by a segment that at least this share of its clients is proposed."""
    seed: int = 20260101

    @model_validator(mode="after")
    def _several(self) -> "ClustersConfig":
        if min(self.numbers) < 2:
            raise ValueError("`numbers` must be at least 2 each, e.g. [4, 5, 6]")
        return self


def make(config: ClustersConfig) -> tuple[Path, dict[str, Any]]:
    """Cluster the eligible clients of the history's last date; the folder written to and what it says."""
    workspace = Workspace.of(config.var)
    history = load_history(workspace, config.histories)
    version, model = proposing_model(workspace, connect(workspace), config.scheme, config.version)
    rows = eligible_rows(history, model)
    used = model.parts.used_columns(rows)
    drawn = np.random.default_rng(config.seed).permutation(len(used))[: config.rows]
    mixture = Mixture.fit(used[drawn], config.numbers, config.scores, config.seed)
    asked = Asked(
        used=used,
        clusters=mixture.assign(used),
        shares=model.segment_probabilities(used),
        model=model,
        described_from=config.described_from,
        explained=mixture.explained,
    )
    summary = {
        "snapshot_sha256": history.snapshot_sha256,
        "as_of": str(np.datetime64(history.rows["as_of"].max(), "D")),
        "model": {"name": version.name, "version": version.version},
        **summarise(asked),
    }
    folder = published_folder(workspace, history.snapshot_sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / CLUSTERS_JSON, text.encode())
    write_atomically(folder / CLUSTERS_HTML, render(summary).encode())
    return folder, summary


def proposing_model(
    workspace: Workspace, registry: Registry, scheme: str, version: str | None
) -> tuple[RegisteredBundle, SegmentationModel]:
    """The newest (or named) model of a scheme.  Raises ModelError when there is none."""
    name = segmentation_model(scheme)
    found = registry.version(name, version) if version else registry.latest(name)
    if found is None:
        raise ModelError(f"No version of {name} is registered. Train it first: `python -m training.segmentation`.")
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(name, found.version, Path(folder) / "bundle")
        return found, SegmentationModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))


def eligible_rows(history: History, model: SegmentationModel) -> np.ndarray:
    """Whole rows at the history's last date that pass the model's gate.  Raises DataError when there are none."""
    last = (history.rows["as_of"] == history.rows["as_of"].max()).to_numpy()
    rows = history.frame[last].to_numpy(np.float32)
    passed = np.array([assess(model.rules, model.parts.by_name(row)).status == "answered" for row in rows], dtype=bool)
    if not passed.any():
        raise DataError("No client of the history's last date passes the eligibility gate. Build histories anew.")
    return np.asarray(rows[passed])


def _said(summary: dict[str, Any]) -> str:
    lines = [
        f"{summary['clients']} eligible clients at {summary['as_of']} in {len(summary['clusters'])} clusters; "
        f"agreement with the segments (adjusted Rand) {summary['adjusted_rand']:.3f}",
        f"  {'cluster':<10}{'clients':>9}  most proposed segment",
    ]
    for cluster in summary["clusters"]:
        top = cluster["most_proposed"]
        share = "few" if top["share"] is None else f"{top['share']:.0%}"
        mark = "" if cluster["described"] else "   no segment describes it"
        lines.append(f"  {cluster['id']:<10}{cluster['clients']:>9}  {top['segment']} {share}{mark}")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m evaluation.clusters --config configs/clusters.yaml`."""
    path = parse_config_path(argv, "evaluation.clusters", "Clusters histories beside the segments.", DEFAULT)

    def action() -> None:
        folder, summary = make(load_config(path, ClustersConfig))
        say(_said(summary))
        say(f"Published in {folder.parent.name}/{folder.name}/{CLUSTERS_HTML}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
