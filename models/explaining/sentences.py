"""Reasons in words: the client's own value, unit, window and what is usual, in Finnish, Swedish and English.

Words and sentence frames are in configs/sentences.yaml and travel in the bundle; the forms (one, several, none) are
chosen here from the number as it is shown.  A sentence states facts and never blames.
"""

import math
from collections.abc import Mapping
from typing import Literal

from babel.numbers import format_decimal
from pydantic import model_validator

from configs.loader import StrictConfig, load_config, validate_config
from models.answers import Text
from models.texts import LANGUAGES, Texts

Words = Mapping[str, str]
PhraseKind = Literal[
    "count", "amount", "since", "age_of", "scale", "years", "flag", "choice", "share", "change", "trend"
]
NEEDED: Mapping[str, tuple[str, ...]] = {
    "count": ("one", "many", "none"),
    "amount": ("label",),
    "since": ("label",),
    "age_of": ("label",),
    "scale": ("label",),
    "years": ("label",),
    "flag": ("present", "absent"),
    "choice": ("present", "absent"),
    "share": ("label",),
    "change": ("label",),
    "trend": ("label",),
}
NOT_COMPARED = ("choice", "years")
"""Kinds said without a comparison: a group of the same age band says nothing about an age."""
WHOLE_FROM = 100
"""From this size on numbers are shown whole."""
NUMBER_PATTERN = "#,##0.#"
DAYS_PER_YEAR = 365
PER_CENT = {"fi": "\u00a0%", "sv": "\u00a0%", "en": "%"}
DAYS_PER_SLOPE = 30
SIGNED = ("change", "trend")


class Phrase(StrictConfig):
    """The words of one family, or of one code of a family."""

    kind: PhraseKind
    unit: str | None = None
    """Key of `units`; for amount, since, age_of and years."""
    fi: Words
    sv: Words
    en: Words

    @model_validator(mode="after")
    def _has_its_words(self) -> "Phrase":
        for language in LANGUAGES:
            absent = [name for name in NEEDED[self.kind] if name not in self.words(language)]
            if absent:
                raise ValueError(f"a phrase of kind {self.kind} lacks {language} {', '.join(absent)}; add the words")
        return self

    def words(self, language: str) -> Words:
        """The forms in one language."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}[language]


class Unit(StrictConfig):
    """A unit after one and after several, in three languages."""

    one: Texts
    many: Texts


class Frames(StrictConfig):
    """The sentence frames.  {n} number, {words} the family's words, {unit}, {window}, {name} of the family."""

    count: Texts
    none: Texts
    amount: Texts
    since: Texts
    age_of: Texts
    scale: Texts
    years: Texts
    share: Texts
    """{n} as per cent."""
    change: Texts
    """{n} with its sign: what the latest assessment says more than the one before."""
    trend: Texts
    """{n} with its sign: change in a year."""
    plain: Texts
    """For a family without a phrase of its own."""
    unknown: Texts
    days: Unit
    months: Unit
    usual: Texts
    usual_yes: Texts
    usual_no: Texts


class Sentences(StrictConfig):
    """The whole catalogue: frames, units, and a phrase by family id or by family__code."""

    version: str
    frames: Frames
    units: Mapping[str, Unit]
    families: Mapping[str, Phrase]

    @model_validator(mode="after")
    def _units_exist(self) -> "Sentences":
        for family, phrase in self.families.items():
            if phrase.unit is not None and phrase.unit not in self.units:
                raise ValueError(f"`{family}` has the unit `{phrase.unit}`; known units: {', '.join(self.units)}")
        return self

    def phrase_of(self, family: str, code: str | None) -> Phrase | None:
        """The phrase of a family, or of one code of it; a code without its own phrase is said by its name."""
        return self.families.get(family if code is None else f"{family}__{code}")


def load_sentences(path: str) -> Sentences:
    """Read the catalogue of words.  Raises ConfigError."""
    return load_config(path, Sentences)


def sentences_from_json(values: Mapping[str, object]) -> Sentences:
    """The catalogue inside a bundle."""
    return validate_config(values, Sentences, "sentences.json")


def reason_sentence(
    catalogue: Sentences,
    family: str,
    name: Text,
    value: float | None,
    usual: float | None,
    window_days: int | None = None,
    code: str | None = None,
) -> Text:
    """One reason, e.g. "3 päivystyskäyntiä 90 päivän aikana (vertailuryhmässä tavallisesti 0)"."""
    phrase = catalogue.phrase_of(family, code)
    return {
        language: _sentence(catalogue, phrase, name[language], value, usual, window_days, language)
        for language in LANGUAGES
    }


def number_text(value: float, language: str) -> str:
    """A number as people write it: 1,5 in Finnish and Swedish, 1.5 in English."""
    return str(format_decimal(_shown(value), format=NUMBER_PATTERN, locale=language))


def window_text(frames: Frames, days: int, language: str) -> str:
    """ "90 päivän aikana"; whole years are said in months."""
    whole_years = days % DAYS_PER_YEAR == 0
    number, unit = (days // DAYS_PER_YEAR * 12, frames.months) if whole_years else (days, frames.days)
    return _form(unit, number, language).format(n=number_text(number, language))


def _sentence(
    catalogue: Sentences,
    phrase: Phrase | None,
    name: str,
    value: float | None,
    usual: float | None,
    window_days: int | None,
    language: str,
) -> str:
    frames = catalogue.frames
    if value is None or math.isnan(value):
        never = phrase.words(language).get("never") if phrase is not None else None
        return never or _tidy(_text(frames.unknown, language).format(name=name))
    window = "" if window_days is None else window_text(frames, window_days, language)
    said = _said(catalogue, phrase, name, value, window, language)
    return _tidy(f"{said} {_usual(frames, phrase, usual, language)}")


def kind_text(phrase: Phrase | None, value: float, language: str) -> str:
    """A number as its kind is said: a share in per cent, a change with its sign, a slope (per 30 days) over a year."""
    kind = phrase.kind if phrase is not None else ""
    if kind == "share":
        return number_text(math.floor(100 * value + 0.5), language) + PER_CENT[language]
    value = value * DAYS_PER_YEAR / DAYS_PER_SLOPE if kind == "trend" else value
    n = number_text(value, language)
    return f"+{n}" if kind in SIGNED and _shown(value) > 0 else n


def _said(catalogue: Sentences, phrase: Phrase | None, name: str, value: float, window: str, language: str) -> str:
    n = kind_text(phrase, value, language)
    if phrase is None:
        return _text(catalogue.frames.plain, language).format(name=name, n=n, window=window)
    words = phrase.words(language)
    if phrase.kind in ("flag", "choice"):
        return words["present" if value >= 0.5 else "absent"]
    frame, form = _frame(catalogue.frames, phrase.kind, value)
    unit = _form(catalogue.units[phrase.unit], value, language) if phrase.unit else ""
    return _text(frame, language).format(n=n, words=words[form], unit=unit, window=window)


def _frame(frames: Frames, kind: str, value: float) -> tuple[Texts, str]:
    """The frame of a kind and which form of the words it takes; one, many and none follow the number as shown."""
    if kind != "count":
        return getattr(frames, kind), "label"
    shown = _shown(value)
    if shown == 0:
        return frames.none, "none"
    return frames.count, "one" if shown == 1 else "many"


def _usual(frames: Frames, phrase: Phrase | None, usual: float | None, language: str) -> str:
    if usual is None or (phrase is not None and phrase.kind in NOT_COMPARED):
        return ""
    if phrase is not None and phrase.kind == "flag":
        return _text(frames.usual_yes if usual >= 0.5 else frames.usual_no, language)
    return _text(frames.usual, language).format(n=kind_text(phrase, usual, language))


def _form(unit: Unit, value: float, language: str) -> str:
    return _text(unit.one if _shown(value) == 1 else unit.many, language)


def _shown(value: float) -> float:
    """The value as shown: at most one decimal, half away from zero, never minus zero."""
    parts = 1 if abs(value) >= WHOLE_FROM else 10
    return math.copysign(math.floor(abs(value) * parts + 0.5) / parts, value) + 0.0


def _text(texts: Texts, language: str) -> str:
    return texts.as_text()[language]


def _tidy(sentence: str) -> str:
    """Without doubled or outer spaces, and none before a colon; the no-break space inside a number stays."""
    return " ".join(word for word in sentence.split(" ") if word).replace(" :", ":")
