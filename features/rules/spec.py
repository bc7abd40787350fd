"""What a rule may say: bounds on features of the client's own row, joined by any, all and none."""

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, nearest
from features.catalogue.families import Sensitivity, Words

Kind = Literal["client_flow", "need_duration", "target_group", "alert", "suggestion"]


class Condition(StrictConfig):
    """One bound on one feature, e.g. {feature: social_contacts__365d, at_least: 1}."""

    feature: str
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, values: np.ndarray) -> np.ndarray:
        """True where the value is known and inside the bounds."""
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.at_most is None else self.at_most
        with np.errstate(invalid="ignore"):
            return np.asarray((values >= low) & (values <= high))


class OverAge(StrictConfig):
    """When what is known of a client is too old to tell the present situation."""

    newest: tuple[str, ...] = Field(min_length=1)
    """Features that say how many days old the newest record of some kind is; the smallest known one counts."""
    at_most: float = Field(gt=0)
    """Days."""
    unless: tuple[Condition, ...] = ()
    """A service that is going on is present knowledge, however old its beginning: any of these is enough."""


class EligibilityRules(StrictConfig):
    """What makes a client a social or health client, what makes a need long-term, and how much history is needed."""

    version: str
    minimum_history: Condition | None = None
    over_age: OverAge | None = None
    estimated_ages: Condition | None = None
    """The ages (full years) whose recorded segmentations teach the model.  Of others, and of an unknown age, no model
    is asked: only people's own answers give them a segment.  None = every age."""
    social: tuple[Condition, ...]
    """Any of these makes the client a client of social care."""
    health: tuple[Condition, ...]
    long_term: tuple[Condition, ...]

    def features(self) -> tuple[str, ...]:
        """Every feature that the rules read."""
        history = tuple(one for one in (self.minimum_history, self.estimated_ages) if one)
        ongoing = self.over_age.unless if self.over_age else ()
        newest = self.over_age.newest if self.over_age else ()
        conditions = (*history, *ongoing, *self.social, *self.health, *self.long_term)
        return (*newest, *(one.feature for one in conditions))


class Reference(StrictConfig):
    """Another rule of the same book, written before this one."""

    rule: str


Clause = Condition | Reference


class Rule(StrictConfig):
    """One question about a client: it fires, does not fire, or cannot be told."""

    kind: Kind
    name: Words
    any: tuple[Clause, ...] = ()
    """At least one holds."""
    all: tuple[Clause, ...] = ()
    """Every one holds."""
    none: tuple[Clause, ...] = ()
    """Not one holds."""
    sensitivity: Sensitivity = "normal"
    source: str
    """The plan line or law it stands on, or `own assumption` with the reason."""

    @model_validator(mode="after")
    def _says_something(self) -> "Rule":
        if not (self.any or self.all):
            raise ValueError("a rule needs `any` or `all`: absence alone never fires")
        return self

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return (*self.any, *self.all, *self.none)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The bounds that speak for the rule when it fires (those of `none` speak by their absence)."""
        return tuple(clause for clause in (*self.all, *self.any) if isinstance(clause, Condition))


class RuleBook(StrictConfig):
    """configs/rules.yaml, with the flows of the eligibility rules put first."""

    version: str
    eligibility: str
    """The YAML whose lists are the client flows and the long-term need: one definition for gate and rules."""
    flow_names: Mapping[str, Words]
    """Names of client_flow_social, client_flow_health, client_flow_multi_sector and need_duration_long_term."""
    rules: Mapping[str, Rule] = Field(min_length=1)

    def features(self) -> tuple[str, ...]:
        """Every feature that a rule reads, once."""
        clauses = (clause for rule in self.rules.values() for clause in rule.clauses)
        return tuple(dict.fromkeys(clause.feature for clause in clauses if isinstance(clause, Condition)))


FLOWS = ("client_flow_social", "client_flow_health", "client_flow_multi_sector", "need_duration_long_term")


def load_rules(path: str) -> RuleBook:
    """Read a rule book.  Raises ConfigError for a missing name, a rule used before it is written, a taken id."""
    book = load_config(path, RuleBook)
    flows = _flows(load_config(book.eligibility, EligibilityRules), book, path)
    taken = sorted(set(flows) & set(book.rules))
    if taken:
        raise ConfigError(f"{path}: `{taken[0]}` comes from {book.eligibility}. Give the rule another id.")
    rules = {**flows, **book.rules}
    _check_references(rules, path)
    return book.model_copy(update={"rules": rules})


def _flows(eligibility: EligibilityRules, book: RuleBook, path: str) -> dict[str, Rule]:
    missing = [name for name in FLOWS if name not in book.flow_names]
    if missing:
        raise ConfigError(f"{path}: `flow_names` lacks `{missing[0]}`. Name it in fi, sv and en.")
    both = (Reference(rule="client_flow_social"), Reference(rule="client_flow_health"))
    parts: dict[str, tuple[Kind, tuple[Clause, ...], tuple[Clause, ...]]] = {
        "client_flow_social": ("client_flow", eligibility.social, ()),
        "client_flow_health": ("client_flow", eligibility.health, ()),
        "client_flow_multi_sector": ("client_flow", (), both),
        "need_duration_long_term": ("need_duration", eligibility.long_term, ()),
    }
    source = f"{book.eligibility}, version {eligibility.version}"
    return {
        name: Rule(kind=kind, name=book.flow_names[name], source=source, any=any_of, all=all_of)
        for name, (kind, any_of, all_of) in parts.items()
    }


def _check_references(rules: Mapping[str, Rule], path: str) -> None:
    seen: set[str] = set()
    for name, rule in rules.items():
        for clause in rule.clauses:
            if isinstance(clause, Reference) and clause.rule not in seen:
                raise ConfigError(f"{path}: rule `{name}` reads `{clause.rule}`, {_hint(clause.rule, seen)}")
        seen.add(name)


def _hint(wanted: str, seen: Iterable[str]) -> str:
    guess = nearest(wanted, sorted(seen))
    return "which is not written before it." + (f" Did you mean `{guess}`?" if guess else "")
