"""The client's letter in plain words: one text for the page and the PDF."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.texts import Text
from serving.pages.coordinator.services import Letter
from serving.pages.format import Format

MOST_MISSING = 8


@dataclass(frozen=True)
class LetterPart:
    """A heading with what stands under it: paragraphs and bullet lists in order."""

    heading: str
    parts: tuple[str | tuple[str, ...], ...]


@dataclass(frozen=True)
class LetterText:
    """The whole letter."""

    title: str
    head: tuple[str, ...]
    opening: str
    parts: tuple[LetterPart, ...]
    foot: str


def letter_text(letter: Letter, format: Format) -> LetterText:
    """The letter in the language of `format`."""
    t, unit = format.language.text, format.said(letter.unit_name)
    to = (t("letter.to", name=letter.person.name),) if letter.person else ()
    return LetterText(
        title=t("letter.title"),
        head=(letter.county, unit, t("letter.date", day=format.date(letter.day)), *to),
        opening=t("letter.role"),
        parts=tuple(part for part in _parts(letter, format) if part.parts),
        foot=t(
            "letter.version", model=format.model(letter.model), version=letter.version, unit=unit, county=letter.county
        ),
    )


def _parts(letter: Letter, format: Format) -> Sequence[LetterPart]:
    t = format.language.text
    rights = [t("letter.rights.human"), t("letter.rights.object", unit=format.said(letter.unit_name))]
    rights += [t("letter.rights.correct"), t("letter.rights.no_loss")]
    return (
        LetterPart(t("letter.result"), _result(letter, format)),
        LetterPart(t("letter.elements"), _elements(letter, format)),
        LetterPart(t("letter.would_change"), _would_change(letter, format)),
        LetterPart(t("letter.data"), _data(letter, format)),
        LetterPart(t("letter.rights"), (tuple(rights),)),
    )


def _result(letter: Letter, format: Format) -> tuple[str, ...]:
    t = format.language.text
    if letter.segment is None:
        return (t("letter.no_result"), format.said(letter.status_reason), t("letter.no_end"))
    return (f"{format.said(letter.segment)}. {format.said(letter.description)}",)


def _elements(letter: Letter, format: Format) -> tuple[str | tuple[str, ...], ...]:
    t = format.language.text
    said = tuple(_answer(*one, format) for one in letter.answers)
    people = (t(f"letter.basis.{letter.basis}"), said) if said else ()
    raises = (t("letter.raises"), _said(letter.raises, format)) if letter.raises else ()
    lowers = (t("letter.lowers"), _said(letter.lowers, format)) if letter.lowers else ()
    return (*people, *raises, *lowers)


def _answer(asked: Text, level: Text, who: str, format: Format) -> str:
    said = f"{format.said(level)} ({format.language.label('respondent', who)})"
    return f"{format.said(asked)}: {said}" if format.said(asked) else said


def _would_change(letter: Letter, format: Format) -> tuple[str | tuple[str, ...], ...]:
    t = format.language.text
    if letter.segment is None:
        return ()
    if letter.basis == "answers":
        return (t("letter.would_answers"),)
    if not letter.changes:
        return (t("letter.would_none"),)
    return (t("letter.would"), _said(letter.changes, format), t("letter.would_note"))


def _data(letter: Letter, format: Format) -> tuple[str, ...]:
    t, words = format.language.text, format.language
    sources = ", ".join(sorted({words.label("source", source) for source in letter.sources}, key=str.casefold))
    missing = ", ".join(format.said(one) for one in letter.missing[:MOST_MISSING])
    used = (t("letter.sources", until=format.date(letter.data_until), list=sources),) if sources else ()
    return (*used, *((t("letter.missing", list=missing),) if missing else ()))


def _said(sentences: Sequence[Text], format: Format) -> tuple[str, ...]:
    return tuple(format.said(one) for one in sentences)
