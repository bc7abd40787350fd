"""When each case reached each phase of the client's path, as far as it was known."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from features.flow.chain import Chain, FirstRow
from features.flow.known_rows import ChainRows
from features.known import known_at
from features.tables import TABLES


def reached_phases(chain: Chain, rows: ChainRows, spells: pd.DataFrame, as_of: date) -> Mapping[str, pd.Series]:
    """Phase → day it was first reached, by case; cases that did not reach it are absent.  Of what happened before the
    last midnight that the spells know (`as_of`)."""
    found = {}
    for phase, at in chain.phases.items():
        if at.first is not None:
            found[phase] = _first_row(at.first, rows.phases[phase], spells, as_of)
        else:
            found[phase] = spells[spells["stage"] == at.stage].groupby("case")[at.when].min().dropna()
    return found


def _first_row(rule: FirstRow, rows: pd.DataFrame, spells: pd.DataFrame, as_of: date) -> pd.Series:
    table = TABLES[rule.table]
    known = known_at(table, rows, as_of)
    days = pd.DataFrame({"client_id": known["client_id"].to_numpy(object), "day": known[table.time].dt.normalize()})
    entered = spells[spells["stage"] == rule.after].groupby("case").agg(
        client_id=("client_id", "first"), since=("entered", "min")
    )  # fmt: skip
    both = entered.reset_index().merge(days.dropna().astype({"day": "datetime64[ns]"}), on="client_id")
    later = (both["day"] - both["since"]).dt.days
    near = both[(later >= rule.after_days) & (later <= rule.within_days)]
    return near.groupby("case")["day"].min()
