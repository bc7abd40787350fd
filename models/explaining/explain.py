"""From shares of features to reasons: feature -> concept -> dimension and role, both directions, the client's values.

A concept is a family, or several that say the same thing (`models/explaining/concepts.py`).
Every answer adds up: base + sum of the concepts' contributions = log-odds of the probability shown (<= 1e-9).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from features.catalogue import Catalogue
from features.catalogue.families import RATIOS, Family
from features.catalogue.specs import FeatureSpec
from features.freshness import key_of
from models.answers import UNSAID, Likelihood, Missing, Reason, SourceAge, Text
from models.explaining.ages import source_ages
from models.explaining.comparison import Comparison
from models.explaining.concepts import ALONE, Concepts
from models.explaining.dimensions import by_dimension
from models.explaining.wording.sentences import Sentences, reason_sentence
from models.explaining.wording.spoken import heaviest, reads_backwards, spoken
from models.learners.binary import BinaryModel

NEVER_IS_KNOWN = frozenset({"days_since", "days_since_first", "change_between_assessments"}) | RATIOS
"""Aggregates whose unknown value says that there was no such event, or too few of them: nothing is missing."""
NO_DATES: Mapping[str, date] = {}
"""Nobody looked the dates up."""


@dataclass(frozen=True)
class Explainer:
    """What turns shares into words: the catalogue, the features' specs, what is usual, and the sentences."""

    catalogue: Catalogue
    specs: tuple[FeatureSpec, ...]
    comparison: Comparison
    sentences: Sentences
    age_feature: str | None = "age"
    concepts: Concepts = ALONE
    """Which families are one reason."""

    @cached_property
    def _groups(self) -> tuple["_Group", ...]:
        """The features that make one reason together, with what is the same of it for every client."""
        places: dict[str, list[int]] = {}
        for index, spec in enumerate(self.specs):
            places.setdefault(self.concepts.of(spec), []).append(index)
        return tuple(self._group(concept, tuple(found)) for concept, found in places.items())

    def _group(self, concept: str, indices: tuple[int, ...]) -> "_Group":
        name, dimension = self.concepts.described(concept, self.catalogue)
        return _Group(concept, indices, name.as_text(), dimension, self._sensitivity(indices))

    @cached_property
    def _families(self) -> tuple[Family, ...]:
        """The family of every place in a row."""
        return tuple(self.catalogue.families[spec.family] for spec in self.specs)

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        """Under which key `newest_dates` tells of every place in a row."""
        return tuple(key_of(spec.family, spec.code) for spec in self.specs)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {spec.name: index for index, spec in enumerate(self.specs)}

    def likelihood(
        self,
        model: BinaryModel,
        row: np.ndarray,
        id: str,
        name: Text,
        outcome: Text,
        dates: Mapping[str, date] = NO_DATES,
    ) -> Likelihood:
        """The explained probability of one client.

        `row` is one float32 row of the used features; `dates` is what `features.freshness.newest_dates` says of the
        client's records.
        """
        explained = model.explain(row.reshape(1, -1))
        contributions = self.contributions(row, explained.shares[0], dates)
        said = {reason.family: self._said(reason) for reason in spoken(contributions)}
        return Likelihood(
            id=id,
            name=name,
            outcome=outcome,
            probability=float(explained.probabilities[0]),
            log_odds=float(explained.log_odds[0]),
            base=explained.base,
            contributions=tuple(said.get(one.family, one) for one in contributions),
            reasons=tuple(said.values()),
            dimensions=by_dimension(contributions),
        )

    def contributions(
        self, row: np.ndarray, shares: np.ndarray, dates: Mapping[str, date] = NO_DATES
    ) -> tuple[Reason, ...]:
        """One reason per concept, not put into words yet, largest absolute share first (ties by its id)."""
        client = _Client(row.tolist(), shares.tolist(), self.comparison.usual_at(self._age(row)), dates)
        found = [self._reason(group, client) for group in self._groups]
        return tuple(sorted(found, key=lambda reason: (-abs(reason.contribution), reason.family)))

    def missing(self, row: np.ndarray) -> tuple[Missing, ...]:
        """The families of which nothing is known for this client."""
        known = self._known_families(row)
        absent = [one for one in self._used if one.id not in known and one.aggregate not in NEVER_IS_KNOWN]
        return tuple(Missing(one.id, one.name.as_text(), one.source, one.sensitivity) for one in absent)

    def sources(self, row: np.ndarray) -> tuple[str, ...]:
        """The registers that the answer rests on: those with something known of this client."""
        return tuple(sorted({self.catalogue.families[family].source for family in self._known_families(row)}))

    def _known_families(self, row: np.ndarray) -> set[str]:
        unknown = np.isnan(row).tolist()
        return {spec.family for spec, hidden in zip(self.specs, unknown, strict=True) if not hidden}

    @cached_property
    def _used(self) -> tuple[Family, ...]:
        """The families behind the model, each once."""
        return tuple(self.catalogue.families[one] for one in dict.fromkeys(spec.family for spec in self.specs))

    def freshness(self, dates: Mapping[str, date] | None, as_of: date) -> tuple[SourceAge, ...]:
        """How old the newest record of each register behind the model is; nothing when nobody looked."""
        return () if dates is None else source_ages(dates, self._used, as_of)

    def _reason(self, group: "_Group", client: "_Client") -> Reason:
        """The reason of a group, told by the feature that speaks for it."""
        total = math.fsum(client.shares[index] for index in group.indices)
        place = self._speaker(group.indices, client, total)
        spec, described, value = self.specs[place], self._families[place], client.known(place)
        newest = None if value is None else client.dates.get(self._keys[place])
        return Reason(
            family=group.concept,
            name=group.name,
            dimension=group.dimension,
            role=described.role,
            contribution=total,
            feature=spec.name,
            value=value,
            comparison=client.usual[spec.name],
            source=described.source,
            sentence=UNSAID,
            sensitivity=group.sensitivity,
            date=None if newest is None else newest.isoformat(),
        )

    def _sensitivity(self, indices: Sequence[int]) -> str:
        """That of the group's most restricted family: a sum over it tells of it."""
        found = (self.catalogue.families[self.specs[index].family].sensitivity for index in indices)
        return next((one for one in found if one != "normal"), "normal")

    def _speaker(self, indices: Sequence[int], client: "_Client", total: float) -> int:
        """The place of the feature that speaks for its group."""
        if len(indices) == 1:
            return indices[0]
        against = {index: self._backwards(index, total, client) for index in indices}
        return heaviest(indices, client.row, client.shares, total, against)

    def _backwards(self, place: int, contribution: float, client: "_Client") -> bool:
        family, usual = self._families[place], client.usual[self.specs[place].name]
        return reads_backwards(family.role, contribution, client.known(place), usual, family.aggregate)

    def _said(self, reason: Reason) -> Reason:
        """The reason in words: the dearest part of an answer, so only for what is said aloud."""
        spec = self.specs[self._places[reason.feature]]
        aggregate = self.catalogue.families[spec.family].aggregate
        backwards = reads_backwards(reason.role, reason.contribution, reason.value, reason.comparison, aggregate)
        told = (reason.value, reason.comparison, spec.window_days, spec.code, reason.date, backwards)
        return replace(reason, sentence=reason_sentence(self.sentences, spec.family, self._names[spec.name], *told))

    @cached_property
    def _names(self) -> dict[str, Text]:
        """What every feature is called."""
        return {spec.name: self._name(spec) for spec in self.specs}

    def _name(self, spec: FeatureSpec) -> Text:
        """The family's name, with what its code is called."""
        family = self.catalogue.families[spec.family]
        if spec.code is None:
            return family.name.as_text()
        called = self.catalogue.code_name(family.by or family.value, spec.code)
        code = called.as_text() if called else dict.fromkeys(family.name.as_text(), spec.code)
        return {language: f"{words} ({code[language]})" for language, words in family.name.as_text().items()}

    def _age(self, row: np.ndarray) -> float:
        place = None if self.age_feature is None else self._places.get(self.age_feature)
        return math.nan if place is None else float(row[place])


@dataclass(frozen=True)
class _Group:
    """The places in a row that make one reason together, and what is the same of it for every client."""

    concept: str
    indices: tuple[int, ...]
    name: Text
    dimension: str
    sensitivity: str


@dataclass(frozen=True)
class _Client:
    """One client's row and shares as plain numbers, what is usual at her age, and how new her records are."""

    row: list[float]
    shares: list[float]
    usual: Mapping[str, float | None]
    dates: Mapping[str, date]

    def known(self, place: int) -> float | None:
        """The value at a place; None when it is unknown (a number that is not itself is NaN)."""
        value = self.row[place]
        return value if value == value else None
