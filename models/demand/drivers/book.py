"""All drivers of a demand config, ready to be opened at any origin: what was known then, and nothing more."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from configs.errors import ConfigError
from features.panel.drivers import known_before
from features.panel.periods import FREQUENCIES, Period, following
from models.demand.drivers.columns import CHANGE, calendar_columns, ended_per_period, last_expected, open_places
from models.demand.drivers.config import Drivers
from models.demand.drivers.exposure import AGES, persons_on
from models.demand.drivers.table import EXPOSURE, KEYS, DriverTable, Group

PLACES, DISCHARGES, HEADS_UP = "places", "discharges", "heads_up"


@dataclass(frozen=True)
class Opened:
    """One origin: which periods, and the midnight before which a record must have been known."""

    periods: pd.DatetimeIndex
    period: Period
    as_of: pd.Timestamp
    season: int


@dataclass(frozen=True)
class DriverBook:
    """The dated records behind a config's drivers; `table` opens it at the end of a panel."""

    rules: Drivers
    period: Period
    season: int
    reporting_lag_days: int = 0
    """Days after a period's end until the series itself is complete: the forecast is made then."""
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    """`unique_id, area, band` of the bottom series (band empty where they are not divided by age)."""
    population: pd.DataFrame = field(default_factory=pd.DataFrame)
    discharges: pd.DataFrame = field(default_factory=pd.DataFrame)
    openings: pd.DataFrame = field(default_factory=pd.DataFrame)
    needs: pd.DataFrame = field(default_factory=pd.DataFrame)
    given: pd.DataFrame = field(default_factory=pd.DataFrame)
    """`unique_id, ds` and the sheet's own known-future columns."""

    def table(self, panel: pd.DataFrame, horizon: int) -> DriverTable:
        """The drivers of the panel's series, from its first period to `horizon` periods after its last.

        Records count only when they were recorded before the day on which the panel's last period was complete.
        Raises DataError or ConfigError when a driver does not know a series.
        """
        opened = self._opened(panel, horizon)
        ids = sorted(panel["unique_id"].unique())
        frame = pd.MultiIndex.from_product([ids, opened.periods], names=KEYS).to_frame(index=False)
        groups: dict[str, Group] = {}
        if self.rules.calendar:
            days = calendar_columns(opened.periods, self.period, self.rules.calendar)
            frame = frame.merge(days, on="ds", how="left")
            groups |= {str(name): "calendar" for name in days.columns if name != "ds"}
        frame = self._with_areas(frame, panel, opened, groups)
        if self.rules.columns:
            frame = frame.merge(self.given[[*KEYS, *self.rules.columns]], on=KEYS, how="left")
            groups |= dict.fromkeys(self.rules.columns, "drivers")
        return DriverTable(frame, groups)

    def as_of(self, panel: pd.DataFrame) -> pd.Timestamp:
        """The midnight before which a record must have been known."""
        after = following(panel["ds"].max(), self.period)
        return after + pd.Timedelta(days=self.reporting_lag_days)

    def _opened(self, panel: pd.DataFrame, horizon: int) -> Opened:
        known = pd.date_range(panel["ds"].min(), panel["ds"].max(), freq=FREQUENCIES[self.period])
        periods = pd.date_range(known[0], periods=len(known) + horizon, freq=FREQUENCIES[self.period])
        return Opened(periods, self.period, self.as_of(panel), self.season)

    def _with_areas(
        self, frame: pd.DataFrame, panel: pd.DataFrame, opened: Opened, groups: dict[str, Group]
    ) -> pd.DataFrame:
        if not self.rules.need_areas:
            return frame
        cells = self._cells(sorted(frame["unique_id"].unique()))
        found: dict[str, np.ndarray] = {}
        if self.rules.openings is not None:
            known = known_before(self.openings, opened.as_of)
            places = self._by_area(cells, lambda area: open_places(known, area, opened.periods, self.period))
            scaled = places / _level(panel, cells["unique_id"])[:, None]
            found[PLACES] = scaled
            found[PLACES + CHANGE] = np.diff(scaled, axis=1, prepend=scaled[:, :1])
        if self.rules.discharges is not None:
            found[DISCHARGES] = self._by_area(cells, lambda area: self._ended(area, opened))
        if self.rules.heads_up is not None:
            needs = known_before(self.needs, opened.as_of)
            found[HEADS_UP] = self._by_area(cells, lambda area: last_expected(needs, area, opened.periods))
        groups |= dict.fromkeys(found, "drivers")
        if self.rules.population is not None:
            found[EXPOSURE] = self._exposure(cells, panel, opened)
        return frame.assign(**{name: values.ravel() for name, values in found.items()})

    def _cells(self, ids: list[str]) -> pd.DataFrame:
        """One row per series, in order."""
        known = set(self.cells["unique_id"]) if "unique_id" in self.cells else set()
        lost = [one for one in ids if one not in known]
        if lost:
            raise ConfigError(
                f"The drivers population, openings, discharges and heads_up belong to areas, and the series {lost[0]} "
                "has none. Divide the series by area, or remove these drivers."
            )
        return self.cells.set_index("unique_id").loc[ids].reset_index()

    @staticmethod
    def _by_area(cells: pd.DataFrame, values: Callable[[str], np.ndarray]) -> np.ndarray:
        """float64[series, periods]."""
        of = {area: values(area) for area in cells["area"].unique()}
        return np.stack([of[area] for area in cells["area"]])

    def _ended(self, area: str, opened: Opened) -> np.ndarray:
        rule = self.rules.discharges
        assert rule is not None
        earlier = pd.date_range(end=opened.periods[0], periods=rule.lag + 1, freq=FREQUENCIES[self.period])[:-1]
        periods = pd.DatetimeIndex(earlier.append(opened.periods))
        values = ended_per_period(
            self.discharges, area, periods, self.period, opened.as_of, rule.reporting_lag_days, self.season
        )
        return values[: len(opened.periods)]

    def _exposure(self, cells: pd.DataFrame, panel: pd.DataFrame, opened: Opened) -> np.ndarray:
        rule = self.rules.population
        assert rule is not None
        today = opened.periods.get_loc(panel["ds"].max())
        of: dict[tuple[str, str], np.ndarray] = {}
        for area, band in set(zip(cells["area"], cells["band"], strict=True)):
            ages = AGES.get(band, rule.ages)
            persons = persons_on(self.population, area, ages, opened.periods, opened.as_of, rule)
            of[area, band] = persons / persons[today]
        return np.stack([of[key] for key in zip(cells["area"], cells["band"], strict=True)])


def _level(panel: pd.DataFrame, ids: pd.Series) -> np.ndarray:
    """Mean y of each series, at least one unit."""
    mean = panel.groupby("unique_id")["y"].mean()
    return np.maximum(ids.map(mean).to_numpy(float), 1.0)
