"""One feature family: table x filter x by x windows x aggregate, with the words that explain it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig
from configs.words import Words

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

MONTH = "month"
"""A column every table has without storing it: the calendar month of the row's date (for `distinct`)."""
LEAST_VISITS = 3
"""Below three visits an index of continuity says more about chance than about care."""
NAMED_ROLES = ("named_doctor", "named_nurse")
COUNTED = frozenset({"count", "sum", "distinct"})
"""Aggregates that say 0 when nothing happened."""
RATIOS = frozenset(
    {
        "mean",
        "trend",
        "share",
        "coci",
        "usual_provider_share",
        "entropy",
        "repeat_contact_share",
        "night_share",
        "first_contact_is_emergency",
        "named_share",
    }
)
"""Aggregates that are undefined, not 0, when nothing happened."""
WINDOWED = COUNTED | RATIOS | {"count_within"}
"""Aggregates over a window; a window that reaches before the observed history is unknown, not zero."""
STANDING = frozenset({"ever", "valid_on", "valid_sum", "lapsed"})
"""Aggregates whose 0 is unknown while nothing of the client is observed."""
AGGREGATES: Mapping[str, str] = {
    "count": "rows in the window",
    "sum": "sum of `value` in the window",
    "mean": "mean of `value` in the window; undefined without a value",
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
    "count_within": "1 when the rows in the window number from `at_least` to `at_most`",
    "trend": "least-squares slope of `value` per 30 days in the window; undefined below two different days",
    "share": "rows in the window that also satisfy `part`, of all rows in the window; undefined without rows",
    "coci": "continuity of care (Bice-Boxerman) over `value`; undefined below `at_least` rows with a value",
    "usual_provider_share": "share of the most usual `value`; undefined below `at_least` rows with a value",
    "entropy": "how evenly the rows spread over the values of `value`, in bits; undefined without a value",
    "repeat_contact_share": "share of rows that come within `within_days` after a row of the same `value`",
    "night_share": "share of rows that begin between 22 and 7 o'clock; undefined without rows",
    "first_contact_is_emergency": "1 when the earliest contact in the window was an emergency; undefined without one",
    "named_share": "share of contacts with the client's named doctor or nurse; undefined without either",
    "change_between_assessments": "latest `value` minus the latest of an earlier day; undefined with fewer than two",
    "overdue": "1 when no row is known of the last `within_days`, 0 when one is",
    "lapsed": "1 when some interval was known and none covers as_of",
}
"""What each aggregate says.  Exactly, with n = rows that are known, satisfy the filter (and are of the code of `by`),
hold a value where `value` is named, and lie inside the window:

count_within   1 when at_least <= n <= at_most (an open end when left out), else 0.
mean           sum of values / n; NaN when n = 0.
trend          30 x sum((d - mean d)(v - mean v)) / sum((d - mean d)^2), d the calendar day; NaN below two different d.
share          rows that satisfy `part` as well / n; NaN when n = 0.
coci           (sum over values of n_j^2 - n) / (n (n - 1)), n_j rows of value j; NaN when n < at_least (default 3).
usual_provider_share   max n_j / n; NaN when n < at_least (default 3).
entropy        -sum over values of (n_j / n) log2(n_j / n); 0 when all rows have one value; NaN when n = 0.
repeat_contact_share   rows with an earlier row of the same value, both inside the window, at an earlier second and at
               most within_days calendar days before / n; NaN when n = 0.
night_share    rows whose wall-clock time is at or after 22:00 or before 07:00 / n; NaN when n = 0.  Only for sources
               with clock times: a bare date reads as midnight.
first_contact_is_emergency   of the earliest row (at one second an emergency comes first): 1 for urgency `emergency`,
               NaN for `unknown`, else 0; NaN when n = 0.
named_share    rows whose professional_id is that of a relation named_doctor or named_nurse covering as_of / rows with a
               professional_id; NaN when there is no such row or no such relation.
change_between_assessments   value of the latest row (by time, then recording, then value) minus that of the latest row
               on an earlier day, whenever that was; NaN without both, and (as for `last`) when the latest row is
               older than the window.
overdue        1 when the latest row is older than within_days, or there is none although at least within_days are
               observed; 0 when it is not older; NaN when there is none and less is observed.
lapsed         1 when a row is known and no known row covers as_of, else 0; a 0 is NaN while nothing is observed.

Every aggregate but age_years, is, observed_days takes `by`; with `other` for codes the vocabulary does not keep.
"""


class Prefix(StrictConfig):
    """A condition: the text begins with one of these."""

    prefix: str | tuple[str, ...]


class Without(StrictConfig):
    """A condition: any text but these; a missing text does not satisfy it."""

    without: str | tuple[str, ...]


class Between(StrictConfig):
    """A condition: the number lies between these, both included; a missing number does not."""

    at_least: float | None = None
    at_most: float | None = None


Condition = bool | int | float | str | tuple[bool | int | float | str, ...] | Prefix | Without | Between


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
    part: Mapping[str, Condition] = Field(default_factory=dict)
    """For `share`: what a row must satisfy besides the filter to be counted above the line."""
    within_days: int | None = Field(default=None, ge=1)
    """For `repeat_contact_share` and `overdue`."""
    at_least: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)
    """Fewest (coci, usual_provider_share, count_within) and most (count_within) rows."""
    coverage: str | None = None
    """Id of a catalogued source: a window before it covers the client's municipality is unknown, not zero."""
    name: Words
    dimension: Dimension
    role: Role
    sensitivity: Sensitivity = "normal"
    source: str
    unit: str
    minimum_completeness: float = Field(default=0.0, ge=0, le=1)
    """Least share of rows with the cited fields in the training data; below it the family is switched off.  Above 0 a
    family without a single row is off as well, instead of being a column of unknowns."""
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

    @property
    def fewest(self) -> int:
        """Rows that an index of continuity needs."""
        return LEAST_VISITS if self.at_least is None else self.at_least

    @property
    def cited(self) -> tuple[str, ...]:
        """The columns that the family is made of, besides its filter."""
        own = {"first_contact_is_emergency": "urgency", "named_share": "professional_id"}.get(self.aggregate)
        named = (self.value, self.by, own, *self.part)
        return tuple(dict.fromkeys(name for name in named if name and name != MONTH))

    @property
    def also_reads(self) -> tuple[str, ...]:
        """Tables read besides the family's own."""
        named = ("relations",) if self.aggregate == "named_share" else ()
        return (*named, "residents") if self.coverage else named


def value_of(family: Family) -> str | None:
    """The column without whose value a row does not count; None when every row counts."""
    return None if family.value == MONTH else family.value


def filter_of(family: Family) -> tuple[object, ...]:
    """What decides which rows a family counts."""
    return family.table, family.at, tuple(family.conditions.items()), value_of(family)
