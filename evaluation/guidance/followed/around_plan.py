"""Frequent users' visits before and after a plan, beside frequent users who got none.

Who is chosen for many visits has fewer afterwards in any case (regression to the mean), so the change is told only
beside that of frequent users without a plan over the same quarters; it is never said to be caused by the plan.
"""

from typing import Any, Final

import numpy as np
import pandas as pd

from evaluation.guidance.settings import AroundPlan, FrequentUsers
from evaluation.guidance.transitions import left_on, quarter_starts
from evaluation.metrics import bootstrap
from models.small_cells import SMALLEST_CELL

PLAN, NO_PLAN = "plan", "no_plan"
COLUMNS = ["client_id", "group", "before", "after"]
SECONDS: Final = "datetime64[s]"
ONE_DAY = pd.Timedelta(days=1)


def around_plans(
    tables: dict[str, pd.DataFrame], frequent: FrequentUsers, wanted: AroundPlan, quarters: int, until: pd.Timestamp
) -> pd.DataFrame:
    """client_id, group, before, after: visits in the days before and after the plan began, or after a quarter began.

    Everybody was a frequent user on that day, and lived in the county until the days after it were over.
    """
    contacts, starts = tables["contacts"], quarter_starts(until.date(), quarters)
    mine = (contacts["status"].astype(object) == "done") & (contacts["urgency"].astype(object) == frequent.urgency)
    visits = contacts.loc[mine, ["client_id", "time"]].assign(client_id=contacts["client_id"].astype(object))
    plans = tables["plans"][tables["plans"]["kind"].astype(object).isin(wanted.kinds)]
    plans = plans[["client_id", "valid_from", "valid_to"]].assign(client_id=plans["client_id"].astype(object))
    begun = pd.DataFrame({"client_id": plans["client_id"], "day": plans["valid_from"].astype(SECONDS), "group": PLAN})
    asked = pd.concat([begun, _without(visits, plans, starts, wanted.days)], ignore_index=True)
    span = pd.Timedelta(days=wanted.days)
    gone = asked["client_id"].map(left_on(tables["residents"]))
    asked = asked[(asked["day"] >= starts[0]) & (asked["day"] + span <= until) & ~(gone < asked["day"] + span)]
    counted = _counted(asked.reset_index(drop=True), visits, frequent.days, wanted.days)
    often = counted[counted["year"] >= frequent.visits].sort_values("day", kind="stable")
    return often.drop_duplicates(["client_id", "group"])[COLUMNS].reset_index(drop=True)


def compared_plans(found: pd.DataFrame, repeats: int = 200) -> dict[str, Any]:
    """Visits per client before and after in both groups, and the difference of the changes with its 95 % interval."""
    people = {name: int((found["group"] == name).sum()) for name in (PLAN, NO_PLAN)}
    enough = min(people.values()) >= SMALLEST_CELL
    shown = {name: n if n >= SMALLEST_CELL or n == 0 else None for name, n in people.items()}
    if not enough:
        return {"clients": shown, "groups": None, "difference": None, "low": None, "high": None}
    groups = {name: _means(found[found["group"] == name]) for name in people}
    bounds = bootstrap(found["client_id"].to_numpy(object), lambda rows: _difference(found.iloc[rows]), repeats)
    ends = {"low": bounds.low if bounds else None, "high": bounds.high if bounds else None}
    return {"clients": shown, "groups": groups, "difference": _difference(found), **ends}


def _without(visits: pd.DataFrame, plans: pd.DataFrame, starts: list[pd.Timestamp], days: int) -> pd.DataFrame:
    """Every quarter's first day of each client with a visit, unless a plan held then or began in the days after."""
    clients = pd.DataFrame({"client_id": visits["client_id"].unique()})
    asked = clients.merge(pd.DataFrame({"day": pd.Series(starts[:-1]).astype(SECONDS)}), how="cross")
    joined = asked.reset_index().merge(plans, on="client_id")
    span = pd.Timedelta(days=days)
    held = (joined["valid_from"] <= joined["day"] + span) & ~(joined["valid_to"] <= joined["day"])
    return asked.drop(index=joined.loc[held, "index"].unique().tolist()).assign(group=NO_PLAN)


def _counted(asked: pd.DataFrame, visits: pd.DataFrame, chosen_days: int, days: int) -> pd.DataFrame:
    """`asked` with `year` (visits in the days that make a frequent user), `before` and `after`."""
    joined = asked.reset_index().merge(visits, on="client_id")
    gap = (joined["time"].dt.normalize() - joined["day"]) // ONE_DAY
    masks = {"year": (gap < 0) & (gap >= -chosen_days), "before": (gap < 0) & (gap >= -days),
             "after": (gap >= 0) & (gap < days)}  # fmt: skip
    sums = {
        name: joined.loc[mask, "index"].value_counts().reindex(asked.index).fillna(0).astype(int)
        for name, mask in masks.items()
    }
    return asked.assign(**sums)


def _means(rows: pd.DataFrame) -> dict[str, float]:
    return {"before": float(rows["before"].mean()), "after": float(rows["after"].mean())}


def _difference(rows: pd.DataFrame) -> float:
    changes = (rows["after"] - rows["before"]).to_numpy(np.float64)
    planned = (rows["group"] == PLAN).to_numpy()
    if planned.all() or not planned.any():
        return float("nan")
    return float(changes[planned].mean() - changes[~planned].mean())
