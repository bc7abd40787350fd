"""The live models, and which clients each of them would answer about."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.errors import DataError, ModelError
from configs.workspace import Workspace
from models.answers import Text
from models.bundles.bundle import Bundle
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.explaining.bulk import BulkExplainer, bulk_explained
from models.learners.binary import BinaryModel, Explained
from models.needs.need import NeedModel, gate
from models.parts import ClientParts
from models.registry import RegisteredBundle, Registry
from models.segments.eligibility import assess
from models.segments.segmentation import SegmentationModel, output_id
from models.texts import Texts

KINDS = ("segmentation", "need")
ClientModel = SegmentationModel | NeedModel


@dataclass(frozen=True)
class Output:
    """One explained probability of a model."""

    id: str
    name: Text
    model: BinaryModel
    explainer: BulkExplainer

    def explain(self, used: np.ndarray) -> Explained:
        """Contributions on the scale shown, and probabilities, of rows of the model's used columns."""
        return bulk_explained(self.model, used, self.explainer)


@dataclass(frozen=True)
class Asked:
    """A live model with its outputs ready to explain."""

    version: RegisteredBundle
    model: ClientModel
    outputs: tuple[Output, ...]
    bundle: Bundle

    def answered(self, rows: np.ndarray) -> np.ndarray:
        """True for the whole rows of clients about whom the model answers."""
        return np.array([_is_answered(self.model, self.model.parts.by_name(row)) for row in rows], bool)


def asked_models(workspace: Workspace, registry: Registry, names: Sequence[str]) -> list[Asked]:
    """The live versions of these models; of every segmentation and need model when none is named.

    Raises ModelError when a named model is not live, or nothing is.
    """
    found = [(name, registry.champion(name)) for name in names or registry.names()]
    live = [version for _, version in found if version is not None and version.kind in KINDS]
    absent = [name for name, version in found if version is None] if names else []
    if absent or not live:
        raise ModelError(
            f"No version of {absent[0] if absent else 'any segmentation or need model'} is live. "
            "Promote one: `python -m training.promote`."
        )
    return [_asked(workspace, registry, version) for version in live]


def check_features(asked: Asked, columns: Sequence[str]) -> None:
    """Raises DataError when the history lacks a feature that the model reads."""
    absent = [name for name in asked.model.feature_names if name not in columns]
    if absent:
        raise DataError(
            f"The history has no feature {absent[0]}, which version {asked.version.version} of {asked.version.name} "
            "reads. "
            "Build the history with the model's catalogue, or train the model again."
        )


@dataclass(frozen=True)
class ReadModel:
    """A model out of its verified bundle, with its outputs ready to explain."""

    model: ClientModel
    outputs: tuple[Output, ...]

    @property
    def parts(self) -> ClientParts:
        """Features, words and what is usual."""
        return self.model.parts


def read_model(bundle: Bundle) -> ReadModel:
    """The segmentation or need model inside a verified bundle."""
    model = _model(bundle)
    return ReadModel(model, _outputs(model))


def _asked(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> Asked:
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        bundle = verify_bundle(fetched, trusted_keys(workspace.keys))
    read = read_model(bundle)
    return Asked(version, read.model, read.outputs, bundle)


def _model(bundle: Bundle) -> ClientModel:
    return SegmentationModel.from_bundle(bundle) if bundle.kind == "segmentation" else NeedModel.from_bundle(bundle)


def _outputs(model: ClientModel) -> tuple[Output, ...]:
    if isinstance(model, NeedModel):
        return (_output(model.task.id, model.task.name.as_text(), model.model),)
    return tuple(
        _output(output_id(axis.axis, level), (level.at_or_above or level.name).as_text(), binary)
        for axis in model.axes
        for level, binary in axis.steps
    )


def every_output(model: ClientModel) -> tuple[Output, ...]:
    """Every explained probability: of ordered levels each of them, not the main one alone."""
    if not isinstance(model, NeedModel):
        return _outputs(model)
    names = model.task.outcome.level_names
    return tuple(
        _output(id, model.task.name.as_text() if id == model.task.id else _level_name(model, id, names), one)
        for id, one in model.outputs.items()
    )


def _level_name(model: NeedModel, id: str, names: Mapping[str, Texts]) -> Text:
    """Of a level below or above the main one: the level's own name after the task's."""
    task, level = model.task.name.as_text(), id.removeprefix(f"{model.task.id}_")
    return {language: f"{words}: {names[level].as_text()[language]}" for language, words in task.items()}


def _output(id: str, name: Text, model: BinaryModel) -> Output:
    return Output(id, name, model, BulkExplainer.of(model.learner))


def _is_answered(model: ClientModel, row: dict[str, float]) -> bool:
    if isinstance(model, NeedModel):
        return gate(model.task, row) is None
    return assess(model.rules, row).status == "answered"
