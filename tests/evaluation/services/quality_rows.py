"""Small registers for the data-quality report, and what was counted of them."""

import json
from datetime import date
from typing import Any

import numpy as np

from evaluation.quality.counting import TableCounts, add_first_months, add_rows
from evaluation.quality.register import Register, described
from evaluation.quality.summary import Limits, Material, summarise
from features.catalogue.vocabulary import Vocabulary
from features.manifest import Batch, FileReport
from features.source_catalogue import Source, SourceCatalogue
from features.tables import TABLES
from tests.features.histories_data import catalogue_of, family, table_of

CLIENT = "0000000a" + "0" * 24
UNTIL = date(2024, 12, 31)


def source(**more: Any) -> Source:
    """A catalogued source that records within three days and covers 901 from 2022."""
    given = {
        "owner": "chief of care",
        "purposes": ["care"],
        "keys": ["client_id", "time"],
        "refresh": "daily",
        "recording_delay_days": 3,
        "sensitivity": "special_category",
        "coverage": {"901": {"from": "2022-01-01"}},
        "fields": {"contacts": ["client_id", "time", "urgency", "reason", "minutes", "unit", "channel", "service"]},
        **more,
    }
    return Source.model_validate_json(json.dumps(given))


SOURCES = {"s/a": source()}


def visits(*rows: dict[str, Any]) -> Any:
    return table_of("contacts", [{"client_id": CLIENT, "unit": "north", "time": "2024-03-01", **row} for row in rows])


def counted(frame: Any, declared: dict[str, Source] | None = None, table: str = "contacts") -> TableCounts:
    counts = TableCounts(TABLES[table], SOURCES if declared is None else declared)
    add_first_months(counts, frame)
    add_rows(counts, frame)
    return counts


def line_of(counts: TableCounts, field: str) -> dict[str, Any]:
    register = Register("s/a", counts, counts.declared.get("s/a"), UNTIL)
    return next(line for line in described(register)["fields"] if line["field"] == field)


def monthly_visits(first: str, months: int, change: int, **changed: Any) -> list[dict[str, Any]]:
    """Twenty visits a month; from month `change` on with other values."""
    rows = []
    for month in range(months):
        day = f"{np.datetime64(first, 'M') + month}-05"
        rows += [{"time": day, "recorded_at": day, "reason": "A", **(changed if month >= change else {})}] * 20
    return rows


# Deliveries, families, the page and the command


def report(reasons: dict[str, int], rows: int = 1000) -> FileReport:
    accepted = rows - sum(reasons.values())
    return FileReport("s/a", "contacts", "a.csv", "0" * 64, "0" * 64, rows, accepted, 0, accepted, reasons)


def summary_of(frame: Any, declared: dict[str, Source] | None = None, off: dict[str, float] | None = None) -> Any:
    sources = SOURCES if declared is None else declared
    reasons = family("reasons", "contacts", "count", windows=[90], filter={"reason": "A"}, minimum_completeness=0.5)
    material = Material(
        snapshot_sha256="c0ffee" + "0" * 58,
        data_until=UNTIL,
        counts={"contacts": counted(frame, sources)},
        batches=(Batch("1", (report({"unknown_code": 10}),)),),
        sources=SourceCatalogue(sources=sources),
        catalogue=catalogue_of(reasons),
        vocabulary=Vocabulary({}, UNTIL, off) if off is not None else None,
    )
    return summarise(material, Limits(worst=40, smallest_rows=50))
