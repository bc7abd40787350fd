"""The reports as Markdown in one language, and each as CSV: the dict is made elsewhere, this only lays it out."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.demand_reports import words
from models.texts import Text, Texts

MOST_LINES = 40
"""A page shows so many lines of one report; the CSV has all."""


def csv_name(section: str) -> str:
    """The file of one report."""
    return f"demand_{section}.csv"


def as_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    """One line per line, figures unrounded; hidden or unknown cells are empty."""
    text = io.StringIO()
    names = list(lines[0]) if lines else []
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([["" if line[name] is None else line[name] for name in names] for line in lines])
    return text.getvalue()


def render(report: Mapping[str, Any], language: str) -> str:
    """The page in `fi`, `sv` or `en`."""
    until = _in(words.UNTIL, language).format(day=report["as_of"])
    parts = [f"# {_in(words.TITLE, language)}", "", f"{_in(words.INFORMS, language)} {until}", ""]
    for section in report["sections"]:
        parts += [f"## {_in(words.SECTIONS[section['id']], language)}", ""]
        parts += _table(section, report["names"], language)
        parts += ["", *(f"* {note[language]}" for note in section["notes"]), ""]
    return "\n".join(parts)


def _table(section: Mapping[str, Any], names: Mapping[str, Text], language: str) -> list[str]:
    lines = section["lines"]
    if not lines:
        return [_in(words.NOTHING, language)]
    columns = [name for name in lines[0] if any(line[name] not in (None, "") for line in lines)]
    head = [_in(words.COLUMNS[name], language) for name in columns]
    rows = [
        [_cell(section["id"], name, line[name], names, language) for name in columns] for line in lines[:MOST_LINES]
    ]
    more = [_in(words.MORE, language).format(file=csv_name(section["id"]))] if len(lines) > MOST_LINES else []
    laid = [head, ["---"] * len(columns), *rows]
    return [*("| " + " | ".join(row) + " |" for row in laid), *(["", *more] if more else [])]


def _cell(section: str, name: str, value: Any, names: Mapping[str, Text], language: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _in(words.YES if value else words.NO, language)
    if name in {"area", "unit"} and value in names:
        return names[value][language]
    if isinstance(value, str):
        return value.replace("|", "\\|")
    is_share = name in words.SHARES or (section in words.SHARE_ENDS and name[:3] in {"low", "hig"})
    return _number(value * 100, 1, language) + " %" if is_share else _number(value, _places(value), language)


def _places(value: float) -> int:
    return 0 if isinstance(value, int) or abs(value) >= 100 else 1


def _number(value: float, places: int, language: str) -> str:
    text = f"{value:,.{places}f}"
    return text if language == "en" else text.replace(",", "\u00a0").replace(".", ",")


def _in(texts: Texts, language: str) -> str:
    return texts.as_text()[language]
