"""`python -m tests.bench.daily`: daily home-care visits of 8 areas x 5 years against the simulator's conditional mean.

Per seed: the shipped code chooses the member and the coherence method on the first four years; the fifth year is only
reported, from origins every two weeks (Sundays), 7, 28 and 84 days ahead, at every level of the hierarchy and summed to
weeks and calendar months.  ETS is refitted at four origins of `BENCH_ETS_SEEDS` seeds (half a minute each).
`BENCH_SEEDS="105 106"` measures fewer; on seeds below 105 the code was developed.  With fewer ETS histories too few
windows are left to compare it by.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.demand.coherence.intervals import LEVELS as COVERAGES
from models.demand.coherence.intervals import fit_widths
from models.demand.coherence.reconcile import coherent_windows
from models.demand.coherence.summing import summing_of
from models.demand.coherence.temporal import Bucket, buckets, even_buckets, over
from models.demand.coherence.windows import Windows, has_seasonal_scale, scales
from models.demand.coherence.without_refit import FittedSums, OriginPlan, fit_sums
from models.demand.forecasters import statistical
from models.demand.forecasters.matrix import PanelMatrix, panel_matrix
from tests.bench.daily_world.conditional_mean import conditional_means
from tests.bench.daily_world.hierarchy import HORIZON, LEVELS, daily_config, published
from tests.bench.daily_world.simulator import Drawn, World, draw
from tests.bench.report import Figure, finish, tell

SEEDS = tuple(int(seed) for seed in os.environ.get("BENCH_SEEDS", " ".join(map(str, range(105, 135)))).split())
ETS_SEEDS = int(os.environ.get("BENCH_ETS_SEEDS", "3"))
TEST_DAYS = 365
EVERY = 14
PLAN = OriginPlan(choose_on=730)
HORIZONS = (7, 28, 84)
EMPTY = "closed"
"""An area without any visit: its seasonal scale is zero, MASE is undefined, it is counted and left out."""
ROUND = ("ours", "seen", "hidden", "seasonal_naive")


@dataclass(frozen=True)
class Cell:
    """One line of the table: a level, a period, a horizon."""

    level: str
    period: str
    horizon: int


def main() -> None:
    """Every seed, the tables, the figures."""
    rows, cover, members, methods = [], [], [], []
    for place, seed in enumerate(SEEDS):
        tell(f"seed {seed}")
        one = Measured(seed)
        rows += [{"seed": seed, **line} for line in one.errors(with_ets=place < ETS_SEEDS)]
        cover += [{"seed": seed, **line} for line in one.coverage()]
        members.append(one.fitted.member)
        methods.append(one.fitted.coherence.method)
    errors, covered = pd.DataFrame(rows), pd.DataFrame(cover)
    print(f"{len(SEEDS)} histories; members chosen: {_counted(members)}; sums: {_counted(methods)}")
    print(f"series with seasonal scale zero, MASE undefined, left out: {one.undefined} (the planted `{EMPTY}` of each)")
    print("error = mean |error| / seasonal scale (MASE), mean over series, origins and days ahead up to the horizon")
    print(
        "seen: conditional mean given the simulator's constants and past visits; hidden: also told clients and weather"
    )
    _print(errors, covered)
    finish(_figures(errors, covered))


class Measured:
    """One history: fitted on four years, reported on the fifth."""

    def __init__(self, seed: int) -> None:
        self.drawn = draw(World(), seed)
        whole = panel_matrix(pd.concat([self.drawn.panel, _closed(self.drawn)]))
        defined = has_seasonal_scale(whole.values, 7)
        self.undefined = int((~defined).sum())
        self.history = whole.of([str(one) for one in whole.ids[defined]])
        self.summing, _ = summing_of(published(self.drawn.world), [str(one) for one in self.history.ids])
        self.last = self.drawn.world.days - 1 - TEST_DAYS
        self.fitted: FittedSums = fit_sums(self.history.until(self.last), self.summing, daily_config(), PLAN)
        self.origins = _origins(self.drawn, self.last)
        self.ours = self._ours()
        means = conditional_means(self.drawn, self.origins, HORIZON)
        self.said = {
            "ours": self.ours.forecast,
            "seen": self.summing.of(means.seen),
            "hidden": self.summing.of(means.hidden),
            "seasonal_naive": self.summing.of(
                self.fitted.bottom.predict("seasonal_naive", self.history, self.origins, HORIZON)
            ),
        }

    def _ours(self) -> Windows:
        """The published series at the test origins: the constants of day `last`, no refit."""
        bottom, sums = self.fitted.ahead(self.history, self.origins, HORIZON)
        parts = _windows(self.history, self.origins, bottom)
        total = self.summing.of(self.history.values)
        of_sums = None if sums is None else _windows(_of(self.history, total[self.summing.sums]), self.origins, sums)
        return coherent_windows(self.fitted.coherence, parts, of_sums, scales(total, self.origins, 7))

    def cells(self) -> Iterator[tuple[Cell, list[tuple[Bucket, ...]]]]:
        """Every period and horizon with the buckets of each origin."""
        for horizon in HORIZONS:
            yield Cell("", "day", horizon), [even_buckets(horizon, 1)] * len(self.origins)
            yield Cell("", "week", horizon), [even_buckets(horizon, 7)] * len(self.origins)
        months = [buckets(self.drawn.dates[day + 1 : day + 1 + HORIZON], "month") for day in self.origins]
        yield Cell("", "month", HORIZON), months

    def errors(self, with_ets: bool) -> Iterator[dict[str, object]]:
        """`level, period, horizon, opponent, error`; that of ETS and ours on the same origins as `ours_at_ets`."""
        said = {name: (values, np.arange(len(self.origins))) for name, values in self.said.items()}
        if with_ets:
            few = np.linspace(0, len(self.origins) - 1, 4).astype(int)
            said |= {"ets": (self._ets(few), few), "ours_at_ets": (self.said["ours"][:, few], few)}
        for name, (values, places) in said.items():
            away = values - self.ours.actual[:, places]
            for cell, found in self.cells():
                missed = [
                    np.abs(over(away[:, k], found[place])).mean(axis=1)
                    / self.ours.scale[:, place]
                    / found[place][0].days
                    for k, place in enumerate(places)
                ]
                for level, mean in self._by_level(np.stack(missed, axis=1)):
                    yield {"level": level, "period": cell.period, "horizon": cell.horizon, "who": name, "error": mean}

    def coverage(self) -> Iterator[dict[str, object]]:
        """`level, period, horizon, coverage, share`: intervals from residual windows of the first four years."""
        calibrating = self._calibrating()
        errors = self.ours.errors
        for cell, found in self.cells():
            widths = {key: fit_widths(calibrating, self.summing.level_of, key) for key in set(found)}
            for coverage in COVERAGES:
                hits = [
                    (np.abs(over(errors[:, k], one)) <= self._half(widths[one], coverage)).mean(axis=1)
                    for k, one in enumerate(found)
                ]
                for level, share in self._by_level(np.stack(hits, axis=1)):
                    yield {
                        "level": level,
                        "period": cell.period,
                        "horizon": cell.horizon,
                        "coverage": coverage,
                        "share": share,
                    }

    def _calibrating(self) -> Windows:
        fitted = self.fitted
        total = self.summing.of(self.history.values)
        scale = scales(total, fitted.bottom_windows.origins, 7)
        return coherent_windows(fitted.coherence, fitted.bottom_windows, fitted.sums_windows, scale)

    def _half(self, widths: dict[str, dict[float, list[float]]], coverage: float) -> np.ndarray:
        return np.array([widths[self.summing.level_of[str(one)]][coverage] for one in self.summing.published])

    def _by_level(self, values: np.ndarray) -> Iterator[tuple[str, float]]:
        levels = np.array([self.summing.level_of[str(one)] for one in self.summing.published])
        for level in LEVELS:
            yield level, float(values[levels == level].mean())

    def _ets(self, places: np.ndarray) -> np.ndarray:
        """ETS of statsforecast, refitted at each origin on the whole past, summed bottom-up."""
        found = []
        for place in places:
            known = self.drawn.panel[self.drawn.panel["ds"] <= self.drawn.dates[self.origins[place]]]
            table = statistical.forecast(known, "D", 7, HORIZON, True)
            wide = table.pivot(index="unique_id", columns="ds", values="ets").loc[list(self.history.ids)]
            found.append(self.summing.of(wide.to_numpy()))
        return np.stack(found, axis=1)


def _closed(drawn: Drawn) -> pd.DataFrame:
    return pd.DataFrame({"unique_id": EMPTY, "ds": drawn.dates, "y": 0.0})


def _origins(drawn: Drawn, last: int) -> np.ndarray:
    """Sundays of the fifth year with a whole horizon after them, every two weeks."""
    first = last + (6 - drawn.dates[last].weekday()) % 7
    return np.arange(first, drawn.world.days - HORIZON, EVERY)


def _of(history: PanelMatrix, values: np.ndarray) -> PanelMatrix:
    return PanelMatrix(np.arange(len(values)).astype(str), history.dates, values)


def _windows(history: PanelMatrix, origins: np.ndarray, said: np.ndarray) -> Windows:
    actual = history.values[:, origins[:, None] + np.arange(1, HORIZON + 1)]
    return Windows(history.ids, origins, said, actual, scales(history.values, origins, 7))


def _counted(names: list[str]) -> str:
    return ", ".join(f"{name} {names.count(name)}" for name in sorted(set(names)))


def _means(errors: pd.DataFrame) -> pd.DataFrame:
    return errors.groupby(["level", "period", "horizon", "who"], sort=False)["error"].mean().unstack("who")


def _shares(covered: pd.DataFrame) -> pd.DataFrame:
    return covered.groupby(["level", "period", "horizon", "coverage"], sort=False)["share"].mean().unstack("coverage")


def _print(errors: pd.DataFrame, covered: pd.DataFrame) -> None:
    means, shares = _means(errors), _shares(covered)
    titles = ("ours", "seen", "hidden", "naive", "ours/seen", "ours*", "ETS*", "80 %", "95 %")
    print(f"{'level':<12}{'period':<8}{'days':>5}" + "".join(f"{title:>11}" for title in titles))
    for (level, period, horizon), one in means.iterrows():
        share = shares.loc[(level, period, horizon)]
        shown = (*(one[name] for name in ROUND), one["ours"] / one["seen"], one["ours_at_ets"], one["ets"])
        print(f"{level:<12}{period:<8}{horizon:>5}" + "".join(f"{value:>11.4f}" for value in (*shown, *share)))
    print("* on the four origins at which ETS was fitted")


def _figures(errors: pd.DataFrame, covered: pd.DataFrame) -> dict[str, Figure]:
    means, shares = _means(errors), _shares(covered)
    figures = {"histories": Figure(len(SEEDS), "histories", at_least=20)}
    for (level, period, horizon), one in means.iterrows():
        name = f"{level}_{period}_{horizon}"
        share = shares.loc[(level, period, horizon)]
        figures[f"{name}_over_conditional_mean"] = Figure(float(one["ours"] / one["seen"]), "ratio", at_most=1.05)
        figures[f"{name}_coverage80"] = Figure(float(share[0.8]), "share", at_least=0.78, at_most=0.84)
        figures[f"{name}_coverage95"] = Figure(float(share[0.95]), "share", at_least=0.93, at_most=0.97)
    worst = (means["ours"] / means["seasonal_naive"]).max()
    figures["over_seasonal_naive_most"] = Figure(float(worst), "ratio", at_most=1.0)
    figures["over_ets_most"] = Figure(float((means["ours_at_ets"] / means["ets"]).max()), "ratio", at_most=1.0)
    figures["true_mean_over_seasonal_naive_area_day_7"] = Figure(
        float(means["seen"].iloc[0] / means["seasonal_naive"].iloc[0]), "ratio"
    )
    return figures


if __name__ == "__main__":
    main()
