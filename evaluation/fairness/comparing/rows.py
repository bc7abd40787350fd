"""What a fairness table is: one line per group, each figure with its interval and its gap to everybody else."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Measured:
    """One figure of one group; None = undefined."""

    value: float | None
    low: float | None
    high: float | None
    """95 % interval, whole clients drawn anew."""
    rest: float | None = None
    """The same figure of everybody else."""
    difference: float | None = None
    """group - rest; 0 = the same."""
    ratio: float | None = None
    """group / rest; 1 = the same."""
    gap_low: float | None = None
    gap_high: float | None = None
    """Interval of the gap that holds for all groups of the table together; None = too few clients to test."""
    fails: bool = False


@dataclass(frozen=True)
class FairnessRow:
    """One group of one output.  None = hidden, because too few people are behind it."""

    output: str
    trait: str
    group: str
    n: int | None
    """Clients."""
    events: int | None
    """Rows with the outcome (a client has one row per `as_of`)."""
    metrics: Mapping[str, Measured]
    """Empty when hidden."""
    hidden: bool
    verdict: tuple[str, ...] = ()
    """Names of the figures that fail; also told of a hidden group, because it tells of no person."""


@dataclass(frozen=True)
class FairnessTable:
    """Every group of every output of one subject (a model's hold-out, waiting times, service at the same need)."""

    subject: str
    rows: tuple[FairnessRow, ...]
    working_points: Mapping[str, Mapping[str, float]]
    """Per output who is offered something: {share} or {threshold}."""
    comparisons: int
    """How many gaps the intervals hold for together."""
    family_error: float
    """Chance that a table without any true gap flags anything."""
    smallest: int
    """Counts of people below this are hidden."""
    missing: tuple[str, ...] = ()
    """Traits that were asked for and are not in the data."""

    @property
    def failures(self) -> tuple[FairnessRow, ...]:
        """The groups with a verdict."""
        return tuple(row for row in self.rows if row.verdict)

    def of(self, trait: str, group: str, output: str | None = None) -> FairnessRow:
        """One line.  Raises KeyError."""
        for row in self.rows:
            if (row.trait, row.group) == (trait, group) and output in (None, row.output):
                return row
        raise KeyError(f"{trait} {group}")


def as_json(table: FairnessTable) -> dict[str, Any]:
    """JSON-ready; NaN does not occur."""
    return {
        "format": FORMAT,
        **{key: value for key, value in asdict(table).items() if key != "rows"},
        "missing": list(table.missing),
        "rows": [_line(row) for row in table.rows],
    }


def from_json(values: Mapping[str, Any]) -> FairnessTable:
    """The table that `as_json` wrote."""
    rows = tuple(
        FairnessRow(
            **{key: row[key] for key in ("output", "trait", "group", "n", "events", "hidden")},
            metrics={name: Measured(**found) for name, found in row["metrics"].items()},
            verdict=tuple(row["verdict"]),
        )
        for row in values["rows"]
    )
    kept = {key: value for key, value in values.items() if key not in ("format", "rows", "missing")}
    return FairnessTable(rows=rows, missing=tuple(values["missing"]), **kept)


def known(value: float) -> float | None:
    """The number, or None for NaN and infinity, which JSON has no word for."""
    return float(value) if math.isfinite(value) else None


def csv_lines(tables: Iterable[FairnessTable]) -> list[dict[str, Any]]:
    """One line per group and figure, for a spreadsheet; hidden groups have a line without figures."""
    found: list[dict[str, Any]] = []
    for table in tables:
        for row in table.rows:
            head: dict[str, Any] = {
                "subject": table.subject,
                "output": row.output,
                "trait": row.trait,
                "group": row.group,
            }
            head |= {"n": row.n, "events": row.events, "hidden": row.hidden}
            head |= {"verdict": " ".join(row.verdict)}
            named: dict[str, Measured | None] = dict(row.metrics) or {"": None}
            found += [{**head, "figure": name, **(asdict(one) if one else _NOTHING)} for name, one in named.items()]
    return found


_NOTHING = asdict(Measured(None, None, None))


def _line(row: FairnessRow) -> dict[str, Any]:
    return {**asdict(row), "verdict": list(row.verdict)}
