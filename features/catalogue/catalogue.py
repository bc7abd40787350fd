"""The catalogue of feature families: `configs/features.yaml`, checked, hashed, and carried inside every bundle."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, read_yaml, validate_config
from configs.words import Words, unknown
from features.catalogue.checks import catalogue_faults
from features.catalogue.cited import coverage_faults, source_faults
from features.catalogue.families import Dimension, Family
from features.source_catalogue import load_source_catalogue

FROM_SOURCES = ("sources_version", "coverage")
"""What a catalogue takes from the source catalogue: a file may not say it itself."""


class VocabularyRule(StrictConfig):
    """Which codes of a `by` column get columns of their own."""

    minimum_rows: int = Field(default=50, ge=1)
    most_codes: int = Field(default=20, ge=1)


class Catalogue(StrictConfig):
    """Every family of one configuration, with the words for its dimensions and codes."""

    observed_from: str = "residents"
    """`residents`: each resident's history_start.  An ISO date: the source is complete for everyone from that date."""
    sources: str = ""
    """The source catalogue that every cited field is in."""
    sources_version: str = ""
    """sha256 of what the source catalogue said when the file was read."""
    coverage: Mapping[str, Mapping[str, date]] = Field(default_factory=dict)
    """Source and municipality to the first day from which absence means zero."""
    vocabulary: VocabularyRule = VocabularyRule()
    dimensions: Mapping[Dimension, Words]
    code_names: Mapping[str, Mapping[str, Words]] = Field(default_factory=dict)
    families: Mapping[str, Family]

    @property
    def enabled(self) -> tuple[Family, ...]:
        """The families that become features, in the order of the file."""
        return tuple(family for family in self.families.values() if family.is_enabled)

    @property
    def observed_since(self) -> date | None:
        """The date from which the source is complete for everyone, or None when each resident has an own one."""
        return None if self.observed_from == "residents" else date.fromisoformat(self.observed_from)

    @property
    def tables(self) -> tuple[str, ...]:
        """The canonical tables that features are made of."""
        wanted = {name for family in self.enabled for name in (family.table, *family.also_reads)}
        return tuple(sorted(wanted | ({"residents"} if self.observed_since is None else set())))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def family(self, family_id: str) -> Family:
        """One family by id.  Raises ConfigError that names the nearest one."""
        if family_id not in self.families:
            raise ConfigError(unknown("feature family", family_id, self.families))
        return self.families[family_id]

    def code_name(self, column: str | None, code: str | None) -> Words | None:
        """What a code of a column is called, when the catalogue says so."""
        return self.code_names.get(column or "", {}).get(code or "")

    def to_json(self) -> str:
        """The snapshot that travels in a bundle; families stay in the order of the file."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Catalogue":
        """The catalogue inside a bundle, with the coverage it was trained on.  Raises ConfigError."""
        catalogue = validate_config(json.loads(text), cls, "catalogue.json")
        pairs = catalogue.families.items()
        missing = [fault for key, family in pairs for fault in coverage_faults(key, family, catalogue.coverage)]
        _refused([*_faults(catalogue), *missing], "catalogue.json")
        return catalogue


def load_catalogue(path: str | Path) -> Catalogue:
    """Read a catalogue and the source catalogue it names.

    Raises ConfigError with every unknown table, column or aggregate, every field that no source has, and the nearest
    name.
    """
    values = read_yaml(path)
    families = values.get("families")
    if isinstance(families, dict):
        values["families"] = {key: _with_id(key, body) for key, body in families.items()}
    _refused([f"`{key}` comes from the source catalogue. Remove it." for key in FROM_SOURCES if key in values], path)
    catalogue = validate_config(values, Catalogue, str(path))
    if not catalogue.sources:
        raise ConfigError(f"{path}: the key `sources` is missing. Add `sources: configs/catalogue.yaml`.")
    sources = load_source_catalogue(catalogue.sources)
    _refused([*_faults(catalogue), *source_faults(catalogue.families, sources, catalogue.sources)], path)
    return catalogue.model_copy(update={"sources_version": sources.sha256, "coverage": sources.coverage})


def _with_id(key: Any, body: Any) -> Any:
    return {"id": str(key), **body} if isinstance(body, dict) else body


def _faults(catalogue: Catalogue) -> list[str]:
    return catalogue_faults(catalogue.families, catalogue.dimensions, catalogue.observed_from)


def _refused(faults: Sequence[str], shown: str | Path) -> None:
    if faults:
        raise ConfigError(f"{shown}: {' '.join(faults)}")
