"""The page of fairness: the report's dict laid out by a template, charts made here, nothing loaded, no script."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Dot
from evaluation.shap_report import report_environment

DRAWN = {"recall": "Saanti", "coverage": "Peittävyys", "contacts_to_need": "Palvelu / tarve", "met": "Tarve täyttyi"}
"""Which figure of a table is drawn: the first one that its rows have."""
DRAWN |= {"wait_to_usual": "Odotus / tavallinen", "coverage80": "80 %:n välin peittävyys"}


def render(report: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    template = report_environment().get_template("fairness.html.j2")
    return template.render(report=report, outputs=outputs, figures=figures, picture=picture)


def outputs(table: Mapping[str, Any]) -> list[str]:
    """The outputs of a table, in its order."""
    return list(dict.fromkeys(row["output"] for row in table["rows"]))


def figures(table: Mapping[str, Any], output: str) -> list[str]:
    """The figures that a table has of one output, in its order."""
    rows = [row for row in table["rows"] if row["output"] == output]
    return list(dict.fromkeys(name for row in rows for name in row["metrics"]))


def picture(table: Mapping[str, Any], output: str) -> Markup:
    """A point with its interval per shown group; the table beside it says the same."""
    rows = [row for row in table["rows"] if row["output"] == output and not row["hidden"]]
    drawn = next((name for name in DRAWN if any(name in row["metrics"] for row in rows)), None)
    dots = _dots(rows, drawn) if drawn else []
    return charts.dots(dots, f"{DRAWN[drawn]} ryhmittäin: {output}") if dots and drawn else Markup("")


def _dots(rows: Sequence[Mapping[str, Any]], figure: str) -> list[Dot]:
    shown = [(row, row["metrics"][figure]) for row in rows if figure in row["metrics"]]
    return [
        Dot(f"{row['trait']}: {row['group']}", one["value"], one["low"], one["high"], faint=not row["verdict"])
        for row, one in shown
        if one["value"] is not None
    ]
