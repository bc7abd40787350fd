"""What every report is: an id, flat lines, and sentences about what was left out or assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | float | int | bool | None
Line = Mapping[str, Value]


@dataclass(frozen=True)
class Section:
    """One report; its lines are one CSV, and the same lines are one table of the Markdown pages."""

    id: str
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences in English for the planner's data scientist: what was left out and why, what was assumed."""
    facts: Mapping[str, Value] = field(default_factory=dict)


def joined(one: Section, other: Section) -> Section:
    """Two parts of one report."""
    return Section(one.id, (*one.lines, *other.lines), (*one.notes, *other.notes), {**one.facts, **other.facts})


def missing_model(section: str, names: Sequence[str]) -> Section:
    """A report whose forecasts are not registered."""
    return Section(section, notes=(f"No model {', '.join(names)} is registered: train it first.",))
