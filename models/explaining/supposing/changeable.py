"""What a counterfactual may change: declared families (`configs/changeable.yaml`) and the values plausible for them.

Both travel in the bundle as `changeable.json`.  A past event cannot be undone, but a window moves on: a changed count
says what the model would answer about a client whose records of that window were others.  ADR 0021.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, validate_config
from features.catalogue import Catalogue
from features.catalogue.families import COUNTED, Family
from features.catalogue.specs import FeatureSpec
from models.explaining.comparison import SMALLEST_GROUP
from models.texts import Texts

FILE = "changeable.json"
MOST_STEPS = 12
"""A whole number with a range up to this takes every value in it, not the quantiles alone."""
NEVER_TABLES: Mapping[str, str] = {"residents": "a fact about the person", "diagnoses": "derived from diagnoses"}
LEADS = COUNTED | {"valid_on", "overdue", "last", "days_since", "age_of", "share", "named_share", "mean"}
"""Aggregates that a lever may have: one number that can be set, or windows of counts that nest."""

Direction = Literal["either", "rises", "falls"]
Rule = Literal["scaled", "within", "since", "ended", "shifted"]


class Lever(StrictConfig):
    """One changeable family, the direction it may take, and the families that move along (id or id__code)."""

    direction: Direction = "either"
    from_nothing: bool = True
    """False: it neither begins nor ends, as visits go with a decision that stands; only clients who have it move."""
    followers: Mapping[str, Rule] = Field(default_factory=dict)


class ChangeWords(StrictConfig):
    """How changes are said."""

    would_be: Texts
    were: Texts
    joined: Texts
    count: Texts
    value: Texts
    fact: Texts
    reached: Texts
    not_reached: Texts
    notice: Texts


class ChangeRules(StrictConfig):
    """The whole of `configs/changeable.yaml`."""

    version: str
    line: float = Field(gt=0, lt=1)
    most_changes: int = Field(ge=1, le=5)
    most_rows: int = Field(ge=1)
    quantiles: tuple[float, ...] = Field(min_length=2)
    levers: Mapping[str, Lever]
    words: ChangeWords

    @model_validator(mode="after")
    def _each_family_once(self) -> "ChangeRules":
        named = [*self.levers, *(one for lever in self.levers.values() for one in lever.followers)]
        twice = sorted({one for one in named if named.count(one) > 1})
        if twice:
            raise ValueError(f"`{twice[0]}` is moved by two levers; keep one of them")
        if list(self.quantiles) != sorted(self.quantiles) or not 0 <= self.quantiles[0] < self.quantiles[-1] <= 1:
            raise ValueError("`quantiles` must rise from 0 or more to 1 or less, e.g. [0.05, 0.5, 0.95]")
        return self


def load_changeable(path: str, catalogue: Catalogue) -> ChangeRules:
    """Read the rules, keep what the catalogue has, and check it.

    A county's catalogue may lack families: their levers are left out.  Raises ConfigError for a family that may never
    change or whose aggregate cannot be set, and when no lever is left.
    """
    rules = load_config(path, ChangeRules)
    faults = [fault for name in rules.levers for fault in _faults(name, catalogue)]
    faults += [
        fault for lever in rules.levers.values() for name in lever.followers for fault in _never(name, catalogue)
    ]
    if faults:
        raise ConfigError(f"{path}: {' '.join(faults)}")
    levers = {name: _held(lever, catalogue) for name, lever in rules.levers.items() if _family(name, catalogue)}
    if not levers:
        raise ConfigError(f"{path}: the feature catalogue has none of the levers. Name families of the catalogue.")
    return rules.model_copy(update={"levers": levers})


@dataclass(frozen=True)
class ChangeRanges:
    """The plausible values of each feature: quantiles of the training rows, and every whole number of a short range.

    At least SMALLEST_GROUP clients lie at or below each value and as many at or above it, so that none shows one
    person.  A feature with fewer than two such values has none.
    """

    values: Mapping[str, tuple[float, ...]]
    """Feature to its values, rising; the first and the last are the plausible range."""
    whole: frozenset[str]
    """Features that were whole numbers in every training row."""

    @classmethod
    def fit(
        cls,
        frame: np.ndarray,
        names: Sequence[str],
        clients: np.ndarray,
        quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        positive: Collection[str] = (),
    ) -> "ChangeRanges":
        """Ranges over training rows (rows x names); `clients` says whose row each is.

        Of the features in `positive` only values above 0 count.
        """
        _, client = np.unique(clients, return_inverse=True)
        columns = {name: frame[:, place].astype(np.float64) for place, name in enumerate(names)}
        columns |= {name: np.where(columns[name] > 0, columns[name], np.nan) for name in positive}
        found = {name: _plausible(column, client, quantiles) for name, column in columns.items()}
        whole = frozenset(name for name, column in columns.items() if _is_whole(column))
        return cls({name: values for name, values in found.items() if len(values) > 1}, whole)

    def span(self, feature: str) -> float:
        """Width of the plausible range."""
        return self.values[feature][-1] - self.values[feature][0]


@dataclass(frozen=True)
class Changeable:
    """The rules with the ranges of one training set."""

    rules: ChangeRules
    ranges: ChangeRanges

    @cached_property
    def notice(self) -> Mapping[str, str]:
        """That this is the model's behaviour and no advice."""
        return self.rules.words.notice.as_text()

    def to_bytes(self) -> bytes:
        """JSON for the bundle, the same bytes for the same values."""
        values = {
            "rules": self.rules.model_dump(mode="json"),
            "values": {name: list(held) for name, held in self.ranges.values.items()},
            "whole": sorted(self.ranges.whole),
        }
        return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Changeable":
        """The inverse of `to_bytes`.  Raises ConfigError."""
        values = json.loads(data)
        held = {str(name): tuple(map(float, grid)) for name, grid in values["values"].items()}
        rules = validate_config(values["rules"], ChangeRules, FILE)
        return cls(rules, ChangeRanges(held, frozenset(values["whole"])))


def fit_changeable(
    path: str | None, catalogue: Catalogue, specs: Sequence[FeatureSpec], frame: np.ndarray, clients: np.ndarray
) -> Changeable | None:
    """What a model trained on `frame` (training rows x the used `specs`) may say about changes; None without rules.

    Raises ConfigError as `load_changeable`.
    """
    if path is None:
        return None
    rules = load_changeable(path, catalogue)
    own = [place for place, spec in enumerate(specs) if spec.family in rules.levers]
    names = [specs[place].name for place in own]
    begun = [specs[place].name for place in own if not rules.levers[specs[place].family].from_nothing]
    return Changeable(rules, ChangeRanges.fit(frame[:, own], names, clients, rules.quantiles, begun))


def relative_target(probability: float, change: float) -> float:
    """The line that a relative change asks for: −0.25 = a quarter less likely.  Stays strictly between 0 and 1.

    Raises ConfigError for a change of nothing.
    """
    if change == 0:
        raise ConfigError("A relative change of 0 asks for nothing. Give e.g. -0.25 for a quarter less likely.")
    return min(max(probability * (1 + change), np.nextafter(0, 1)), np.nextafter(1, 0))


def _held(lever: Lever, catalogue: Catalogue) -> Lever:
    """The lever without followers that the catalogue lacks."""
    followers = {name: rule for name, rule in lever.followers.items() if _family(name, catalogue)}
    return lever.model_copy(update={"followers": followers})


def _family(name: str, catalogue: Catalogue) -> Family | None:
    """The family of a lever or follower (id or id__code)."""
    return catalogue.families.get(name) or catalogue.families.get(name.partition("__")[0])


def _faults(name: str, catalogue: Catalogue) -> list[str]:
    family, never = catalogue.families.get(name), _never(name, catalogue)
    if family is None or never:
        return never
    if family.aggregate not in LEADS:
        return [f"`{name}` is a `{family.aggregate}`, which cannot be set. Allowed: {', '.join(sorted(LEADS))}."]
    several = family.by or (len(family.windows) > 1 and family.aggregate not in COUNTED)
    return [f"`{name}` has several columns that do not nest. Make it a follower or remove it."] if several else []


def _never(name: str, catalogue: Catalogue) -> list[str]:
    """Why a family (or a code of one) may not be changed at all."""
    family = _family(name, catalogue)
    why = None if family is None else _why_never(family)
    return [f"`{name}` may never be changed: it is {why}. Remove it."] if why else []


def _why_never(family: Family) -> str | None:
    if family.table in NEVER_TABLES:
        return NEVER_TABLES[family.table]
    if family.aggregate == "ever":
        return "something that once happened"
    return None if family.sensitivity == "normal" else f"sensitive ({family.sensitivity})"


def _plausible(column: np.ndarray, client: np.ndarray, quantiles: Sequence[float]) -> tuple[float, ...]:
    known = ~np.isnan(column)
    values, whose = column[known], client[known]
    if len(np.unique(whose)) < SMALLEST_GROUP:
        return ()
    asked = np.unique(np.quantile(values, quantiles, method="nearest").astype(np.float32)).tolist()
    if _is_whole(values) and asked[-1] - asked[0] <= MOST_STEPS:
        asked = np.arange(asked[0], asked[-1] + 1).tolist()
    return tuple(one for one in asked if _enough(whose[values <= one]) and _enough(whose[values >= one]))


def _enough(clients: np.ndarray) -> bool:
    return len(np.unique(clients)) >= SMALLEST_GROUP


def _is_whole(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    return bool(np.all(known == np.floor(known)))
