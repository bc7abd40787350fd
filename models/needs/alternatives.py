"""What the client's own row says for and against each service alternative, side by side.  No score, no choice.

Varsinais-Suomi plan, line 413 (seed_000 row 51): the alternatives are weighed by a professional; we show the evidence.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from configs.errors import ModelError
from configs.loader import StrictConfig, load_config
from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.catalogue.specs import FeatureSpec
from features.rules.spec import Condition
from models.answers import Alternative, Evidence, Text
from models.explaining.wording.sentences import Sentences, reason_sentence
from models.texts import LANGUAGES, Texts

Direction = Literal["for", "against", "unknown"]


class Sign(Condition):
    """One bound on one feature of the client's row, and why it bears on the alternative."""

    source: str = Field(min_length=1)
    """The plan line or law it stands on, or `own assumption` with the reason."""

    @property
    def family(self) -> str:
        """The feature's family, also where the family is off and has no column."""
        return self.feature.split("__")[0]

    @model_validator(mode="after")
    def _bounded(self) -> "Sign":
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"the condition on `{self.feature}` has no bound; write `at_least`, `at_most` or both")
        return self


class AlternativeConfig(StrictConfig):
    """One alternative: its name, and the named conditions that speak for and against it."""

    name: Texts
    speaks_for: Mapping[str, Sign] = Field(min_length=1)
    speaks_against: Mapping[str, Sign] = {}


class Alternatives(StrictConfig):
    """configs/alternatives/*.yaml: alternatives in the order in which they are shown."""

    version: str
    source: str
    notice: Texts
    """Shown with them: nobody has chosen among them."""
    alternatives: Mapping[str, AlternativeConfig] = Field(min_length=2)

    @property
    def features(self) -> tuple[str, ...]:
        """Every feature that a condition reads, once."""
        signs = (sign for one in self.alternatives.values() for _, sign in _signs(one))
        return tuple(dict.fromkeys(sign.feature for sign in signs))


def load_alternatives(path: str, catalogue: Catalogue | None = None) -> Alternatives:
    """Read alternatives.  Raises ConfigError; with a catalogue also for a family that it does not have."""
    config = load_config(path, Alternatives)
    if catalogue is not None:
        for feature in config.features:
            catalogue.family(feature.split("__")[0])
    return config


def evidence_of(
    config: Alternatives,
    row: Mapping[str, float],
    catalogue: Catalogue,
    specs: Mapping[str, FeatureSpec],
    sentences: Sentences,
) -> tuple[Alternative, ...]:
    """For each alternative what speaks for it, what against it, and what is not known, in file order.

    row: feature name → value, NaN = unknown.  specs: the columns of the row by name.  A family that is switched off
    (the sensitive ones, unless a county turns them on) has no column and is evidence of direction "unknown".
    Raises ModelError when the catalogue lacks a family or the row a column that a condition reads.
    """
    return tuple(
        Alternative(id, one.name.as_text(), tuple(_told(one, row, catalogue, specs, sentences)))
        for id, one in config.alternatives.items()
    )


def _told(
    one: AlternativeConfig,
    row: Mapping[str, float],
    catalogue: Catalogue,
    specs: Mapping[str, FeatureSpec],
    sentences: Sentences,
) -> Iterator[Evidence]:
    found = [_evidence(direction, sign, row, catalogue, specs, sentences) for direction, sign in _signs(one)]
    held = [evidence for evidence in found if evidence is not None]
    for direction in ("for", "against", "unknown"):
        own = {evidence.family: evidence for evidence in reversed(held) if evidence.direction == direction}
        yield from (own[family] for family in dict.fromkeys(evidence.family for evidence in held) if family in own)


def _signs(one: AlternativeConfig) -> tuple[tuple[Direction, Sign], ...]:
    return (
        *(("for", sign) for sign in one.speaks_for.values()),
        *(("against", sign) for sign in one.speaks_against.values()),
    )


def _evidence(
    direction: Direction,
    sign: Sign,
    row: Mapping[str, float],
    catalogue: Catalogue,
    specs: Mapping[str, FeatureSpec],
    sentences: Sentences,
) -> Evidence | None:
    """What the condition says of this client; None when its value is known and it does not hold."""
    family = catalogue.families.get(sign.family)
    if family is None:
        raise ModelError(
            f"The feature catalogue has no family `{sign.family}` of the alternatives. Train a new version."
        )
    if sign.feature not in specs and any(spec.family == sign.family for spec in specs.values()):
        raise ModelError(f"The family `{sign.family}` has no feature `{sign.feature}`. Correct the alternatives.")
    spec, value = specs.get(sign.feature), row.get(sign.feature, np.nan)
    if spec is None or np.isnan(value):
        return _of("unknown", family, None, _unknown(sentences, family))
    if not bool(sign.holds(np.array(value))):
        return None
    told = reason_sentence(sentences, family.id, _name(catalogue, spec), value, None, spec.window_days, spec.code)
    return _of(direction, family, float(value), told)


def _of(direction: Direction, family: Family, value: float | None, sentence: Text) -> Evidence:
    return Evidence(family.id, family.name.as_text(), direction, value, sentence, family.source, family.sensitivity)


def _unknown(sentences: Sentences, family: Family) -> Text:
    frame, name = sentences.frames.unknown.as_text(), family.name.as_text()
    return {language: frame[language].format(name=name[language]) for language in LANGUAGES}


def _name(catalogue: Catalogue, spec: FeatureSpec) -> Text:
    """The family's name, with what its code is called."""
    family = catalogue.families[spec.family]
    name = family.name.as_text()
    called = catalogue.code_name(family.by or family.value, spec.code)
    return name if called is None else {code: f"{name[code]} ({called.as_text()[code]})" for code in LANGUAGES}
