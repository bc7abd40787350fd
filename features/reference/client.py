"""Every feature of one client on one date."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.catalogue.vocabulary import Vocabulary
from features.reference.rows import UNKNOWN, Row, code_of, has_ended, is_known, plain_rows, satisfies, stands, time_of
from features.reference.windowed import FORMULAS, in_window

Tables = Mapping[str, list[Row]]


def reference_features(
    tables: Mapping[str, pd.DataFrame],
    client_ids: np.ndarray,
    as_of: np.ndarray,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
) -> np.ndarray:
    """Same contract as features.kernel.build_features."""
    rows = {name: plain_rows(frame) for name, frame in tables.items()}
    found = []
    for client_id, day in zip(client_ids, pd.to_datetime(as_of), strict=True):
        own = {name: [row for row in table if row["client_id"] == client_id] for name, table in rows.items()}
        found.append(client_features(own, day.to_pydatetime(), catalogue, vocabulary))
    return np.array(found, np.float32).reshape(len(found), -1)


def client_features(tables: Tables, as_of: datetime, catalogue: Catalogue, vocabulary: Vocabulary) -> list[float]:
    """Every feature of one client at one midnight."""
    values: list[float] = []
    named = _named(tables.get("relations", []), as_of)
    for family in catalogue.enabled:
        if family.id in vocabulary.off:
            continue
        start = _start(family, tables.get("residents", []), as_of, catalogue)
        known = [row for row in tables[family.table] if is_known(row, family, as_of)]
        chosen = [row for row in known if satisfies(row, family.conditions)]
        for code in vocabulary.codes_of(family) if family.by or family.aggregate == "is" else (None,):
            kept = chosen
            if family.by:
                codes = vocabulary.codes_of(family)
                kept = [row for row in chosen if code_of(row[family.by], codes, not family.codes) == code]
            values += [_value(family, kept, as_of, start, days, code, named) for days in family.windows or (None,)]
    return values


def _value(
    family: Family,
    rows: list[Row],
    as_of: datetime,
    start: datetime | None,
    days: int | None,
    code: str | None,
    named: set[str],
) -> float:
    if family.aggregate in {*FORMULAS, "named_share"}:
        assert days is not None
        window_start = as_of - timedelta(days=days)
        if start is None or window_start < start:
            return UNKNOWN  # the window reaches before what is observed of this client
        return in_window(family, [row for row in rows if window_start <= time_of(row, family) < as_of], named)
    if family.aggregate == "observed_days":
        return UNKNOWN if start is None else (as_of - start).days
    if family.aggregate in ("ever", "valid_on", "valid_sum", "lapsed"):
        value = _standing(family, rows, as_of)
        return UNKNOWN if value == 0 and start is None else value
    if family.aggregate == "overdue":
        return _overdue(family, rows, as_of, start)
    if family.aggregate == "change_between_assessments":
        return _change(family, rows, as_of, days)
    return _of_one_row(family, rows, as_of, days, code)


def _standing(family: Family, rows: list[Row], as_of: datetime) -> float:
    if family.aggregate == "ever":
        return float(len(rows) > 0)
    standing = [row for row in rows if not has_ended(row, family.table, as_of)]
    if family.aggregate == "lapsed":
        return float(len(rows) > 0 and not standing)
    if family.aggregate == "valid_on":
        return float(len(standing) > 0)
    return math.fsum(row[str(family.value)] or 0.0 for row in standing)


def _overdue(family: Family, rows: list[Row], as_of: datetime, start: datetime | None) -> float:
    limit = as_of - timedelta(days=int(family.within_days or 0))
    if rows:
        return float(all(time_of(row, family) < limit for row in rows))
    return UNKNOWN if start is None or start > limit else 1.0


def _change(family: Family, rows: list[Row], as_of: datetime, days: int | None) -> float:
    """Latest minus the latest of an earlier day; by time, then recording, then value."""
    name = str(family.value)
    held = sorted(
        (row for row in rows if row[name] is not None),
        key=lambda row: (time_of(row, family), row["recorded_at"], row[name]),
    )
    before = [row for row in held if time_of(row, family).date() < time_of(held[-1], family).date()]
    if not before or (days is not None and _age(held[-1], family, as_of) > days):
        return UNKNOWN
    return float(held[-1][name] - before[-1][name])


def _of_one_row(family: Family, rows: list[Row], as_of: datetime, days: int | None, code: str | None) -> float:
    """What the latest (or the first) row says; nothing when there is none, or none inside the window."""
    name = family.value
    rows = [row for row in rows if name is None or row[name] is not None]
    if not rows:
        return UNKNOWN
    key = (
        (lambda row: (time_of(row, family), row["recorded_at"], row[name])) if name else (lambda r: time_of(r, family))
    )
    row = min(rows, key=key) if family.aggregate == "days_since_first" else max(rows, key=key)
    if days is not None and _age(row, family, as_of) > days:
        return UNKNOWN
    if family.aggregate == "last":
        return float(row[str(name)])
    if family.aggregate == "age_years":
        return (as_of - timedelta(days=1)).year - float(row[str(name)])
    if family.aggregate == "is":
        return float(row[str(name)] == code)
    return _age(row, family, as_of)


def _age(row: Row, family: Family, as_of: datetime) -> int:
    return (as_of.date() - time_of(row, family).date()).days


def _start(family: Family, residents: list[Row], as_of: datetime, catalogue: Catalogue) -> datetime | None:
    """The midnight from which absence of the family's rows is known: the client's history, the source's coverage."""
    start = _history_start(residents, as_of, catalogue)
    if start is None or family.coverage is None:
        return start
    home = _latest_stay(residents, as_of)
    first = catalogue.coverage[family.coverage].get(home["municipality"]) if home else None
    return None if first is None else max(start, datetime.combine(first, datetime.min.time()))


def _history_start(residents: list[Row], as_of: datetime, catalogue: Catalogue) -> datetime | None:
    if catalogue.observed_since is not None:
        since = datetime.combine(catalogue.observed_since, datetime.min.time())
        return since if since < as_of else None
    latest = _latest_stay(residents, as_of)
    start: datetime | None = latest["history_start"] if latest else None
    if start is None or start >= as_of:
        return None
    return datetime.combine(start.date(), datetime.min.time())  # the whole first day is observed


def _latest_stay(residents: list[Row], as_of: datetime) -> Row | None:
    known = [row for row in residents if stands(row, as_of) and row["valid_from"] < as_of]
    return max(known, key=lambda row: (row["valid_from"], row["recorded_at"])) if known else None


def _named(relations: list[Row], as_of: datetime) -> set[str]:
    """The named doctor and nurse whose relation covers as_of, as far as was known then."""
    known = [row for row in relations if stands(row, as_of) and row["valid_from"] < as_of]
    named = [row for row in known if row["role"] in ("named_doctor", "named_nurse")]
    return {row["other_id"] for row in named if not has_ended(row, "relations", as_of)}
