"""Everything a data-quality report says, as one plain dict.  The template only lays it out; the tests read this."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.quality.counting import TableCounts
from evaluation.quality.register import Register, described, unit_lines
from evaluation.small_cells.shown import shown_by_name, shown_share
from features.catalogue import Catalogue
from features.catalogue.vocabulary import Vocabulary
from features.manifest import Batch
from features.source_catalogue import SourceCatalogue

FORMAT = 1


@dataclass(frozen=True)
class Limits:
    """What the lists of the report hold."""

    worst: int
    smallest_rows: int
    """Rows that a unit needs before its fields are compared with others."""


@dataclass(frozen=True)
class Material:
    """What the report is made from."""

    snapshot_sha256: str
    data_until: date
    counts: Mapping[str, TableCounts]
    batches: Sequence[Batch]
    sources: SourceCatalogue
    catalogue: Catalogue
    vocabulary: Vocabulary | None
    """Of the newest history of this snapshot; None when none was built."""


def summarise(material: Material, limits: Limits) -> dict[str, Any]:
    """The report's content."""
    registers = [
        Register(source, counts, material.sources.sources.get(source), material.data_until)
        for counts in material.counts.values()
        for source in counts.sources
    ]
    arrivals = delivered(material.batches)
    lines = [line for register in registers for line in unit_lines(register) if line["rows"] >= limits.smallest_rows]
    chapters = [{**described(one), "delivery": arrivals.get((one.name, one.counts.table.name))} for one in registers]
    return {
        "format": FORMAT,
        "snapshot_sha256": material.snapshot_sha256,
        "data_until": str(material.data_until),
        "sources_version": material.sources.sha256,
        "smallest_cell": SMALLEST_CELL,
        "smallest_rows": limits.smallest_rows,
        "registers": chapters,
        "worst": worst(lines, limits.worst),
        "never_filled": never_filled(lines),
        "changes": _changes(chapters),
        "families": families(material.catalogue, material.vocabulary),
    }


def worst(lines: Sequence[Mapping[str, Any]], most: int) -> list[dict[str, Any]]:
    """Unit–field pairs that are filled sometimes, the emptiest first; hidden shares stand last."""
    partly = [line for line in lines if not line["never_filled"] and line["completeness"] != 1]
    partly.sort(key=lambda line: (_or_one(line["completeness"]), -line["rows"], line["unit"], line["field"]))
    return [dict(line) for line in partly if line["completeness"] is not None][:most]


def never_filled(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fields that no unit of a register fills although the catalogue promises them, or only some units do.

    From here one cannot tell "there is nothing" from "it is not recorded".
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for line in lines:
        if line["never_filled"]:
            found.setdefault((line["source"], line["table"], line["field"]), []).append(line["unit"])
    return [
        {"source": source, "table": table, "field": field, "units": sorted(units)}
        for (source, table, field), units in sorted(found.items())
    ]


def delivered(batches: Sequence[Batch]) -> dict[tuple[str, str], dict[str, Any]]:
    """What came in and what was put aside, by source and table, over every kept delivery."""
    rows: Counter[tuple[str, str]] = Counter()
    reasons: dict[tuple[str, str], Counter[str]] = {}
    noted: dict[tuple[str, str], Counter[str]] = {}
    for report in (file for batch in batches for file in batch.files):
        key = (report.source, report.table)
        rows[key] += report.rows
        reasons.setdefault(key, Counter()).update(report.quarantined)
        noted.setdefault(key, Counter()).update(report.noted)
    return {key: _delivery(rows[key], reasons[key], noted[key]) for key in rows}


def families(catalogue: Catalogue, vocabulary: Vocabulary | None) -> dict[str, Any]:
    """Which feature families need how complete a field, and which were switched off in the newest history."""
    off = vocabulary.off if vocabulary else {}
    lines = [
        {
            "family": family.id,
            "name": family.name.as_text(),
            "minimum": family.minimum_completeness,
            "completeness": off.get(family.id),
            "off": family.id in off,
        }
        for family in catalogue.enabled
        if family.minimum_completeness > 0 or family.id in off
    ]
    return {"history": vocabulary is not None, "lines": sorted(lines, key=lambda line: not line["off"])}


def _delivery(rows: int, reasons: Counter[str], noted: Counter[str]) -> dict[str, Any]:
    aside = sum(reasons.values())
    return {
        "rows": rows,
        "quarantined": aside if not 0 < aside < SMALLEST_CELL else None,
        "quarantined_share": shown_share(aside, rows),
        "reasons": shown_by_name({name: count for name, count in reasons.items() if count}),
        "unknown_codes": shown_share(reasons["unknown_code"], rows),
        "noted": shown_by_name({name: count for name, count in noted.items() if count}),
    }


def _changes(chapters: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every change of practice: those nobody declared first, then by size of the test figure."""
    found = [
        {"source": chapter["source"], "table": chapter["table"], **change}
        for chapter in chapters
        for change in chapter["changes"]
    ]
    return sorted(found, key=lambda change: (change["declared"] is not None, -change["t"], change["month"]))


def _or_one(share: float | None) -> float:
    return 1.0 if share is None else share
