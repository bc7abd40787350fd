"""The share that will be dealt with within the limit, under the demand forecast; three methods, chosen by back-test.

`recent`: the share of the last weeks, an area's drawn towards the county's.  `long`: that of all weeks.  `queue`: a
logistic curve of the share on the expected wait (queue over throughput), with the queue carried forward: arrivals of
the demand forecast in, the throughput of the last weeks out.  The earlier half of the origins chooses, the later half
is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.demand_reports.section import Section, Value
from evaluation.demand_reports.settings import AttainmentConfig, Measured
from evaluation.demand_reports.waiting import WEEK, Queue, wait_of
from evaluation.demand_reports.words import note
from evaluation.held_out.groups import SMALLEST_CELL
from models.demand.config import COUNTY
from models.texts import Text

PRIOR_REQUESTS = 20.0
"""An area's recent share counts as if so many more requests had the county's."""
METHODS = ("recent", "long", "queue")
RIDGE, ROUNDS = 1.0, 25
LEVELS = ((80, 0.80), (95, 0.95))
Queues = Mapping[str, Queue]
Arrivals = Mapping[str, float]
"""Place → requests a week ahead."""


@dataclass(frozen=True)
class Curve:
    """logit(share) = own level of the place + slope × (log wait − centre)."""

    level: Mapping[str, float]
    slope: float
    centre: float

    def share(self, place: str, wait: float) -> float:
        """Share within the limit when the expected wait is so many days."""
        return float(1 / (1 + np.exp(-(self.level[place] + self.slope * (np.log(wait) - self.centre)))))


def plain_shares(queues: Queues, at: pd.Timestamp, settings: AttainmentConfig, weeks: int) -> dict[str, float]:
    """Place → share of the requests of the last weeks whose deadlines have passed."""
    counts = {place: _lately_judged(queue, at, settings, weeks) for place, queue in queues.items()}
    n, k = counts[COUNTY]
    county = (k + 0.5) / (n + 1)
    return {place: (k + PRIOR_REQUESTS * county) / (n + PRIOR_REQUESTS) for place, (n, k) in counts.items()}


def _lately_judged(queue: Queue, at: pd.Timestamp, settings: AttainmentConfig, weeks: int) -> tuple[int, int]:
    until = at - pd.Timedelta(days=settings.reporting_lag_days)
    return queue.judged(at - weeks * WEEK, at, until)


def fit_curve(queues: Queues, at: pd.Timestamp, settings: AttainmentConfig, weeks: int) -> Curve:
    """The curve on so many weeks before `at`, by penalised maximum likelihood (Newton steps)."""
    until = at - pd.Timedelta(days=settings.reporting_lag_days)
    rows = []
    for place, queue in queues.items():
        for k in range(1, weeks + 1):
            start = at - k * WEEK
            n, within = queue.judged(start, start + WEEK, until)
            if n:
                rows.append((place, np.log(queue.expected_wait(start)), n, within))
    table = pd.DataFrame(rows, columns=["place", "wait", "n", "k"])
    places = list(queues)
    centre = float(np.average(table["wait"], weights=table["n"]))
    x = np.column_stack([*(table["place"] == one for one in places), table["wait"] - centre]).astype(float)
    beta = _newton(x, table["n"].to_numpy(float), table["k"].to_numpy(float))
    return Curve(dict(zip(places, map(float, beta), strict=False)), float(beta[-1]), centre)


def _newton(x: np.ndarray, n: np.ndarray, k: np.ndarray) -> np.ndarray:
    beta, ridge = np.zeros(x.shape[1]), RIDGE * np.eye(x.shape[1])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (k - n * p) - RIDGE * beta
        beta = beta + np.linalg.solve(x.T @ (x * (n * p * (1 - p))[:, None]) + ridge, gradient)
    return beta


def queue_shares(
    queues: Queues, at: pd.Timestamp, settings: AttainmentConfig, arrivals: Arrivals, weeks: int
) -> dict[str, float]:
    """Place → mean share over the horizon as the queue is carried forward from `at`."""
    curve = fit_curve(queues, at, settings, weeks)
    found = {}
    for place, queue in queues.items():
        waiting, out = float(queue.waiting(at)), queue.throughput(at, settings.recent_weeks)
        shares = []
        for _ in range(settings.horizon_weeks):
            shares.append(curve.share(place, wait_of(waiting, out)))
            waiting = max(0.0, waiting + arrivals[place] - out)
        found[place] = float(np.mean(shares))
    return found


def forecast_shares(
    method: str, queues: Queues, at: pd.Timestamp, settings: AttainmentConfig, arrivals: Arrivals, weeks: int
) -> dict[str, float]:
    """Place → share within the limit over the horizon by one method."""
    if method != "queue":
        return plain_shares(queues, at, settings, settings.recent_weeks if method == "recent" else weeks)
    return queue_shares(queues, at, settings, arrivals, weeks)


def lately(queues: Queues, at: pd.Timestamp, settings: AttainmentConfig) -> dict[str, float]:
    """Place → requests a week of the last weeks."""
    return {
        place: queue.arrivals(at - settings.recent_weeks * WEEK, at) / settings.recent_weeks
        for place, queue in queues.items()
    }


def backtest(queues: Queues, at: pd.Timestamp, first: pd.Timestamp, settings: AttainmentConfig) -> pd.DataFrame:
    """`origin, chooses, place, n, share` and METHODS: what each method said at each origin and what came.

    `first` is the first Monday of the requests.  Arrivals go on as before each origin: no later demand is known there.
    """
    ahead, origins = settings.horizon_weeks * WEEK, []
    for k in range(settings.origins):
        origin = at - ahead - k * settings.step_weeks * WEEK
        if origin - settings.recent_weeks * WEEK >= first:
            origins.append(origin)
    rows = []
    for place_in_time, origin in enumerate(sorted(origins)):
        weeks = int((origin - first) / WEEK)
        arrivals = lately(queues, origin, settings)
        said = {name: forecast_shares(name, queues, origin, settings, arrivals, weeks) for name in METHODS}
        for place, queue in queues.items():
            n, k = queue.judged(origin, origin + ahead, at)
            if n >= SMALLEST_CELL:
                chooses = place_in_time < len(origins) // 2
                row = {"origin": origin, "chooses": chooses, "place": place, "n": n, "share": k / n}
                rows.append({**row, **{name: said[name][place] for name in METHODS}})
    return pd.DataFrame(rows)


def error_of(table: pd.DataFrame, method: str) -> float:
    """Mean |share said − share that came|, weighted by requests.  Range 0–1; 0 = perfect."""
    return float(np.average((table[method] - table["share"]).abs(), weights=table["n"])) if len(table) else float("nan")


def chosen_method(table: pd.DataFrame) -> str:
    """The smallest error on the origins that choose; the recent share where they cannot tell."""
    choosing = table[table["chooses"]] if len(table) else table
    if choosing.empty:
        return METHODS[0]
    return min(METHODS, key=lambda name: (error_of(choosing, name), METHODS.index(name)))


def half_widths(table: pd.DataFrame, method: str) -> dict[str, dict[int, float]]:
    """`county` and `other` → half-width of the 80 and 95 % interval: quantiles of the back-test's errors."""
    found: dict[str, dict[int, float]] = {}
    for name, rows in (("county", table[table["place"] == COUNTY]), ("other", table[table["place"] != COUNTY])):
        errors = np.sort((rows[method] - rows["share"]).abs().to_numpy())
        if len(errors):
            ranks = {level: min(int(np.ceil((len(errors) + 1) * share)), len(errors)) - 1 for level, share in LEVELS}
            found[name] = {level: float(errors[rank]) for level, rank in ranks.items()}
    return found


def attainment(
    measured: Measured, queues: Queues, day_after: pd.Timestamp, arrivals: Arrivals, settings: AttainmentConfig
) -> Section:
    """One line per place: share lately, share forecast with interval, requests expected, and the target.

    `day_after` is the midnight after the data; `arrivals` are the demand forecast's where it has the place.
    """
    at = day_after - pd.Timedelta(days=day_after.weekday())
    asked = queues[COUNTY].asked
    if len(asked) == 0:
        return Section("attainment", notes=(note("no_request", **_named(measured)),))
    first = pd.Timestamp(asked.min()) + WEEK
    judged_until = at - _longest(queues[COUNTY]) - pd.Timedelta(days=settings.reporting_lag_days)
    tested = backtest(queues, judged_until - pd.Timedelta(days=judged_until.weekday()), first, settings)
    method = chosen_method(tested)
    expected = {**lately(queues, at, settings), **arrivals}
    weeks = int((at - first) / WEEK)
    shares = forecast_shares(method, queues, at, settings, expected, weeks)
    widths = half_widths(tested, method) if len(tested) else {}
    lines = [
        _line(measured, place, queue, at, shares[place], expected[place], widths, settings) | {"method": method}
        for place, queue in queues.items()
    ]
    return Section("attainment", tuple(lines), (_told(measured, tested, method),))


def _longest(queue: Queue) -> pd.Timedelta:
    return pd.Timedelta((queue.deadline - queue.asked).max())


def _line(
    measured: Measured,
    place: str,
    queue: Queue,
    at: pd.Timestamp,
    share: float,
    weekly: float,
    widths: Mapping[str, Mapping[int, float]],
    settings: AttainmentConfig,
) -> dict[str, Value]:
    n, k = _lately_judged(queue, at, settings, settings.recent_weeks)
    hidden = n < SMALLEST_CELL
    width = widths.get("county" if place == COUNTY else "other", {})
    ends = {
        f"{side}{level}": None if hidden or level not in width else min(1.0, max(0.0, share + sign * width[level]))
        for level, _ in LEVELS
        for side, sign in (("low", -1), ("high", 1))
    }
    return {
        "service": measured.service,
        "level": measured.level,
        "area": place,
        "requests": None if hidden else n,
        "share_lately": None if hidden else k / n,
        "requests_ahead": None if hidden else weekly * settings.horizon_weeks,
        "share": None if hidden else share,
        **ends,
        "target": measured.target,
        "meets_target": None if hidden or measured.target is None else share >= measured.target,
    }


def _named(measured: Measured) -> dict[str, str]:
    return {"service": measured.service, "level": measured.level}


def _told(measured: Measured, tested: pd.DataFrame, method: str) -> Text:
    if tested.empty:
        return note("untested", **_named(measured))
    late, early = tested[~tested["chooses"]], tested[tested["chooses"]]
    errors = ", ".join(f"{name} {error_of(late, name):.3f}" for name in METHODS)
    counts = {"chosen": early["origin"].nunique(), "judged": late["origin"].nunique()}
    return note("tested", method=method, errors=errors, **counts, **_named(measured))
