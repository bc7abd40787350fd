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
from features.catalogue.families import RATIOS
from features.catalogue.specs import FeatureSpec
from features.freshness import key_of
from models.answers import UNSAID, Likelihood, Missing, Reason, SourceAge, Text
from models.explaining.ages import source_ages
from models.explaining.comparison import Comparison
from models.explaining.concepts import ALONE, Concepts
from models.explaining.dimensions import by_dimension
from models.explaining.sentences import Sentences, reason_sentence
from models.explaining.spoken import heaviest, reads_backwards, spoken
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
    def _groups(self) -> dict[str, tuple[int, ...]]:
        """The places in a row of the features that make one reason together."""
        places: dict[str, list[int]] = {}
        for index, spec in enumerate(self.specs):
            places.setdefault(self.concepts.of(spec), []).append(index)
        return {group: tuple(found) for group, found in places.items()}

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
        age = self._age(row)
        found = [self._reason(indices, row, shares, age, dates) for indices in self._groups.values()]
        return tuple(sorted(found, key=lambda reason: (-abs(reason.contribution), reason.family)))

    def missing(self, row: np.ndarray) -> tuple[Missing, ...]:
        """The families of which nothing is known for this client."""
        families = self.catalogue.families
        known = {spec.family for spec, value in zip(self.specs, row, strict=True) if not np.isnan(value)}
        known |= {family for family in families if families[family].aggregate in NEVER_IS_KNOWN}
        absent = [families[one] for one in dict.fromkeys(spec.family for spec in self.specs) if one not in known]
        return tuple(Missing(one.id, one.name.as_text(), one.source, one.sensitivity) for one in absent)

    def sources(self, row: np.ndarray) -> tuple[str, ...]:
        """The registers that the answer rests on: those with something known of this client."""
        known = {spec.family for spec, value in zip(self.specs, row, strict=True) if not np.isnan(value)}
        return tuple(sorted({self.catalogue.families[family].source for family in known}))

    def freshness(self, dates: Mapping[str, date] | None, as_of: date) -> tuple[SourceAge, ...]:
        """How old the newest record of each register behind the model is; nothing when nobody looked."""
        used = [self.catalogue.families[one] for one in dict.fromkeys(spec.family for spec in self.specs)]
        return () if dates is None else source_ages(dates, used, as_of)

    def _reason(
        self, indices: Sequence[int], row: np.ndarray, shares: np.ndarray, age: float, dates: Mapping[str, date]
    ) -> Reason:
        """The reason of a group, told by the feature that speaks for it."""
        total = math.fsum(shares[index] for index in indices)
        spec_index = self._speaker(indices, row, shares, total, age)
        spec = self.specs[spec_index]
        described = self.catalogue.families[spec.family]
        value = _known(row[spec_index])
        newest = None if value is None else dates.get(key_of(spec.family, spec.code))
        concept = self.concepts.of(spec)
        name, dimension = self.concepts.described(concept, self.catalogue)
        return Reason(
            family=concept,
            name=name.as_text(),
            dimension=dimension,
            role=described.role,
            contribution=total,
            feature=spec.name,
            value=value,
            comparison=self.comparison.usual(spec.name, age),
            source=described.source,
            sentence=UNSAID,
            sensitivity=self._sensitivity(indices),
            date=None if newest is None else newest.isoformat(),
        )

    def _sensitivity(self, indices: Sequence[int]) -> str:
        """That of the group's most restricted family: a sum over it tells of it."""
        found = (self.catalogue.families[self.specs[index].family].sensitivity for index in indices)
        return next((one for one in found if one != "normal"), "normal")

    def _speaker(self, indices: Sequence[int], row: np.ndarray, shares: np.ndarray, total: float, age: float) -> int:
        """The place of the feature that speaks for its group."""
        if len(indices) == 1:
            return indices[0]
        against = {index: self._backwards(self.specs[index], total, _known(row[index]), age) for index in indices}
        return heaviest(indices, row, shares, total, against)

    def _backwards(self, spec: FeatureSpec, contribution: float, value: float | None, age: float) -> bool:
        family = self.catalogue.families[spec.family]
        usual = self.comparison.usual(spec.name, age)
        return reads_backwards(family.role, contribution, value, usual, family.aggregate)

    def _said(self, reason: Reason) -> Reason:
        """The reason in words: the dearest part of an answer, so only for what is said aloud."""
        spec = self.specs[self._places[reason.feature]]
        aggregate = self.catalogue.families[spec.family].aggregate
        backwards = reads_backwards(reason.role, reason.contribution, reason.value, reason.comparison, aggregate)
        told = (reason.value, reason.comparison, spec.window_days, spec.code, reason.date, backwards)
        return replace(reason, sentence=reason_sentence(self.sentences, spec.family, self._name(spec), *told))

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


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
