"""The page of group reasons: the summary's dict laid out by a template, nothing loaded, no script."""

from collections.abc import Mapping
from typing import Any

from evaluation import charts
from evaluation.charts import Bar
from evaluation.report.shap_report import report_environment

MOST_FAMILIES, MOST_REASONS = 15, 3
WORTH_SAYING = 0.01
"""A family whose mean moves the log-odds of a group less than this is not named."""


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    template = report_environment().get_template("county_reasons.html.j2")
    return template.render(
        report=summary,
        pictures=[_picture(output, summary["families"]) for output in summary["outputs"]],
        most=MOST_FAMILIES,
        raising=lambda group: _strongest(group["reasons"], 1),
        lowering=lambda group: _strongest(group["reasons"], -1),
    )


def _picture(output: Mapping[str, Any], families: Mapping[str, Any]) -> Any:
    weights = output["everyone"]["reasons"][:MOST_FAMILIES]
    items = [Bar(families[one["family"]]["name"]["fi"], one["mean_absolute"]) for one in weights]
    return charts.bars(items, f"{output['name']['fi']}: mihin malli perustuu")


def _strongest(reasons: list[dict[str, Any]], direction: int) -> list[dict[str, Any]]:
    """The families that move the group's mean most in one direction."""
    moved = [one for one in reasons if one["mean"] * direction >= WORTH_SAYING]
    return sorted(moved, key=lambda one: (-one["mean"] * direction, one["family"]))[:MOST_REASONS]
