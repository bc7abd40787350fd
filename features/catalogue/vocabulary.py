"""What training data teach the catalogue: codes with columns of their own, and families too incomplete to be used."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from features.catalogue import Catalogue, VocabularyRule
from features.catalogue.families import OTHER, Between, Condition, Family
from features.known import known_at
from features.selection import matches
from features.store import Snapshot, read_table
from features.tables import TABLES


@dataclass(frozen=True)
class Vocabulary:
    """The kept codes of each family that has a `by` column without declared codes, and the families switched off."""

    codes: Mapping[str, tuple[str, ...]]
    until: date
    off: Mapping[str, float] = field(default_factory=dict)
    """Family to the completeness found (0 without a row): less than its `minimum_completeness`, so it is not used."""

    def codes_of(self, family: Family) -> tuple[str, ...]:
        """The codes that become columns, `other` last; declared codes have no `other`.  Empty without `by`."""
        if family.codes:
            return family.codes
        return (*self.codes.get(family.id, ()), OTHER) if family.by else ()

    def used(self, catalogue: Catalogue) -> tuple[Family, ...]:
        """The families that become features: enabled, and not switched off by the data."""
        return tuple(family for family in catalogue.enabled if family.id not in self.off)

    def to_json(self) -> str:
        values: dict[str, object] = {
            "codes": {key: list(kept) for key, kept in sorted(self.codes.items())},
            "until": str(self.until),
        }
        if self.off:
            values["off"] = dict(sorted(self.off.items()))
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Vocabulary":
        """The inverse of to_json; a file without `off` is one from before families could be switched off."""
        values = json.loads(text)
        kept = {key: tuple(codes) for key, codes in values["codes"].items()}
        off = {str(key): float(share) for key, share in values.get("off", {}).items()}
        return cls(kept, date.fromisoformat(values["until"]), off)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def fit_vocabulary(snapshot: Snapshot, catalogue: Catalogue, until: date) -> Vocabulary:
    """Learn from what was known at `until`, bucket by bucket."""
    tables = sorted({family.table for family in _asked(catalogue)})
    frames = ({name: read_table(snapshot, name, bucket) for name in tables} for bucket in range(snapshot.n_buckets))
    return vocabulary_of(frames, catalogue, until)


def vocabulary_of(buckets: Iterable[Mapping[str, pd.DataFrame]], catalogue: Catalogue, until: date) -> Vocabulary:
    """The vocabulary of tables given bucket by bucket."""
    seen = {family.id: Seen(family) for family in _asked(catalogue)}
    for tables in buckets if seen else ():
        known = {name: known_at(TABLES[name], frame, until) for name, frame in tables.items()}
        for one in seen.values():
            one.add(known[one.family.table])
    off = {key: one.completeness for key, one in seen.items() if one.is_too_little}
    codes = {
        key: _kept(one.codes, catalogue.vocabulary)
        for key, one in seen.items()
        if one.family.needs_vocabulary and key not in off
    }
    return Vocabulary(codes, until, off)


@dataclass
class Seen:
    """What the known rows of one family hold: how many there are, how often each cited column is set, which codes."""

    family: Family
    rows: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, known: pd.DataFrame) -> None:
        """Count the rows of one bucket."""
        asked = known[matches(known, self.asked)]
        self.rows += len(asked)
        self.filled.update({name: int(asked[name].notna().sum()) for name in self.family.cited})
        if self.family.needs_vocabulary:
            chosen = known[matches(known, self.family.conditions)]
            counted = chosen[str(self.family.by)].value_counts()
            self.codes.update({str(code): int(rows) for code, rows in counted.items() if rows})

    @property
    def asked(self) -> dict[str, Condition]:
        """The filter without ranges of cited columns: a range that no missing value satisfies would hide the lack."""
        ranges = {name for name, one in self.family.conditions.items() if isinstance(one, Between)}
        return {name: one for name, one in self.family.conditions.items() if name not in ranges & {*self.family.cited}}

    @property
    def completeness(self) -> float:
        """The share of rows that hold the least complete of the cited columns; 0 without rows."""
        if not self.rows:
            return 0.0
        return min((self.filled[name] for name in self.family.cited), default=self.rows) / self.rows

    @property
    def is_too_little(self) -> bool:
        least = self.family.minimum_completeness
        return least > 0 and (self.rows == 0 or self.completeness < least)


def _asked(catalogue: Catalogue) -> list[Family]:
    return [family for family in catalogue.enabled if family.needs_vocabulary or family.minimum_completeness > 0]


def _kept(counted: Counter[str], rule: VocabularyRule) -> tuple[str, ...]:
    common = [(code, rows) for code, rows in counted.items() if rows >= rule.minimum_rows and code != OTHER]
    return tuple(code for code, _ in sorted(common, key=lambda pair: (-pair[1], pair[0]))[: rule.most_codes])
