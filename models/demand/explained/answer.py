"""The explanation of one series as a planner reads it: names, values in visits or hours, sentences."""

from dataclasses import dataclass

import pandas as pd

from configs.errors import ModelError
from features.panel.periods import Period
from models.demand.explained.references import YEAR
from models.demand.explained.table import GROUPS, POPULATION
from models.demand.explained.words import AGEING, NAMES, base_sentence, group_sentence, remainder_sentence
from models.texts import Text

LARGEST_REMAINDER = 0.2
"""Of the distance from the naive forecast; a larger remainder is said aloud (own assumption of the requirements)."""


@dataclass(frozen=True)
class GroupShare:
    """What one group adds to the forecast (negative: takes away), in the unit of the series per period."""

    group: str
    name: Text
    value: float
    """Mean over the horizon."""
    values: tuple[float, ...]
    """Per step ahead."""
    sentence: Text


@dataclass(frozen=True)
class ForecastExplanation:
    """Why a forecast is what it is: base + Σ groups + remainder = shown number, at every step and in the mean."""

    series_id: str
    unit: Text
    periods: tuple[str, ...]
    """First days (ISO)."""
    shown: float
    base: float
    """The naive forecast: mean of the reference year."""
    remainder: float
    shown_values: tuple[float, ...]
    base_values: tuple[float, ...]
    remainder_values: tuple[float, ...]
    groups: tuple[GroupShare, ...]
    """Largest mean first."""
    not_explained: float
    """Σ |remainder| / Σ |shown − base| over the steps; 0 when both are nothing."""
    base_sentence: Text
    remainder_sentence: Text
    """Empty unless `not_explained` is above 20 %."""


def explanation_of(
    table: pd.DataFrame, series_id: str, unit: Text, period: Period, older: bool = False
) -> ForecastExplanation:
    """The explanation of one series out of `explained.table.explanations`.  Raises ModelError for an unknown one.

    `older`: the series is of older people only, so that more of them means that the population ages.
    """
    rows = table[table["series_id"] == series_id].sort_values("step")
    if rows.empty:
        raise ModelError("There is no explanation of such a forecast series. Choose one of the listed series.")
    groups = sorted((_group(rows, name, unit, older) for name in GROUPS), key=lambda one: -abs(one.value))
    base, remainder, share = float(rows["base"].mean()), float(rows["remainder"].mean()), _not_explained(rows)
    return ForecastExplanation(
        series_id=series_id,
        unit=unit,
        periods=tuple(when.date().isoformat() for when in rows["ds"]),
        shown=float(rows["value"].mean()),
        base=base,
        remainder=remainder,
        shown_values=_tuple(rows["value"]),
        base_values=_tuple(rows["base"]),
        remainder_values=_tuple(rows["remainder"]),
        groups=tuple(groups),
        not_explained=share,
        base_sentence=base_sentence(base, unit, int(rows["reference"].iloc[0]), YEAR[period], period),
        remainder_sentence=remainder_sentence(remainder, share, unit) if share > LARGEST_REMAINDER else {},
    )


def _group(rows: pd.DataFrame, group: str, unit: Text, older: bool) -> GroupShare:
    value = float(rows[group].mean())
    name = AGEING if group == POPULATION and older and value > 0 else NAMES[group]
    return GroupShare(group, name, value, _tuple(rows[group]), group_sentence(name, value, unit))


def _not_explained(rows: pd.DataFrame) -> float:
    distance = float((rows["value"] - rows["base"]).abs().sum())
    left = float(rows["remainder"].abs().sum())
    if distance == 0:
        return 1.0 if left > 0 else 0.0
    return left / distance


def _tuple(values: pd.Series) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
