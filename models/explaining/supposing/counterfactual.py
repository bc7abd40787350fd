"""What would change it: the smallest set of plausible changes that moves one probability across a line.

It describes the model and is not advice (Wachter, Mittelstadt & Russell 2018, Harvard Journal of Law & Technology
31(2), for the idea; ADR 0021 for what may change and what may not).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from models.answers import Change, Counterfactual, Text
from models.explaining.supposing.changeable import Changeable
from models.explaining.supposing.levers import Candidate, Levers
from models.explaining.supposing.suppositions import Supposed, Supposer
from models.learners.binary import BinaryModel
from models.parts import ClientParts

BEAM = 20
"""Sets that a greedy step keeps from the size before."""
NOT_STORED: Text = {
    "fi": "Tämä malliversio ei sisällä tietoa siitä, mitkä tiedot voivat muuttua. Opeta malli uudelleen.",
    "sv": "Den här modellversionen saknar uppgift om vilka uppgifter som kan ändras. Träna modellen på nytt.",
    "en": "This model version holds nothing of which records may change. Train a new version.",
}

Chosen = tuple[int, ...]
"""Numbers of candidates, one for each changed lever."""


def counterfactual(
    model: BinaryModel,
    parts: ClientParts,
    used_row: np.ndarray,
    id: str,
    changeable: Changeable | None,
    target: float,
) -> Counterfactual:
    """The smallest set of changes after which `id`'s probability lies on the other side of `target` (0 < target < 1).

    `used_row` is one float32 row of the used features.  At or above the target is one side, below it the other.  Of
    sets of the same size the one that moves least is taken.  Not reached: no changes, and the sentence says so; also
    for a bundle without `changeable.json`.
    """
    now = float(model.probabilities(used_row.reshape(1, -1))[0])
    if changeable is None:
        return Counterfactual(id, False, now, now, target, (), NOT_STORED, NOT_STORED)
    rules, supposer = changeable.rules, Supposer(changeable.rules.words, parts.sentences)
    candidates = Levers(changeable, parts.catalogue, parts.explainer.specs).candidates(used_row)
    search = Search(model, used_row, candidates, now, target, rules.most_rows)
    found = search.smallest(rules.most_changes)
    if found is None:
        missed = supposer.not_reached(rules.most_changes, target)
        return Counterfactual(id, False, now, now, target, (), changeable.notice, missed)
    chosen = [candidates[one] for one in found.chosen]
    leads, changes = _told(chosen, parts, used_row, supposer)
    sentence = supposer.reached(leads, now, found.probability)
    return Counterfactual(id, True, now, found.probability, target, changes, changeable.notice, sentence)


@dataclass(frozen=True)
class Found:
    """A set of candidates that reaches the other side, and the probability there."""

    chosen: Chosen
    probability: float


@dataclass(frozen=True)
class Search:
    """Tries sets of one change, then two, then three, all sets of a size in one batch.

    Exact while all sets of a size fit into `most_rows` predictions (counted over the whole search); from there on each
    size extends the best sets of the size before.
    """

    model: BinaryModel
    row: np.ndarray
    candidates: Sequence[Candidate]
    now: float
    target: float
    most_rows: int

    def smallest(self, most_changes: int) -> Found | None:
        """The smallest set of at most `most_changes` levers that reaches the other side; None when there is none."""
        left, best = self.most_rows, [()]
        for size in range(1, most_changes + 1):
            sets = self._sets(size, best, left)
            if not sets:
                return None
            probabilities = self.probabilities(sets)
            reaching = np.flatnonzero(self.is_across(probabilities))
            if len(reaching):
                chosen = min(reaching, key=lambda place: self._order(sets[place], float(probabilities[place])))
                return Found(sets[chosen], float(probabilities[chosen]))
            nearest = np.argsort(np.abs(probabilities - self.target), kind="stable")[:BEAM]
            left, best = left - len(sets), [sets[place] for place in nearest]
        return None

    def is_across(self, probabilities: np.ndarray) -> np.ndarray:
        """True where the probability lies on the other side of the target."""
        return np.asarray(probabilities < self.target if self.now >= self.target else probabilities >= self.target)

    def probabilities(self, sets: Sequence[Chosen]) -> np.ndarray:
        """The model's probability after each set of changes, in one batch."""
        rows = np.repeat(self.row.reshape(1, -1), len(sets), axis=0)
        chosen = np.array(sets, dtype=np.intp)
        for number in np.unique(chosen):
            changed = np.flatnonzero((chosen == number).any(axis=1))
            one = self.candidates[number]
            rows[np.ix_(changed, one.places)] = one.values
        return self.model.probabilities(rows)

    def _sets(self, size: int, best: Sequence[Chosen], left: int) -> list[Chosen]:
        by_lever: dict[int, list[int]] = {}
        for number, one in enumerate(self.candidates):
            by_lever.setdefault(one.lever, []).append(number)
        grids = list(by_lever.values())
        if sum(math.prod(map(len, chosen)) for chosen in combinations(grids, size)) <= left:
            return [one for chosen in combinations(grids, size) for one in product(*chosen)]
        return sorted(set(self._extended(best)))[:left]

    def _extended(self, best: Sequence[Chosen]) -> Iterator[Chosen]:
        """The best smaller sets, each with one more lever."""
        for chosen in best:
            levers = {self.candidates[number].lever for number in chosen}
            for number, one in enumerate(self.candidates):
                if one.lever not in levers:
                    yield tuple(sorted((*chosen, number)))

    def _order(self, chosen: Chosen, probability: float) -> tuple[float, float, Chosen]:
        """The least movement first, then the smallest step over the line, then the order of the rules."""
        moved = sum(self.candidates[number].distance for number in chosen)
        return round(moved, 9), abs(probability - self.target), chosen


def _told(
    chosen: Sequence[Candidate], parts: ClientParts, row: np.ndarray, supposer: Supposer
) -> tuple[list[Supposed], tuple[Change, ...]]:
    """(the levers' own changes, all changes): what moves along is told after its lever."""
    leads: list[Supposed] = []
    changes: list[Change] = []
    for one in chosen:
        places = sorted(range(len(one.places)), key=lambda number: one.places[number] != one.lead)
        for number in places:
            supposed = _supposed(parts, row, int(one.places[number]), float(one.values[number]))
            leads += [supposed] if one.places[number] == one.lead else []
            changes.append(_change(supposed, supposer))
    return leads, tuple(changes)


def _supposed(parts: ClientParts, row: np.ndarray, place: int, then: float) -> Supposed:
    spec = parts.explainer.specs[place]
    return Supposed(spec, parts.catalogue.families[spec.family].name.as_text(), float(row[place]), then)


def _change(supposed: Supposed, supposer: Supposer) -> Change:
    now = None if math.isnan(supposed.now) else supposed.now
    return Change(
        supposed.spec.family, supposed.name, supposed.spec.name, now, supposed.then, supposer.change(supposed)
    )
