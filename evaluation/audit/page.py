"""The report and the model card as pages: the dict's blocks laid out by a template, nothing loaded, no script."""

from collections.abc import Mapping
from typing import Any

from evaluation.audit.sections import sections
from evaluation.audit.summary import report_stem
from evaluation.report.shap_report import report_environment


def render(report: Mapping[str, Any]) -> str:
    """The report's page.  The same dict gives the same text."""
    identity = report["identity"]
    template = report_environment().get_template("audit.html.j2")
    stem = report_stem(identity["name"], identity["version"])
    return template.render(report=report, sections=sections(report), stem=stem)
