"""A scenario applied to a forecast: base, scenario and difference beside each other, coherent in every sum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from configs.errors import ConfigError
from models.planning.ages import AgeStructure
from models.planning.base import LEVELS, MEASURE, Base, PlanSeries
from models.planning.scenarios import words
from models.planning.scenarios.capacity import capacity_table
from models.planning.scenarios.config import Estimate, Scenario
from models.planning.scenarios.effects import effects_of
from models.planning.scenarios.ground import Effect, Ground, Moved, Pick, Rerun, check, matches
from models.planning.scenarios.named import with_ids
from models.planning.scenarios.when import begins_after
from models.planning.sums import Parts, add_up, parts_of
from models.texts import Text

NOTHING = 1e-9
TO_95 = 1.959964 / 1.281552
"""An 80 % half-width times this is a 95 % one, for a normal error."""


@dataclass(frozen=True)
class ScenarioResult:
    """What a scenario makes of a forecast.

    `table`: `series_id, ds, step, base, base_low80 … base_high95, value, low80 … high95, difference,
    difference_low80 … difference_high95`, in the series' units.  Values of sums are the sums of their parts' values.
    `steps`: `series_id, ds, change, difference`, the difference by change (place in `changes`); they add up to the
    whole difference.  `outside`: `ds, measure, change, what, value`, demand that left the forecast series.
    `capacity`: `area, ds, demand_base, demand, hours_base, hours`, empty when nothing is known of staffed hours.
    """

    scenario: Scenario
    changes: tuple[Text, ...]
    table: pd.DataFrame
    steps: pd.DataFrame
    outside: pd.DataFrame
    capacity: pd.DataFrame
    said: tuple[Text, ...]

    @property
    def id(self) -> str:
        """The scenario's id."""
        return self.scenario.id


def apply(
    scenario: Scenario,
    base: Base,
    structure: AgeStructure | None = None,
    rerun: Rerun | None = None,
    capacity: Mapping[str, float] | None = None,
) -> ScenarioResult:
    """The scenario's result on a published forecast.

    `structure` is the population by age with its need; without one, population changes must cover whole age groups.
    `rerun` asks the forecasting member itself what a changed population does.  `capacity` is staffed hours per period
    by area.  Raises ConfigError when the scenario names what the forecast does not have.
    """
    scenario = with_ids(scenario, base)
    check(scenario.scope, base, "scope")
    late = begins_after(scenario, base.span)
    if late is not None:
        raise ConfigError(late)
    parts = parts_of(base)
    ground = Ground(base, parts, structure, matches(scenario.scope, base, parts.ids), rerun)
    effects = effects_of(scenario, ground)
    chain = _chain(effects, parts.values, _value)
    after = chain[-1].values if chain else parts.values
    swings = [_swing(effects, parts.values, after, group) for one in effects for group in _open(one)]
    return ScenarioResult(
        scenario=scenario,
        changes=tuple(one.name for one in effects),
        table=_table(base, parts, after, swings),
        steps=_steps(base, parts, chain),
        outside=_outside(base, parts, effects, chain),
        capacity=capacity_table(scenario, base, parts, after, capacity or {}),
        said=_said(effects, _early_starts(scenario, parts.dates)),
    )


def _value(one: Estimate) -> float:
    return one.value


def _chain(effects: Sequence[Effect], values: np.ndarray, pick: Pick) -> list[Moved]:
    """Part values after each effect in turn."""
    chain: list[Moved] = []
    for one in effects:
        moved = one.act(chain[-1].values if chain else values, pick)
        chain.append(replace(moved, values=np.maximum(moved.values, 0.0)))
    return chain


def _open(effect: Effect) -> list[tuple[Estimate, ...]]:
    return [group for group in effect.uncertain if any(one.is_uncertain for one in group)]


def _swing(
    effects: Sequence[Effect], values: np.ndarray, after: np.ndarray, group: tuple[Estimate, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """How part values differ when one group of numbers is at its low and at its high end, all others in the middle."""

    def end(side: str) -> Pick:
        return lambda one: getattr(one, side if any(one is member for member in group) else "value")

    low, high = (_chain(effects, values, end(side))[-1].values - after for side in ("low", "high"))
    return low, high


def _table(
    base: Base, parts: Parts, after: np.ndarray, swings: Sequence[tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    table = base.forecast[["series_id", "ds", "step", "value", *LEVELS]].reset_index(drop=True)
    table = table.rename(columns={name: f"base_{name}" for name in LEVELS} | {"value": "base"})
    values = _told(add_up(parts, after, _series(base)), table)
    down2, up2 = np.zeros(len(table)), np.zeros(len(table))
    for ends in swings:
        low, high = (_told(add_up(parts, end, _series(base)), table) for end in ends)
        down2 += np.minimum(np.minimum(low, high), 0.0) ** 2
        up2 += np.maximum(np.maximum(low, high), 0.0) ** 2
    return _with_intervals(table, values, np.sqrt(down2), np.sqrt(up2))


def _with_intervals(table: pd.DataFrame, values: np.ndarray, down: np.ndarray, up: np.ndarray) -> pd.DataFrame:
    """The scenario's numbers beside the base.

    The forecast's error keeps its relative width; the scenario's own uncertainty (80 % half-widths `down`, `up`) is
    independent of it, so their squares add.
    """
    base = table["base"].to_numpy(float)
    ratio = np.divide(values, base, out=np.ones_like(values), where=base > 0)
    change = np.divide(values - base, base, out=np.zeros_like(values), where=base > 0)
    table = table.assign(value=values, difference=values - base)
    for level, stretch in (("80", 1.0), ("95", TO_95)):
        below = base - table[f"base_low{level}"].to_numpy(float)
        above = table[f"base_high{level}"].to_numpy(float) - base
        table[f"low{level}"] = np.maximum(values - np.hypot(ratio * below, down * stretch), 0.0)
        table[f"high{level}"] = values + np.hypot(ratio * above, up * stretch)
        under, over = np.where(change >= 0, below, above), np.where(change >= 0, above, below)
        table[f"difference_low{level}"] = table["difference"] - np.hypot(change * under, down * stretch)
        table[f"difference_high{level}"] = table["difference"] + np.hypot(change * over, up * stretch)
    return table


def _series(base: Base) -> tuple[PlanSeries, ...]:
    known = set(base.forecast["series_id"])
    return tuple(one for one in base.series if one.series_id in known)


def _told(sums: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """The sums in the order of the table's rows."""
    rows, columns = (
        sums.index.get_indexer(pd.Index(table["series_id"])),
        sums.columns.get_indexer(pd.Index(table["ds"])),
    )
    return np.asarray(sums.to_numpy(float)[rows, columns], float)


def _steps(base: Base, parts: Parts, chain: Sequence[Moved]) -> pd.DataFrame:
    before, found = parts.values, []
    keys = base.forecast[["series_id", "ds"]].reset_index(drop=True)
    for number, moved in enumerate(chain):
        difference = _told(add_up(parts, moved.values - before, _series(base)), keys)
        found.append(keys.assign(change=number, difference=difference))
        before = moved.values
    return pd.concat(found, ignore_index=True) if found else keys.iloc[:0].assign(change=0, difference=0.0)


def _outside(base: Base, parts: Parts, effects: Sequence[Effect], chain: Sequence[Moved]) -> pd.DataFrame:
    """By measure, because visits and hours do not add up."""
    measures = np.array([base.parts[part].get(MEASURE, "") for part in parts.ids])
    rows = [
        (when, measure, number, effect.outside, float(value))
        for number, (effect, moved) in enumerate(zip(effects, chain, strict=True))
        if moved.outside is not None
        for measure in sorted(set(measures))
        for when, value in zip(parts.dates, np.nansum(moved.outside[measures == measure], axis=0), strict=True)
        if abs(value) > NOTHING
    ]
    return pd.DataFrame(rows, columns=["ds", "measure", "change", "what", "value"])


def _early_starts(scenario: Scenario, dates: pd.DatetimeIndex) -> list[Text]:
    """What a scenario begins before the forecast does: the forecast may know it already."""
    first = dates.min().date()
    starts = [one.starts for one in scenario.supply] + [one.starts for one in scenario.early_support]
    starts += [one.starts for one in scenario.channel_shift]
    said = [words.STARTED] if any(one < first for one in starts) else []
    return [*said, words.OLD_BASE] if scenario.population and first.year - scenario.base_year > 2 else said


def _said(effects: Sequence[Effect], warned: Sequence[Text]) -> tuple[Text, ...]:
    told = [*warned, *(text for one in effects for text in one.said)]
    once = [text for place, text in enumerate(told) if text not in told[:place]]
    return (*once, words.INTERVAL)
