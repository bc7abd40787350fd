"""Reasons in words: the client's own value, its window and date, and what is usual, in Finnish, Swedish and English.

The forms (one, several, none) are chosen here from the number as it is shown.  A sentence states facts and never
blames.  A comparison is said only when it tells something: not when the client is as the group is, and not when it
would point the other way than the model (`models/explaining/wording/spoken.py`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.answers import Text
from models.explaining.wording.numbers import (
    date_text,
    number_text,
    percent_text,
    says_the_same,
    shown,
    signed_text,
    span_of,
)
from models.explaining.wording.phrases import Frames, Phrase, Sentences, Unit, load_sentences, sentences_from_json
from models.texts import LANGUAGES, Texts

__all__ = ["Sentences", "load_sentences", "number_text", "reason_sentence", "sentences_from_json", "window_text"]

NOT_COMPARED = ("choice", "years")
"""Kinds said without a comparison: a group of the same age band says nothing about an age."""
DAYS_PER_YEAR, DAYS_PER_SLOPE = 365, 30
POINTS = "points"
"""Unit of a change or trend that declares none."""
YES = 0.5
"""From here on a flag is a yes."""


@dataclass(frozen=True)
class Fact:
    """What one reason says: the client's value, what is usual, over which window, and from when it is."""

    value: float | None
    usual: float | None = None
    window_days: int | None = None
    date: str | None = None
    """ISO day of the newest record behind the value."""
    backwards: bool = False
    """True when the comparison would point the other way than the model; then none is said."""

    @property
    def is_known(self) -> bool:
        return self.value is not None and not math.isnan(self.value)


def reason_sentence(
    catalogue: Sentences,
    family: str,
    name: Text,
    value: float | None,
    usual: float | None,
    window_days: int | None = None,
    code: str | None = None,
    date: str | None = None,
    backwards: bool = False,
) -> Text:
    """One reason, e.g. "3 päivystyskäyntiä 90 päivän aikana, viimeksi 3.4.2026 (vertailuryhmässä tavallisesti 0)".

    `value` and `usual` are in the feature's own unit, `date` an ISO day; `backwards` leaves the comparison out.
    """
    fact, phrase = Fact(value, usual, window_days, date, backwards), catalogue.phrase_of(family, code)
    return {language: Teller(catalogue, language).sentence(phrase, name[language], fact) for language in LANGUAGES}


def window_text(frames: Frames, days: int, language: str) -> str:
    """ "90 päivän aikana"; whole years are said in months."""
    whole_years = days % DAYS_PER_YEAR == 0
    number, unit = (days // DAYS_PER_YEAR * 12, frames.months) if whole_years else (days, frames.days)
    return form_of(unit, number, language).format(n=number_text(number, language))


def form_of(unit: Unit, value: float, language: str) -> str:
    """The unit after a number: its form for one only when exactly 1 (or −1) is shown."""
    return str(getattr(unit.one if abs(shown(value)) == 1 else unit.many, language))


@dataclass(frozen=True)
class Teller:
    """Says facts in one language with one catalogue of words."""

    catalogue: Sentences
    language: str

    def sentence(self, phrase: Phrase | None, name: str, fact: Fact) -> str:
        """The whole sentence: the fact, its date, and the comparison."""
        if fact.value is None or not fact.is_known:
            never = phrase.words(self.language).get("never") if phrase is not None else None
            return never or tidy(self.filled(self.catalogue.frames.unknown, name=name))
        said = tidy(self.said(phrase, name, fact.value, fact.window_days))
        dated = self._dated(phrase, fact.date)
        return tidy(f"{said}{dated} {self._compared(phrase, fact)}")

    def said(self, phrase: Phrase | None, name: str, value: float, window_days: int | None) -> str:
        """The fact alone."""
        frames = self.catalogue.frames
        window = "" if window_days is None else window_text(frames, window_days, self.language)
        if phrase is None:
            return self.filled(frames.plain, name=name, n=number_text(value, self.language), window=window)
        words = phrase.words(self.language)
        if phrase.kind in ("flag", "choice"):
            return words["present" if value >= YES else "absent"]
        if phrase.kind == "amount" and shown(value) == 0 and "zero" in words:
            return f"{words['zero']} {window}"
        frame, form = self._frame(phrase.kind, value)
        n, unit = self.measured(phrase, value)
        return self.filled(frame, n=n, words=words[form], unit=unit, window=window)

    def measured(self, phrase: Phrase | None, value: float) -> tuple[str, str]:
        """(number, unit) as the phrase's kind says them: a share in per cent, a slope (per 30 days) over a year."""
        kind = phrase.kind if phrase is not None else ""
        if kind in ("since", "age_of"):
            number, unit = self._span(value)
            return number_text(number, self.language), self._unit(unit, number)
        if kind == "share":
            return percent_text(value, self.language), ""
        value = value * DAYS_PER_YEAR / DAYS_PER_SLOPE if kind == "trend" else value
        if kind in ("change", "trend"):
            unit = self._unit((phrase.unit if phrase is not None else None) or POINTS, value)
            return signed_text(value, self.language), unit
        return number_text(value, self.language), self._unit(phrase.unit, value) if phrase and phrase.unit else ""

    def filled(self, texts: Texts, **values: str) -> str:
        """A frame with its holes filled."""
        return str(getattr(texts, self.language)).format(**values)

    def _span(self, days: float) -> tuple[float, str]:
        """A length of time in its own unit; in days where the catalogue (before version 2) has no other."""
        number, unit = span_of(days)
        return (number, unit) if unit in self.catalogue.units else (days, "days")

    def _unit(self, unit: str, value: float) -> str:
        known: Mapping[str, Unit] = self.catalogue.units
        return form_of(known[unit], value, self.language) if unit in known else ""

    def _frame(self, kind: str, value: float) -> tuple[Texts, str]:
        """The frame of a kind and which form of the words it takes; one, many and none follow the number as shown."""
        frames = self.catalogue.frames
        if kind == "change" and frames.unchanged is not None and shown(value) == 0:
            return frames.unchanged, "label"
        if kind != "count":
            return getattr(frames, kind), "label"
        if shown(value) == 0:
            return frames.none, "none"
        return frames.count, "one" if shown(value) == 1 else "many"

    def _dated(self, phrase: Phrase | None, date: str | None) -> str:
        dating = "known" if phrase is None else phrase.dating
        frame = None if date is None or dating == "undated" else getattr(self.catalogue.frames, dating)
        return "" if frame is None or date is None else f", {self.filled(frame, date=date_text(date, self.language))}"

    def _compared(self, phrase: Phrase | None, fact: Fact) -> str:
        frames = self.catalogue.frames
        if fact.usual is None or fact.value is None or (phrase is not None and phrase.kind in NOT_COMPARED):
            return ""
        if fact.backwards:
            return self._maybe(frames.together)
        if phrase is not None and phrase.kind == "flag":
            same = (fact.value >= YES) == (fact.usual >= YES)
            return self._maybe(frames.usual_same if same else frames.usual_other)
        if self._same(phrase, fact.value, fact.usual):
            return self._maybe(frames.usual_same)
        return self.filled(frames.usual, n=self._usual_number(phrase, fact.usual))

    def _usual_number(self, phrase: Phrase | None, usual: float) -> str:
        """The number; with its unit where the sentence chose one by the size of the number."""
        n, unit = self.measured(phrase, usual)
        return f"{n} {unit}" if phrase is not None and phrase.kind in ("since", "age_of") else n

    def _same(self, phrase: Phrase | None, value: float, usual: float) -> bool:
        return says_the_same(value, usual) or self.measured(phrase, value) == self.measured(phrase, usual)

    def _maybe(self, texts: Texts | None) -> str:
        return "" if texts is None else str(getattr(texts, self.language))


def tidy(sentence: str) -> str:
    """Without doubled or outer spaces, and none before a colon or comma; the no-break space in a number stays."""
    return " ".join(word for word in sentence.split(" ") if word).replace(" :", ":").replace(" ,", ",")
