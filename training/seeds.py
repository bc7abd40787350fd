"""Would another seed have told the same story?  The live client models' learners fitted again with other seeds.

`python -m training.seeds --config configs/seeds.yaml` writes `seeds.json` into `var/published/<snapshot>/`; the audit
report reads it.  Same rows, same settings, same columns; only the draws of rows and features differ.  Nothing is
registered and no model changes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.audit.explained.stability import weights_compared
from evaluation.live_bundles import verified
from evaluation.published import SEEDS_JSON, published_folder
from evaluation.report.explanation import by_family
from features.histories import load_history
from features.manifest import write_atomically
from features.store import open_snapshot
from models.bundles.bundle import Bundle
from models.learners.binary import BinaryModel, Learner
from models.learners.blend import Blend
from models.needs.need import NeedModel
from models.parts import ClientParts
from models.registry import RegisteredBundle, Registry, connect
from models.segments.segmentation import SegmentationModel, output_id
from training.fitting import FitSettings, column_directions
from training.need import NeedConfig
from training.needs.labelled import cohort
from training.needs.sampling import at_random
from training.rows.held_out import Sample, fit_line, fit_trees
from training.rows.splits import temporal_holdout
from training.segmentation import Given, learn_from
from training.segments.config import SegmentationConfig

DEFAULT, FORMAT = "configs/seeds.yaml", 1


class SeedsConfig(StrictConfig):
    """configs/seeds.yaml."""

    var: str
    models: tuple[str, ...] = ()
    """Registered names; empty = every live segmentation and need model."""
    seeds: tuple[int, ...] = Field(default=(1, 2, 3), min_length=1)
    most_rows: int = Field(default=60_000, ge=100)
    """Training rows that each seed learns from at most."""
    explained_rows: int = Field(default=2_000, ge=50)


@dataclass(frozen=True)
class Question:
    """One served output with the rows it was learned from."""

    output: str
    served: BinaryModel
    sample: Sample
    fit: FitSettings


def tried(question: Question, parts: ClientParts, config: SeedsConfig) -> list[dict[str, float]]:
    """Per seed {seed, rank, overlap}: its importance by family against the served model's, on the same rows.

    rank = Spearman of the two orders, overlap = share of the ten heaviest in both; 1 = the same story.
    """
    kept = at_random(np.arange(len(question.sample.rows)), config.most_rows, np.random.default_rng(question.fit.seed))
    mask = np.isin(np.arange(len(question.sample.rows)), kept)
    sample, shown = question.sample.part(mask), question.sample.rows[kept[: config.explained_rows]]
    own = _weights(question.served.learner, shown, parts)
    found = []
    for seed in config.seeds:
        other = _weights(_fitted(question, sample, seed), shown, parts)
        found.append({"seed": seed, **weights_compared(own, other)})
    return found


def _fitted(question: Question, sample: Sample, seed: int) -> Learner:
    """As the served learner was made, with another seed; logistic regression has none and stays as it is."""
    learner, boosting = question.served.learner, question.fit.boosting.model_copy(update={"seed": seed})
    if learner.kind == "logistic":
        return learner
    trees = fit_trees(sample, boosting)
    if not isinstance(learner, Blend):
        return trees
    return Blend(trees, fit_line(sample, question.fit.baseline), learner.line_share)


def _weights(learner: Learner, rows: np.ndarray, parts: ClientParts) -> dict[str, float]:
    names, summed = by_family(learner.contributions(rows)[1], parts.explainer.specs)
    return dict(zip(names, np.abs(summed).mean(axis=0).tolist(), strict=True))


def questions(
    workspace: Workspace, registry: Registry, version: RegisteredBundle, model: NeedModel | SegmentationModel
) -> Iterator[Question]:
    """Every served output with its training rows, cut again exactly as its training cut them."""
    text = registry.artefact(version.run_id, "config.json").read_bytes()
    if isinstance(model, NeedModel):
        yield from _needed(workspace, NeedConfig.model_validate_json(text), model)
    else:
        yield from _segmented(SegmentationConfig.model_validate_json(text), model)


def _needed(workspace: Workspace, config: NeedConfig, model: NeedModel) -> Iterator[Question]:
    labelled = cohort(model.task, open_snapshot(workspace.store), load_history(workspace, config.histories))
    split = temporal_holdout(labelled.as_of, config.holdout_share, model.task.horizon_days + model.task.gap_days)
    used, label = model.parts.used_columns(labelled.take(split.train)), labelled.label[split.train]
    signs = column_directions(config.fit, model.parts.explainer.specs, tuple(config.fit.directions))
    levels = model.task.outcome.levels
    for output, served in model.outputs.items():
        named = output.removeprefix(f"{model.task.id}_")
        place = levels.index(named) if named in levels else levels.index(_main(model))
        above = (label >= place).astype(np.int8)
        sample = Sample(used, above, labelled.clients[split.train], model.parts.used, signs)
        yield Question(output, served, sample, config.fit)


def _main(model: NeedModel) -> str:
    return model.task.main_level or model.task.outcome.levels[1]


def _segmented(config: SegmentationConfig, model: SegmentationModel) -> Iterator[Question]:
    given = Given.of(config)
    learned, _ = learn_from(given)
    for place, axis in enumerate(model.axes):
        fit, train = config.fit_of(axis.axis.id), learned.split.train & learned.known(place)
        used = model.parts.used_columns(learned.frame[train])
        signs = column_directions(fit, model.parts.explainer.specs, tuple(fit.directions))
        for step, (level, served) in enumerate(axis.steps, start=1):
            above = (learned.records.levels[train, place] >= step).astype(np.int8)
            weights = None if learned.weights is None else learned.weights[train]
            sample = Sample(used, above, learned.records.clients[train], model.parts.used, signs, weights)
            yield Question(output_id(axis.axis, level), served, sample, fit)


def make(config: SeedsConfig) -> tuple[Path, dict[str, Any]]:
    """Try every live client model and write.  Raises ModelError when none is live."""
    workspace = Workspace.of(config.var)
    registry = connect(workspace)
    live = {name: one for name, one in registry.champions().items() if one.kind in ("need", "segmentation")}
    wanted = config.models or tuple(sorted(live))
    absent = [name for name in wanted if name not in live]
    if absent or not wanted:
        raise ModelError(f"No version of {absent[0] if absent else 'any client model'} is live. Promote one first.")
    bundles = verified(workspace, registry, [live[name] for name in wanted])
    models = {
        name: _told(workspace, registry, live[name], bundles[name], config) for name in tqdm(wanted, disable=None)
    }
    told = {"format": FORMAT, "seeds": list(config.seeds), "models": models}
    folder = published_folder(workspace, open_snapshot(workspace.store).sha256)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / SEEDS_JSON, (json.dumps(told, indent=1) + "\n").encode())
    return folder, told


def _told(
    workspace: Workspace, registry: Registry, version: RegisteredBundle, bundle: Bundle, config: SeedsConfig
) -> dict[str, Any]:
    of = SegmentationModel if bundle.kind == "segmentation" else NeedModel
    model = of.from_bundle(bundle)
    outputs = {one.output: tried(one, model.parts, config) for one in questions(workspace, registry, version, model)}
    return {"version": version.version, "bundle_sha256": version.sha256, "outputs": outputs}


def main(argv: Sequence[str] | None = None) -> int:
    """Try other seeds."""
    path = parse_config_path(argv, "training.seeds", "The live models' training with other seeds.", DEFAULT)

    def action() -> None:
        folder, told = make(load_config(path, SeedsConfig))
        for name, one in told["models"].items():
            for output, runs in one["outputs"].items():
                worst = {key: min(run[key] for run in runs) for key in ("rank", "overlap")}
                say(f"{name} {output}: least rank {worst['rank']:.3f}, least overlap {worst['overlap']:.0%}")
        say(f"Published in {folder.parent.name}/{folder.name}/{SEEDS_JSON}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
