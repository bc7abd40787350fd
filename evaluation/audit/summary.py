"""The whole report as one dict: what the JSON keeps, the pages lay out and the tests read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.audit.against.judged import judged
from evaluation.audit.against.matrix import matrix
from evaluation.audit.card.impact import impact_lines, impact_state
from evaluation.audit.card.risks import risk_figures, risk_lines
from evaluation.audit.material import FAIRNESS, MONITOR, QUALITY, SUMMARY, Material
from evaluation.audit.settings import AuditConfig, Book
from evaluation.audit.told import made, meaning, purpose, training
from evaluation.monitoring.alarms import FORMAT as MONITOR_FORMAT
from evaluation.monitoring.features import SCORE
from evaluation.published import AUDIT
from models.bundles.papers import newest_signed
from models.chain import canonical_json

FORMAT = 2
CLIENT_NAMES = ("need_", "segmentation_")
MODEL_NAMES = (*CLIENT_NAMES, "demand_", "flow_")


@dataclass(frozen=True)
class Read:
    """A live version read and verified."""

    material: Material
    model: Any
    figures: Mapping[str, Any]
    families: Mapping[str, Any]


def summarise(read: Read, config: AuditConfig, book: Book, today: date) -> dict[str, Any]:
    """Every figure and every word that the sixteen sections rest on.  JSON-ready; numbers are not rounded."""
    material = read.material
    until = material.version.tags.get("data_until") or (material.report or {}).get("identity", {}).get("data_until")
    owners = config.owners_of(material.version.name, material.version.tags)
    report: dict[str, Any] = {
        "format": FORMAT,
        "made": made(material),
        "identity": _identity(material, until),
        "organisation": config.organisation.model_dump(),
        "owners": owners,
        "purpose": purpose(material),
        "meaning": meaning(read.model, material),
        "training": training(material),
        "families": dict(read.families),
        "figures": dict(read.figures),
        "quality": _quality(material.published(QUALITY)),
        "fairness": _fairness(material.published(FAIRNESS), material.version.name, material.version.version),
        "monitor": _monitor(material.published(MONITOR), material.version.name),
        "simulator": (material.published(SUMMARY) or {}).get("simulator"),
        "facts": material.facts,
        "versions": _versions(material),
        "today": today.isoformat(),
        "age_days": (today - date.fromisoformat(until)).days if until else None,
    }
    return _completed(report, read, config, book, today)


def _completed(report: dict[str, Any], read: Read, config: AuditConfig, book: Book, today: date) -> dict[str, Any]:
    """With what rests on the rest: impact, risks, coverage matrix, verdict."""
    version, workspace = read.material.version, read.material.workspace
    signed, intact = newest_signed(workspace.records, workspace.keys, version.name, version.version)
    state = impact_state(signed, intact, version.version, today, config.impact_months)
    report["impact"] = {**state, "rows": impact_lines(report, book.impact, signed if intact else None)}
    report["risks"] = risk_lines(risk_figures(report), book.risks, version.kind)
    report["matrix"] = matrix(report, book.rules)
    report["verdict"] = judged(report)
    return report


def _identity(material: Material, until: str | None) -> dict[str, Any]:
    version = material.version
    return {
        "name": version.name,
        "version": version.version,
        "kind": version.kind,
        "run_id": version.run_id,
        "registered": version.created.isoformat(timespec="seconds"),
        "bundle_sha256": version.sha256,
        "snapshot_sha256": version.snapshot_sha256,
        "data_until": until,
        "git_commit": version.tags.get("git_commit", "unknown"),
        "config_sha256": version.tags.get("config_sha256")
        or hashlib.sha256(canonical_json(dict(material.config))).hexdigest(),
    }


def _versions(material: Material) -> list[dict[str, str]]:
    found = material.registry.versions(material.version.name)
    return [
        {
            "version": one.version,
            "registered": one.created.isoformat(timespec="seconds"),
            "bundle_sha256": one.sha256,
            "snapshot_sha256": one.snapshot_sha256,
        }
        for one in found
    ]


def _quality(report: Mapping[str, Any] | None, most: int = 8) -> dict[str, Any] | None:
    """What the report tells of the data-quality report: its worst fields and the breaks nobody declared."""
    if report is None:
        return None
    declared = sum(change.get("declared") is not None for change in report["changes"])
    worst = [
        {
            "place": f"{line['source']} {line['unit']} {line['table']}.{line['field']}",
            "rows": line["rows"],
            "completeness": line["completeness"],
        }
        for line in report["worst"][:most]
    ]
    return {"worst": worst, "declared": declared, "undeclared": len(report["changes"]) - declared}


def _fairness(report: Mapping[str, Any] | None, name: str, version: str) -> dict[str, Any] | None:
    """What the published fairness report found of this version: groups told, hidden, and those with a verdict."""
    own = [one for one in (report or {}).get("models", ()) if (one["name"], one["version"]) == (name, version)]
    if not own:
        return None
    rows = [row for table in own[0]["tables"] for row in table["rows"]]
    hidden = sum(bool(row["hidden"]) for row in rows)
    told = {"groups": len(rows), "hidden": hidden, "flagged": _flagged(rows), "encoding": own[0]["encoding"]}
    return {"file": FAIRNESS, **told, "true_need": _true_need(own[0].get("true_need"))}


def _flagged(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"output": row["output"], "trait": row["trait"], "group": row["group"], "verdict": list(row["verdict"])}
        for row in rows
        if row["verdict"]
    ]


def _true_need(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Groups held against the simulator's true need, or why there is none; None of a report of before."""
    if not found:
        return None
    if not found["table"]:
        return {"groups": 0, "flagged": [], "not_available": found["not_available"]}
    rows = found["table"]["rows"]
    return {"groups": len(rows), "flagged": _flagged(rows), "not_available": None}


def _monitor(report: Mapping[str, Any] | None, name: str) -> dict[str, Any] | None:
    """What the published monitoring says of this model: its outputs are called by its name, axes with a word after it.

    An alarm without a model's name (a feature moved, a unit that disagrees) concerns every model about clients.
    A report of an earlier format counts as none.
    """
    if report is None or report.get("format") != MONITOR_FORMAT:
        return None

    def own(told: str) -> bool:
        return told == name or told.startswith((f"{name} ", f"{name}:"))

    concerns_all = name.startswith(CLIENT_NAMES)
    alarms = report["alarms"]
    general = [one for one in alarms if concerns_all and not one["about"].startswith(MODEL_NAMES)]
    return {
        **{key: report[key] for key in ("as_of", "reference", "data_until")},
        "alarms": [one for one in alarms if own(one["about"])] + general,
        "models": [one for one in report["models"] if own(one["name"])],
        "scores": [one for one in report["features"] if SCORE in one["name"] and own(one["name"].removeprefix(SCORE))],
        "forecasts": [one for one in report["forecasts"] if own(one["name"])],
    }


def report_stem(name: str, version: str) -> str:
    """How the files of one report are called."""
    return AUDIT.format(name=name, version=version)
