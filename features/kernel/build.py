"""Walks the catalogue: families that share a filter share their pairs; results land in one float32 frame."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import WINDOWED, Family
from features.catalogue.specs import family_specs
from features.catalogue.vocabulary import Vocabulary
from features.kernel.aggregates import distinct, latest, valid, windowed
from features.kernel.events import EventTable, Rows
from features.kernel.pairs import Pairs, Selected, known_pairs, latest_known
from features.tables import TABLES
from features.windows import NEVER, day_number, day_numbers

BLOCK_ROWS = 16_384
"""Prediction rows worked on at once: bounds the memory of the pairs."""


@dataclass
class Tables:
    """The packed tables of one call, each sorted once per date that a family counts by."""

    frames: Mapping[str, pd.DataFrame]
    clients: pd.Index
    packed: dict[tuple[str, str | None], EventTable] = field(default_factory=dict)

    def events(self, table: str, at: str | None) -> EventTable:
        key = (table, at if at != TABLES[table].time else None)
        if key not in self.packed:
            self.packed[key] = EventTable(TABLES[table], self.frames[table], self.clients, key[1])
        return self.packed[key]


def build_features(
    tables: Mapping[str, pd.DataFrame],
    client_ids: np.ndarray,
    as_of: np.ndarray,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
) -> np.ndarray:
    """Features of each (client, as_of), float32 [rows, features] in the order of feature_specs; NaN = unknown."""
    numbers, clients = pd.factorize(np.asarray(client_ids, dtype=object))
    rows = Rows(numbers.astype(np.int32), day_numbers(np.asarray(as_of, "datetime64[D]")))
    packed = Tables(tables, pd.Index(clients, dtype=object))
    start = observed_start(packed, rows, catalogue)
    columns, width = _columns(catalogue, vocabulary)
    frame = np.empty((len(rows), width), np.float32)
    for group in _groups(catalogue):
        events = packed.events(group[0].table, group[0].at)
        selected = Selected.of(events, events.where(group[0].conditions))
        for first in range(0, len(rows), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            part = rows.part(first, first + BLOCK_ROWS)
            _fill(frame[block], group, selected, part, start[block], columns, vocabulary)
    return frame


def observed_start(tables: Tables, rows: Rows, catalogue: Catalogue) -> np.ndarray:
    """The day from which each row's client is observed, as known at as_of; NEVER when that is not known."""
    since = catalogue.observed_since
    if since is not None:
        return np.where(rows.day > day_number(since), day_number(since), NEVER)
    residents = tables.events("residents", None)
    place = latest_known(Selected.of(residents, np.ones(len(residents), bool)), rows)
    start = np.append(residents.number("history_start"), NEVER)[place]
    return np.where(start < rows.day, start, NEVER)


def _columns(catalogue: Catalogue, vocabulary: Vocabulary) -> tuple[dict[str, slice], int]:
    places: dict[str, slice] = {}
    width = 0
    for family in catalogue.enabled:
        count = len(family_specs(family, vocabulary))
        places[family.id] = slice(width, width + count)
        width += count
    return places, width


def _groups(catalogue: Catalogue) -> Iterator[list[Family]]:
    """Families with the same table, date and filter, together."""
    groups: dict[str, list[Family]] = {}
    for family in catalogue.enabled:
        groups.setdefault(f"{family.table}|{family.at}|{family.conditions!r}", []).append(family)
    yield from groups.values()


def _fill(
    frame: np.ndarray,
    group: list[Family],
    selected: Selected,
    rows: Rows,
    start: np.ndarray,
    columns: Mapping[str, slice],
    vocabulary: Vocabulary,
) -> None:
    longest = max((family.windows[-1] for family in group if family.aggregate in WINDOWED), default=0)
    pairs = known_pairs(selected, rows, longest) if longest else None
    for family in group:
        values = _values(family, vocabulary.codes_of(family), selected, pairs, rows, start)
        _empty_unknown(values, family, rows, start)
        frame[:, columns[family.id]] = values


def _values(
    family: Family, codes: tuple[str, ...], selected: Selected, pairs: Pairs | None, rows: Rows, start: np.ndarray
) -> np.ndarray:
    if family.aggregate == "observed_days":
        return np.where(start < NEVER, rows.day - start, np.nan)[:, None]
    if family.by and family.aggregate not in {"count", "sum", "valid_on", "valid_sum"}:
        return _by_code(family, codes, selected, pairs, rows)
    if family.aggregate.startswith("valid"):
        return valid(family, codes, selected, rows)
    if pairs is None or family.aggregate not in WINDOWED:
        return latest(family, selected, rows)
    if family.aggregate == "distinct":
        return distinct(family, selected.table, pairs, rows).astype(np.float64)
    return windowed(family, codes, selected.table, pairs, rows)


def _by_code(family: Family, codes: tuple[str, ...], selected: Selected, pairs: Pairs | None, rows: Rows) -> np.ndarray:
    """Aggregates that cannot share one bincount: one pass per code."""
    table = selected.table
    otherwise = len(codes) - 1 if not family.codes else -1
    number = table.text(str(family.by)).numbered(codes, otherwise)
    found = []
    for code in range(len(codes)):
        if family.aggregate == "distinct" and pairs is not None:
            kept = number[pairs.place] == code
            found.append(distinct(family, table, Pairs(pairs.row[kept], pairs.place[kept], pairs.age[kept]), rows))
        else:
            chosen = np.zeros(len(table), bool)
            chosen[selected.places[number[selected.places] == code]] = True
            found.append(latest(family, Selected.of(table, chosen), rows))
    return np.concatenate(found, axis=1).astype(np.float64)


def _empty_unknown(values: np.ndarray, family: Family, rows: Rows, start: np.ndarray) -> None:
    """NaN where the window reaches before the observed history: absence there is unknown, not zero."""
    if family.aggregate in WINDOWED:
        for place, days in enumerate(family.windows):
            values[rows.day - days < start, place :: len(family.windows)] = np.nan
    elif family.aggregate in {"ever", "valid_on", "valid_sum"}:
        values[(start >= NEVER)[:, None] & (values == 0)] = np.nan
