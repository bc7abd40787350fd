"""What counts as the outcome of a need task: one declared rule, no code per task.

Every rule reads only the window [as_of + gap, as_of + gap + horizon) of the latest version of the rows; the state at
`as_of` is what was known then.  docs/needs.md defines each rule in words.
"""

from collections.abc import Mapping

from pydantic import model_validator

from configs.loader import StrictConfig
from configs.words import Words
from features.outcomes.sections import (
    CountAtLeast,
    DistinctAtLeast,
    EpisodeEnd,
    GrantedBy,
    MinutesChange,
    OrderedChange,
    Step,
)

NO_YES = ("no", "yes")
CLOCKS = ("client_id", "recorded_at", "superseded_at")
SPAN = ("start", "end", "end_recorded_at")
TIE = ("valid_from", "valid_to", "valid_to_recorded_at", "role")
KINDS = (
    *("episode_start", "heavier", "ordered_change", "minutes_change", "count_at_least", "distinct_at_least"),
    *("episode_end", "any_of", "all_of"),
)


class OutcomeRule(StrictConfig):
    """Exactly one of the sections below, with the options that belong to it."""

    episode_start: tuple[str, ...] = ()
    """Kinds of episode; the outcome is the start of one of them."""
    heavier: tuple[Step, ...] = ()
    """Lightest first; the outcome is the start of an episode heavier than the state known at `as_of`."""
    ordered_change: OrderedChange | None = None
    minutes_change: MinutesChange | None = None
    count_at_least: CountAtLeast | None = None
    distinct_at_least: DistinctAtLeast | None = None
    episode_end: EpisodeEnd | None = None
    any_of: tuple["OutcomeRule", ...] = ()
    """Fulfilled on the first day on which one of them is."""
    all_of: tuple["OutcomeRule", ...] = ()
    """Fulfilled on the first day by which all of them are."""
    new_only: bool = False
    """For `episode_start`: nobody with such an episode open at `as_of` (known then or not) is in the cohort."""
    repeatable: bool = False
    """For `episode_start`: one may follow another at once (ward stays), so one that is open or starts inside
    the gap neither is the outcome nor takes the row out."""
    granted_by: tuple[GrantedBy, ...] = ()
    """Rows that tell of the outcome before it begins; families made of them overlap the outcome."""

    @model_validator(mode="after")
    def _one_rule(self) -> "OutcomeRule":
        given = [name for name in KINDS if getattr(self, name)]
        if len(given) != 1:
            found = "none" if not given else " and ".join(f"`{name}`" for name in given)
            raise ValueError(
                f"give either one of {', '.join(f'`{name}`' for name in KINDS)}, and not more: found {found}"
            )
        for option in ("new_only", "repeatable"):
            if getattr(self, option) and not self.episode_start:
                raise ValueError(f"`{option}` belongs to `episode_start`; remove it")
        if self.new_only and self.repeatable:
            raise ValueError("`repeatable` keeps those whom `new_only` leaves out; write one of them")
        if any(part.ordered_change or part.minutes_change for part in self.parts):
            raise ValueError("`any_of` and `all_of` join rules that are yes or no; levels and minutes stand alone")
        return self

    @property
    def parts(self) -> tuple["OutcomeRule", ...]:
        """Every rule below `any_of` or `all_of`, however deep."""
        below = (*self.any_of, *self.all_of)
        return (*below, *(inner for part in below for inner in part.parts))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of episode that the rule reads."""
        return tuple(dict.fromkeys(kind for one in (self, *self.parts) for kind in _kinds(one)))

    @property
    def levels(self) -> tuple[str, ...]:
        """Ids of the levels, lowest first; ("no", "yes") where the outcome is yes or no."""
        return NO_YES if self.ordered_change is None else self.ordered_change.levels

    @property
    def level_names(self) -> Mapping[str, Words]:
        """What each level is called; empty where the outcome is yes or no."""
        return {} if self.ordered_change is None else self.ordered_change.names

    @property
    def tables(self) -> tuple[str, ...]:
        """Canonical tables that the rule reads, besides `residents`."""
        return tuple(self.columns)

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """table → the columns that the rule reads of it."""
        found: dict[str, dict[str, None]] = {}
        for one in (self, *self.parts):
            for table, names in _columns(one):
                found.setdefault(table, {}).update(dict.fromkeys((*CLOCKS, *names)))
        return {table: tuple(names) for table, names in found.items()}


def _kinds(rule: OutcomeRule) -> list[str]:
    """Kinds of episode of one rule, without those of the rules it joins."""
    kinds = [*rule.episode_start, *(step.kind for step in rule.heavier)]
    if rule.ordered_change is not None:
        kinds += [*(step.kind for step in rule.ordered_change.steps), *rule.ordered_change.beyond]
    if rule.minutes_change is not None:
        kinds += [rule.minutes_change.kind, *rule.minutes_change.leave_out]
    if rule.episode_end is not None:
        end = rule.episode_end
        kinds += [*end.kinds, *end.then_starts, *(step.kind for step in end.then_heavier)]
    return kinds


def _columns(rule: OutcomeRule) -> list[tuple[str, tuple[str, ...]]]:
    """(table, columns) of one rule, without those of the rules it joins."""
    found: list[tuple[str, tuple[str, ...]]] = []
    if _kinds(rule):
        minutes = ("granted_minutes_per_week",) if rule.minutes_change else ()
        found.append(("episodes", (*SPAN, "kind", "intensity", *minutes)))
    if rule.episode_end is not None and rule.episode_end.roles:
        found.append(("relations", TIE))
    for section in (rule.count_at_least, rule.distinct_at_least):
        if section is not None:
            found.append((section.table, (section.date, *section.reads)))
    return found
