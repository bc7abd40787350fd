"""Does a feature already hold the outcome?  Then a model would learn the register's own bookkeeping.

Earlier use is a fair feature.  A family overlaps an outcome when
* the outcome is the start of an episode and the family says that such an episode is open at `as_of`: a client with one
  open cannot start it, or "starts" it again when a decision is renewed.  `new_only` takes these clients out of the
  cohort; `repeatable` says that one episode may follow another at once (ward stays);
* the family is made of rows that `granted_by` names: they tell of the outcome before it begins, and no gap hides them.
"""

from collections.abc import Iterator, Mapping, Sequence

from configs.errors import ConfigError
from features.catalogue.families import Condition, Family
from features.outcomes.rules import OutcomeRule

STATES = frozenset({"valid_on", "valid_sum"})
"""Aggregates that say what is open at `as_of`."""


def features_overlap(rule: OutcomeRule, families: Sequence[Family], gap_days: int) -> None:
    """Raises ConfigError when a family that the model would see already holds the outcome; names it and the cure."""
    for one in (rule, *rule.parts):
        for family in families:
            if fault := next(_faults(one, family, gap_days), None):
                raise ConfigError(fault)


def _faults(rule: OutcomeRule, family: Family, gap_days: int) -> Iterator[str]:
    without = f"write `without_families: [{family.id}]`"
    open_kinds = () if rule.new_only or rule.repeatable else _open_kinds(family, rule.episode_start)
    if open_kinds:
        yield (
            f"The outcome is the start of `{open_kinds[0]}`, and the feature family `{family.id}` says that one is "
            f"already open. Write `new_only: true` in the outcome, or {without}, or `repeatable: true` when one may "
            f"follow another at once."
        )
    for granted in rule.granted_by:
        if family.table == granted.table and _inside(family.conditions, granted.filter):
            yield (
                f"The feature family `{family.id}` is made of the rows of {granted.table} that grant the outcome "
                f"before it begins, which a gap of {gap_days} days does not hide: {without}."
            )


def _open_kinds(family: Family, starts: Sequence[str]) -> tuple[str, ...]:
    """The outcome's kinds whose open episodes the family tells of."""
    if family.table != "episodes" or family.aggregate not in STATES:
        return ()
    kinds = _values(family.filter.get("kind"))
    return tuple(kind for kind in starts if kinds is None or kind in kinds)


def _inside(narrow: Mapping[str, Condition], wide: Mapping[str, Condition]) -> bool:
    """Every row that `narrow` picks is among those that `wide` picks, as far as lists of values tell."""
    for name, condition in wide.items():
        allowed, asked = _values(condition), _values(narrow.get(name))
        if narrow.get(name) != condition and (allowed is None or asked is None or not set(asked) <= set(allowed)):
            return False
    return True


def _values(condition: Condition | None) -> tuple[object, ...] | None:
    """The listed values of a condition; None when it is no list."""
    if isinstance(condition, tuple):
        return condition
    return (condition,) if isinstance(condition, bool | int | float | str) else None
