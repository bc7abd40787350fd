"""The report as it may leave the house: counts rounded, figures to two decimals, kept in the ledger of releases."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.fairness.report import all_tables
from evaluation.small_cells.ledger import Ledger, Release
from evaluation.small_cells.release import PUBLICATION, rounded

DECIMALS = 2
COUNTS = ("n", "events")


def for_publication(report: Mapping[str, Any]) -> dict[str, Any]:
    """The same report with every count rounded to 5 and every figure to two decimals, so that no product of the two
    gives a count back."""
    models = [
        {**one, "tables": [_table(table) for table in one["tables"]], **_true_need(one)} for one in report["models"]
    ]
    return {**report, "models": models, "others": [_table(table) for table in report["others"]]}


def keep_release(ledger: Ledger, report: Mapping[str, Any]) -> None:
    """Enter every count of the report.  Raises DataError when one of them reveals a cell with an earlier release."""
    ledger.record(*releases(report))


def releases(report: Mapping[str, Any]) -> Iterator[Release]:
    """One release per table, output and trait: the clients of each group."""
    named = [(table, f"version {one['version']}") for one in report["models"] for table in all_tables(one)]
    for table, where in [*named, *((table, "") for table in report["others"])]:
        keys = dict.fromkeys((row["output"], row["trait"]) for row in table["rows"])
        for output, trait in keys:
            rows = [row for row in table["rows"] if (row["output"], row["trait"]) == (output, trait)]
            yield Release(
                name=f"fairness of {table['subject']}",
                population=f"{table['subject']} {output} by {trait}",
                as_of=report["data_until"],
                where=where,
                cells={f"{trait}={row['group']}": row["n"] for row in rows},
                rounding=PUBLICATION.rounding,
                smallest=PUBLICATION.smallest,
            )


def _true_need(model: Mapping[str, Any]) -> dict[str, Any]:
    found = model.get("true_need")
    return {"true_need": {**found, "table": _table(found["table"])}} if found and found["table"] else {}


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    return {**table, "rows": [_row(row) for row in table["rows"]]}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: None if row[name] is None else rounded(row[name], PUBLICATION.rounding) for name in COUNTS}
    metrics = {name: {key: _short(value) for key, value in one.items()} for name, one in row["metrics"].items()}
    return {**row, **counts, "metrics": metrics}


def _short(value: Any) -> Any:
    return round(value, DECIMALS) if isinstance(value, float) else value
