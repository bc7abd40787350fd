"""The model risk register on the plans' scale: likelihood 1–5 × impact 1–5; measurements move the likelihood."""

from collections.abc import Mapping, Sequence
from typing import Any

from configs.errors import ConfigError
from evaluation.audit.against.evidence import concerns
from evaluation.audit.settings import Risk


def risk_lines(figures: Mapping[str, float | None], risks: Sequence[Risk], kind: str) -> list[dict[str, Any]]:
    """{id, name, likelihood, impact, score, measured, why, action, owner}, the heaviest first.

    `figures`: what `risk_figures` gave.  A risk without its figure keeps the likelihood that people gave it.
    """
    lines = [_line(figures, risk) for risk in risks if concerns(risk.concerns, kind)]
    return sorted(lines, key=lambda line: (-line["score"], line["id"]))


def _line(figures: Mapping[str, float | None], risk: Risk) -> dict[str, Any]:
    if risk.measured_by is not None and risk.measured_by not in figures:
        raise ConfigError(
            f"The risk {risk.id} is measured by `{risk.measured_by}`, which is no figure. "
            f"Known: {', '.join(sorted(figures))}."
        )
    value = figures[risk.measured_by] if risk.measured_by else None
    likelihood = risk.likelihood if value is None or risk.steps is None else 1 + sum(value >= s for s in risk.steps)
    return {
        "id": risk.id,
        "name": risk.name.as_text(),
        "likelihood": likelihood,
        "impact": risk.impact,
        "score": likelihood * risk.impact,
        "measured": value,
        "why": _why(risk, value),
        "action": risk.action.as_text(),
        "owner": risk.owner,
    }


def _why(risk: Risk, value: float | None) -> dict[str, str]:
    if value is None:
        return {"fi": "ihmisten arvio", "en": "judged by people"}
    shown = f"{value:.3g}"
    return {"fi": f"mitattu {shown.replace('.', ',')}", "en": f"measured {shown}"}


def risk_figures(report: Mapping[str, Any]) -> dict[str, float | None]:
    """The figures that move likelihoods; None = not measured for this model."""
    figures = report["figures"]
    performed = figures.get("performance", [])
    explained = figures.get("explanation", [])
    ratios = [
        max(line["observed_to_expected"], 1 / line["observed_to_expected"])
        for one in performed
        for line in one["groups"]
        if line["observed_to_expected"] and (line["events"] or 0) >= 100
    ]
    slopes = [one["metrics"]["calibration_slope"]["value"] for one in performed]
    proxy = [f["auc"] for one in explained for line in one["proxies"] for f in line["families"] if f["proxy"]]
    overlaps = [1 - one["checks"]["noise"]["overlap"] for one in explained]
    quality = report["quality"]
    whole = figures.get("whole")
    return {
        "worst_group_ratio": max(ratios, default=None),
        "calibration_off": max((abs(slope - 1) for slope in slopes if slope is not None), default=None),
        "proxy_auc": max(proxy, default=0.5 if explained else None),
        "reasons_change": max(overlaps, default=None),
        "undeclared_breaks": float(quality["undeclared"]) if quality else None,
        "days_old": report["age_days"],
        "unsigned_months": report["impact"]["months_late"],
        "error_to_naive": whole["mase"] / whole["baseline_mase"] if whole and whole["baseline_mase"] else None,
        "coverage_off": abs(whole["coverage80"] - 0.8) if whole else None,
    }
