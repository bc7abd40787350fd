"""Two reports of the same indicators, line by line: both values, the difference, and why they differ."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.indicators.settings import different
from evaluation.indicators.telling.lines import AREA, COUNTY, NOT_COVERED, SOURCE_MISSING
from evaluation.reconcile.settings import ReconcileConfig
from evaluation.small_cells.shown import change

Line = Mapping[str, Any]
Report = Mapping[str, Any]
REASONS: Mapping[str, str] = {
    "same": "the values are equal",
    "definition": "made by different definitions: not compared",
    "source_missing_old": "the old store has no row that the indicator reads",
    "source_missing_new": "the new store has no row that the indicator reads",
    "not_covered_old": "the old store does not reach the period in this area",
    "not_covered_new": "the new store does not reach the period in this area",
    "no_rows": "a store has the source, and nothing to count in the period",
    "hidden": "fewer than five people, or a share of nobody or everybody, on one side",
    "completeness": "the stores can judge different shares of their rows",
    "volume": "the stores hold different numbers of people or rows",
    "content": "as many people, but their rows say different things",
    "within_interval": "the difference is smaller than the interval of the value",
}


def reconciled(old: Report, new: Report, config: ReconcileConfig, smallest: int) -> list[dict[str, Any]]:
    """Lines of the county and its areas; values of different definitions stand side by side without a difference."""
    before, now = _by_place(old["lines"]), _by_place(new["lines"])
    units = {one["id"]: one["unit"] for one in new["indicators"]}
    apart = set(refused(old, new))
    lines = [
        _line(key, before.get(key), now.get(key), config, smallest, units.get(key[0], ""))
        for key in sorted({*before, *now})
    ]
    return [{**one, "difference": None, "reason": "definition"} if one["id"] in apart else one for one in lines]


def refused(old: Report, new: Report) -> dict[str, str]:
    """Indicator → the sentence that refuses the comparison, where the two sides define it differently."""
    before = {one["id"]: one for one in old["indicators"]}
    apart = [(before[one["id"]], one) for one in new["indicators"] if one["id"] in before]
    return {
        one["id"]: str(different(_named(other), _named(one)))
        for other, one in apart
        if other["fingerprint"] != one["fingerprint"]
    }


def _named(indicator: Mapping[str, Any]) -> str:
    return f"{indicator['id']}@{indicator['version']} ({indicator['fingerprint']})"


def _by_place(lines: Sequence[Line]) -> dict[tuple[str, str, str, str], Line]:
    kept = [line for line in lines if line["by"] in (COUNTY, AREA)]
    return {(line["id"], line["period"], line["by"], line["group"]): line for line in kept}


def _line(
    key: tuple[str, str, str, str],
    old: Line | None,
    new: Line | None,
    config: ReconcileConfig,
    smallest: int,
    unit: str,
) -> dict[str, Any]:
    values = [None if line is None else line["value"] for line in (old, new)]
    ns = [None if line is None else line["n"] for line in (old, new)]
    near = None not in ns and change(ns[1], ns[0], smallest) is None
    if near:  # a difference of 1-4 people tells of few people: the old number is not told, nor a count's old value
        ns[0] = None
        values[0] = None if unit == "count" else values[0]
    before, now = values
    difference = None if before is None or now is None else now - before
    reason = "volume" if near and unit == "count" else _reason(old, new, config)
    named = dict(zip(("id", "period", "by", "group"), key, strict=True))
    return {
        **named,
        **{"old": values[0], "new": values[1], "difference": difference},
        **{"old_n": ns[0], "new_n": ns[1], "reason": reason},
    }


def _reason(old: Line | None, new: Line | None, config: ReconcileConfig) -> str:
    for side, line in (("old", old), ("new", new)):
        if line is None or line["why"] == NOT_COVERED:
            return f"not_covered_{side}"
        if line["why"] == SOURCE_MISSING:
            return f"source_missing_{side}"
    assert old is not None
    assert new is not None
    whys = {old["why"], new["why"]}
    if whys & {"few", "uniform"}:
        return "hidden"
    if whys != {""}:
        return "no_rows"
    return _of_values(old, new, config)


def _of_values(old: Line, new: Line, config: ReconcileConfig) -> str:
    gap = abs(new["value"] - old["value"])
    if gap <= config.tolerance * abs(old["value"]):
        return "same"
    if abs((new["completeness"] or 0) - (old["completeness"] or 0)) > config.completeness:
        return "completeness"
    if abs(new["n"] - old["n"]) > config.volume * max(1, old["n"]):
        return "volume"
    if old["low"] is not None and old["low"] <= new["value"] <= old["high"]:
        return "within_interval"
    return "content"
