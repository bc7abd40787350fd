"""The feedback page: the summary laid out by a template; every chart has its table."""

from collections.abc import Mapping
from typing import Any

from evaluation import charts
from evaluation.charts import Dot
from evaluation.shap_report import report_environment

DRAWN = 14


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same summary gives the same text."""
    named = {one["task"] for one in summary["calibration"]}
    lines = [one for one in summary["calibration"] if one["part"] == "*" and one["ratio"] is not None][:DRAWN]
    dots = [Dot(one["task"], one["ratio"], one["low"], one["high"]) for one in lines]
    picture = charts.dots(dots, "Toteutunut / ennustettu ja 95 %:n väli", 1.0) if dots else None
    sides = [
        Dot(f"{one['task']}: {SIDES[one['part']]}", one["ratio"], one["low"], one["high"], one["part"] != "selected")
        for one in summary["samples"]
        if one["ratio"] is not None
    ][:DRAWN]
    beside = charts.dots(sides, "Valitut ja valitsematta jääneet", 1.0) if sides else None
    template = report_environment().get_template("feedback.html.j2")
    return template.render(report=summary, picture=picture, beside=beside, side_names=SIDES, tasks=len(named))


SIDES = {"selected": "valitut", "not_selected": "valitsematta jääneet", "both": "yhdessä"}
