"""The child process that opens a sent file: bytes in, cells out as JSON.  It has no secret and no database open."""

import json
import resource
import sys
from collections.abc import Sequence
from datetime import date

from configs.errors import LuotainError
from configs.phrases import Phrase, phrase_of
from models.exchange import Found, read_csv, read_workbook

CPU_SECONDS = 12
MEMORY_BYTES = 1_500_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m serving.planning.sheet_child xlsx|csv`, the file on standard input."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    (kind,) = sys.argv[1:] if argv is None else argv
    sys.stdout.write(json.dumps(answer(kind, sys.stdin.buffer.read()), ensure_ascii=True))
    return 0


def answer(kind: str, content: bytes) -> dict[str, object]:
    """The file's sheets, or its fault with code and fields."""
    try:
        sheets = read_csv(content, "csv") if kind == "csv" else read_workbook(content)
    except LuotainError as error:
        return _fault(phrase_of(error))
    return {"sheets": {title: [[_cell(cell) for cell in row] for row in rows] for title, rows in sheets.items()}}


def _fault(said: str) -> dict[str, object]:
    code, fields = (said.code, dict(said.fields)) if isinstance(said, Phrase) else ("", {})
    return {"fault": str(said), "code": code, "fields": fields}


def _cell(cell: Found) -> list[object]:
    if cell.is_formula:
        return [None, "formula"]
    if isinstance(cell.value, date):
        return [cell.value.isoformat()[:10], "date"]
    return [cell.value, ""]


if __name__ == "__main__":
    raise SystemExit(main())
