"""What there is to compute for one (catalogue, vocabulary): worked out once and used for every call."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from features.catalogue import Catalogue
from features.catalogue.families import Condition, Family
from features.catalogue.specs import family_specs
from features.catalogue.vocabulary import Vocabulary
from features.kernel.derived import DERIVED

KEPT_PLANS = 32
WITHOUT_PAIRS = {"overdue"}
"""Derived aggregates that look for the latest event themselves."""


@dataclass(frozen=True)
class Slot:
    """One family, its codes, and its columns in the frame."""

    family: Family
    codes: tuple[str, ...]
    left: int
    width: int


@dataclass(frozen=True)
class Group:
    """Families with the same table, date and filter: they share their chosen events."""

    table: str
    at: str | None
    conditions: Mapping[str, Condition]
    direct: tuple[Slot, ...]
    """Families that a loop fills straight from the events."""
    derived: tuple[Slot, ...]
    """Families that are made from pairs."""
    longest: int | None
    """Days that those pairs reach back; None = all that is known, 0 = no pairs are read."""


@dataclass(frozen=True)
class Plan:
    """Every group, and the width of the frame."""

    catalogue: Catalogue
    vocabulary: Vocabulary
    groups: tuple[Group, ...]
    width: int

    @cached_property
    def key(self) -> tuple[str, str]:
        """What makes two plans the same: checksums of catalogue and vocabulary."""
        return self.catalogue.sha256, self.vocabulary.sha256


_plans: OrderedDict[tuple[int, int], Plan] = OrderedDict()
"""The latest plans by the identity of what they were made of; a plan holds both, so that an identity stays theirs."""


def plan_of(catalogue: Catalogue, vocabulary: Vocabulary) -> Plan:
    """The plan of a catalogue with a vocabulary; the same objects get the same plan."""
    key = (id(catalogue), id(vocabulary))
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = _planned(catalogue, vocabulary)
        while len(_plans) > KEPT_PLANS:
            _plans.popitem(last=False)
    return plan


def _planned(catalogue: Catalogue, vocabulary: Vocabulary) -> Plan:
    groups: dict[str, list[Slot]] = {}
    left = 0
    for family in vocabulary.used(catalogue):
        slot = Slot(family, vocabulary.codes_of(family), left, len(family_specs(family, vocabulary)))
        groups.setdefault(f"{family.table}|{family.at}|{family.conditions!r}", []).append(slot)
        left += slot.width
    return Plan(catalogue, vocabulary, tuple(_group(slots) for slots in groups.values()), left)


def _group(slots: list[Slot]) -> Group:
    first = slots[0].family
    derived = tuple(slot for slot in slots if slot.family.aggregate in DERIVED)
    direct = tuple(slot for slot in slots if slot.family.aggregate not in DERIVED)
    return Group(first.table, first.at, first.conditions, direct, derived, _longest(derived))


def _longest(derived: tuple[Slot, ...]) -> int | None:
    paired = [slot.family for slot in derived if slot.family.aggregate not in WITHOUT_PAIRS]
    if any(not family.windows for family in paired):
        return None
    return max((family.windows[-1] for family in paired), default=0)
