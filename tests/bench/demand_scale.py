"""`python -m tests.bench.demand_scale`: 10,000 daily series x 3 years, 84 days ahead, with intervals, on two cores.

Fit, choice of the member, residual windows without refit, coherent sums (100 groups, one county) and calibrated
intervals of days, weeks and months at every level, all by the shipped code.  The 84 days after the three years are
drawn too: they judge the coverage.  `BENCH_SERIES=1000` measures fewer.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pandas as pd

from features.panel.calendar import calendar
from models.demand.coherence.publish import CoherentForecast
from models.demand.coherence.summing import Summing, summing_of
from models.demand.coherence.without_refit import OriginPlan, fit_sums
from models.demand.forecasters.matrix import PanelMatrix, long_table, panel_matrix
from models.demand.hierarchy import Published
from tests.bench.daily_world.hierarchy import HORIZON, daily_config
from tests.bench.measure import peak_bytes
from tests.bench.report import Figure, finish, tell

SERIES = int(os.environ.get("BENCH_SERIES", "10000"))
DAYS = 3 * 365
GROUPS = 100
PLAN = OriginPlan(every=28)
MOST_SECONDS, MOST_GB = 600.0, 8.0
GB = 1e9


def main() -> None:
    """Draw, fit, forecast, judge."""
    drawn = _drawn(np.random.default_rng(4))
    ids = [str(one) for one in drawn.ids]
    spent: dict[str, float] = {}
    known = drawn.until(DAYS - 1)
    sheet = long_table(known.ids, known.dates, known.values, "y")
    drawn_bytes, drawn_cpu = peak_bytes(), time.process_time()
    with _clock(spent, "read the panel"):
        history = panel_matrix(sheet)
        summing, _ = summing_of(_published(ids), ids)
    with _clock(spent, "fit, choose, residual windows, sums"):
        fitted = fit_sums(history, summing, daily_config(), PLAN)
    with _clock(spent, "84 steps and intervals of day, week, month"):
        found = fitted.forecast(history)
    seconds, peak = sum(spent.values()), peak_bytes() / GB
    for name, one in spent.items():
        print(f"{name:<45}{one:>8.1f} s")
    print(f"{SERIES:,} series x {DAYS:,} days; {len(summing.published):,} published; member {fitted.member}, ", end="")
    print(f"sums {fitted.coherence.method}; {len(fitted.bottom_windows.origins)} origins without refit")
    print(f"MASE on the choosing windows: {_shown(fitted.missed)}")
    print(f"peak memory {peak:.2f} GB ({drawn_bytes / GB:.2f} GB before the start)")
    cpu = time.process_time() - drawn_cpu
    print(f"processor time {cpu:.1f} s: the wall time is that of the machine's load")
    figures = {
        "cpu_seconds": Figure(cpu, "s"),
        "seconds": Figure(seconds, "s", at_most=MOST_SECONDS),
        "peak_gb": Figure(peak, "GB", at_most=MOST_GB),
        "ms_per_series": Figure(1000 * seconds / SERIES, "ms"),
        "series": Figure(SERIES, "series", at_least=10_000),
    }
    finish({**figures, **_covered(found, drawn, summing)})


@contextmanager
def _clock(spent: dict[str, float], name: str) -> Iterator[None]:
    start, cpu = time.perf_counter(), time.process_time()
    yield
    spent[name] = time.perf_counter() - start
    tell(f"{name}: {spent[name]:.1f} s, of the processor {time.process_time() - cpu:.1f} s")


def _drawn(rng: np.random.Generator) -> PanelMatrix:
    """Small and large units with a weekly rhythm, holidays, a wandering level and over-dispersed counts."""
    dates = pd.date_range("2021-01-01", periods=DAYS + HORIZON, freq="D")
    size = np.exp(rng.normal(2.5, 1.0, SERIES))[:, None]
    wander = np.exp(np.cumsum(rng.normal(0, 0.004, (SERIES, len(dates))), axis=1))
    week = np.array([1.0] * 5 + [0.8, 0.7]) * np.exp(rng.normal(0, 0.05, (SERIES, 7)))
    off = calendar(dates[0], dates[-1], "day")["holidays"].to_numpy() > 0
    mean = size * wander * week[:, dates.weekday.to_numpy()] * np.where(off, 0.8, 1.0)
    mean *= np.exp(rng.normal(0, 0.02, len(dates)))
    values = rng.poisson(mean * rng.gamma(50, 1 / 50, mean.shape)).astype(float)
    return PanelMatrix(np.array([f"unit{k:05d}" for k in range(SERIES)]), dates, values)


def _published(ids: list[str]) -> tuple[Published, ...]:
    groups = {f"group{k:03d}": tuple(ids[k::GROUPS]) for k in range(GROUPS)}
    return (
        *(Published(one, one, "total", "visits", (one,), place="area") for one in ids),
        *(Published(name, name, "total", "visits", parts, place="area_group") for name, parts in groups.items()),
        Published("county", "county", "total", "visits", tuple(ids), place="county"),
    )


def _covered(found: CoherentForecast, drawn: PanelMatrix, summing: Summing) -> dict[str, Figure]:
    """One origin: areas and groups are many, the county's share of days is told only."""
    actual = summing.of(drawn.values[:, DAYS:])
    table = found.tables["day"].assign(y=actual.ravel())
    level = table["series_id"].map(dict(summing.level_of))
    figures = {}
    for name, rows in table.groupby(level):
        for share, low, high in ((80, 0.78, 0.84), (95, 0.93, 0.97)):
            inside = float(rows["y"].between(rows[f"low{share}"], rows[f"high{share}"]).mean())
            bounds = {} if name == "county" else {"at_least": low, "at_most": high}
            figures[f"coverage{share}_{name}"] = Figure(inside, "share", **bounds)
    return figures


def _shown(missed: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in missed.items())


if __name__ == "__main__":
    main()
