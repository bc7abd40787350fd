"""Cases: a client was guided somewhere at a time; by the professional's own choice, or by the table of the segment."""

import pandas as pd

from models.segments.routing import RoutingTable

CHOSEN, BY_SEGMENT = "professional", "segment"
NO_SEGMENT = "none"
COLUMNS = ["client_id", "time", "segment", "recommended", "by", "provider"]


def guided(decisions: pd.DataFrame, records: pd.DataFrame, routing: RoutingTable, scheme: str) -> pd.DataFrame:
    """client_id, time, segment, recommended (a target of the table), by, provider: one row a guidance.

    A decision that names a target is the professional's choice.  Every other confirmed segment recommends the first
    target of its segment.  A record on the day of a decision of the same client is the same guidance and counts once.
    """
    confirmed = decisions[decisions["segment"].notna() | decisions["routing_target"].notna()]
    own = _rows(confirmed, routing, confirmed["routing_target"])
    recorded = records[(records["scheme"].astype(object) == scheme) & records["segment"].notna()]
    told = _rows(recorded, routing, pd.Series(None, index=recorded.index, dtype=object))
    both = pd.concat([own, told], ignore_index=True)
    both["day"] = both["time"].dt.normalize()
    both = both.drop_duplicates(["client_id", "day"], keep="first")
    return both.sort_values(["client_id", "time"], kind="stable")[COLUMNS].reset_index(drop=True)


def followed(cases: pd.DataFrame, follow_days: int, until: pd.Timestamp) -> pd.DataFrame:
    """The cases whose follow-up has ended, without those that fall into an earlier one of the same client."""
    span = pd.Timedelta(days=follow_days)
    ended = cases[cases["time"] + span < until].sort_values(["client_id", "time"], kind="stable")
    kept: list[object] = []
    last: dict[str, pd.Timestamp] = {}
    for place, client, time in zip(ended.index, ended["client_id"], ended["time"], strict=True):
        if client not in last or time - last[client] >= span:
            kept.append(place)
            last[client] = time
    return ended.loc[kept].reset_index(drop=True)


def _rows(frame: pd.DataFrame, routing: RoutingTable, target: pd.Series) -> pd.DataFrame:
    segment = frame["segment"].astype(object).fillna(NO_SEGMENT)
    first = segment.map(lambda one: routing.segments.get(one, routing.otherwise).targets[0])
    return pd.DataFrame(
        {
            "client_id": frame["client_id"].astype(object),
            "time": frame["time"],
            "segment": segment,
            "recommended": target.astype(object).fillna(first),
            "provider": frame["legacy_org"].astype(object),
            "by": target.notna().map({True: CHOSEN, False: BY_SEGMENT}),
        }
    )
