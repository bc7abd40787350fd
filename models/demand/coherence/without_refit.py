"""Coherent forecasts of daily (or other) panels with members fitted once: choice, residual windows, points, intervals.

The member is chosen on windows after the part it was fitted on.  Residual windows come from the same constants, without
refitting: from trees only on periods they have not learned from; from the rhythm and naive members, which have a few
constants for years of data, from the whole history after a warm-up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from configs.errors import ModelError
from configs.loader import StrictConfig
from models.demand.coherence.config import METHODS, Method
from models.demand.coherence.publish import CoherentForecast, coherent_forecast
from models.demand.coherence.reconcile import MOST_FOR_MINT, Coherence, fit_coherence
from models.demand.coherence.summing import Summing
from models.demand.coherence.unrefitted import TREES, OnceFitted, Unrefitted, fit_once
from models.demand.coherence.windows import Windows, known_mean, residual_windows, scales
from models.demand.config import DemandConfig
from models.demand.forecasters.matrix import PanelMatrix

CHOICE_THIN = 4
"""Every so many origins choose the member: enough, and trees are slow to ask."""


class OriginPlan(StrictConfig):
    """Which origins the residual windows begin at."""

    warm_up: int = Field(default=365, ge=1)
    """Periods known at the first origin."""
    every: int = Field(default=5, ge=1)
    """Periods between two origins."""
    choose_on: int = Field(default=365, ge=1)
    """Last periods, on which the member is chosen; trees are fitted on what lies before them."""
    methods: tuple[Method, ...] = METHODS


@dataclass(frozen=True)
class FittedSums:
    """Everything that a forecast from any later origin needs."""

    config: DemandConfig
    summing: Summing
    member: Unrefitted
    missed: Mapping[str, float]
    """MASE of every member on the windows that chose."""
    bottom: OnceFitted
    sums: OnceFitted | None
    coherence: Coherence
    bottom_windows: Windows
    sums_windows: Windows | None

    def ahead(self, history: PanelMatrix, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray | None]:
        """The member's [bottom, origin, step], and its own of the distinct sums where MinT was possible."""
        said = self.bottom.predict(self.member, history, origins, horizon)
        if self.sums is None:
            return said, None
        return said, self.sums.predict(self.member, distinct_sums(self.summing, history), origins, horizon)

    def forecast(self, history: PanelMatrix) -> CoherentForecast:
        """From the end of the history, for every published series and period."""
        now = np.array([history.values.shape[1] - 1])
        bottom, sums = self.ahead(history, now, self.config.horizon)
        return coherent_forecast(
            history,
            bottom[:, 0],
            self.coherence,
            self.bottom_windows,
            self.config.period,
            self.config.season_length,
            None if sums is None else sums[:, 0],
            self.sums_windows,
        )


def fit_sums(
    history: PanelMatrix, summing: Summing, config: DemandConfig, plan: OriginPlan | None = None
) -> FittedSums:
    """Fit on everything in `history` (the bottom series in the order of `summing`).

    Raises ModelError when the history is too short for one window after the warm-up.
    """
    plan = plan or OriginPlan()
    last = history.values.shape[1] - 1
    cut = last - plan.choose_on
    if cut < plan.warm_up or plan.choose_on < config.horizon:
        raise ModelError(
            f"The history has {last + 1} periods; {plan.warm_up} of warm-up and {plan.choose_on} to choose on, which "
            f"hold one horizon of {config.horizon}, need more. Lower `choose_on` or `warm_up`."
        )
    early = fit_once(history, config, cut)
    late = np.arange(cut, last - config.horizon + 1, plan.every)
    missed = _missed(early, history, summing, late[::CHOICE_THIN], config)
    member = min(_members(config), key=lambda name: missed[name])
    wide = np.arange(plan.warm_up, last - config.horizon + 1, plan.every)
    origins = late if member in TREES else wide
    bottom = early if member in TREES else fit_once(history, _only(config, member), last)
    total = distinct_sums(summing, history)
    sums = None
    if "mint" in plan.methods and 0 < len(total.ids) <= MOST_FOR_MINT - len(history.ids):
        sums = fit_once(total, _only(config, member), bottom.until)
    windows = _windows(bottom, member, history, origins, config)
    sums_windows = None if sums is None else _windows(sums, member, total, origins, config)
    coherence = fit_coherence(summing, windows, sums_windows, plan.methods)
    return FittedSums(config, summing, member, missed, bottom, sums, coherence, windows, sums_windows)


def distinct_sums(summing: Summing, history: PanelMatrix) -> PanelMatrix:
    """The history of the sums of several parts."""
    rows = summing.sums
    return PanelMatrix(summing.published[rows], history.dates, summing.of(history.values)[rows])


def _members(config: DemandConfig) -> Sequence[Unrefitted]:
    known: tuple[Unrefitted, ...] = ("seasonal_naive", "rhythm", "lightgbm", "mean")
    return [name for name in known if name in config.members]


def _only(config: DemandConfig, member: str) -> DemandConfig:
    return config.model_copy(update={"members": (member,)})


def _windows(
    fitted: OnceFitted, member: Unrefitted, of: PanelMatrix, origins: np.ndarray, config: DemandConfig
) -> Windows:
    def predict(history: PanelMatrix, places: np.ndarray, horizon: int) -> np.ndarray:
        return fitted.predict(member, history, places, horizon)

    return residual_windows(of, origins, config.horizon, config.season_length, predict)


def _missed(
    fitted: OnceFitted, history: PanelMatrix, summing: Summing, origins: np.ndarray, config: DemandConfig
) -> dict[str, float]:
    """MASE of every member over the published series, each level weighing the same."""
    came = history.values[:, origins[:, None] + np.arange(1, config.horizon + 1)]
    scale = scales(summing.of(history.values), origins, config.season_length)
    levels = np.array([summing.level_of[str(one)] for one in summing.published])
    found: dict[str, float] = {}
    for name, said in fitted.predict_each(_members(config), history, origins, config.horizon).items():
        each = known_mean(np.abs(summing.of(came - said)).mean(axis=2) / scale, axis=1)
        found[name] = float(np.nanmean([known_mean(each[levels == level], axis=0) for level in np.unique(levels)]))
    return found
