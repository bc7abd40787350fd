"""Rows for the hardening tests: a good one, and the check that a bad one falls alone."""

from typing import Any

from tests.features.deliveries.extracts import ANNA, CONTACTS, Extracts, report_of

GOOD = f"{ANNA};2024-03-01 10:00:00;2024-03-02;T1;A01;12,5"
NEXT = f"{ANNA};2024-04-01 10:00:00;2024-04-02;T1;A01;12,5"


def falls_alone(extracts: Extracts, row: str, reason: str) -> None:
    """The row between two good ones is quarantined under its name, line and file; its neighbours are kept."""
    extracts.contacts(GOOD, row, NEXT)
    report = report_of(extracts.ingest())
    assert extracts.reasons() == {3: reason}
    assert (report.rows, report.accepted, report.quarantined) == (3, 2, {reason: 1})
    assert len(extracts.read()) == 2
    assert extracts.quarantine().file_sha256.tolist() == [report.sha256]


def kept_text(extracts: Extracts, cell: str) -> str | None:
    """What becomes of a text cell."""
    extracts.contacts(f"{ANNA};2024-03-01;;T1;{cell};1")
    extracts.ingest()
    (kept,) = extracts.read().reason.astype(object).where(lambda reason: reason.notna(), None).tolist()
    return kept


def columns_with(name: str, **changed: Any) -> dict[str, Any]:
    """The columns of the contacts' mapping, one of them changed."""
    return {**CONTACTS["columns"], name: {**CONTACTS["columns"][name], **changed}}
