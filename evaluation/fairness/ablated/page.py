"""Writes the ablation as JSON and as a page of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Dot
from evaluation.fairness.ablated.figures import AS_IS, FIGURES
from evaluation.report.shap_report import report_environment
from features.manifest import write_atomically

STEM = "ablation"
DRAWN = {"auroc": "AUROC", "gap": "Luokkien ero (log-odds)", "recall_gap": "Saannin ero"}


def write_ablation(folder: Path, report: Mapping[str, Any]) -> None:
    """ablation_<model>.json and .html, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{STEM}_{report['model']}"
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / f"{stem}.json", text.encode())
    write_atomically(folder / f"{stem}.html", render(report).encode())


def render(report: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    template = report_environment().get_template("ablation.html.j2")
    return template.render(report=report, names=FIGURES, picture=picture, drawn=DRAWN)


def picture(lines: list[Mapping[str, Any]], figure: str) -> Markup:
    """The change of one figure per variant with its interval; the dashed line is "as before"."""
    shown = [(line["variant"], line["figures"][figure]) for line in lines if line["variant"] != AS_IS]
    found = [Dot(name, one["change"], one["low"], one["high"]) for name, one in shown if one["change"] is not None]
    return charts.dots(found, f"{DRAWN[figure]}: muutos", 0.0) if found else Markup("")


def told(report: Mapping[str, Any]) -> list[str]:
    """What the command prints: one line per output, trait and variant."""
    lines = []
    for table in report["tables"]:
        lines.append(f"{table['output']} by {table['trait']} ({table['rows']} rows, {table['clients']} clients)")
        lines.append(
            f"  {'variant':<20}{'columns':>8}{'from features':>15}" + "".join(f"{name:>28}" for name in FIGURES)
        )
        for one in table["variants"]:
            cells = "".join(f"{_cell(one['figures'][name]):>28}" for name in FIGURES)
            lines.append(f"  {one['variant']:<20}{one['columns']:>8}{one['from_features']:>15.3f}{cells}")
    return lines


def _cell(one: Mapping[str, float | None]) -> str:
    if one["value"] is None:
        return "–"
    if one["low"] is None or one["high"] is None or not (one["low"] or one["high"]):
        return f"{one['value']:.3f}"
    return f"{one['value']:.3f} ({one['low']:+.3f}…{one['high']:+.3f})"
