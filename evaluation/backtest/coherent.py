"""The served forecast of every window made coherent: by the method that earlier windows chose, fitted on others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.backtest.choosing import choosing
from models.demand.coherence.folds import strangers
from models.demand.coherence.reconcile import MOST_FOR_MINT, Coherence, fit_coherence
from models.demand.coherence.summing import Summing, summing_of
from models.demand.coherence.windows import Windows, windows_of_table
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import SERVED
from models.demand.forecasters.matrix import PanelMatrix, long_table, panel_matrix
from models.demand.hierarchy import Published


@dataclass(frozen=True)
class Ground:
    """The bottom series as one matrix, and the published sums over them."""

    config: DemandConfig
    history: PanelMatrix
    summing: Summing

    @classmethod
    def of(cls, panel: pd.DataFrame, published: Sequence[Published], config: DemandConfig) -> "Ground":
        """Of a panel `unique_id, ds, y`; a sum that lacks a part is left out."""
        history = panel_matrix(panel, config.freq)
        return cls(config, history, summing_of(published, [str(one) for one in history.ids])[0])

    @property
    def has_sums(self) -> bool:
        """Is there anything to reconcile."""
        return bool(self.summing.sums.any())

    @property
    def wants_sums(self) -> bool:
        """Must the sums be forecast themselves."""
        n_series = len(self.summing.bottom) + int(self.summing.sums.sum())
        return self.has_sums and "mint" in self.config.coherence.methods and n_series <= MOST_FOR_MINT

    @property
    def sums(self) -> PanelMatrix:
        """The history of the distinct sums."""
        rows = self.summing.sums
        return PanelMatrix(self.summing.published[rows], self.history.dates, self.summing.of(self.history.values)[rows])

    @property
    def sums_panel(self) -> pd.DataFrame:
        """The same as a panel `unique_id, ds, y`."""
        one = self.sums
        return long_table(one.ids, one.dates, one.values, "y").dropna(ignore_index=True)

    def windows(self, table: pd.DataFrame, origins: pd.DatetimeIndex, of: PanelMatrix | None = None) -> Windows:
        """A back-test table's windows of what is served."""
        season, horizon = self.config.season_length, self.config.horizon
        return windows_of_table(table, SERVED, self.history if of is None else of, season, origins, horizon)


@dataclass(frozen=True)
class _Back:
    """A back-test as windows: of the bottom series and, where they were forecast, of the distinct sums."""

    ground: Ground
    bottom: pd.DataFrame
    sums: pd.DataFrame | None

    @property
    def origins(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(np.sort(self.bottom["origin"].unique()))

    def windows(self, origins: pd.DatetimeIndex) -> tuple[Windows, Windows | None]:
        """What was said at these origins, whatever may be known of what came."""
        sums = None if self.sums is None else self.ground.windows(self.sums, origins, self.ground.sums)
        return self.ground.windows(self.bottom, origins), sums

    def known(self, before: pd.Timestamp | None) -> tuple[Windows, Windows | None]:
        """The windows that may choose for the window with the origin `before` (None: for the served forecast)."""
        rows = self.bottom[choosing(self.bottom, self.ground.config, before)]
        kept = _Back(self.ground, rows, self.sums)
        if self.sums is not None:
            kept = _Back(self.ground, rows, self.sums[choosing(self.sums, self.ground.config, before)])
        return kept.windows(kept.origins)

    def fitted(self, before: pd.Timestamp | None) -> Coherence:
        """The method for a window, or for the served forecast."""
        return fit_coherence(self.ground.summing, *self.known(before), self.ground.config.coherence.methods)


def coherent_columns(bottom: pd.DataFrame, sums: pd.DataFrame | None, ground: Ground) -> tuple[pd.DataFrame, Coherence]:
    """The table of bottom series with `served` as the chosen method says it, and the method for the served forecast.

    A report window gets the method that it may have.  A selection window gets the chosen one fitted on the selection
    windows that share no period with it, so that the residuals which calibrate intervals are those of a new forecast.
    """
    if not ground.has_sums or ground.config.coherence.methods == ("bottom_up",):
        return bottom, Coherence("bottom_up", ground.summing, {})
    back = _Back(ground, bottom, sums)
    final = back.fitted(None)
    renewed = ground.config.backtest.renew
    parts = []
    for origin, rows in bottom.groupby("origin"):
        when = pd.Timestamp(str(origin))
        reported = bool(rows["reported"].iloc[0])
        method = (back.fitted(when) if renewed else final) if reported else _by_strangers(back, final, when)
        parts.append(_said(method, back, rows, when))
    return bottom.assign(**{SERVED: pd.concat(parts)}), final


def _by_strangers(back: _Back, chosen: Coherence, when: pd.Timestamp) -> Coherence:
    """The chosen method, fitted on the selection windows that share no period with this one."""
    if chosen.method == "bottom_up":
        return chosen
    early = back.bottom.loc[~back.bottom["reported"], "origin"]
    origins = pd.DatetimeIndex(np.sort(early.unique()))
    whole, sums = back.windows(origins)
    others = strangers(whole, int(origins.get_indexer(pd.DatetimeIndex([when]))[0]))
    some = None if sums is None else sums.some(others)
    return fit_coherence(back.ground.summing, whole.some(others), some, (chosen.method,))


def _said(method: Coherence, back: _Back, rows: pd.DataFrame, when: pd.Timestamp) -> pd.Series:
    bottom, sums = back.windows(pd.DatetimeIndex([when]))
    points = method.bottom(bottom.forecast[:, 0], bottom.scale[:, 0], None if sums is None else sums.forecast[:, 0])
    place = pd.Index(bottom.ids).get_indexer(pd.Index(rows["unique_id"]))
    return pd.Series(points[place, rows["step"].to_numpy(int) - 1], index=rows.index)
