"""The report's dict: every task's figures with their back-tests, the turnover, and what was left out and why."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.areas.counted.counting import Counted
from evaluation.areas.counted.newcomers import Weighing, backtest, county_of_new, fit_rates, forecast
from evaluation.areas.counted.turnover import Turnover
from evaluation.areas.estimates import LEVELS, sum_of_known
from evaluation.areas.figures import AreaLine, county_line, lines_of, shown
from evaluation.areas.holdout import summary
from evaluation.areas.settings import Newcomers, TurnoverSettings
from evaluation.small_cells.hiding import too_few
from evaluation.small_cells.shown import shown_share
from models.needs.need import NeedTask

PARTS = ("known", "new", "total")
ENDS = ("value", "low80", "high80", "low95", "high95")


def task_report(
    task: NeedTask, counted: Counted, areas: Sequence[str], past: Newcomers, calibration: float, as_of: pd.Timestamp
) -> dict[str, Any]:
    """One task: figures by area, what the interval rests on, and how past forecasts of new clients fared."""
    lines, county = _figures(counted, areas, past, calibration, as_of)
    return {
        "id": task.id,
        "name": task.name.as_text(),
        "outcome_name": task.outcome_name.as_text(),
        "notice": task.notice.as_text(),
        "horizon_days": task.horizon_days,
        "gap_days": task.gap_days,
        "calibration_error": calibration,
        "outside": shown_count(counted.outside),
        "windows": int(counted.cells["origin"].nunique()),
        "backtest": tested(counted.cells, task, past),
        **shown(lines, county),
    }


def _figures(
    counted: Counted, areas: Sequence[str], past: Newcomers, calibration: float, as_of: pd.Timestamp
) -> tuple[list[AreaLine], AreaLine]:
    rates = fit_rates(counted.cells, as_of, Weighing(past.half_life_days, past.prior_events))
    new = forecast(rates, counted.exposed)
    groups = {str(area): rows["p"].to_numpy() for area, rows in counted.clients.groupby("area")}
    known = {area: sum_of_known(p, calibration) for area, p in groups.items()}
    residents = {str(area): int(n) for area, n in counted.exposed.groupby("area")["exposed"].sum().items()}
    lines = lines_of(areas, known, new, {area: len(p) for area, p in groups.items()}, residents)
    return lines, county_line(lines, calibration, county_of_new(rates, new))


def tested(cells: pd.DataFrame, task: NeedTask, past: Newcomers) -> dict[str, Any]:
    """{origins, observed, value, areas: {sums, coverage80, coverage95}, county: ...} of the forecast of new clients."""
    reach, weighing = task.horizon_days + task.gap_days, Weighing(past.half_life_days, past.prior_events)
    lines = backtest(cells, reach, past.settle_days, past.minimum_windows, weighing)
    county = lines["area"] == ""
    return {
        "origins": int(lines["origin"].nunique()),
        "observed": shown_count(int(lines.loc[county, "observed"].sum())),
        "value": math.fsum(lines.loc[county, "value"].tolist()),
        "areas": _coverage(lines[~county]),
        "county": _coverage(lines[county]),
    }


def _coverage(lines: pd.DataFrame) -> dict[str, float]:
    return summary({level: lines[f"inside{level * 100:.0f}"].astype(bool).tolist() for level in LEVELS})


def turnover_report(found: Turnover, settings: TurnoverSettings) -> dict[str, Any]:
    """The year's clients and how large a share is new, beside the published share."""
    share = shown_share(found.new, found.clients)
    return {
        "kind": settings.kind,
        "clients": shown_count(found.clients),
        "new_share": share,
        "published": settings.published,
        "source": settings.source,
    }


def shown_count(number: int) -> int | None:
    """None for 1-4 people."""
    return None if too_few(number) else int(number)


def as_csv(report: Mapping[str, Any]) -> str:
    """One line per task and area, the county first; hidden cells are empty, figures unrounded so that sums hold."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["task", "area", "clients", "residents", *(f"{part}_{end}" for part in PARTS for end in ENDS)])
    for task in report["tasks"]:
        for line in (task["county"], *task["areas"]):
            cells = [_cell(line[part], end) for part in PARTS for end in ENDS]
            writer.writerow([task["id"], line["id"], _plain(line["clients"]), _plain(line["residents"]), *cells])
    return text.getvalue()


def _cell(part: Mapping[str, float] | None, end: str) -> str:
    return "" if part is None else repr(float(np.float64(part[end])))


def _plain(count: int | None) -> str:
    return "" if count is None else str(count)
