"""The report on paper: the same blocks as a tagged PDF; a chart is told by the table beside it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from configs.typesetting import tagged_pdf
from evaluation.audit.blocks import Block, Facts, Heading, Missing, Section, Table, Words
from evaluation.audit.sections import sections

TEMPLATE = Path(__file__).with_name("report.typ")
LONGEST_CELL = 220
"""Letters of a cell on paper; the page and the JSON file hold all of them."""


def pdf_of(report: Mapping[str, Any]) -> bytes:
    """The report on A4 (PDF/UA-1).  Raises ConfigError when the font is not installed."""
    return tagged_pdf(TEMPLATE, told_of(report))


def told_of(report: Mapping[str, Any]) -> dict[str, object]:
    """What the template lays out."""
    identity, verdict = report["identity"], report["verdict"]
    return {
        "title": f"Luotain: {identity['name']} {identity['version']}",
        "heading": f"{identity['name']}, versio {identity['version']}",
        "about": f"Auditointiraportti {report['today']}, tiedot {identity['data_until']} loppuun",
        "verdict": verdict["sentence"]["fi"],
        "weakest": [point["fi"] for point in verdict["weakest"]],
        "sections": [_section(section) for section in sections(report)],
    }


def _section(section: Section) -> dict[str, object]:
    blocks = [told for block in section.blocks for told in _block(block)]
    return {"heading": f"{section.number}. {section.fi}", "blocks": blocks}


def _block(block: Block) -> Iterator[dict[str, object]]:
    if isinstance(block, Heading | Words):
        yield {"kind": block.kind, "words": block.fi}
    elif isinstance(block, Missing):
        yield {"kind": "words", "words": f"PUUTE: {block.fi} {block.command}".rstrip()}
    elif isinstance(block, Facts) and block.rows:
        yield {"kind": block.kind, "rows": [f"{name}: {value}" for name, value in block.rows]}
    elif isinstance(block, Table) and block.rows:
        yield _table(block)


def _table(block: Table) -> dict[str, object]:
    rows = [[_short(cell) for cell in row] for row in block.rows]
    return {
        "kind": block.kind,
        "caption": block.caption,
        "columns": list(block.columns),
        "rows": rows,
        "words": sorted(block.words),
    }


def _short(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…"
