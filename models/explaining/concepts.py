"""Concepts: families that say the same thing about a client, summed into one reason.

Correlated features share a model's weight as chance has it; the sum over what they have in common is steady and is
what a person can understand.  Source: Aas, Jullum & Løland 2021, Artificial Intelligence 298:103502 (grouping
dependent features); Molnar et al. 2020 (pitfalls of attributing to correlated features one by one).
"""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, validate_config
from features.catalogue import Catalogue
from features.catalogue.families import Dimension
from features.catalogue.specs import FeatureSpec
from models.texts import Texts


class Concept(StrictConfig):
    """One thing worth saying about a client, and the families (or single codes of families) that measure it."""

    name: Texts
    dimension: Dimension
    families: tuple[str, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = {}
    """Family to those of its codes that belong here instead of with the family."""


class Concepts(StrictConfig):
    """configs/concepts.yaml.  A family that no concept names is a concept of its own, under its own id."""

    version: str = ""
    concepts: Mapping[str, Concept] = {}

    def of(self, spec: FeatureSpec) -> str:
        """The concept of one feature."""
        by_code = self._by_code.get((spec.family, spec.code or ""))
        return by_code or self._by_family.get(spec.family, spec.family)

    def of_family(self, family: str) -> str:
        """The concept of a whole family."""
        return self._by_family.get(family, family)

    def described(self, concept: str, catalogue: Catalogue) -> tuple[Texts, str]:
        """(name, dimension) of a concept; those of the family for a family that stands alone."""
        if concept in self.concepts:
            return self.concepts[concept].name, self.concepts[concept].dimension
        family = catalogue.families[concept]
        return family.name, family.dimension

    @cached_property
    def _by_family(self) -> dict[str, str]:
        return {family: concept for concept, one in self.concepts.items() for family in one.families}

    @cached_property
    def _by_code(self) -> dict[tuple[str, str], str]:
        return {
            (family, code): concept
            for concept, one in self.concepts.items()
            for family, codes in one.codes.items()
            for code in codes
        }


ALONE = Concepts()
"""Every family by itself."""


def load_concepts(path: str | None, catalogue: Catalogue) -> Concepts:
    """Read the concepts of a catalogue; without a path every family stands alone.

    A family that this county's catalogue has not is passed over: one file serves counties with other families.
    Raises ConfigError that names a family that two concepts claim, or a concept whose id is that of a family.
    """
    if path is None:
        return ALONE
    concepts = load_config(path, Concepts)
    faults = [*_claimed_twice(concepts), *_taken(concepts, catalogue)]
    if faults:
        raise ConfigError(f"{path}: {' '.join(faults)}")
    return concepts


def concepts_from_json(values: Mapping[str, object]) -> Concepts:
    """The concepts inside a bundle."""
    return validate_config(values, Concepts, "concepts.json")


def _claimed_twice(concepts: Concepts) -> list[str]:
    families = Counter(family for one in concepts.concepts.values() for family in one.families)
    codes = Counter(
        f"{family}: {code}"
        for one in concepts.concepts.values()
        for family, named in one.codes.items()
        for code in named
    )
    return [f"`{name}` is in {times} concepts; keep one." for name, times in (families + codes).items() if times > 1]


def _taken(concepts: Concepts, catalogue: Catalogue) -> list[str]:
    return [
        f"the concept `{concept}` has the id of a feature family; give it another id."
        for concept in concepts.concepts
        if concept in catalogue.families
    ]
