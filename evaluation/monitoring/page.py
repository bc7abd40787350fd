"""The monitoring page: the summary laid out by a template; every chart has its table."""

from collections.abc import Mapping
from typing import Any

from evaluation import charts
from evaluation.charts import Bar
from evaluation.report.shap_report import report_environment

DRAWN, LISTED = 12, 25
"""Lines in the picture, and in the table before the fold."""
LETTERS = 30
"""Of a line's name in the picture; the table has it whole."""


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same summary gives the same text."""
    moved = sorted(summary["features"], key=_surprise)
    picture = charts.signed_bars(
        [Bar(_short(line["label"]["fi"]), line["change"]) for line in moved[:DRAWN]], "Muutos keskihajontoina"
    )
    template = report_environment().get_template("monitor.html.j2")
    return template.render(report=summary, picture=picture, first=moved[:LISTED], rest=moved[LISTED:])


def _short(label: str) -> str:
    return label if len(label) <= LETTERS else f"{label[:LETTERS].rstrip(' ,:')}…"


def _surprise(line: Mapping[str, Any]) -> tuple[float, float, str]:
    """Least to be expected first: by p, then by the miss in standard errors."""
    miss = abs(line["change"]) / line["error"] if line["error"] else 0.0
    return line["p"], -miss, str(line["name"])
