"""The catalogue of words behind every reason: frames of sentences, units, and a phrase for each feature family.

It is `configs/sentences.yaml` and travels in the bundle: a served model keeps the words it was approved with.  What a
newer version adds is optional: a bundle of an older version says its sentences without it.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from configs.loader import StrictConfig, load_config, validate_config
from models.texts import LANGUAGES, Texts

Words = Mapping[str, str]
PhraseKind = Literal[
    "count", "amount", "since", "age_of", "scale", "years", "flag", "choice", "share", "change", "trend"
]
NEEDED: Mapping[str, tuple[str, ...]] = {
    "count": ("one", "many", "none"),
    "flag": ("present", "absent"),
    "choice": ("present", "absent"),
}
LABELLED = ("label",)
"""What every other kind needs.  An amount may have `zero`: the whole fact when there is nothing."""
Dating = Literal["latest", "known", "on", "undated"]
DATED: Mapping[str, Dating] = {
    **dict.fromkeys(("count", "amount", "share"), "latest"),
    **dict.fromkeys(("since", "age_of"), "on"),
    **dict.fromkeys(("scale", "flag", "change", "trend"), "known"),
    **dict.fromkeys(("years", "choice"), "undated"),
}
"""How the date of the newest record is said, unless the phrase has its own `dated`."""


class Phrase(StrictConfig):
    """The words of one family, or of one code of a family."""

    kind: PhraseKind
    unit: str | None = None
    """Key of `units`; for amount, since, age_of, years, and for a change or trend that is not in points."""
    dated: Dating | None = None
    fi: Words
    sv: Words
    en: Words

    @model_validator(mode="after")
    def _has_its_words(self) -> "Phrase":
        for language in LANGUAGES:
            absent = [name for name in NEEDED.get(self.kind, LABELLED) if name not in self.words(language)]
            if absent:
                raise ValueError(f"a phrase of kind {self.kind} lacks {language} {', '.join(absent)}; add the words")
        return self

    def words(self, language: str) -> Words:
        """The forms in one language."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}[language]

    @property
    def dating(self) -> Dating:
        """How the date is said."""
        return self.dated or DATED[self.kind]


class Unit(StrictConfig):
    """A unit after one and after several, in three languages."""

    one: Texts
    many: Texts


class Frames(StrictConfig):
    """The sentence frames.  {n} number, {words} the family's words, {unit}, {window}, {name} of the family, {date}."""

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
    unchanged: Texts | None = None
    """A change of nothing."""
    trend: Texts
    """{n} with its sign: change in a year."""
    plain: Texts
    """For a family without a phrase of its own."""
    unknown: Texts
    days: Unit
    months: Unit
    latest: Texts | None = None
    """The day of the newest of the counted rows."""
    known: Texts | None = None
    """The day that the fact is from."""
    on: Texts | None = None
    """The day of what the sentence is about."""
    usual: Texts
    """{n} with its unit where the sentence itself chooses one."""
    usual_same: Texts | None = None
    """Instead of a comparison that tells nothing: the client is as the group is."""
    usual_other: Texts | None = None
    """A yes or no that is otherwise for most of the group."""
    together: Texts | None = None
    """Instead of a comparison that would point the other way than the model."""
    usual_yes: Texts | None = None
    usual_no: Texts | None = None
    """Of bundles before version 2; no longer said, because "most have none" misleads where the fact is a lack."""


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
    """The catalogue inside a bundle.  Raises ConfigError."""
    return validate_config(values, Sentences, "sentences.json")
