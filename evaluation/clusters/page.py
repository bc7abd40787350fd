"""The page about clusters: the summary's dict laid out by a template, each chart beside its table, no script."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Bar
from evaluation.report.shap_report import report_environment


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    template = report_environment().get_template("clusters.html.j2")
    return template.render(report=summary, sizes=_sizes(summary), profiles=_profiles(summary))


def _sizes(summary: Mapping[str, Any]) -> Markup:
    items = [Bar(f"Ryväs {one['id']}", 100 * one["share"]) for one in summary["clusters"]]
    return charts.bars(items, "Ryppäiden koot, osuus asiakkaista")


def _profiles(summary: Mapping[str, Any]) -> dict[str, Markup]:
    """Differences in standard deviations; how often something is known is told in the table only."""
    found = {}
    for one in summary["clusters"]:
        items = [Bar(line["name"]["fi"], line["difference"]) for line in _drawn(one)]
        if items:
            found[one["id"]] = charts.signed_bars(items, f"Ryväs {one['id']}: ero muihin keskihajontoina")
    return found


def _drawn(cluster: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [line for line in cluster["profile"] if not line["kind"].endswith("known")]
