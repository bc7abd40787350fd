"""A client's own log as files: one page and one table per language, without anything that a program could run."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from html import escape

from models.exchange import safe_text
from serving.disclosing.own_log import OwnLog, Row, Words, cells

LANGUAGES = ("fi", "sv", "en")
STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left}"
)


def files_of(log: OwnLog, words: Words) -> Mapping[str, bytes]:
    """File name → content."""
    pages = {f"client-log.{language}.html": page(log, words, language).encode() for language in LANGUAGES}
    tables = {f"client-log.{language}.csv": table(log, words, language).encode("utf-8-sig") for language in LANGUAGES}
    return {**pages, **tables}


def page(log: OwnLog, words: Words, language: str) -> str:
    """A page to read and to print."""
    title, since = words.title.text()[language], _day(_first(log) if log.is_whole else log.since)
    intro = words.intro.text()[language].format(organisation=log.organisation, since=since, until=_day(log.until))
    heads = "".join(f'<th scope="col">{escape(one.text()[language])}</th>' for one in words.columns.values())
    rows = "".join(f"<tr>{_cells(row, language)}</tr>" for row in log.rows)
    shown = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    body = shown if log.rows else f"<p>{escape(words.empty.text()[language])}</p>"
    earlier = "" if log.is_whole else f"<p>{escape(words.earlier.text()[language])}</p>"
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body><main><h1>{escape(title)}</h1><p>{escape(intro)}</p>{earlier}\n{body}\n"
        "</main></body></html>\n"
    )


def table(log: OwnLog, words: Words, language: str) -> str:
    """The rows for a spreadsheet: semicolons, as Finnish ones expect; no cell is run as a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(one.text()[language] for one in words.columns.values())
    for row in log.rows:
        writer.writerow(safe_text(cell) for cell in cells(row, language))
    return stream.getvalue()


def _cells(row: Row, language: str) -> str:
    shown = cells(row, language)
    return "".join(f"<td>{escape(_time(text) if place == 0 else text)}</td>" for place, text in enumerate(shown))


def _time(iso: str) -> str:
    return f"{_day(date.fromisoformat(iso[:10]))} {iso[11:16].replace(':', '.')}"


def _first(log: OwnLog) -> date:
    return date.fromisoformat(log.rows[0].time[:10]) if log.rows else log.until


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
