"""The report's dict: definitions with readiness, county values with target and trend, and every line."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.indicators.compute import Found
from evaluation.indicators.settings import Definition, IndicatorsConfig
from evaluation.indicators.telling.hiding import count_change
from evaluation.indicators.telling.lines import AREA, BAND, COUNTY, SEGMENT, Line, lines_of
from features.frames import frame_bytes

FORMAT = 1
COLUMNS = (
    *("id", "version", "period", "start", "end", "by", "group", "n", "value", "median", "lowest", "highest"),
    *("low", "high", "method", "completeness", "why"),
)
Names = Mapping[str, Mapping[str, str]]


def report_of(found: Found, config: IndicatorsConfig, areas: Names, snapshot: Mapping[str, str]) -> dict[str, Any]:
    """What is published."""
    lines = {id: lines_of(id, one, found, config) for id, one in config.measured.items()}
    indicators = [_indicator(id, one, found, lines.get(id, [])) for id, one in config.definitions.items()]
    return {
        "format": FORMAT,
        **snapshot,
        "as_of": f"{found.as_of:%Y-%m-%d}",
        "smallest_cell": config.smallest_cell,
        "names": {"areas": {area: dict(name) for area, name in areas.items()}},
        "summary": _summary(indicators),
        "indicators": indicators,
        "side_by_side": {id: _together(ids, lines) for id, ids in config.side_by_side.items()},
        "compared": {
            id: _groups(told, lines) for id, ids in config.compared.items() if (told := _measured(ids, lines))
        },
        "lines": [line for own in lines.values() for line in own],
    }


def _measured(ids: Sequence[str], lines: Mapping[str, Sequence[Line]]) -> list[str]:
    """Those of a comparison that the config measures."""
    return [id for id in ids if id in lines]


def _summary(indicators: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many of the chosen indicators (settings left out) can be computed, and how many have a value to show."""
    chosen = [one for one in indicators if one["readiness"] != "setting"]
    shown = sum(one["latest"] is not None and one["latest"]["value"] is not None for one in chosen)
    ready = sum(one["readiness"] in ("computable", "published") for one in chosen)
    return {"chosen": len(chosen), "extracted": ready, "shown": shown, "extracted_share": ready / max(1, len(chosen))}


def readiness(definition: Definition, found: Found) -> tuple[str, str]:
    """Computable now, published elsewhere, a setting, or which table it waits for, by name."""
    if definition.measure is None:
        told = definition.published or definition.needs or definition.setting
        return ("published" if definition.published else "needs" if definition.needs else "setting"), told
    return found.coverage.readiness(definition.measure)


def _indicator(id: str, definition: Definition, found: Found, lines: Sequence[Line]) -> dict[str, Any]:
    state, told = readiness(definition, found)
    county = [line for line in lines if line["by"] == COUNTY]
    return {
        "id": id,
        "version": definition.version,
        "fingerprint": definition.fingerprint,
        "name": definition.name.as_text(),
        "numerator": definition.numerator,
        "denominator": definition.denominator,
        "unit": definition.unit,
        "clock": definition.clock,
        "grain": definition.grain,
        "family": definition.family,
        "sources": list(definition.sources),
        "note": definition.note,
        "split": {
            column: {code: name.as_text() for code, name in codes.items()} for column, codes in definition.split.items()
        },
        "readiness": state,
        "reads": told,
        "better": definition.better,
        "targets": _targets(definition, county),
        "latest": county[-1] if county else None,
        "trend": _trend(county, definition.unit),
        "variation": _variation(lines, definition.unit),
    }


def _together(ids: Sequence[str], lines: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    """The latest values of some indicators beside each other: the county ("") and each area."""
    latest = {id: {line["group"]: line for line in _latest(lines.get(id, []))} for id in ids}
    places = sorted({group for own in latest.values() for group in own})
    rows = [{"group": group, "values": [_value(latest[id].get(group)) for id in ids]} for group in places]
    return {"indicators": list(ids), "rows": rows}


def _groups(ids: Sequence[str], lines: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    """One row per group of the latest period: by, group, and each indicator's line or None."""
    found: dict[tuple[str, str], dict[str, Line]] = {}
    for id in ids:
        own = lines.get(id, [])
        for line in own:
            if line["period"] == own[-1]["period"] and line["by"] in (COUNTY, AREA, BAND, SEGMENT):
                found.setdefault((line["by"], line["group"]), {})[id] = line
    rows = [{"by": by, "group": group, "lines": [of.get(id) for id in ids]} for (by, group), of in found.items()]
    return {"indicators": list(ids), "rows": rows}


def _latest(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line["period"] == lines[-1]["period"] and line["by"] in (COUNTY, AREA)]


def _value(line: Line | None) -> float | None:
    return None if line is None else line["value"]


def _targets(definition: Definition, county: Sequence[Line]) -> list[dict[str, Any]] | None:
    if definition.target is None:
        return None
    value = county[-1]["value"] if county else None
    return [one.model_dump() | {"met": _met(value, one.value, definition.better)} for one in definition.target]


def _met(value: float | None, target: float, better: str | None) -> bool | None:
    if value is None or better is None:
        return None
    return value >= target if better == "higher" else value <= target


def _trend(county: Sequence[Line], unit: str) -> dict[str, Any] | None:
    """The latest against the period before: the change, and whether the intervals lie apart.

    A change of 1-4 in a count tells of few people and is not said.
    """
    shown = [line for line in county[-2:] if line["value"] is not None]
    if len(shown) < 2:
        return None
    before, now = shown
    apart = None
    if None not in (before["low"], now["low"]):
        apart = bool(now["low"] > before["high"] or now["high"] < before["low"])
    change = now["value"] - before["value"]
    return {"since": before["period"], "change": count_change(change) if unit == "count" else change, "apart": apart}


def _variation(lines: Sequence[Line], unit: str) -> dict[str, float | None] | None:
    """Between the areas shown in the latest period: lowest, highest, coefficient of variation (not of changes)."""
    if not lines:
        return None
    latest = lines[-1]["period"]
    rows = [line for line in lines if line["by"] == AREA and line["period"] == latest]
    values = pd.Series([line["value"] for line in rows if line["value"] is not None], dtype=float)
    if len(values) < 2:
        return None
    spread = None if unit == "change" or not values.mean() else float(values.std(ddof=0) / values.mean())
    return {"areas": len(values), "lowest": float(values.min()), "highest": float(values.max()), "cv": spread}


def as_csv(report: Mapping[str, Any]) -> str:
    """Every line; a hidden or missing value is empty and `why` says which."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in report["lines"]:
        writer.writerow(["" if line[name] is None else line[name] for name in COLUMNS])
    return stream.getvalue()


def as_parquet(report: Mapping[str, Any]) -> bytes:
    """The same table."""
    frame = pd.DataFrame(report["lines"], columns=list(COLUMNS))
    numbers = ("n", "value", "median", "lowest", "highest", "low", "high", "completeness")
    return frame_bytes(frame.astype(dict.fromkeys(numbers, "float64")))
