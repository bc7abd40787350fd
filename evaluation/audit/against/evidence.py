"""What counts as evidence, whether a report has it, and what is said where it has not: why, and what to do."""

from collections.abc import Mapping

from evaluation.audit.against.kinds import Evidence, Report
from evaluation.audit.against.known import KNOWN as KNOWN
from evaluation.audit.blocks import Missing
from evaluation.audit.settings import Evidence as Concern

BY_KEY: Mapping[str, Evidence] = {one.key: one for one in KNOWN}


def concerns(concern: Concern, kind: str) -> bool:
    """Whether something that concerns client or planning models concerns a model of this kind."""
    return concern == "all" or concern == ("client" if kind in ("segmentation", "need") else "planning")


def missing(report: Report, *keys: str) -> list[Missing]:
    """A block for each named evidence that the report lacks and that concerns its model."""
    kind = report["identity"]["kind"]
    absent = [BY_KEY[key] for key in keys if concerns(BY_KEY[key].concerns, kind) and not BY_KEY[key].present(report)]
    return [Missing(one.fi, one.en, one.command) for one in absent]
