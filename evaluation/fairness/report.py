"""The report's dict: every table, what is missing and why, the verdict in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.fairness.comparing.rows import FairnessTable, as_json
from evaluation.fairness.gaps import fairness_metrics
from evaluation.fairness.settings import FairnessConfig
from evaluation.fairness.traits import TraitsConfig

FORMAT = 1


@dataclass(frozen=True)
class ModelTables:
    """One version's tables."""

    name: str
    version: str
    kind: str
    tables: Sequence[FairnessTable]
    encoding: Mapping[str, Any] | None = None
    """Whether the model tells the recording instance; None = not measured when it was trained."""
    true_need: Mapping[str, Any] | None = None
    """Against the simulator's truth: {table, not_available, without}; None = not a model about clients."""


@dataclass(frozen=True)
class Found:
    """Everything that the command measured."""

    snapshot_sha256: str
    data_until: str
    models: Sequence[ModelTables]
    others: Sequence[FairnessTable] = field(default_factory=tuple)
    """Waiting times, and on a simulated county service and need against its truth."""


def report_of(found: Found, config: FairnessConfig, traits: TraitsConfig) -> dict[str, Any]:
    """JSON-ready.  `models[].tables[]` and `others[]` are tables as `as_json` writes them."""
    return {
        "format": FORMAT,
        "snapshot_sha256": found.snapshot_sha256,
        "data_until": found.data_until,
        "profile": config.profile,
        "smallest": config.hidden_below,
        "family_error": config.family_error,
        "repeats": config.repeats,
        "limits": {
            "recall_gap": config.recall_gap,
            "observed_to_expected": list(config.observed_to_expected),
            "fewest_events": config.fewest_events,
        },
        "names": {name: group.name.as_text() for name, group in traits.groups.items()},
        "not_recorded": [{"id": one.id, "source": one.source} for one in traits.not_recorded],
        "models": [_model(one) for one in found.models],
        "others": [as_json(table) for table in found.others],
    }


def _model(one: ModelTables) -> dict[str, Any]:
    tables = [as_json(table) for table in one.tables]
    metrics = fairness_metrics(one.tables[0]) if one.tables and one.kind in ("need", "segmentation") else {}
    return {
        "name": one.name,
        "version": one.version,
        "kind": one.kind,
        "metrics": metrics,
        "tables": tables,
        "encoding": dict(one.encoding) if one.encoding is not None else None,
        "true_need": dict(one.true_need) if one.true_need is not None else None,
    }


def all_tables(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every table of one version of a report, the one against true need last where there is one."""
    against = (model.get("true_need") or {}).get("table")
    return [*model["tables"], *([against] if against else [])]


def told(report: Mapping[str, Any]) -> list[str]:
    """The short table that the command prints."""
    lines = [
        f"{'model':<36}{'version':>8}{'groups':>8}{'hidden':>8}{'tested':>8}{'recall':>8}{'O/E':>6}{'largest gap':>13}"
    ]
    for model in report["models"]:
        tables, need = all_tables(model), model.get("true_need") or {}
        rows = [row for table in tables for row in table["rows"]]
        hidden, tested = sum(row["hidden"] for row in rows), sum(table["comparisons"] for table in tables)
        found = model["metrics"]
        figures = (
            f"{found['fairness_recall_gap_failures']:>8.0f}{found['fairness_observed_expected_failures']:>6.0f}"
            f"{found['fairness_max_recall_gap']:>13.3f}"
            if found
            else f"{'–':>8}{'–':>6}{'–':>13}"
        )
        lines.append(f"{model['name']:<36}{model['version']:>8}{len(rows):>8}{hidden:>8}{tested:>8}{figures}")
        lines += [f"  {table['subject']}: {line}" for table in tables for line in flagged(table)]
        lines += [f"  against true need: not available: {need['not_available']}"] if need.get("not_available") else []
    for table in report["others"]:
        lines.append(f"{table['subject']:<36}{'':>8}{len(table['rows']):>8}")
        lines += [f"  {line}" for line in flagged(table)]
    return lines


def flagged(table: Mapping[str, Any]) -> list[str]:
    """One line per group with a verdict."""
    found = []
    for row in table["rows"]:
        for name in row["verdict"]:
            one = row["metrics"].get(name)
            figure = (
                f": {one['value']:.3f}, everybody else {one['rest']:.3f}" if one else " (figure hidden: few people)"
            )
            found.append(f"{row['output']}: {row['trait']} {row['group']}: {name.replace('_', ' ')}{figure}")
    return found
