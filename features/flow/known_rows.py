"""The rows that a chain reads, taken from the store once and then masked at any date: what was known then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from features.catalogue.families import Condition
from features.flow.chain import Chain, Events, Group, Rows, Stage
from features.known import known_at
from features.selection import matches
from features.store import Snapshot, read_table
from features.tables import TABLES

CLOCKS = ("recorded_at", "superseded_at")


@dataclass(frozen=True)
class ChainRows:
    """Rows of the canonical tables that a chain's rules accept, with every clock."""

    stages: Mapping[str, pd.DataFrame]
    residents: pd.DataFrame
    segments: pd.DataFrame
    groups: Mapping[str, pd.DataFrame]
    data_until: date
    """Last full day that the registers cover."""
    sha256: str
    """Of the snapshot."""
    phases: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Rows by which a phase of the path is reached, where no stage tells it."""

    def stage_at(self, stage: Stage, as_of: date) -> pd.DataFrame:
        """A stage's rows as they were known at `as_of`."""
        return known_at(TABLES[table_of(stage)], self.stages[stage.id], as_of)


def table_of(stage: Stage) -> str:
    """The table whose rows enter the stage."""
    return rule_of(stage).table


def rule_of(stage: Stage) -> Rows | Events:
    """The stage's one entry rule."""
    found = stage.rows or stage.events
    assert found is not None  # the chain's own validation
    return found


def read_chain(snapshot: Snapshot, chain: Chain) -> ChainRows:
    """Everything the chain's rules accept, bucket by bucket.  Raises DataError when the store is damaged."""
    texts = ("municipality", "birth_year")
    scheme = {"scheme": chain.segment_scheme} if chain.segment_scheme else {"scheme": ""}
    return ChainRows(
        stages={stage.id: _stage_rows(snapshot, stage) for stage in chain.stages},
        residents=_rows(snapshot, "residents", {}, texts),
        segments=_rows(snapshot, "segment_records", scheme, ("segment",)),
        groups={group.id: _group_rows(snapshot, group) for group in chain.groups},
        data_until=snapshot.data_until,
        sha256=snapshot.sha256,
        phases={
            name: _rows(snapshot, at.first.table, at.first.filter, ())
            for name, at in chain.phases.items()
            if at.first is not None
        },
    )


def _stage_rows(snapshot: Snapshot, stage: Stage) -> pd.DataFrame:
    rule = rule_of(stage)
    matter = (rule.matter,) if isinstance(rule, Rows) and rule.matter else ()
    return _rows(snapshot, rule.table, rule.filter, matter)


def _group_rows(snapshot: Snapshot, group: Group) -> pd.DataFrame:
    return _rows(snapshot, group.table, group.filter, ("birth_year",) if group.table == "residents" else ())


def _rows(snapshot: Snapshot, table: str, conditions: Mapping[str, Condition], texts: tuple[str, ...]) -> pd.DataFrame:
    """Client, every date with its clock, and the columns named; rows that the filter accepts."""
    known = TABLES[table]
    dates = [name for column in known.dates for name in (column.name, str(column.clock))]
    wanted = tuple(dict.fromkeys(["client_id", *dates, *CLOCKS, *texts, *conditions]))
    parts = []
    for bucket in range(snapshot.n_buckets):
        rows = read_table(snapshot, table, bucket, wanted)
        parts.append(_plain(rows[matches(rows, conditions)], ("client_id", *texts)))
    return pd.concat(parts, ignore_index=True)


def _plain(rows: pd.DataFrame, texts: tuple[str, ...]) -> pd.DataFrame:
    """The rows with texts as plain objects: buckets do not share their categories."""
    kept = rows.drop(columns=[name for name in rows.select_dtypes("category") if name not in texts])
    words = [name for name in kept.select_dtypes("category") if name in texts]
    return kept.assign(**{str(name): kept[name].astype(object) for name in words})
