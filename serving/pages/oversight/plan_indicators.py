"""The indicators of the county plans as the manager sees them: published values laid out, nothing computed."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.exchange import safe_text
from serving.pages.format import Format

Line = Mapping[str, Any]
BAR = 100.0
"""Width of a chart's bar in its own units."""


@dataclass(frozen=True)
class Row:
    """One indicator or one of its areas, written in the reader's language."""

    name: str
    area: str
    period: str
    value: str
    interval: str
    targets: str
    change: str
    n: str
    complete: str
    why: str
    """The key of why there is no value; empty with one."""
    bar: tuple[float, float, float] | None = None
    """Value and ends of the interval of a share, of BAR."""
    mark: float | None = None
    """The last target of a share, of BAR."""


@dataclass(frozen=True)
class Shown:
    """The section of the manager's page."""

    as_of: str
    rows: tuple[Row, ...]
    areas: tuple[Row, ...]
    waiting: tuple[tuple[str, str], ...]
    """Name of an indicator and what it waits for."""


def shown(report: Mapping[str, Any], format: Format) -> Shown:
    """The county's latest values, the areas' latest values, and what is not available."""
    told = [one for one in report["indicators"] if one["readiness"] == "computable"]
    rows = tuple(_row(one, one["latest"], "", format) for one in told)
    areas = tuple(row for one in told for row in _areas(report, one, format))
    waiting = [one for one in report["indicators"] if one["readiness"] == "needs"]
    return Shown(report["as_of"], rows, areas, tuple((format.said(one["name"]), one["reads"]) for one in waiting))


def as_csv(found: Shown, format: Format) -> bytes:
    """The same figures as one table; a hidden value is empty, and the last column says why."""
    t = format.language.text
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    heads = ("name", "area", "period", "value", "interval", "targets", "change", "n", "complete", "why")
    writer.writerow([t(f"plan_indicators.{head}") for head in heads])
    for row in (*found.rows, *found.areas):
        why = t(f"plan_indicators.why.{row.why}") if row.why else ""
        cells = (row.area or t("groups.whole"), row.period, row.value, row.interval, row.targets, row.change)
        writer.writerow([safe_text(cell) for cell in (row.name, *cells, row.n, row.complete, why)])
    return stream.getvalue().encode("utf-8-sig")


def _areas(report: Mapping[str, Any], one: Mapping[str, Any], format: Format) -> Iterator[Row]:
    latest = one["latest"]["period"] if one["latest"] else None
    for line in report["lines"]:
        if line["id"] == one["id"] and line["by"] == "area" and line["period"] == latest:
            yield _row(one, line, format.said(report["names"]["areas"].get(line["group"])), format)


def _row(one: Mapping[str, Any], line: Line, area: str, format: Format) -> Row:
    def said(value: float | None) -> str:
        return written(value, one["unit"], format)

    ends_said = [bare(end, one["unit"], format) for end in (line["low"], line["high"]) if end is not None]
    interval = " – ".join(ends_said)
    share = one["unit"] == "share" and line["value"] is not None
    ends = (line["low"], line["high"]) if line["low"] is not None else (line["value"], line["value"])
    return Row(
        name=format.said(one["name"]),
        area=area,
        period=line["period"],
        value=said(line["value"]) if line["value"] is not None else "",
        interval=interval,
        targets="" if area else _targets(one["targets"] or (), one["unit"], format),
        change="" if area else _change(one, format),
        n=format.number(line["n"]) if line["n"] is not None else "",
        complete=format.percent(line["completeness"], 0) if line["completeness"] is not None else "",
        why=line["why"],
        bar=(BAR * line["value"], BAR * ends[0], BAR * ends[1]) if share else None,
        mark=BAR * one["targets"][-1]["value"] if share and one["targets"] else None,
    )


def written(value: float | None, unit: str, format: Format) -> str:
    """A value with its unit."""
    number = bare(value, unit, format)
    named = value is not None and unit not in ("share", "change", "count", "index")
    return f"{number} {format.language.text(f'plan_indicators.unit.{unit}')}" if named else number


def bare(value: float | None, unit: str, format: Format) -> str:
    """A value in its unit's form, the unit's name left out."""
    if value is None:
        return format.number(None)
    if unit == "share":
        return format.percent(value)
    if unit == "change":
        return format.signed_percent(value)
    return format.number(value, {"count": 0, "index": 2}.get(unit, 1))


def _targets(targets: Sequence[Mapping[str, Any]], unit: str, format: Format) -> str:
    t = format.language.text
    said = []
    for one in targets:
        met = "" if one["met"] is None else ": " + t("groups.met" if one["met"] else "groups.not_met")
        by = f" ({one['by']})" if one["by"] else ""
        said.append(written(one["value"], unit, format) + by + met)
    return "; ".join(said)


def _change(one: Mapping[str, Any], format: Format) -> str:
    trend = one["trend"]
    if trend is None or trend["change"] is None:
        return ""
    if one["unit"] in ("share", "change"):
        return f"{format.signed(100 * trend['change'], 1)} {format.language.text('plan_indicators.points')}"
    return format.signed(trend["change"], 0 if one["unit"] == "count" else 2)
