"""To whom a stay is counted: the client's area, segment and vulnerable groups on the day the stage was entered.

Only what was known by then counts: a segment or diagnosis recorded later changes no earlier stay.
"""

from datetime import date

import numpy as np
import pandas as pd

from features.flow.chain import UNKNOWN, Chain, Group
from features.flow.known_rows import ChainRows
from features.known import known_at, row_knowledge
from features.tables import TABLES
from features.windows import NEVER, day_numbers, year_numbers

GROUP = "group_"


def with_belonging(chain: Chain, rows: ChainRows, stays: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Adds `area`, `segment` and one flag `group_<id>` per group."""
    residents = known_at(TABLES["residents"], rows.residents, as_of)
    found = stays.assign(
        area=_areas(stays, residents),
        segment=_segments(chain, rows, stays, as_of),
    )
    flags = {GROUP + group.id: _in_group(group, rows, stays, as_of) for group in chain.groups}
    return found.assign(**flags)


def _segments(chain: Chain, rows: ChainRows, stays: pd.DataFrame, as_of: date) -> np.ndarray:
    """The newest segment whose record was known when the stage was entered."""
    if chain.segment_scheme is None:
        return np.full(len(stays), UNKNOWN, object)
    table = TABLES["segment_records"]
    facts = known_at(table, rows.segments, as_of)
    return _filled(_newest(stays, facts["client_id"], row_knowledge(table, facts).first, facts["segment"]))


def _areas(stays: pd.DataFrame, residents: pd.DataFrame) -> np.ndarray:
    """Where the client lived that day; the first home known stands in before it."""
    homes, since = residents["municipality"], day_numbers(residents["valid_from"].to_numpy())
    order = np.argsort(since, kind="stable")
    first = pd.Series(homes.to_numpy(object)[order], index=residents["client_id"].to_numpy(object)[order])
    first = first[~first.index.duplicated()]
    found = _newest(stays, residents["client_id"], since, homes)
    return _filled(np.where(pd.isna(found), stays["client_id"].map(first).to_numpy(object), found))


def _newest(stays: pd.DataFrame, client: pd.Series, since: np.ndarray, value: pd.Series) -> np.ndarray:
    """The client's value with the latest `since` at or before the day the stay began; missing without one."""
    facts = pd.DataFrame(
        {"client_id": client.to_numpy(object), "day": since.astype(np.int64), "value": value.to_numpy(object)}
    )
    facts = facts.dropna(subset=["value"]).sort_values("day", kind="stable")
    asked = pd.DataFrame({"client_id": stays["client_id"].to_numpy(object), "day": stays["entered"].to_numpy(np.int64)})
    asked = asked.assign(row=np.arange(len(asked))).sort_values("day", kind="stable")
    return pd.merge_asof(asked, facts, on="day", by="client_id").sort_values("row")["value"].to_numpy(object)


def _filled(found: np.ndarray) -> np.ndarray:
    return np.where(pd.isna(found), UNKNOWN, found)


def _in_group(group: Group, rows: ChainRows, stays: pd.DataFrame, as_of: date) -> np.ndarray:
    """True where a row of the group was known when the stage was entered, and the age was reached."""
    table, facts = TABLES[group.table], rows.groups[group.id]
    facts = known_at(table, facts, as_of)
    known = pd.Series(row_knowledge(table, facts).first, index=facts["client_id"].to_numpy())
    if group.table == "residents":
        known[:] = -NEVER  # who somebody is, not what happened to them
    first = known.groupby(level=0).min()
    since = stays["client_id"].map(first).fillna(NEVER).to_numpy(np.int64)
    inside = since <= stays["entered"].to_numpy(np.int64)
    return inside if group.age_from is None else inside & _is_old(group.age_from, rows, stays)


def _is_old(age_from: int, rows: ChainRows, stays: pd.DataFrame) -> np.ndarray:
    born = rows.residents.dropna(subset=["birth_year"]).groupby("client_id")["birth_year"].first()
    age = year_numbers(stays["entered"].to_numpy(np.int64)) - stays["client_id"].map(born).to_numpy(float)
    return np.asarray(age >= age_from)
