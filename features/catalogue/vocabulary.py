"""Codes that get columns of their own, learned once on what was known by a date; all others are `other`."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.catalogue import Catalogue, VocabularyRule
from features.catalogue.families import OTHER, Family
from features.known import known_at
from features.selection import matches
from features.store import Snapshot, read_table
from features.tables import TABLES


@dataclass(frozen=True)
class Vocabulary:
    """The kept codes of each family that has a `by` column without declared codes."""

    codes: Mapping[str, tuple[str, ...]]
    until: date

    def codes_of(self, family: Family) -> tuple[str, ...]:
        """The codes that become columns, `other` last; declared codes have no `other`.  Empty without `by`."""
        if family.codes:
            return family.codes
        return (*self.codes.get(family.id, ()), OTHER) if family.by else ()

    def to_json(self) -> str:
        values = {"codes": {key: list(kept) for key, kept in sorted(self.codes.items())}, "until": str(self.until)}
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Vocabulary":
        values = json.loads(text)
        kept = {key: tuple(codes) for key, codes in values["codes"].items()}
        return cls(kept, date.fromisoformat(values["until"]))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def fit_vocabulary(snapshot: Snapshot, catalogue: Catalogue, until: date) -> Vocabulary:
    """Count codes in what was known at `until`, bucket by bucket, and keep the common ones."""
    families = [family for family in catalogue.enabled if family.needs_vocabulary]
    tables = sorted({family.table for family in families})
    frames = ({name: read_table(snapshot, name, bucket) for name in tables} for bucket in range(snapshot.n_buckets))
    return vocabulary_of(frames, catalogue, until)


def vocabulary_of(buckets: Iterable[Mapping[str, pd.DataFrame]], catalogue: Catalogue, until: date) -> Vocabulary:
    """The vocabulary of tables given bucket by bucket."""
    families = [family for family in catalogue.enabled if family.needs_vocabulary]
    counts: dict[str, Counter[str]] = {family.id: Counter() for family in families}
    for tables in buckets if families else ():
        known = {name: known_at(TABLES[name], frame, until) for name, frame in tables.items()}
        for family in families:
            counts[family.id].update(_codes(known[family.table], family))
    return Vocabulary({key: _kept(counted, catalogue.vocabulary) for key, counted in counts.items()}, until)


def _codes(known: pd.DataFrame, family: Family) -> dict[str, int]:
    wanted = known.loc[matches(known, family.conditions), str(family.by)]
    return {str(code): int(rows) for code, rows in wanted.value_counts().items() if rows}


def _kept(counted: Counter[str], rule: VocabularyRule) -> tuple[str, ...]:
    common = [(code, rows) for code, rows in counted.items() if rows >= rule.minimum_rows and code != OTHER]
    return tuple(code for code, _ in sorted(common, key=lambda pair: (-pair[1], pair[0]))[: rule.most_codes])
