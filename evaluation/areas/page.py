"""The page of the areas: the report's dict laid out by a template, bars made here, nothing loaded, no script."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Dot
from evaluation.report.shap_report import report_environment


def render(report: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    pictures = [_picture(task, report["names"]) for task in report["tasks"]]
    return report_environment().get_template("areas.html.j2").render(report=report, pictures=pictures)


def _picture(task: Mapping[str, Any], names: Mapping[str, Any]) -> Markup:
    """Per area the expected number with its 80 % interval; the table beside it says the same."""
    lines = [line for line in task["areas"] if not line["hidden"]]
    dots = [
        Dot(names[line["id"]]["fi"], line["total"]["value"], line["total"]["low80"], line["total"]["high80"])
        for line in lines
    ]
    return charts.dots(dots, f"{task['name']['fi']}: odotettu määrä alueittain")
