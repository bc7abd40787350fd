"""The columns of a feature frame: one per family, code and window, in a fixed order."""

import re
from dataclasses import dataclass

from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.catalogue.vocabulary import Vocabulary


@dataclass(frozen=True)
class FeatureSpec:
    """One column: `home_care_visits__90d` is family home_care_visits over the 90 days before as_of."""

    name: str
    family: str
    window_days: int | None = None
    code: str | None = None


def feature_specs(catalogue: Catalogue, vocabulary: Vocabulary) -> tuple[FeatureSpec, ...]:
    """Every column of the families in use: families in file order, inside them codes, inside those windows."""
    return tuple(spec for family in vocabulary.used(catalogue) for spec in family_specs(family, vocabulary))


def feature_names(catalogue: Catalogue, vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(spec.name for spec in feature_specs(catalogue, vocabulary))


def family_specs(family: Family, vocabulary: Vocabulary) -> tuple[FeatureSpec, ...]:
    """The columns of one family."""
    codes = vocabulary.codes_of(family)
    plain = _plain(codes)
    return tuple(
        FeatureSpec(_name(family.id, plain.get(code or ""), days), family.id, days, code)
        for code in (codes or (None,))
        for days in (family.windows or (None,))
    )


def _name(family: str, code: str | None, days: int | None) -> str:
    parts = [family, code, f"{days}d" if days else None]
    return "__".join(part for part in parts if part)


def _plain(codes: tuple[str, ...]) -> dict[str, str]:
    """Codes as parts of a column name (letters, digits, _ . -); a clash gets a number."""
    taken: dict[str, str] = {}
    for code in codes:
        word = re.sub(r"[^0-9A-Za-z_.\-]+", "_", code) or "_"
        name, times = word, 2
        while name in taken.values():
            name, times = f"{word}_{times}", times + 1
        taken[code] = name
    return taken
