"""Sentences of the rules in the reader's language: looked up by their code in the catalogue of texts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from configs.phrases import Phrase
from models.answers import Text
from models.planning.sheets.headings import ASSUMPTIONS
from serving.pages.format import Format
from serving.pages.language import LANGUAGES, language

FAMILY = "why."
PERIOD, WHERE, SEVERAL, PLAIN = "period", "where", "several", "plain"


def sentence(said: str, format: Format) -> str:
    """A whole sentence.  What has no code of ours is told to be refused, and no foreign words are shown."""
    if isinstance(said, Phrase) and said.code:
        return _finished(_phrase(said, format))
    return format.language.text("why.other")


def words(said: str, format: Format) -> str:
    """Words inside a sentence or a table: a phrase in the reader's language, a value from a sheet as it is."""
    return _phrase(said, format) if isinstance(said, Phrase) and said.code else said


def _phrase(said: Phrase, format: Format) -> str:
    if said.code == SEVERAL:
        return " ".join(_finished(words(one, format)) for one in said.fields["faults"])
    if said.code == PLAIN:
        return words(said.fields["why"], format)
    key = said.code if "." in said.code else FAMILY + said.code
    return format.language.text(key, **{name: _shown(name, told, format) for name, told in said.fields.items()})


def _shown(name: str, told: Any, format: Format) -> str:
    if name == PERIOD:
        return format.language.text(f"why.period.{told}")
    if name == WHERE:
        return _place(str(told), format)
    if isinstance(told, str):
        return words(told, format)
    if isinstance(told, date):
        return format.date(told.isoformat())
    if isinstance(told, Mapping):
        return format.said(told)
    if isinstance(told, Sequence):
        return ", ".join(_shown("", one, format) for one in told)
    return format.number(told) if isinstance(told, int) else format.plain(told)


def _place(path: str, format: Format) -> str:
    """The field of a form or a file: its label where it has one, else its own name."""
    last = [step for step in path.split(".") if step not in ("value", "low", "high") and not step.isdigit()][-1:]
    label = format.said(ASSUMPTIONS.get(last[0], {})) if last else ""
    found = (_labelled(family, last, format) for family in ("choose", "assumption"))
    return label or next((one for one in found if one), last[0] if last else path)


def _labelled(family: str, last: list[str], format: Format) -> str:
    found = format.language.label(family, last[0]) if last else ""
    return found if last and found != last[0] else ""


def _finished(text: str) -> str:
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def in_every_language(said: str) -> Text:
    """The sentence in each language, for an answer that is no page."""
    return {code: sentence(said, Format(language(code))) for code in LANGUAGES}
