"""Changes in words: "Päivystyskäyntejä 12 kuukauden aikana olisi 1 (nyt 4)", in Finnish, Swedish and English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.catalogue.specs import FeatureSpec
from models.answers import Text
from models.explaining.supposing.changeable import ChangeWords
from models.explaining.wording.numbers import percent_text
from models.explaining.wording.phrases import Sentences
from models.explaining.wording.sentences import Fact, Teller, tidy, window_text
from models.texts import LANGUAGES

MEASURED = ("amount", "scale", "share")


@dataclass(frozen=True)
class Supposed:
    """One feature that moves: its spec, the family's name, the value now (NaN = no such event) and then."""

    spec: FeatureSpec
    name: Text
    now: float
    then: float


@dataclass(frozen=True)
class Supposer:
    """Says supposed changes with one catalogue of sentences."""

    words: ChangeWords
    sentences: Sentences

    def change(self, supposed: Supposed) -> Text:
        """One change as a sentence of its own."""
        be = self.words.would_be.as_text()
        return {language: _raised(self._clause(supposed, language, be[language])) for language in LANGUAGES}

    def reached(self, changes: Sequence[Supposed], now: float, then: float) -> Text:
        """All changes and the two probabilities in one sentence."""
        be, joined = self.words.were.as_text(), self.words.joined.as_text()
        said = {
            language: joined[language].join(self._clause(one, language, be[language]) for one in changes)
            for language in LANGUAGES
        }
        return _filled(self.words.reached.as_text(), now=_percent(now), then=_percent(then), changes=said)

    def not_reached(self, most: int, target: float) -> Text:
        """That no allowed set of changes gets there."""
        return _filled(
            self.words.not_reached.as_text(), most=dict.fromkeys(LANGUAGES, str(most)), target=_percent(target)
        )

    def _clause(self, supposed: Supposed, language: str, be: str) -> str:
        """One change as the middle of a sentence: it begins with a small letter."""
        teller, spec = Teller(self.sentences, language), supposed.spec
        phrase, name = self.sentences.phrase_of(spec.family, spec.code), supposed.name[language]
        window = "" if spec.window_days is None else window_text(self.sentences.frames, spec.window_days, language)
        if phrase is not None and phrase.kind == "count":
            frame, words = self.words.count, phrase.words(language)["none"]
        elif phrase is None or phrase.kind in MEASURED:
            frame, words = self.words.value, name if phrase is None else phrase.words(language)["label"]
        else:
            facts = (Fact(value, window_days=spec.window_days) for value in (supposed.now, supposed.then))
            now, then = (teller.sentence(phrase, name, fact) for fact in facts)
            return teller.filled(self.words.fact, be=be, now=now, then=then)
        now, then = (" ".join(teller.measured(phrase, value)).strip() for value in (supposed.now, supposed.then))
        return _lowered(tidy(teller.filled(frame, words=words, window=window, be=be, now=now, then=then)))


def _filled(texts: Mapping[str, str], **values: Mapping[str, str]) -> Text:
    return {code: texts[code].format(**{name: words[code] for name, words in values.items()}) for code in LANGUAGES}


def _percent(probability: float) -> Text:
    return {language: percent_text(probability, language) for language in LANGUAGES}


def _lowered(text: str) -> str:
    """With a small first letter, unless the word is an abbreviation."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _raised(text: str) -> str:
    return text[:1].upper() + text[1:]
