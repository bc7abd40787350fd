"""The back-test of a sheet: members chosen on earlier windows, judged on later ones, residuals of all for intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from models.demand.config import DemandConfig
from models.demand.intervals import Quantiles, fit_quantiles, series_scale, with_intervals
from models.demand.sheet_default import members
from models.demand.sheet_default.members import FIRST, MEMBERS

LEVEL = "sheet"
NAIVE = "seasonal_naive"


@dataclass(frozen=True)
class Choice:
    """Which member is served, with or without the known-future columns."""

    member: str
    columns: tuple[str, ...]


def rolling(panel: pd.DataFrame, config: DemandConfig, columns: tuple[str, ...]) -> pd.DataFrame:
    """Every window: `origin, reported, unique_id, ds, step, y, scale, with_columns` and MEMBERS.

    Selection windows are cut at the first report origin, so that they see nothing of the report windows.
    """
    dates = pd.DatetimeIndex(sorted(panel["ds"].unique()))
    plan, horizon = config.backtest, config.horizon
    first_report = len(dates) - horizon - (plan.report_windows - 1) * plan.step
    parts = []
    for k in range(plan.windows):
        known = len(dates) - horizon - (plan.windows - 1 - k) * plan.step
        reported = k >= plan.selection_windows
        length = horizon if reported else min(horizon, first_report - known)
        if known >= config.minimum_periods and length > 0:
            parts += _window(panel, config, columns, dates[known - 1], dates[known : known + length], reported)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _window(
    panel: pd.DataFrame,
    config: DemandConfig,
    columns: tuple[str, ...],
    origin: pd.Timestamp,
    ahead: pd.DatetimeIndex,
    reported: bool,
) -> list[pd.DataFrame]:
    known = panel[panel["ds"] <= origin]
    known = known[known.groupby("unique_id")["ds"].transform("size") >= config.minimum_periods]
    if known.empty:
        return []
    later = panel[panel["ds"].isin(ahead) & panel["unique_id"].isin(known["unique_id"])]
    tables = {False: members.forecast(known[["unique_id", "ds", "y"]], config, len(ahead))}
    if columns:
        tables[True] = members.with_columns(known, later, columns, config, len(ahead))
    scale = series_scale(known.rename(columns={"unique_id": "series_id"}), config.season_length)
    steps = {when: k + 1 for k, when in enumerate(ahead)}
    return [
        table.merge(later[["unique_id", "ds", "y"]], on=["unique_id", "ds"]).assign(
            origin=origin,
            reported=reported,
            with_columns=used,
            step=lambda rows: rows["ds"].map(steps),
            scale=lambda rows: rows["unique_id"].map(scale),
        )
        for used, table in tables.items()
    ]


def choose(table: pd.DataFrame, columns: tuple[str, ...]) -> Choice:
    """The lowest scaled error on the selection windows; the mean where there is none."""
    judged = table[~table["reported"]]
    if judged.empty:
        return Choice(FIRST, columns)
    errors = {
        (name, used): scaled_error(judged[judged["with_columns"] == used], name)
        for used in ((False, True) if columns else (False,))
        for name in MEMBERS
    }
    member, used = min(errors, key=lambda key: errors[key])
    return Choice(member, columns if used else ())


def scaled_error(rows: pd.DataFrame, member: str) -> float:
    """MASE: mean |error| over the series' seasonal difference, mean over series and origins."""
    scaled = (rows[member] - rows["y"]).abs() / rows["scale"]
    return float(scaled.groupby([rows["origin"], rows["unique_id"]]).mean().mean())


def quantiles_of(table: pd.DataFrame, member: str, horizon: int) -> Quantiles:
    """Pooled scaled half-widths of the chosen member."""
    scaled = (table[member] - table["y"]).abs() / table["scale"]
    return fit_quantiles(table[["step"]].assign(level=LEVEL, scaled=scaled), horizon)


def judged(table: pd.DataFrame, member: str, horizon: int) -> pd.DataFrame:
    """The report windows, with intervals made of the selection windows only (of none: no interval columns)."""
    shown = table[table["reported"]].rename(columns={"unique_id": "series_id"}).assign(value=lambda r: r[member])
    earlier = table[~table["reported"]]
    if earlier.empty:
        return shown
    quantiles = quantiles_of(earlier, member, horizon)
    levels = dict.fromkeys(shown["series_id"], LEVEL)
    parts = [
        with_intervals(rows, rows.groupby("series_id")["scale"].first(), quantiles, levels)
        for _, rows in shown.groupby("origin")
    ]
    return pd.concat(parts, ignore_index=True)


def expected(table: pd.DataFrame, member: str) -> dict[str, dict[str, float]]:
    """What to expect of each series: MASE and WAPE of the member and of seasonal naive, coverage, windows."""
    return {str(name): _expect(rows, (member, NAIVE)) for name, rows in table.groupby("series_id")}


def _expect(rows: pd.DataFrame, names: Sequence[str]) -> dict[str, float]:
    total = float(rows["y"].abs().sum())
    found: dict[str, float] = {"windows": float(rows["origin"].nunique())}
    for name, ending in zip(names, ("", "_naive"), strict=True):
        error = (rows[name] - rows["y"]).abs()
        found[f"mase{ending}"] = float((error / rows["scale"]).mean())
        found[f"wape{ending}"] = float(error.sum() / total) if total else 0.0
    return {**found, **_coverage(rows)}


def _coverage(rows: pd.DataFrame) -> Mapping[str, float]:
    if "low80" not in rows:
        return {}
    return {
        f"coverage{level}": float(rows["y"].between(rows[f"low{level}"], rows[f"high{level}"]).mean())
        for level in (80, 95)
    }
