"""Who cares for the client: which contacts were with the named doctor or nurse of that date."""

import numpy as np

from features.catalogue.families import NAMED_ROLES
from features.kernel.derived.asked import Asked
from features.kernel.events import EventTable, Rows, Tables
from features.kernel.pairs import Selected, known_pairs


def with_named(asked: Asked, contacts: EventTable, tables: Tables, rows: Rows) -> np.ndarray:
    """For each pair 1.0 with a named professional, 0.0 with another; NaN without either."""
    met = contacts.text("professional_id")
    row, named = _named(met.categories, tables, rows)
    professional = met.codes[asked.place].astype(np.int64)
    width = len(met.categories) + 1
    is_named = np.isin(asked.row * width + professional, row * width + named)
    has_named = np.zeros(asked.rows, bool)
    has_named[row] = True
    return np.where((professional >= 0) & has_named[asked.row], is_named.astype(np.float64), np.nan)


def _named(met: np.ndarray, tables: Tables, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Row by row the client's named professionals, numbered as in the contacts; one never met gets the last number."""
    relations = tables.events("relations")
    selected = Selected.of(relations, relations.where({"role": NAMED_ROLES}))
    pairs = known_pairs(selected, rows, None, relations.open_until)
    other = relations.text("other_id")
    number = other.numbered(tuple(met), len(met))
    return pairs.row.astype(np.int64), number[pairs.place].astype(np.int64)
