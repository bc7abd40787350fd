"""Cold start in training: which areas borrow, how wide their intervals are, and the status of published series."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from configs.errors import DataError
from configs.workspace import Workspace
from evaluation.backtest import Tested
from evaluation.backtest.hidden_areas import hidden_errors
from features.panel.drivers import population_records
from features.panel.periods import following
from features.store import open_snapshot
from models.demand.coherence.summing import grained
from models.demand.coherence.temporal import Bucket, over_table
from models.demand.cold_start import (
    Known,
    Lent,
    SeriesStatus,
    area_traits,
    borrowed_widths,
    lend,
    own_status,
)
from models.demand.cold_start.config import ColdStart
from models.demand.cold_start.sums import (
    area_of,
    group_of,
    hidden_group_errors,
    own_parts,
    published_statuses,
    with_borrowed_sums,
)
from models.demand.cold_start.widths import Widths
from models.demand.config import DemandConfig, SheetSource
from models.demand.forecasters.combination import SERVED
from models.demand.hierarchy import Published, published_series
from models.texts import Text
from training.demand.panel import Panel

HIDDEN_ORIGINS = 4
"""Newest back-test origins at which known areas are hidden."""
NO_TRAITS = pd.DataFrame(columns=["size", "aged"])


@dataclass(frozen=True)
class Standing:
    """What stands behind the series of a panel: who borrows, and which sums are published."""

    known: Known
    lent: Lent
    """As planned before anything is fitted: statuses and loans are final, the borrowed values are not."""
    published: tuple[Published, ...] = ()

    @property
    def borrowed(self) -> frozenset[str]:
        """The bottom series that borrow."""
        return frozenset(self.lent.forecasts["unique_id"])

    @property
    def own(self) -> tuple[Published, ...]:
        """The published sums of the parts that do not borrow: these are back-tested."""
        return own_parts(self.published, self.borrowed)

    @property
    def alone(self) -> tuple[Published, ...]:
        """The published sums without a borrowed part: these are explained."""
        return tuple(one for one in self.published if not one.members & self.borrowed)

    def among(self, published: Sequence[Published]) -> "Standing":
        """The same with its published series."""
        return replace(self, published=tuple(published))


def standing_of(config: DemandConfig, panel: Panel, workspace: Workspace) -> Standing:
    """Who borrows from whom.  Raises DataError when the population that `cold_start` needs is not in the store."""
    observed = panel.observed
    bottom = sorted(observed["unique_id"].unique())
    ids = sorted({part for one in published_series(config, bottom) for part in one.parts})
    cells = pd.DataFrame({"unique_id": ids, "area": map(area_of, ids), "cell": map(group_of, ids)})
    # A cell that no area was observed in for long enough (a code that nobody delivers) makes no area short.
    told = cells.loc[cells["unique_id"].isin(panel.frame["unique_id"]), "cell"]
    short = (~cells["unique_id"].isin(panel.frame["unique_id"]) & cells["cell"].isin(told)).any()
    rule = config.cold_start if short else None
    ready = panel.frame.groupby("unique_id").tail(1).rename(columns={"y": "value"})
    known = Known(observed, ready, cells, _traits(config, rule, observed, workspace))
    borrowing = replace(known, cells=cells[cells["cell"].isin(told)]) if rule else known
    planned = _lend(config, borrowing, rule)
    return Standing(borrowing, replace(planned, statuses={**_lend(config, known, None).statuses, **planned.statuses}))


@dataclass(frozen=True)
class Loans:
    """What is lent to the bottom series that borrow, ready to be summed in; nothing where nobody borrows."""

    published: tuple[Published, ...] = ()
    lent: Lent | None = None
    widths: Widths = field(default_factory=dict)

    def added(self, own: pd.DataFrame, found: tuple[Bucket, ...] | None = None) -> pd.DataFrame:
        """A published forecast with borrowed parts summed in; by a longer period with its `found` buckets."""
        if self.lent is None:
            return own
        lent = self.lent.forecasts
        if found is not None:
            steps = lent.assign(step=lent.groupby("unique_id")["ds"].rank(method="first").astype(int))
            lent = over_table(steps, found, ["unique_id"], ["value"]).drop(columns="step")
        return with_borrowed_sums(own, lent, self.published, self.lent.loans, self.widths)


def loans_of(ahead: pd.DataFrame, standing: Standing, tested: Tested, config: DemandConfig) -> Loans:
    """What similar areas lend, in whole grains.

    `ahead`: `unique_id, ds, value` of the bottom series with a forecast of their own.
    """
    if not standing.borrowed or config.cold_start is None:
        return Loans()
    lent = _lend(config, replace(standing.known, forecasts=ahead), config.cold_start)
    exact = lent.forecasts.assign(value=grained(lent.forecasts["value"].to_numpy(float)))
    widths = measured_widths(config, standing, tested, config.cold_start)
    return Loans(standing.published, replace(lent, forecasts=exact), widths)


def measured_widths(config: DemandConfig, standing: Standing, tested: Tested, rule: ColdStart) -> Widths:
    """Half-widths from hiding each known area at the newest back-test origins.

    Lenders' forecasts are those of the back-test: the trees saw the hidden area, the lenders' own levels did not.
    A hidden area keeps as many own periods as the youngest that borrows has.
    """
    rows = tested.bottom[["unique_id", "origin", "ds"]].assign(value=tested.bottom[SERVED])
    made = {pd.Timestamp(str(origin)): some.drop(columns="origin") for origin, some in rows.groupby("origin")}
    origins = sorted(made)[-HIDDEN_ORIGINS:]
    panel = standing.known.observations
    panel = panel[~panel["unique_id"].isin(standing.borrowed)]
    kept = min(one.own_periods for one in standing.lent.loans.values())

    def forecaster(others: pd.DataFrame) -> pd.DataFrame:
        found = made[others["ds"].max()]
        return found[found["unique_id"].isin(others["unique_id"])]

    cells, traits, minimum = standing.known.cells, standing.known.traits, config.minimum_periods
    errors = hidden_errors(panel, cells, traits, origins, kept, forecaster, rule, minimum)
    return borrowed_widths(hidden_group_errors(errors, published_series(config, [])))


def statuses_of(config: DemandConfig, standing: Standing, forecast: pd.DataFrame) -> dict[str, SeriesStatus]:
    """Published series → status.  One without a forecast lacks periods: of its own, or for the back-test beside it."""
    names = {area: name.as_text() for area, name in config.areas.items()}
    statuses = published_statuses(standing.published, standing.lent.statuses, names)
    shown = set(forecast["series_id"])
    last = standing.known.observations["ds"].max()
    for name, one in statuses.items():
        if name not in shown and one.status == "forecast":
            needs = max(one.needs + config.horizon, one.has + 1)
            statuses[name] = own_status(one.has, needs, last, config.period, _lag(config))
    return statuses


def _lend(config: DemandConfig, known: Known, rule: ColdStart | None) -> Lent:
    names: dict[str, Text] = {area: name.as_text() for area, name in config.areas.items()}
    found = lend(known, config.minimum_periods, config.period, names, rule, _lag(config))
    lending = known.cells.loc[~known.cells["area"].isin(found.loans), "area"].nunique()
    # One area alone lends to nobody: no other could be hidden to measure what its forecast is worth elsewhere.
    return found if rule is None or lending > 1 else _lend(config, known, None)


def _lag(config: DemandConfig) -> int:
    return 0 if isinstance(config.source, SheetSource) else config.source.reporting_lag_days


def _traits(config: DemandConfig, rule: ColdStart | None, observed: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    if rule is None:
        return NO_TRAITS
    try:
        population = population_records(open_snapshot(workspace.store))
    except DataError:
        raise DataError(
            "`cold_start` compares areas by their population, and the table population cannot be read. "
            "Ingest population statistics or remove `cold_start`."
        ) from None
    as_of = following(observed["ds"].max(), config.period) + pd.Timedelta(days=_lag(config))
    return area_traits(population, rule.ages, as_of)
