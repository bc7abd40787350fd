"""The feedback page: the summary laid out by a template; every chart has its table."""

from collections.abc import Mapping
from typing import Any

from evaluation import charts
from evaluation.charts import Dot
from evaluation.report.shap_report import report_environment

DRAWN = 14
SIDES = {"selected": "valitut", "not_selected": "valitsematta jääneet", "both": "yhdessä"}


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same summary gives the same text."""
    names = summary["names"]
    lines = [one for one in summary["calibration"] if one["part"] == "*" and one["ratio"] is not None][:DRAWN]
    dots = [Dot(names[one["task"]]["fi"], one["ratio"], one["low"], one["high"]) for one in lines]
    picture = charts.dots(dots, "Toteutunut / ennustettu ja 95 %:n väli", 1.0) if dots else None
    told = [one for one in summary["samples"] if one["ratio"] is not None][:DRAWN]
    beside = charts.dots([_side(one, names) for one in told], "Valitut ja valitsematta jääneet", 1.0) if told else None
    template = report_environment().get_template("feedback.html.j2")
    return template.render(report=summary, picture=picture, beside=beside, side_names=SIDES)


def _side(one: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> Dot:
    label = f"{SIDES[one['part']]}: {names[one['task']]['fi']}"
    return Dot(label, one["ratio"], one["low"], one["high"], one["part"] != "selected")
