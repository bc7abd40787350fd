"""The audit report of one model version: a dict first, then a template; one self-contained HTML file and its JSON.

No script, nothing loaded from elsewhere, one style block, charts as SVG with a table beside each.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Bar, Dot, number_text
from evaluation.report.explanation import ExplainedOutput
from evaluation.report.report_summary import MOST_FAMILIES, ReportIdentity, measured, summarise
from evaluation.report.verdict import GROUPINGS, VALUES
from features.catalogue import Catalogue
from features.catalogue.specs import FeatureSpec

__all__ = ["ExplainedOutput", "ReportIdentity", "render", "write_report"]

REPORT_HTML, REPORT_JSON = "report.html", "report.json"
TEMPLATES = Path(__file__).parents[1] / "templates"


def write_report(
    folder: Path,
    identity: ReportIdentity,
    predictions: pd.DataFrame,
    outputs: Sequence[ExplainedOutput],
    specs: Sequence[FeatureSpec],
    catalogue: Catalogue,
    classes: pd.DataFrame | None = None,
    attrition: Sequence[Mapping[str, Any]] = (),
    leaks: Mapping[str, Any] | None = None,
    switched_off: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Write report.html and report.json into `folder`; returns the metrics of the explanations for the run."""
    summary = summarise(identity, predictions, outputs, specs, catalogue, classes, attrition, leaks, switched_off)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / REPORT_JSON).write_text(text + "\n", encoding="utf-8")
    (folder / REPORT_HTML).write_text(render(summary), encoding="utf-8")
    return measured(summary)


def render(summary: Mapping[str, Any]) -> str:
    """The report's page.  The same dict gives the same text."""
    pictures = {output["id"]: _pictures(output, summary["families"]) for output in summary["outputs"]}
    return report_environment().get_template("report.html.j2").render(report=summary, pictures=pictures)


def _pictures(output: Mapping[str, Any], families: Mapping[str, Any]) -> dict[str, Markup]:
    """The charts of one explained output, by name."""
    name = output["name"].get("fi", output["id"])
    weights = output["importance"][:MOST_FAMILIES]
    reasons = {
        f"profile_{part['third']}": charts.signed_bars(
            [Bar(_name(families, reason["family"]), reason["mean"]) for reason in part["reasons"]],
            f"{name}: keskimääräiset perustelut",
        )
        for part in output["profiles"]
    }
    return {
        "performance": charts.dots(_performance(output["metrics"]), f"{name}: erottelukyky väleineen"),
        "calibration": charts.calibration_plot([tuple(p) for p in output["reliability"]], f"{name}: kalibrointi"),
        "importance": charts.bars(
            [Bar(_name(families, weight["family"]), weight["mean"], weight["standard_error"]) for weight in weights],
            f"{name}: mihin malli perustuu",
        ),
        **reasons,
    }


def _performance(metrics: Mapping[str, Any]) -> list[Dot]:
    lines = []
    for metric, shown in (("auroc", "AUROC"), ("auprc", "AUPRC")):
        figure = metrics[metric]
        for prefix, who in (("", "malli"), ("baseline_", "vertailumalli")):
            value = figure["baseline" if prefix else "value"]
            if value is not None:
                low, high = figure[f"{prefix}low"], figure[f"{prefix}high"]
                lines.append(Dot(f"{shown}, {who}", value, low, high, faint=bool(prefix)))
    return lines


def _name(families: Mapping[str, Any], family: str) -> str:
    return str(families[family]["name"].get("fi", family))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{number_text(100 * value, 1)} %"


def _count(value: int | None) -> str:
    """A count with thin thousands, "< 5" for a hidden one."""
    return "alle 5*" if value is None else f"{value:,}".replace(",", "\u202f")


def _power(value: float) -> str:
    """A very small number: 1,3·10⁻¹⁵."""
    if value == 0:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits.replace('.', ',')}·10{raised}"


def _finnish_date(text: str) -> str:
    year, month, day = (int(part) for part in text.split("-"))
    return f"{day}.{month}.{year}"


@cache
def report_environment() -> Environment:
    """The templates of every report, with the ways numbers are written."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number_text,
        "percent": _percent,
        "count": _count,
        "power": _power,
        "day": _finnish_date,
    }
    environment.globals |= {"grouping_names": GROUPINGS, "value_names": VALUES}
    return environment
