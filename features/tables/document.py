"""Writes the data contract as Markdown: `python -m features.tables.document > docs/data-contract.md`."""

from configs.command import say
from features.side_files import SIDE_FILES, SideFile
from features.tables import TABLES, Column, Table

HEAD = """# Data contract: thirteen canonical tables

Made by `python -m features.tables.document` from `features/tables/`; a test keeps this page equal to the code.

Times are wall-clock Europe/Helsinki, to the second. Intervals are half-open, `[start, end)`. Every date carries the
clock on which it became known: at a prediction date `as_of` a date is known only when the date **and** its clock are
strictly before `as_of`. `superseded_at` closes a version that a later delivery corrected. Absence before
`residents.history_start` is unknown, not zero.
"""

SIDE_HEAD = """
## Side files of the service

`python -m serving.export_log` writes them beside `decisions.parquet` below `extracts/service/`, each with a
`.complete` marker that holds its checksum. They are no registers and no features: monitoring, feedback and the training
of a scheme read them by `features.side_files.read_side_file`. A damaged file, one without its marker, and one that
lacks a column are refused; a wrong row is left out and counted by reason in the data-quality report; with more than 5 %
of wrong rows the file is refused.
"""


def contract() -> str:
    """The whole page."""
    tables = "".join(_section(table) for table in TABLES.values())
    return HEAD + tables + SIDE_HEAD + "".join(_side_section(one) for one in SIDE_FILES)


def _section(table: Table) -> str:
    rows = "".join(_row(column) for column in table.columns)
    return (
        f"\n## {table.name}\n\nOne row is {table.row}. Register: {table.register}. "
        f"The same row in a corrected delivery: {', '.join(f'`{name}`' for name in table.key)}.\n\n"
        "| column | type | meaning | unit | allowed | clock |\n|---|---|---|---|---|---|\n" + rows
    )


def _side_section(declared: SideFile) -> str:
    rows = "".join(_row(column) for column in declared.columns)
    return (
        f"\n### {declared.file}\n\nOne row is {declared.row}. "
        f"No two rows have the same {', '.join(f'`{name}`' for name in declared.key)}.\n\n"
        "| column | type | meaning | unit | allowed | clock |\n|---|---|---|---|---|---|\n" + rows
    )


def _row(column: Column) -> str:
    kind = column.kind + (", may be empty" if column.nullable else "")
    clock = f"`{column.clock}`" if column.clock else ""
    return f"| `{column.name}` | {kind} | {column.meaning} | {column.unit or ''} | {_allowed(column)} | {clock} |\n"


def _allowed(column: Column) -> str:
    if column.allowed:
        return ", ".join(f"`{value}`" for value in column.allowed)
    if column.low is not None or column.high is not None:
        low = "" if column.low is None else f"{column.low:g}"
        high = "" if column.high is None else f"{column.high:g}"
        return f"{low}–{high}" if high else f"≥ {low}"
    return ""


if __name__ == "__main__":
    say(contract().rstrip())
