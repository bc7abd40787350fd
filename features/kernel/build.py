"""Walks the plan: families that share a filter share their events; results land in one float32 frame."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import COUNTED
from features.catalogue.vocabulary import Vocabulary
from features.columnar import Coded, Columns
from features.kernel.aggregates import Asked, Block, Fill, latest, valid, windowed
from features.kernel.coverage import covered_from, empty_unknown
from features.kernel.derived import DERIVED
from features.kernel.events import Clients, Rows, Tables
from features.kernel.pairs import Selected, known_pairs, latest_known
from features.kernel.plan import Group, Plan, Slot, plan_of
from features.windows import NEVER, day_number, day_numbers

BLOCK_ROWS = 8_192
"""Prediction rows worked on at once: what two threads share, and what bounds the memory of pairs."""
MOST_THREADS = 4


def build_features(
    tables: Mapping[str, pd.DataFrame | Columns],
    client_ids: np.ndarray | Coded,
    as_of: np.ndarray,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    threads: int | None = None,
) -> np.ndarray:
    """Features of each (client, as_of), float32 [rows, features] in the order of feature_specs; NaN = unknown.

    `threads` (default: the processor's, at most four) share the blocks of rows; the result does not depend on it.
    """
    rows, clients = numbered_rows(client_ids, as_of)
    plan = plan_of(catalogue, vocabulary)
    packed = Tables(tables, clients)
    frame = np.empty((len(rows), plan.width), np.float32)
    work = Work(plan, packed, frame, rows, observed_start(packed, rows, catalogue).astype(np.int32))
    each = _each_block(len(rows), threads or min(MOST_THREADS, len(os.sched_getaffinity(0))))
    for group in plan.groups:
        each(work.group(group))
    return frame


def numbered_rows(client_ids: np.ndarray | Coded, as_of: np.ndarray) -> tuple[Rows, Clients]:
    """The prediction rows by client number and day, and the clients in the order of their numbers."""
    if isinstance(client_ids, Coded):
        numbers, ids = client_ids.codes, client_ids.categories
    else:
        numbers, ids = pd.factorize(np.asarray(client_ids, dtype=object))
    days = day_numbers(np.asarray(as_of, "datetime64[D]"))
    return Rows(np.ascontiguousarray(numbers, np.int32), days), Clients(ids)


def observed_start(tables: Tables, rows: Rows, catalogue: Catalogue) -> np.ndarray:
    """The day from which each row's client is observed, as known at as_of; NEVER when that is not known."""
    since = catalogue.observed_since
    if since is not None:
        return np.where(rows.day > day_number(since), day_number(since), NEVER)
    residents = tables.events("residents")
    place = latest_known(Selected.all(residents), rows)
    start = np.append(residents.number("history_start"), NEVER)[place]
    return np.where(start < rows.day, start, NEVER)


@dataclass(frozen=True)
class Work:
    """One call: the tables, the rows, the frame they fill, and from when absence of events means zero."""

    plan: Plan
    tables: Tables
    frame: np.ndarray
    rows: Rows
    start: np.ndarray
    covered: dict[str, np.ndarray] = field(default_factory=dict)

    def group(self, group: Group) -> Callable[[int], None]:
        """Everything of a group made ready; the function fills its columns of the block that begins at a row."""
        events = self.tables.events(group.table, group.at)
        selected = Selected.of(events, events.where(group.conditions)) if len(events) else Selected.all(events)
        ready = [(self._fill(slot, selected), self._start(slot)) for slot in group.direct]

        def fill(top: int) -> None:
            block = self._block(top)
            for one, start in ready:
                one(block, start[top : top + BLOCK_ROWS])
            if group.derived:
                self._derive(group, selected, block)

        return fill

    def _block(self, top: int) -> Block:
        stop = top + BLOCK_ROWS
        return Block(self.frame, top, self.rows.part(top, stop), self.start[top:stop])

    def _start(self, slot: Slot) -> np.ndarray:
        """The first day from which absence of a family's events means zero, for every row."""
        source = slot.family.coverage
        if source is None or slot.family.aggregate not in COUNTED:
            return self.start
        if source not in self.covered:
            found = covered_from(slot.family, self.plan.catalogue, self.tables, self.rows, self.start)
            self.covered[source] = found.astype(np.int32)
        return self.covered[source]

    def _fill(self, slot: Slot, selected: Selected) -> Fill:
        asked = Asked(slot.family, slot.codes, selected, slot.left)
        if slot.family.aggregate == "observed_days":
            return _observed_days(slot.left)
        if slot.family.aggregate in COUNTED:
            return windowed(asked)
        return valid(asked) if slot.family.aggregate.startswith("valid") else latest(asked)

    def _derive(self, group: Group, selected: Selected, block: Block) -> None:
        pairs = known_pairs(selected, block.rows, group.longest)
        for slot in group.derived:
            family = slot.family
            values = DERIVED[family.aggregate](family, slot.codes, self.tables, selected, pairs, block.rows)
            empty_unknown(values, family, self.plan.catalogue, self.tables, block.rows, block.start)
            block.columns(slot.left, slot.width)[...] = values


def _observed_days(left: int) -> Fill:
    def fill(block: Block, start: np.ndarray) -> None:
        days = np.where(block.start < NEVER, block.rows.day - block.start, np.nan)
        block.columns(left, 1)[...] = days[:, None]

    return fill


def _each_block(rows: int, threads: int) -> Callable[[Callable[[int], None]], None]:
    """Runs a function for the first row of every block, on several threads when there are several blocks."""
    tops = range(0, rows, BLOCK_ROWS)

    def each(fill: Callable[[int], None]) -> None:
        if threads == 1 or len(tops) < 2:
            for top in tops:
                fill(top)
            return
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(fill, tops):
                pass

    return each
