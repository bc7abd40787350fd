"""The monitoring page: the summary laid out by a template; every chart has its table."""

from collections.abc import Mapping
from typing import Any

from evaluation import charts
from evaluation.charts import Bar
from evaluation.shap_report import report_environment

DRAWN = 12


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same summary gives the same text."""
    moved = sorted(summary["features"], key=lambda line: (-abs(line["change"]), line["name"]))[:DRAWN]
    picture = charts.signed_bars([Bar(line["name"], line["change"]) for line in moved], "Muutos keskihajontoina")
    return report_environment().get_template("monitor.html.j2").render(report=summary, picture=picture)
