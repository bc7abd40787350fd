"""What every model of one client carries beside its learners: features, words, and what is usual."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from configs.errors import ModelError
from features.catalogue import Catalogue
from features.catalogue.specs import FeatureSpec, feature_specs
from features.catalogue.vocabulary import Vocabulary
from models.explaining.comparison import Comparison
from models.explaining.concepts import ALONE, Concepts, concepts_from_json
from models.explaining.explain import Explainer
from models.explaining.supposing.changeable import FILE as CHANGEABLE
from models.explaining.supposing.changeable import Changeable
from models.explaining.wording.sentences import Sentences, sentences_from_json

CATALOGUE, VOCABULARY, SENTENCES = "catalogue.json", "vocabulary.json", "sentences.json"
COMPARISON, USED, CONCEPTS = "comparison.json", "features.json", "concepts.json"


@dataclass(frozen=True)
class ClientParts:
    """The shared half of a segmentation or need bundle.  `used` names the features that the learners see."""

    catalogue: Catalogue
    vocabulary: Vocabulary
    used: tuple[str, ...]
    comparison: Comparison
    sentences: Sentences
    changeable: Changeable | None = None
    """What a counterfactual may change; None in a bundle of before, or where training declared none."""
    concepts: Concepts = ALONE
    """Which families are one reason."""

    @cached_property
    def specs(self) -> tuple[FeatureSpec, ...]:
        """Every feature of a row that the kernel builds for this bundle, in order."""
        return tuple(feature_specs(self.catalogue, self.vocabulary))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of a row's columns."""
        return tuple(spec.name for spec in self.specs)

    @cached_property
    def explainer(self) -> Explainer:
        """The explainer over the used features."""
        specs = {spec.name: spec for spec in self.specs}
        used = tuple(specs[name] for name in self.used)
        return Explainer(self.catalogue, used, self.comparison, self.sentences, concepts=self.concepts)

    @cached_property
    def _columns(self) -> np.ndarray:
        place = {name: index for index, name in enumerate(self.feature_names)}
        absent = [name for name in self.used if name not in place]
        if absent:
            raise ModelError(
                f"The feature {absent[0]} of the model is not in its feature catalogue. Train a new version."
            )
        return np.array([place[name] for name in self.used], dtype=np.intp)

    def used_columns(self, rows: np.ndarray) -> np.ndarray:
        """The learners' columns of whole rows.  Raises ModelError when the rows have another width."""
        if rows.shape[-1] != len(self.specs):
            raise ModelError(
                f"A row has {rows.shape[-1]} features, the model needs {len(self.specs)}. Rebuild the row."
            )
        return np.ascontiguousarray(rows[..., self._columns], dtype=np.float32)

    def by_name(self, row: np.ndarray) -> dict[str, float]:
        """One row as name -> value."""
        return {name: float(value) for name, value in zip(self.feature_names, row, strict=True)}

    def to_files(self) -> dict[str, bytes]:
        """The bundle files of this half."""
        changeable = {} if self.changeable is None else {CHANGEABLE: self.changeable.to_bytes()}
        return changeable | {
            CATALOGUE: self.catalogue.to_json().encode(),
            VOCABULARY: self.vocabulary.to_json().encode(),
            SENTENCES: as_json(self.sentences.model_dump(mode="json")),
            COMPARISON: self.comparison.to_bytes(),
            USED: as_json({"used": list(self.used)}),
            **({} if self.concepts == ALONE else {CONCEPTS: as_json(self.concepts.model_dump(mode="json"))}),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "ClientParts":
        """The inverse of `to_files`.  Raises ModelError for a missing file and for features that are not computed."""
        catalogue = Catalogue.from_json(part(files, CATALOGUE).decode())
        vocabulary = Vocabulary.from_json(part(files, VOCABULARY).decode())
        used = tuple(read_json(files, USED)["used"])
        if unknown := set(used) - {spec.name for spec in feature_specs(catalogue, vocabulary)}:
            raise ModelError(
                f"The bundle uses {len(unknown)} features that its catalogue does not give. Train it again."
            )
        return cls(
            catalogue,
            vocabulary,
            used,
            Comparison.from_bytes(part(files, COMPARISON)),
            sentences_from_json(read_json(files, SENTENCES)),
            Changeable.from_bytes(files[CHANGEABLE]) if CHANGEABLE in files else None,
            concepts_from_json(read_json(files, CONCEPTS)) if CONCEPTS in files else ALONE,
        )


def as_json(values: object) -> bytes:
    """Readable JSON, the same bytes for the same values."""
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8")


def part(files: Mapping[str, bytes], name: str) -> bytes:
    """One file of a bundle.  Raises ModelError when it is not there."""
    if name not in files:
        raise ModelError(f"The bundle lacks its file {name}. Fetch it again or train a new version.")
    return files[name]


def read_json(files: Mapping[str, bytes], name: str) -> dict:  # type: ignore[type-arg]
    """One JSON file of a bundle."""
    return dict(json.loads(part(files, name)))


def column_names(specs: Sequence[FeatureSpec], without_families: Sequence[str]) -> tuple[str, ...]:
    """Names of the features of all families but the excluded ones."""
    return tuple(spec.name for spec in specs if spec.family not in without_families)
