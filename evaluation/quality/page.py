"""The data-quality page: the summary's dict laid out by a template, charts made here, nothing loaded, no script."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from evaluation import charts
from evaluation.charts import Bar
from evaluation.quality import names
from evaluation.quality.monthly_chart import KINDS, Line, Mark, lines
from evaluation.quality.register import DELAY_STEPS
from evaluation.report.shap_report import report_environment

NEARLY = 0.995
"""A field that is never emptier than this in any month is told in words, not drawn."""


def render(summary: Mapping[str, Any]) -> str:
    """The page.  The same dict gives the same text."""
    pictures = [_pictures(register) for register in summary["registers"]]
    template = report_environment().get_template("quality.html.j2")
    return template.render(
        report=summary,
        pictures=pictures,
        delay_names=delay_names(),
        field_name=names.field_name,
        table_name=names.table_name,
        reason_name=names.reason_name,
        change_name=names.change_name,
        drawn=[drawn(register) for register in summary["registers"]],
    )


def delay_names() -> list[str]:
    """What the bars of the delay chart are called."""
    first = ["ennen tapahtumaa tai heti", "vuorokauden kuluessa"]
    middle = [f"{low + 1}–{high} vuorokautta" for low, high in pairwise(DELAY_STEPS[1:])]
    return [*first, *middle, f"yli {DELAY_STEPS[-1]} vuorokautta"]


def drawn(register: Mapping[str, Any]) -> list[str]:
    """The fields whose months are drawn: the emptiest ones."""
    means = {name: _mean(values) for name, values in register["monthly"].items() if _dips(values)}
    return sorted(means, key=lambda name: (means[name], name))[: len(KINDS)]


def _pictures(register: Mapping[str, Any]) -> dict[str, Markup]:
    name, found = f"{register['source']} {register['table']}", {}
    if fields := drawn(register):
        found["months"] = lines(
            [Line(names.field_name(field), register["monthly"][field]) for field in fields],
            register["months"],
            _marks(register),
            sorted({register["months"].index(change["month"]) for change in register["changes"]}),
            f"{name}: täydellisyys kuukausittain",
        )
    bars = (register["timeliness"] or {}).get("bars")
    if bars and any(bars):
        total = register["timeliness"]["rows"]
        items = [Bar(label, (count or 0) / total * 100) for label, count in zip(delay_names(), bars, strict=True)]
        found["delays"] = charts.bars(items, f"{name}: kirjausviive, osuus riveistä")
    return found


def _marks(register: Mapping[str, Any]) -> list[Mark]:
    months = register["months"]
    dates = {one["date"] for one in register["breaks"] if one["date"][:7] in months}
    return [Mark(months.index(day[:7]), _finnish(day)) for day in sorted(dates)]


def _finnish(day: str) -> str:
    year, month, number = (int(part) for part in day.split("-"))
    return f"{number}.{month}.{year}"


def _dips(values: Sequence[float | None]) -> bool:
    return any(value is not None and value < NEARLY for value in values)


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)
