"""What every report is: an id, flat lines, and sentences about what was left out or assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.demand_reports.words import note as said
from models.texts import Text

Value = str | float | int | bool | None
Line = Mapping[str, Value]


@dataclass(frozen=True)
class Section:
    """One report; its lines are one CSV, and the same lines are one table of the Markdown pages."""

    id: str
    lines: tuple[Line, ...] = ()
    notes: tuple[Text, ...] = ()


def joined(one: Section, other: Section) -> Section:
    """Two parts of one report."""
    new = tuple(note for note in other.notes if note not in one.notes)
    return Section(one.id, (*one.lines, *other.lines), (*one.notes, *new))


def missing_model(section: str, names: Sequence[str]) -> Section:
    """A report whose forecasts are not registered."""
    return Section(section, notes=(said("missing_model", models=", ".join(names)),))
