"""From shares of features to reasons: feature -> family -> dimension and role, both directions, the client's values.

Every answer adds up: base + sum of the families' contributions = log-odds of the probability shown (<= 1e-9).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from features.catalogue import Catalogue
from features.catalogue.families import RATIOS
from features.catalogue.specs import FeatureSpec
from models.answers import UNSAID, Likelihood, Missing, Reason, Text
from models.explaining.comparison import Comparison
from models.explaining.sentences import Sentences, reason_sentence
from models.learners.binary import BinaryModel

FEWEST_REASONS, MOST_REASONS = 3, 5
WORTH_SAYING = 0.01
"""A family that moves the log-odds less than this is not said aloud."""
NEVER_IS_KNOWN = frozenset({"days_since", "days_since_first", "change_between_assessments"}) | RATIOS
"""Aggregates whose unknown value says that there was no such event, or too few of them: nothing is missing."""


@dataclass(frozen=True)
class Explainer:
    """What turns shares into words: the catalogue, the features' specs, what is usual, and the sentences."""

    catalogue: Catalogue
    specs: tuple[FeatureSpec, ...]
    comparison: Comparison
    sentences: Sentences
    age_feature: str | None = "age"

    @cached_property
    def _families(self) -> dict[str, tuple[int, ...]]:
        """The places of each family's features in a row."""
        places: dict[str, list[int]] = {}
        for index, spec in enumerate(self.specs):
            places.setdefault(spec.family, []).append(index)
        return {family: tuple(found) for family, found in places.items()}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {spec.name: index for index, spec in enumerate(self.specs)}

    def likelihood(self, model: BinaryModel, row: np.ndarray, id: str, name: Text, outcome: Text) -> Likelihood:
        """The explained probability of one client (`row` is one float32 row)."""
        explained = model.explain(row.reshape(1, -1))
        contributions = self.contributions(row, explained.shares[0])
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
        )

    def contributions(self, row: np.ndarray, shares: np.ndarray) -> tuple[Reason, ...]:
        """One reason per family, not put into words yet, largest absolute share first (ties by family id)."""
        age = self._age(row)
        found = [self._reason(family, indices, row, shares, age) for family, indices in self._families.items()]
        return tuple(sorted(found, key=lambda reason: (-abs(reason.contribution), reason.family)))

    def missing(self, row: np.ndarray) -> tuple[Missing, ...]:
        """The families of which nothing is known for this client."""
        families = self.catalogue.families
        known = {spec.family for spec, value in zip(self.specs, row, strict=True) if not np.isnan(value)}
        known |= {family for family in families if families[family].aggregate in NEVER_IS_KNOWN}
        absent = dict.fromkeys(spec.family for spec in self.specs if spec.family not in known)
        return tuple(Missing(one, families[one].name.as_text(), families[one].source) for one in absent)

    def sources(self, row: np.ndarray) -> tuple[str, ...]:
        """The registers that the answer rests on: those with something known of this client."""
        known = {spec.family for spec, value in zip(self.specs, row, strict=True) if not np.isnan(value)}
        return tuple(sorted({self.catalogue.families[family].source for family in known}))

    def _reason(self, family: str, indices: Sequence[int], row: np.ndarray, shares: np.ndarray, age: float) -> Reason:
        total = math.fsum(shares[index] for index in indices)
        spec_index = heaviest(indices, row, shares, total)
        spec, described = self.specs[spec_index], self.catalogue.families[family]
        value = None if np.isnan(row[spec_index]) else float(row[spec_index])
        return Reason(
            family=family,
            name=described.name.as_text(),
            dimension=described.dimension,
            role=described.role,
            contribution=total,
            feature=spec.name,
            value=value,
            comparison=self.comparison.usual(spec.name, age),
            source=described.source,
            sentence=UNSAID,
            sensitivity=described.sensitivity,
        )

    def _said(self, reason: Reason) -> Reason:
        """The reason in words: the dearest part of an answer, so only for what is said aloud."""
        spec = self.specs[self._places[reason.feature]]
        told = (reason.value, reason.comparison, spec.window_days, spec.code)
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


def heaviest(indices: Sequence[int], row: np.ndarray, shares: np.ndarray, total: float) -> int:
    """The feature that speaks for its family: known first, then pulling the family's way, then the largest share."""

    def weight(index: int) -> tuple[bool, bool, float]:
        return (not np.isnan(row[index]), shares[index] * total >= 0, abs(float(shares[index])))

    return max(indices, key=weight)


def spoken(contributions: Sequence[Reason], most: int = MOST_REASONS) -> tuple[Reason, ...]:
    """The 3-5 reasons said aloud: the heaviest known families, with at least one of each direction where it exists.

    A family with nothing known is not a reason unless fewer than three known ones weigh anything.
    """
    weighty = [reason for reason in contributions if abs(reason.contribution) >= WORTH_SAYING]
    known = [reason for reason in weighty if reason.value is not None]
    unknown = [reason for reason in weighty if reason.value is None]
    chosen = known[:most]
    for direction in (1, -1):
        if chosen and not any(reason.contribution * direction > 0 for reason in chosen):
            other = [reason for reason in known[most:] if reason.contribution * direction > 0][:1]
            chosen = [*chosen[: most - len(other)], *other]
    return (*chosen, *unknown[: max(0, FEWEST_REASONS - len(chosen))])
