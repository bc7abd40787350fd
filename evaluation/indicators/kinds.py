"""How an indicator is measured: one spec per kind, read from configs/indicators.yaml."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from configs.loader import StrictConfig
from features.catalogue.families import LEAST_VISITS, Between, Condition
from features.tables import TABLES

Clock = Literal["calendar", "working", "none"]
Filter = Mapping[str, Condition]
Say = Literal["within", "over", "days"]


class State(StrictConfig):
    """One thing that holds of a client on the last day of a period.

    Without `within_days` the row's interval covers that day; with it, at least `at_least` rows happened in so many days
    before.  `during` counts the rows of the period itself.  `latest` asks the value of the newest of those rows.
    """

    table: str
    of: Filter = {}
    within_days: int | None = Field(default=None, ge=1)
    during: bool = False
    at_least: int = Field(default=1, ge=1)
    at_most: int | None = None
    absent: bool = False
    """True turns it round: the client has none of them."""
    latest: Between | None = None


class Group(StrictConfig):
    """Clients for whom everything below holds on the last day of a period (ages in years reached in the year)."""

    age: Between | None = None
    holds: tuple[State, ...] = ()


class RowShare(StrictConfig):
    """Rows that satisfy `where` among the rows that satisfy `of`."""

    kind: Literal["row_share"]
    table: str
    of: Filter = {}
    where: Filter
    per: Literal["row", "client"] = "row"
    """client: clients with such a row among clients with a row."""


class RowCount(StrictConfig):
    """Rows that satisfy `of`, or the clients who have them."""

    kind: Literal["row_count"]
    table: str
    of: Filter = {}
    per: Literal["row", "client"] = "row"


class PerClient(StrictConfig):
    """Rows over the clients who have them."""

    kind: Literal["per_client"]
    table: str
    of: Filter = {}


class Wait(StrictConfig):
    """From one date of a row to another: the share within or over a limit, or the days themselves.

    Shares follow the rows that started in the period; days those that reached `stop` in it.
    """

    kind: Literal["wait"]
    table: str = "requests"
    of: Filter = {}
    start: str = "requested_at"
    stop: str
    say: Say
    limit: int | None = None
    months: bool = False
    """The limit is months, not days."""
    per: Literal["row", "client"] = "row"


class Waiting(StrictConfig):
    """Persons with a matter that waits on the last day of the period: those who have waited longer than the limit."""

    kind: Literal["waiting"]
    of: Filter = {}
    stop: str = "started_at"
    limit: int | None = Field(default=None, ge=0)
    """Calendar or working days; left out = everybody who waits."""
    age: Between | None = None


class SlotWait(StrictConfig):
    """Booked times of the period: days from booking to the time; the share of times or centres within the limit."""

    kind: Literal["slot_wait"]
    professions: tuple[str, ...]
    limit: int = Field(ge=0)
    per: Literal["slot", "centre"] = "slot"
    centre_share: float = Field(default=0.8, gt=0, le=1)
    """A centre reaches the limit when so large a share of its times does."""


class NthFree(StrictConfig):
    """Working days to the n-th free time of each unit, looked at on every `every`-th day of the period."""

    kind: Literal["nth_free"]
    profession: str
    nth: int = Field(default=3, ge=1)
    every: int = Field(default=7, ge=1)


class Continuity(StrictConfig):
    """COCI (Bice & Boxerman 1977) of each client with enough visits in the year before the period's end."""

    kind: Literal["coci"]
    of: Filter = {}
    by: str = "professional_id"
    least: int = Field(default=LEAST_VISITS, ge=2)


class Repeat(StrictConfig):
    """Rows that follow an earlier row of the same client and the same `same` within some days, among all rows."""

    kind: Literal["repeat"]
    table: str = "contacts"
    of: Filter = {}
    same: tuple[str, ...] = ()
    within_days: int = Field(ge=1)


class Covered(StrictConfig):
    """Clients of `having` among clients of `entitled`, on the last day of the period."""

    kind: Literal["covered"]
    entitled: Group
    having: Group


class LatestMean(StrictConfig):
    """Mean of each resident's newest `value` among the rows of the last days before the period's end."""

    kind: Literal["latest_mean"]
    table: str = "assessments"
    of: Filter
    within_days: int = Field(ge=1)


class UnitsWith(StrictConfig):
    """Units with a row that satisfies `of` in the last days of the period, among units whose code begins so."""

    kind: Literal["units_with"]
    table: str
    prefix: str
    of: Filter = {}
    within_days: int = Field(ge=1)


class Change(StrictConfig):
    """Relative change of another measure from the same period `years` earlier."""

    kind: Literal["change"]
    of: "RowCount | Wait"
    years: int = Field(default=1, ge=1)


class Shortfall(StrictConfig):
    """Latent debt: 1 − contacts over those that the reference year's rates by age band would have given."""

    kind: Literal["shortfall"]
    table: str = "contacts"
    of: Filter = {}
    reference_year: int


Measure = Annotated[
    RowShare
    | RowCount
    | PerClient
    | Wait
    | Waiting
    | SlotWait
    | NthFree
    | Continuity
    | Repeat
    | Covered
    | LatestMean
    | UnitsWith
    | Change
    | Shortfall,
    Field(discriminator="kind"),
]


def reads(measure: Measure) -> Iterator[tuple[str, Filter]]:
    """Every (table, filter) whose absence from a store means: not available, never 0."""
    if isinstance(measure, Change):
        yield from reads(measure.of)
    elif isinstance(measure, Covered):
        for state in (*measure.entitled.holds, *measure.having.holds):
            yield state.table, state.of  # of an absence too: what nobody records is lacking from everybody
    elif isinstance(measure, SlotWait):
        yield "appointment_slots", {"profession": measure.professions}
    elif isinstance(measure, NthFree):
        yield "appointment_slots", {"profession": measure.profession}
    elif isinstance(measure, Waiting):
        yield "requests", measure.of
    elif isinstance(measure, Continuity):
        yield "contacts", measure.of
    else:
        yield measure.table, measure.of


def narrowed(measure: Measure, column: str, code: str) -> Measure:
    """The measure of the rows with one code of a column.  Raises ValueError when it knows no such column."""
    if isinstance(measure, SlotWait) and column == "profession":
        return measure.model_copy(update={"professions": (code,)})
    table = getattr(measure, "table", None)
    if table not in TABLES or column not in TABLES[table].by_name:
        raise ValueError(f"`split` names {column}, by which a measure of kind {measure.kind} is not divided")
    return measure.model_copy(update={"of": {**getattr(measure, "of", {}), column: code}})


def lookback_days(measure: Measure) -> int:
    """Days before the period's end that the measure looks at beyond the period itself (0 = only the period)."""
    if isinstance(measure, Continuity):
        return 365
    if isinstance(measure, LatestMean):
        return measure.within_days
    if isinstance(measure, Covered):
        states = (*measure.entitled.holds, *measure.having.holds)
        return max((state.within_days or 0 for state in states), default=0)
    return 0
