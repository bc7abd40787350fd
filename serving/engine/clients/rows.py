"""What a model was given of a client, as hashes: the row, the features it is of, the rules and the sentences."""

import hashlib
from functools import lru_cache

import numpy as np

from models.chain import canonical_json
from models.needs.need import NeedModel
from models.parts import CATALOGUE, VOCABULARY
from models.segments.segmentation import SegmentationModel
from serving.engine.contract import RowStamp

ClientModel = SegmentationModel | NeedModel
SHORT = 16
"""Hexadecimal characters of a hash that only tells versions apart."""


def row_stamp(model: ClientModel, row: np.ndarray) -> RowStamp:
    """The stamp of one row; what concerns the model alone is computed once."""
    feature_set, rules, templates = _of_model(_ById(model))
    row_sha256 = hashlib.sha256(np.ascontiguousarray(row, dtype="<f4").tobytes()).hexdigest()
    return RowStamp(row_sha256, feature_set, rules, templates)


def sources_of(model: ClientModel, row: np.ndarray) -> tuple[str, ...]:
    """The registers behind what the row knows, as the model's answers name them."""
    return tuple(model.parts.explainer.sources(model.parts.used_columns(row)))


class _ById:
    """A model as a key: its identity, while it is held."""

    def __init__(self, model: ClientModel) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.model is self.model


@lru_cache(maxsize=64)
def _of_model(held: _ById) -> tuple[str, str, str]:
    model = held.model
    files = model.parts.to_files()
    ruled = (model.scheme, model.rules) if isinstance(model, SegmentationModel) else (model.task,)
    rules = canonical_json([one.model_dump(mode="json") for one in ruled])
    return _short(files[CATALOGUE] + files[VOCABULARY]), _short(rules), model.parts.sentences.version


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:SHORT]
