"""The names that people see, as the ids that a forecast's parts have: `Länsi` → the municipalities of that group."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.planning.base import AGE, AREA, Base
from models.planning.scenarios.config import Dimensions, Scenario

Ids = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Dimension → a word in small letters → the values that it means."""


def with_ids(scenario: Scenario, base: Base) -> Scenario:
    """The scenario with every shown name (in any language, small or capital letters) as ids; unknown words stay."""
    ids = ids_of(base)

    def known(told: Dimensions) -> Dimensions:
        return {name: _values(ids.get(name, {}), values) for name, values in told.items()}

    def changed(one: Any, *names: str) -> Any:
        return one.model_copy(update={name: known(getattr(one, name)) for name in names})

    return scenario.model_copy(
        update={
            "scope": known(scenario.scope),
            "population": tuple(
                one.model_copy(update={"areas": _values(ids.get(AREA, {}), one.areas)}) for one in scenario.population
            ),
            "early_support": tuple(changed(one, "heavy", "light") for one in scenario.early_support),
            "channel_shift": tuple(changed(one, "moved_from", "moved_to") for one in scenario.channel_shift),
            "supply": tuple(changed(one, "unit", "other") for one in scenario.supply),
        }
    )


def ids_of(base: Base) -> Ids:
    """What a word may mean: an id, its name in any language, or a sum of areas or ages, which means its parts'."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for dimension, values in base.dimensions.items():
        words: dict[str, tuple[str, ...]] = {value.casefold(): (value,) for value in values}
        sums = _sums(base, dimension) if dimension in (AREA, AGE) else {}
        words = {**{name.casefold(): parts for name, parts in sums.items()}, **words}
        for value, names in base.names.get(dimension, {}).items():
            meant = words.get(value.casefold())
            for name in names.values() if meant else ():
                words.setdefault(name.casefold(), meant or ())
        found[dimension] = words
    return found


def _sums(base: Base, dimension: str) -> dict[str, tuple[str, ...]]:
    """A published sum's value → the values of its parts."""
    return {
        one.dimensions[dimension]: tuple(dict.fromkeys(base.parts[part].get(dimension, "") for part in one.parts))
        for one in base.series
        if dimension in one.dimensions
    }


def _values(words: Mapping[str, tuple[str, ...]], told: Sequence[str]) -> tuple[str, ...]:
    found = [value for word in told for value in words.get(word.strip().casefold(), (word,))]
    return tuple(dict.fromkeys(found))
