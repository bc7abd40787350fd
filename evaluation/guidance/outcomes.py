"""What began after a guidance, and how soon."""

import numpy as np
import pandas as pd

NOTHING = -1
"""No service of the classes began within the follow-up."""


def first_started(cases: pd.DataFrame, begun: pd.DataFrame, follow_days: int) -> pd.DataFrame:
    """The cases with `started` (number of the class, NOTHING) and `days` until then (NaN).

    Of several services that began on the same day the heaviest is the one that is told.  What happened on the day of
    the guidance itself may be its occasion; only later days are counted.
    """
    numbered = cases.assign(case=np.arange(len(cases)))
    joined = numbered[["case", "client_id", "time"]].merge(begun[["client_id", "level", "start"]], on="client_id")
    wait = (joined["start"].dt.normalize() - joined["time"].dt.normalize()).dt.days
    later = joined.assign(days=wait)[(wait >= 1) & (wait < follow_days)]
    first = later.sort_values(["case", "days", "level"], ascending=[True, True, False], kind="stable")
    first = first.drop_duplicates("case").set_index("case")
    return cases.assign(
        started=first["level"].reindex(numbered["case"]).fillna(NOTHING).astype(int).to_numpy(),
        days=first["days"].reindex(numbered["case"]).to_numpy(np.float64),
    )
