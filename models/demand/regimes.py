"""Structural breaks: declared spans of time whose values say little of the future, such as 2020–2022.

`exclude`: members learn from a series in which the span is filled from the same season before and after it.
`model`: the span's own level, as a ratio to that filling, is taken out before fitting and put back where a forecast
lies in the span.  `flag`: members see the span as it was.  In all three the span chooses no member, calibrates no
interval, and the back-test is reported with and without it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, model_validator

from configs.loader import StrictConfig

EXCLUDE, FLAG, MODEL = "exclude", "flag", "model"
RATIOS = (0.1, 10.0)  # a level outside this is no level: a closed unit, or a series that had hardly begun


class Regime(StrictConfig):
    """One span [from, to) of period starts, and what is done with it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    first: str = Field(alias="from")
    """ISO date of the first day."""
    after: str | None = Field(default=None, alias="to")
    """ISO date of the first day after it; none = it still lasts."""
    treatment: Literal["exclude", "flag", "model"]

    @model_validator(mode="after")
    def _ordered(self) -> "Regime":
        days = [_day(self.name, one) for one in (self.first, self.after) if one is not None]
        if len(days) == 2 and days[0] >= days[1]:
            raise ValueError(f"the regime `{self.name}` ends on {self.after}, before it begins; swap `from` and `to`")
        return self

    def holds(self, when: pd.Series) -> np.ndarray:
        """Which period starts lie inside."""
        inside = when >= pd.Timestamp(self.first)
        return (inside if self.after is None else inside & (when < pd.Timestamp(self.after))).to_numpy()


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"the regime `{name}` has the date {text!r}; write a day like 2020-03-01") from None


def inside_any(when: pd.Series, regimes: Sequence[Regime]) -> np.ndarray:
    """Which period starts lie in some regime."""
    found = np.zeros(len(when), bool)
    for one in regimes:
        found |= one.holds(when)
    return found


def treated(panel: pd.DataFrame, regimes: Sequence[Regime], season: int) -> pd.DataFrame:
    """The panel (unique_id, ds, y) that members are fitted on.  One that lies wholly in a regime stays as it is."""
    changed = [one for one in regimes if one.treatment != FLAG]
    if not changed:
        return panel
    filled = _filled(panel, inside_any(panel["ds"], changed), season)
    y = panel["y"].to_numpy(float).copy()
    for one in changed:
        here = one.holds(panel["ds"])
        if one.treatment == MODEL:
            ratio = panel["unique_id"].map(_ratios(panel, filled, here)).to_numpy(float)
            y[here] = (y / ratio)[here]
        else:
            y[here] = filled[here]
    return panel.assign(y=y)


def restored(
    forecasts: pd.DataFrame, panel: pd.DataFrame, regimes: Sequence[Regime], season: int, columns: Sequence[str]
) -> pd.DataFrame:
    """Forecasts (unique_id, ds, `columns`) with a modelled regime's level put back on the periods that lie in it."""
    modelled = [one for one in regimes if one.treatment == MODEL and one.holds(forecasts["ds"]).any()]
    if not modelled:
        return forecasts
    filled = _filled(panel, inside_any(panel["ds"], [one for one in regimes if one.treatment != FLAG]), season)
    factor = np.ones(len(forecasts))
    for one in modelled:
        ratios = forecasts["unique_id"].map(_ratios(panel, filled, one.holds(panel["ds"]))).to_numpy(float)
        factor = np.where(one.holds(forecasts["ds"]), factor * ratios, factor)
    return forecasts.assign(**{name: forecasts[name].to_numpy(float) * factor for name in columns})


def _filled(panel: pd.DataFrame, inside: np.ndarray, season: int) -> np.ndarray:
    """The values with those inside drawn on a line from the same season before to that after; else the nearest."""
    known = panel["y"].where(~inside)
    position = panel.groupby("unique_id").cumcount() % season
    same_season = known.groupby([panel["unique_id"], position])
    drawn = same_season.transform(lambda y: y.interpolate(limit_direction="both"))
    whole = drawn.groupby(panel["unique_id"]).transform(lambda y: y.interpolate(limit_direction="both"))
    return whole.fillna(panel["y"]).to_numpy(float)


def _ratios(panel: pd.DataFrame, filled: np.ndarray, here: np.ndarray) -> pd.Series:
    """unique_id → level inside a regime over the level that its filling has; 1 where either is nothing."""
    inside = pd.DataFrame({"unique_id": panel["unique_id"], "y": panel["y"].where(here), "filled": filled})
    inside.loc[~here, "filled"] = np.nan
    sums = inside.groupby("unique_id")[["y", "filled"]].sum()
    ratio = (sums["y"] / sums["filled"].where(sums["filled"] > 0)).where(sums["y"] > 0)
    return ratio.fillna(1.0).clip(*RATIOS)
