"""The forecast of one series by a longer period than its own: days as weeks and months, weeks as months."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from features.panel.periods import Period, all_between, following
from models.answers import ForecastAnswer, ForecastPoint
from models.demand.coherence.temporal import TO_THURSDAY, holding
from models.demand.config import Measure
from models.texts import LANGUAGES, Text

SHOWN: Mapping[Period, int] = {"day": 84, "week": 104, "month": 24}
"""Past periods that are shown."""
PER: Mapping[Period, Text] = {
    "day": {"fi": "päivässä", "sv": "per dag", "en": "a day"},
    "week": {"fi": "viikossa", "sv": "per vecka", "en": "a week"},
    "month": {"fi": "kuukaudessa", "sv": "per månad", "en": "a month"},
}
MONTH_OF_WEEKS: Text = {
    "fi": "Kuukausi on ne viikot, joiden torstai on siinä: neljä tai viisi viikkoa.",
    "sv": "Månaden är de veckor vars torsdag ligger i den: fyra eller fem veckor.",
    "en": "A month is the weeks whose Thursday lies in it: four or five weeks.",
}
NUMBERS = ("value", "low80", "high80", "low95", "high95")


def by_longer(
    answer: ForecastAnswer,
    rows: pd.DataFrame,
    seen: pd.Series,
    measure: Measure,
    base: Period,
    period: Period,
    expected: Mapping[str, float],
) -> ForecastAnswer:
    """The answer of a series by `period`.  `rows`: its forecast `ds, step, value, low80 … high95` by that period;
    `seen`: observed values by base period; `expected`: its back-test by the longer period."""
    past = summed_history(seen, period, base)
    notice = answer.notice
    if (base, period) == ("week", "month"):
        notice = {code: f"{notice[code]} {MONTH_OF_WEEKS[code]}" for code in LANGUAGES}
    return replace(
        answer,
        unit=unit_per(measure, period, base),
        period=period,
        backtest=dict(expected),
        history=tuple((str(when)[:10], float(value)) for when, value in past.iloc[-SHOWN[period] :].items()),
        points=tuple(_point(row, seen, past, base, period) for row in rows.sort_values("step").to_dict("records")),
        notice=notice,
    )


def unit_per(measure: Measure, period: Period, base: Period) -> Text:
    """The unit of sums over a period: that of the config with the other period, else the measure's name a period."""
    unit, name = measure.unit.as_text(), measure.name.as_text()
    if all(unit[code].endswith(PER[base][code]) for code in LANGUAGES):
        return {code: unit[code].removesuffix(PER[base][code]) + PER[period][code] for code in LANGUAGES}
    return {code: f"{name[code]} {PER[period][code]}" for code in LANGUAGES}


def summed_history(seen: pd.Series, period: Period, base: Period) -> pd.Series:
    """Observed values by a longer period, indexed by its first day; only periods that were observed whole."""
    if seen.empty:
        return seen
    first, last = seen.index.min(), seen.index.max()
    every = seen.reindex(all_between(first, last, base))
    held = holding(pd.Series(every.index), period, base)
    held.index = every.index
    sums = every.groupby(held).agg(lambda values: values.sum(skipna=False)).dropna()
    before = first - (following(first, base) - first if base != "month" else pd.DateOffset(months=1))
    partly = holding(pd.Series([before, following(last, base)]), period, base)
    return sums[~sums.index.isin(partly)]


def summed_reasons(table: pd.DataFrame, starts: pd.DatetimeIndex, period: Period, base: Period) -> pd.DataFrame:
    """One series' explanation (`explained.table.COLUMNS`) by a longer period: every share is a sum of its steps."""
    held = holding(table["ds"], period, base)
    rows = table.assign(ds=held)[held.isin(starts).to_numpy()]
    shares = [name for name in rows.columns if name not in {"series_id", "ds", "step", "reference"}]
    summed = rows.groupby(["series_id", "ds"])[shares].sum().reset_index()
    return summed.assign(step=range(1, len(summed) + 1), reference=rows["reference"].iloc[0])


def year_before(when: pd.Timestamp, period: Period) -> pd.Timestamp:
    """Last year's same month, or the same weekday 52 weeks ago."""
    return when - pd.DateOffset(years=1) if period == "month" else when - pd.Timedelta(weeks=52)


def _point(row: Mapping[Any, Any], seen: pd.Series, past: pd.Series, base: Period, period: Period) -> ForecastPoint:
    when = pd.Timestamp(row["ds"])
    numbers = {name: float(row[name]) for name in NUMBERS}
    last_year = _weeks_before(when, seen) if (base, period) == ("week", "month") else _before(when, past, period)
    return ForecastPoint(period_start=when.date().isoformat(), last_year=last_year, **numbers)


def _before(when: pd.Timestamp, past: pd.Series, period: Period) -> float | None:
    before = year_before(when, period)
    return float(past[before]) if before in past.index else None


def _weeks_before(month: pd.Timestamp, seen: pd.Series) -> float | None:
    """The month's own weeks, 52 weeks earlier: last year's month may have another number of weeks."""
    days = pd.date_range(month, following(month, "month"), freq="D", inclusive="left")
    weeks = days[days.weekday == TO_THURSDAY.days] - TO_THURSDAY - pd.Timedelta(weeks=52)
    found = seen.reindex(weeks)
    return None if found.isna().any() else float(found.sum())
