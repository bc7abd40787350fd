"""What was known on a day: the one place where a driver's records meet their clocks."""

import pandas as pd


def known_before(records: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The records with `recorded_at < as_of` that no correction recorded before `as_of` has replaced."""
    known = records[records["recorded_at"] < as_of]
    if "superseded_at" in known:
        known = known[~(known["superseded_at"] < as_of)]
    return known
