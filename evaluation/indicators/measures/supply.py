"""Measures of appointment books and units: no client stands in these rows."""

import numpy as np
import pandas as pd

from evaluation.indicators.kinds import Clock, NthFree, SlotWait, UnitsWith
from evaluation.indicators.measures.clocks import days_between, working_days_to
from evaluation.indicators.measures.parts import nothing, parts
from evaluation.indicators.periods import Span
from features.selection import matches
from features.tables import TABLES


def slot_wait(slots: pd.DataFrame, spec: SlotWait, span: Span, clock: Clock) -> pd.DataFrame:
    """Booked times of the period, their unit as `place`; a centre is a case when enough of its times are within."""
    own = slots[slots["profession"].isin(spec.professions) & slots["taken_at"].notna()]
    own = own[(own["slot_at"] >= span.start) & (own["slot_at"] < span.end)]
    if own.empty:
        return nothing()
    within = days_between(own["taken_at"], own["slot_at"], clock) <= spec.limit
    units = own["unit"].astype(object).to_numpy()
    if spec.per == "slot":
        return parts(own["slot_id"].astype(object).to_numpy(), within).assign(place=units)
    shares = parts(units, within).groupby("who", as_index=False)["num"].mean()
    return placed(parts(shares["who"], shares["num"] >= spec.centre_share))


def nth_free(slots: pd.DataFrame, spec: NthFree, span: Span, as_of: pd.Timestamp) -> pd.DataFrame:
    """Working days from each looked-at midnight to the n-th free time of each unit; missing where there is none.

    Free at a midnight: opened before it, not booked before it, and not past.  `who` is the day that was looked at.
    """
    own = slots[slots["profession"] == spec.profession]
    units = sorted(own.loc[own["offered_at"] < span.end, "unit"].astype(object).unique())
    looks = pd.date_range(span.start, span.end, freq=f"{spec.every}D", inclusive="left")
    found = [nothing()]
    for day in looks[looks <= as_of]:
        free = own[(own["offered_at"] < day) & ~(own["taken_at"] < day) & (own["slot_at"] >= day)]
        ordered = free.sort_values("slot_at", kind="stable")
        place = ordered.groupby(ordered["unit"].astype(object)).cumcount()
        nth = ordered[(place == spec.nth - 1).to_numpy()]
        days = dict(zip(nth["unit"].astype(object), working_days_to(day, nth["slot_at"]), strict=True))
        has = np.array([unit in days for unit in units])
        waits = [days.get(unit, 0.0) for unit in units]
        found.append(parts(f"{day:%Y-%m-%d}", waits, has, ~has).assign(place=units) if units else nothing())
    return pd.concat(found, ignore_index=True)


def units_with(rows: pd.DataFrame, spec: UnitsWith, span: Span) -> pd.DataFrame:
    """Units (of the year before) whose code begins so; a case when one has a fitting row in the last days."""
    time = TABLES[spec.table].time
    year = rows[(rows[time] < span.end) & (rows[time] >= span.end - pd.DateOffset(years=1))]
    units = sorted(unit for unit in year["unit"].astype(object).dropna().unique() if unit.startswith(spec.prefix))
    recent = year[(year[time] >= span.end - pd.Timedelta(days=spec.within_days)).to_numpy() & matches(year, spec.of)]
    has = set(recent["unit"].astype(object))
    return placed(parts(np.array(units, object), [unit in has for unit in units]))


def placed(frame: pd.DataFrame) -> pd.DataFrame:
    """Units as their own places."""
    return frame.assign(place=frame["who"])
