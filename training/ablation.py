"""Learns models again without the features that tell the recording instance, and says what that costs and closes.

`python -m training.ablation --config configs/ablation.yaml`.  Nothing is registered: a question, not a candidate.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field
from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.fairness.ablated.figures import AS_IS, Held, Variant, compared, enough
from evaluation.fairness.ablated.page import told, write_ablation
from evaluation.fairness.subjects.encoded import strengths
from evaluation.fairness.traits import homes, stays_of
from evaluation.published import published_folder
from features.store import Snapshot, open_snapshot, read_table
from models.names import need_model, segmentation_model
from training.learning_again import Learning, axis_learnings, need_learning
from training.need import NeedConfig
from training.needs.sampling import at_random
from training.rows.held_out import Sample
from training.segmentation import Given
from training.segments.config import SegmentationConfig

CONTACTS = ("client_id", "time", "service", "legacy_org", "source", "superseded_at")
DEFAULT = "configs/ablation.yaml"
MOST_ASKED = 4000
"""Training rows that are asked which columns tell a trait."""
SEED = 1
"""Of those rows, and of the halves of clients that the adversary learns from."""
UNKNOWN = "unknown"
FORMAT = 1


class AblationConfig(StrictConfig):
    """configs/ablation.yaml."""

    need: str | None = "configs/need.yaml"
    tasks: tuple[str, ...] = ("heavier_home_care_6m",)
    segmentation: str | None = "configs/segmentation.yaml"
    traits: tuple[str, ...] = Field(default=("instance", "legacy_org"), min_length=1)
    top: int = Field(default=10, ge=1)
    """So many columns that tell a trait most are left out."""
    telling_from: float = Field(default=0.6, gt=0.5, le=1)
    """AUC of a class by a column's value, or by its being unknown, from which its whole family is left out."""
    repeats: int = Field(default=200, ge=50)


def ablate(config: AblationConfig) -> list[dict[str, Any]]:
    """Every report, written and returned.  Raises ConfigError or DataError; reports that are done stay."""
    return [_written(config, *one) for one in _asked(config)]


def _asked(config: AblationConfig) -> Iterator[tuple[str, Workspace, Snapshot, list[Learning]]]:
    if config.need:
        settings = load_config(config.need, NeedConfig)
        workspace = Workspace.of(settings.var)
        snapshot = open_snapshot(workspace.store)
        for task in config.tasks:
            yield need_model(task), workspace, snapshot, [need_learning(settings, task, workspace, snapshot)]
    if config.segmentation:
        given = Given.of(load_config(config.segmentation, SegmentationConfig))
        name = segmentation_model(given.scheme.id)
        yield name, given.workspace, given.snapshot, axis_learnings(given)


def _written(
    config: AblationConfig, name: str, workspace: Workspace, snapshot: Snapshot, learnings: Sequence[Learning]
) -> dict[str, Any]:
    homes_of = _homes(snapshot)
    tables = [
        table_of(config, learning, trait, homes_of[trait])
        for learning in tqdm(learnings, desc=name, disable=None)
        for trait in config.traits
    ]
    report = {
        "format": FORMAT,
        "model": name,
        "snapshot_sha256": snapshot.sha256,
        "data_until": str(snapshot.data_until),
        "top": config.top,
        "telling_from": config.telling_from,
        "tables": [one for one in tables if one is not None],
    }
    write_ablation(published_folder(workspace, snapshot.sha256), report)
    return report


def table_of(config: AblationConfig, learning: Learning, trait: str, home: Mapping[str, str]) -> dict[str, Any] | None:
    """One output by one trait: as it is, without the columns that tell most, without every telling family.

    None where fewer than two classes have enough clients.  What tells is measured on training rows only.
    """
    own = pd.Series(learning.client).map(home).fillna(UNKNOWN).to_numpy().astype(str)
    if len(enough(own, learning.client)) < 2:
        return None
    held = Held(learning.client, learning.label, {trait: own}, learning.share)
    columns = len(learning.specs)
    left = {AS_IS: np.zeros(columns, bool), **left_out(config, learning, home)}
    variants = [_learned(learning, name, ~out) for name, out in left.items()]
    return {
        "output": learning.output,
        "trait": trait,
        "rows": len(learning.label),
        "clients": len(np.unique(learning.client)),
        "variants": compared(held, trait, variants, config.repeats, SEED),
    }


def left_out(config: AblationConfig, learning: Learning, home: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Per variant which columns are left out."""
    rows = at_random(np.arange(len(learning.train.rows)), MOST_ASKED, np.random.default_rng(SEED))
    values = pd.Series(learning.train.clients[rows]).map(home).fillna(UNKNOWN).to_numpy().astype(str)
    strength = strengths(values, learning.train.rows[rows], enough(values, learning.train.clients[rows]))
    top = np.zeros(len(strength), bool)
    top[np.argsort(strength, kind="stable")[::-1][: config.top]] = True
    telling = {spec.family for spec, one in zip(learning.specs, strength, strict=True) if one >= config.telling_from}
    families = np.array([spec.family in telling for spec in learning.specs], bool)
    return {"without_top": top, "without_telling": families}


def _learned(learning: Learning, name: str, kept: np.ndarray) -> Variant:
    train, names = learning.train, np.array([spec.name for spec in learning.specs], object)
    signs = tuple(np.array(train.directions)[kept]) if len(train.directions) else ()
    sample = Sample(
        np.ascontiguousarray(train.rows[:, kept]), train.labels, train.clients, tuple(names[kept]), signs, train.weights
    )
    test = np.ascontiguousarray(learning.test[:, kept])
    return Variant(name, tuple(names[~kept]), learning.fit(sample).probabilities(test), test)


def _homes(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """trait → client → the class of the client's municipality."""
    contacts = read_table(snapshot, "contacts", columns=CONTACTS)
    found = homes(contacts[contacts["superseded_at"].isna()], stays_of(snapshot))
    return {trait: {str(client): str(own) for client, own in values.items()} for trait, values in found.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Learn again, write and print."""
    path = parse_config_path(argv, "training.ablation", "Learns again without what tells the instance.", DEFAULT)

    def action() -> None:
        for report in ablate(load_config(path, AblationConfig)):
            say("\n".join(told(report)))
            say(f"Published in published/{report['snapshot_sha256'][:12]}/ablation_{report['model']}.html.\n")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
