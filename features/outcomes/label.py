"""Labels of prediction rows: judged bucket by bucket, then filtered once, every filter counted.

The state at `as_of` is what was known then; a change that had already happened but was not yet recorded is no outcome,
and a row whose outcome lies inside the gap is left out: its client is already on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from features.columnar import Columns
from features.outcomes.changes import NOT_YET_CHANGED, Judged, minutes, ordered
from features.outcomes.facts import Facts, facts_of
from features.outcomes.happened import already, happened, open_now
from features.outcomes.rules import OutcomeRule
from features.outcomes.spans import any_row, known_open, pairs, spans_of
from features.outcomes.window import Attrition, Labels, Window
from features.store import Snapshot, bucket_of, read_columns
from features.tables import TABLES
from features.windows import NEVER, day_number

RESIDENTS = ("client_id", "died_on", "valid_to", "superseded_at")
OPEN = ("client_id", "recorded_at", "superseded_at", "start", "end", "end_recorded_at", "kind")


@dataclass(frozen=True)
class _Verdict:
    """What is known of some rows, each array aligned with them."""

    judged: Judged
    in_cohort: np.ndarray
    died_before: np.ndarray
    stayed: np.ndarray
    """Lived in the county through the window."""


def label_rows(
    rows: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    residents: pd.DataFrame,
    rule: OutcomeRule,
    window: Window,
    data_until: date,
    open_kinds: Sequence[str] = (),
) -> Labels:
    """Labels for `rows` (client_id, as_of) from whole tables (those of `rule.tables`; `episodes` for `open_kinds`).

    Deaths count as "no outcome" (levels: stable; minutes: left out); people who moved away before anything happened
    are left out.
    """
    verdict = _verdict(facts_of(rows, tables, residents), rule, window, open_kinds)
    return _labels(rows, verdict, rule, window, data_until, open_kinds)


def label_history(
    snapshot: Snapshot, rows: pd.DataFrame, rule: OutcomeRule, window: Window, open_kinds: Sequence[str] = ()
) -> Labels:
    """The same from the store: one bucket of clients at a time, only the columns that the rule needs."""
    places = _by_bucket(rows, snapshot.n_buckets)
    parts = []
    for bucket, place in places:
        tables = _read(snapshot, bucket, rule, open_kinds)
        facts = facts_of(rows.iloc[place], tables, tables.pop("residents"))
        parts.append(_verdict(facts, rule, window, open_kinds))
    order = np.concatenate([place for _, place in places])
    return _labels(rows, _joined(parts, np.argsort(order)), rule, window, snapshot.data_until, open_kinds)


def is_open(rows: pd.DataFrame, episodes: pd.DataFrame, kinds: Sequence[str]) -> np.ndarray:
    """True for the rows whose client has, as known at `as_of`, an open episode of one of the kinds."""
    nobody = pd.DataFrame({name: [] for name in RESIDENTS}).astype({"client_id": object})
    return _is_open(facts_of(rows, {"episodes": episodes}, nobody), kinds)


def _is_open(facts: Facts, kinds: Sequence[str]) -> np.ndarray:
    spans = spans_of(facts, kinds)
    found = pairs(facts.rows.client, spans.client)
    return any_row(found, known_open(spans, found, facts.rows.as_of), len(facts.rows))


def _verdict(facts: Facts, rule: OutcomeRule, window: Window, open_kinds: Sequence[str]) -> _Verdict:
    rows = facts.rows
    first, last = rows.as_of + window.gap_days, rows.as_of + window.reach_days
    return _Verdict(
        judged=_judged(rule, facts, first, last),
        in_cohort=_is_open(facts, open_kinds) if open_kinds else np.ones(len(rows), bool),
        died_before=rows.died < rows.as_of,
        stayed=rows.left >= last,
    )


def _judged(rule: OutcomeRule, facts: Facts, first: np.ndarray, last: np.ndarray) -> Judged:
    if rule.ordered_change is not None:
        return ordered(rule.ordered_change, facts, first, last)
    if rule.minutes_change is not None:
        return minutes(rule.minutes_change, facts, first, last)
    day = happened(rule, facts, first, last)
    filters = [(NOT_YET_CHANGED, ~already(rule, facts, first))]
    if rule.new_only:
        kinds = ", ".join(rule.episode_start)
        filters.insert(0, (f"new only: no {kinds} at as_of", ~open_now(facts, rule.episode_start)))
    return Judged((day < NEVER).astype(np.int8), day, day < NEVER, tuple(filters))


def _labels(
    rows: pd.DataFrame,
    verdict: _Verdict,
    rule: OutcomeRule,
    window: Window,
    data_until: date,
    open_kinds: Sequence[str],
) -> Labels:
    judged, as_of = verdict.judged, rows["as_of"].to_numpy().astype("datetime64[D]").astype(np.int64)
    filters = Attrition(rows["client_id"].astype(object).to_numpy())
    filters.keep(as_of + window.reach_days <= day_number(data_until), "the horizon ends inside the data")
    if open_kinds:
        filters.keep(verdict.in_cohort, f"open episode known: {', '.join(open_kinds)}")
    for reason, held in judged.filters:
        filters.keep(held, reason)
    filters.keep(~verdict.died_before, "alive at as_of")
    filters.keep(judged.decided | verdict.stayed, "lived in the county through the horizon, or had the outcome")
    kept = filters.kept
    return Labels(
        kept=kept,
        label=judged.level[kept],
        attrition=tuple(filters.steps),
        event_day=_dates(judged.day[kept]),
        amount=None if judged.amount is None else judged.amount[kept],
        levels=rule.levels,
    )


def _dates(days: np.ndarray) -> np.ndarray:
    """datetime64[D] of day numbers; NaT for NEVER."""
    dates = days.astype(np.int64).astype("datetime64[D]")
    return np.where(days == NEVER, np.datetime64("NaT", "D"), dates)


def _by_bucket(rows: pd.DataFrame, n_buckets: int) -> list[tuple[int, np.ndarray]]:
    """(bucket, places of its rows) for every bucket with a row; without rows the first bucket with none."""
    client, ids = pd.factorize(rows["client_id"].astype(object).to_numpy())
    bucket = np.array([bucket_of(one, n_buckets) for one in ids], np.int64)[client]
    order = np.argsort(bucket, kind="stable")
    found, begin = np.unique(bucket[order], return_index=True)
    return list(zip(found.tolist(), np.split(order, begin[1:]), strict=True)) if len(found) else [(0, order)]


def _read(snapshot: Snapshot, bucket: int, rule: OutcomeRule, open_kinds: Sequence[str]) -> dict[str, Columns]:
    wanted = {name: set(columns) for name, columns in rule.columns.items()}
    if open_kinds:
        wanted.setdefault("episodes", set()).update(OPEN)
    wanted["residents"] = set(RESIDENTS)
    return {
        name: read_columns(snapshot, name, bucket, [one.name for one in TABLES[name].columns if one.name in columns])
        for name, columns in wanted.items()
    }


def _joined(parts: Sequence[_Verdict], order: np.ndarray) -> _Verdict:
    """The buckets' verdicts in the order of the rows."""

    def whole(arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays)[order]

    first = parts[0].judged
    amounts = [part.judged.amount for part in parts if part.judged.amount is not None]
    judged = Judged(
        level=whole([part.judged.level for part in parts]),
        day=whole([part.judged.day for part in parts]),
        decided=whole([part.judged.decided for part in parts]),
        filters=tuple(
            (reason, whole([part.judged.filters[place][1] for part in parts]))
            for place, (reason, _) in enumerate(first.filters)
        ),
        amount=whole(amounts) if amounts else None,
    )
    names = ("in_cohort", "died_before", "stayed")
    return _Verdict(judged, *(whole([getattr(part, name) for part in parts]) for name in names))
