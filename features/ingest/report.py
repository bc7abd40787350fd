"""What an ingest did, as a table of text."""

from collections.abc import Sequence

from features.manifest import FileReport

HEADINGS = ("table", "file", "rows", "accepted", "filtered", "stored", "quarantined", "by reason")


def report_lines(files: Sequence[FileReport]) -> list[str]:
    """One line per file, and a sum."""
    rows = [_cells(file) for file in sorted(files, key=lambda file: (file.table, file.name))]
    total = ("sum", "", *(f"{sum(values):,}" for values in _numbers(files)), "")
    table = [HEADINGS, *rows, total]
    widths = [max(len(row[place]) for row in table) for place in range(len(HEADINGS))]
    return [_line(row, widths) for row in table]


def _cells(file: FileReport) -> tuple[str, ...]:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(file.quarantined.items()))
    noted = ", ".join(f"{what} {count:,}" for what, count in sorted(file.noted.items()))
    numbers = (file.rows, file.accepted, file.filtered, file.stored, sum(file.quarantined.values()))
    told = reasons + (f"; kept with a note: {noted}" if noted else "")
    return (file.table, file.name, *(f"{number:,}" for number in numbers), told)


def _numbers(files: Sequence[FileReport]) -> list[list[int]]:
    return [
        [file.rows for file in files],
        [file.accepted for file in files],
        [file.filtered for file in files],
        [file.stored for file in files],
        [sum(file.quarantined.values()) for file in files],
    ]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(row[2:7], widths[2:7], strict=True)]
    return "  ".join([*left, *right, row[7]]).rstrip()
