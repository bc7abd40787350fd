"""Each aggregate on integer arrays: [rows, codes x windows] float64, before unknown windows are emptied."""

import numpy as np

from features.catalogue.families import OTHER, Family
from features.kernel.events import EventTable, Rows
from features.kernel.pairs import Pairs, Selected, earliest_known, known_pairs, latest_known
from features.windows import month_numbers, ring_of_age, year_numbers


def windowed(family: Family, codes: tuple[str, ...], table: EventTable, pairs: Pairs, rows: Rows) -> np.ndarray:
    """Counts or sums: one bincount over (row, code, ring), then rings are added up to windows."""
    weights = None
    if family.value and family.aggregate in {"sum", "valid_sum"}:
        weights = np.nan_to_num(table.number(family.value))[pairs.place]
    code, groups = _codes(family, codes, table, pairs)
    ring, rings = _rings(family, pairs.age)
    cell = (pairs.row * groups + code) * rings + ring
    if family.by:
        kept = code >= 0
        cell, weights = cell[kept], None if weights is None else weights[kept]
    sums = np.bincount(cell, weights, minlength=len(rows) * groups * rings).reshape(len(rows), groups, rings)
    counted = sums[:, :, : max(len(family.windows), 1)].astype(np.float64)
    return counted.cumsum(axis=2).reshape(len(rows), -1)


def distinct(family: Family, table: EventTable, pairs: Pairs, rows: Rows) -> np.ndarray:
    """Different values: one flag per (row, value, ring), rings joined by or, flags counted."""
    value = table_values(family, table)
    held = value[pairs.place] >= 0
    row, value, age = pairs.row[held], value[pairs.place[held]], pairs.age[held]
    ring, rings = _rings(family, age)
    # Number the (row, value) pairs that occur, so that memory follows what occurs and not the size of the code list.
    cells, slot = np.unique(row * (int(value.max(initial=0)) + 1) + value, return_inverse=True)
    seen = np.zeros((len(cells), rings), bool)
    seen[slot, ring] = True
    owner = cells // (int(value.max(initial=0)) + 1)
    joined = np.logical_or.accumulate(seen, axis=1)[:, : len(family.windows)]
    return np.stack([np.bincount(owner[column], minlength=len(rows)) for column in joined.T], axis=1)


def table_values(family: Family, table: EventTable) -> np.ndarray:
    """The counted value of each event as a number from 0 up; -1 when missing."""
    if family.value == "month":
        months = month_numbers(table.day)
        return np.asarray(months - months.min(initial=0))
    return table.text(str(family.value)).codes.astype(np.int64)


def latest(family: Family, selected: Selected, rows: Rows) -> np.ndarray:
    """last, days_since, age_of, ever, age_years and `is`: what the latest known row says."""
    if family.value:
        selected = _with_value(family, selected)
    first = family.aggregate == "days_since_first"
    place = (earliest_known if first else latest_known)(selected, rows)
    found = place >= 0
    said = np.full((len(rows), max(1, len(family.codes) if family.aggregate == "is" else 1)), np.nan)
    said[found] = _said(family, selected.table, place[found], rows.day[found])
    if family.aggregate == "ever":
        said[~found] = 0
    if not family.windows:
        return said
    age = np.where(found, rows.day - selected.table.day[place] if len(selected.table) else 0, 0)
    return np.stack([np.where(age <= days, said[:, 0], np.nan) for days in family.windows], axis=1)


def _said(family: Family, table: EventTable, place: np.ndarray, as_of: np.ndarray) -> np.ndarray:
    if family.aggregate == "ever":
        return np.ones((len(place), 1))
    if family.aggregate == "is":
        code = table.text(str(family.value)).numbered(family.codes, len(family.codes))[place]
        return code[:, None] == np.arange(len(family.codes))
    if family.aggregate == "last":
        return table.number(str(family.value))[place][:, None]
    if family.aggregate == "age_years":
        return (year_numbers(as_of - 1) - table.number(str(family.value))[place])[:, None]
    return (as_of - table.day[place]).astype(np.float64)[:, None]


def _with_value(family: Family, selected: Selected) -> Selected:
    """Only rows that hold a value; among rows of the same second and recording the greatest value comes last."""
    table, places = selected.table, selected.places
    value = _ranks(table, family)
    chosen = np.zeros(len(table), bool)
    chosen[places[~np.isnan(value[places])]] = True
    kept = Selected.of(table, chosen)
    places = kept.places
    order = np.lexsort((value[places], table.recorded[places], table.seconds[places], table.client[places]))
    return kept.reordered(places[order])


def _ranks(table: EventTable, family: Family) -> np.ndarray:
    name = str(family.value)
    if table.table.by_name[name].kind != "text":
        return table.number(name)
    text = table.text(name)
    rank = np.empty(len(text.categories) + 1)
    rank[np.argsort(text.categories.astype(str))] = np.arange(len(text.categories))
    rank[-1] = np.nan
    return rank[text.codes]


def valid(family: Family, codes: tuple[str, ...], selected: Selected, rows: Rows) -> np.ndarray:
    """valid_on and valid_sum: rows known to have begun and not known to have ended."""
    pairs = known_pairs(selected, rows, None, selected.table.open_until)
    found = windowed(family, codes, selected.table, pairs, rows)
    return (found > 0).astype(np.float64) if family.aggregate == "valid_on" else found


def _codes(family: Family, codes: tuple[str, ...], table: EventTable, pairs: Pairs) -> tuple[np.ndarray | int, int]:
    if not family.by:
        return 0, 1
    otherwise = len(codes) - 1 if codes[-1] == OTHER and not family.codes else -1
    return table.text(family.by).numbered(codes, otherwise)[pairs.place], len(codes)


def _rings(family: Family, age: np.ndarray) -> tuple[np.ndarray | int, int]:
    """Ring of each age, one past the last for what lies before the longest window."""
    if not family.windows:
        return 0, 1
    ring = np.append(ring_of_age(family.windows), len(family.windows))
    return ring[np.minimum(age, family.windows[-1] + 1)].astype(np.int64), len(family.windows) + 1
