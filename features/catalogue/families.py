"""One feature family: table x filter x by x windows x aggregate, with the words that explain it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig

Role = Literal["risk", "protective", "resource", "context"]
Sensitivity = Literal["normal", "economic", "substance", "child_protection", "family"]
Dimension = Literal[
    "home_municipality",
    "age",
    "health",
    "social_situation",
    "economic_situation",
    "functional_capacity",
    "service_use",
    "continuity_access",
]
OTHER = "other"
"""The code of everything that the vocabulary does not keep."""

WINDOWED = frozenset({"count", "sum", "distinct"})
"""Aggregates over a window; a window that reaches before the observed history is unknown, not zero."""
AGGREGATES: Mapping[str, str] = {
    "count": "rows in the window",
    "sum": "sum of `value` in the window",
    "distinct": "different values of `value` in the window",
    "days_since": "days from the latest row to as_of",
    "days_since_first": "days from the first row to as_of",
    "last": "`value` of the latest row",
    "age_of": "days since the latest assessment",
    "ever": "1 when any row is known",
    "valid_on": "1 when a row's interval covers as_of",
    "valid_sum": "sum of `value` over rows whose interval covers as_of",
    "age_years": "year of the last day before as_of minus the year in `value`",
    "is": "1 when the latest row's `value` is the code",
    "observed_days": "days from the start of the observed history to as_of",
}


class Words(StrictConfig):
    """One name in Finnish, Swedish and English."""

    fi: str
    sv: str
    en: str

    def as_text(self) -> dict[str, str]:
        """The plain dict that answers carry."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}


class Prefix(StrictConfig):
    """A condition: the text begins with one of these."""

    prefix: str | tuple[str, ...]


class Without(StrictConfig):
    """A condition: any text but these; a missing text does not satisfy it."""

    without: str | tuple[str, ...]


Condition = bool | int | float | str | tuple[bool | int | float | str, ...] | Prefix | Without


class Family(StrictConfig):
    """One thing worth knowing about a client, counted the same way over several windows or codes."""

    id: str
    table: str
    aggregate: str
    at: str | None = None
    """Which date of the row counts; the table's own date when left out."""
    filter: Mapping[str, Condition] = Field(default_factory=dict)
    """All must hold.  Contacts are `status: done` unless a status is declared."""
    by: str | None = None
    codes: tuple[str, ...] = ()
    """Declared codes of `by` (or of `is`); without them the vocabulary keeps the common ones and the rest is other."""
    value: str | None = None
    windows: tuple[int, ...] = ()
    name: Words
    dimension: Dimension
    role: Role
    sensitivity: Sensitivity = "normal"
    source: str
    unit: str
    minimum_completeness: float = Field(default=0.0, ge=0, le=1)
    template: str | None = None
    enabled: bool | None = None

    @property
    def is_enabled(self) -> bool:
        """Sensitive families are off unless a county turns them on."""
        return self.sensitivity == "normal" if self.enabled is None else self.enabled

    @property
    def conditions(self) -> dict[str, Condition]:
        """The filter with the rule for contacts: done unless a status is declared."""
        done = {"status": "done"} if self.table == "contacts" else {}
        return {**done, **self.filter}

    @property
    def needs_vocabulary(self) -> bool:
        return self.by is not None and not self.codes
