"""The back-test of a sheet: members chosen on earlier windows, judged on later ones, residuals of all for intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from models.demand.config import DemandConfig
from models.demand.intervals import Quantiles, fit_quantiles, series_scale, with_intervals
from models.demand.sheet_default import members
from models.demand.sheet_default.members import FIRST, MEMBERS
from models.demand.windows import Window, cut, planned_windows

LEVEL = "sheet"
NAIVE, SERVED = "seasonal_naive", "served"


@dataclass(frozen=True)
class Choice:
    """Which member is served, with or without the known-future columns."""

    member: str
    columns: tuple[str, ...]


def rolling(
    panel: pd.DataFrame, config: DemandConfig, columns: tuple[str, ...], forecast: members.Forecaster | None = None
) -> pd.DataFrame:
    """Every window: `origin, reported, unique_id, ds, step, y, scale, with_columns` and the forecaster's members."""
    dates = pd.DatetimeIndex(sorted(panel["ds"].unique()))
    parts = []
    for one in planned_windows(len(dates), config):
        if one.known >= config.minimum_periods and one.horizon > 0:
            parts += _window(panel, config, columns, dates, one, forecast or members.forecast)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _window(
    panel: pd.DataFrame,
    config: DemandConfig,
    columns: tuple[str, ...],
    dates: pd.DatetimeIndex,
    window: Window,
    forecast: members.Forecaster,
) -> list[pd.DataFrame]:
    at = cut(panel, dates, window, config.minimum_periods)
    if at.known.empty:
        return []
    tables = {False: forecast(at.known[["unique_id", "ds", "y"]], config, window.horizon)}
    if columns:
        tables[True] = members.with_columns(at.known, at.ahead, columns, config, window.horizon)
    scale = series_scale(at.known.rename(columns={"unique_id": "series_id"}), config.season_length)
    return [
        table.merge(at.ahead[["unique_id", "ds", "y"]], on=["unique_id", "ds"]).assign(
            origin=at.origin,
            reported=window.reported,
            with_columns=used,
            step=lambda rows: rows["ds"].map(at.steps),
            scale=lambda rows: rows["unique_id"].map(scale),
        )
        for used, table in tables.items()
    ]


def choose(table: pd.DataFrame, columns: tuple[str, ...], names: Sequence[str] = MEMBERS) -> Choice:
    """The lowest scaled error on the selection windows; the mean where there is none."""
    judged = table[~table["reported"]]
    if judged.empty:
        return Choice(FIRST, columns)
    errors = {
        (name, used): scaled_error(judged[judged["with_columns"] == used], name)
        for used in ((False, True) if columns else (False,))
        for name in names
    }
    member, used = min(errors, key=lambda key: errors[key])
    return Choice(member, columns if used else ())


def scaled_error(rows: pd.DataFrame, member: str) -> float:
    """MASE: mean |error| over the series' seasonal difference, mean over series and origins."""
    scaled = (rows[member] - rows["y"]).abs() / rows["scale"]
    return float(scaled.groupby([rows["origin"], rows["unique_id"]]).mean().mean())


def quantiles_of(table: pd.DataFrame, horizon: int) -> Quantiles:
    """Scaled half-widths of what is `served`, pooled over the series of a `level`."""
    scaled = (table[SERVED] - table["y"]).abs() / table["scale"]
    return fit_quantiles(table[["level", "step"]].assign(scaled=scaled), horizon)


def judged(table: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The report windows, with intervals made of the selection windows only (of none: no interval, unknown ends)."""
    shown = table[table["reported"]].rename(columns={"unique_id": "series_id"}).assign(value=lambda r: r[SERVED])
    earlier = table[~table["reported"]]
    if earlier.empty:
        return shown
    quantiles = quantiles_of(earlier, horizon)
    known = shown["level"].isin(quantiles)
    levels = levels_of(shown)
    parts = [
        with_intervals(rows, rows.groupby("series_id")["scale"].first(), quantiles, levels)
        for _, rows in shown[known].groupby("origin")
    ]
    return pd.concat([*parts, shown[~known]], ignore_index=True)


def levels_of(table: pd.DataFrame) -> dict[str, str]:
    """`series_id` → the level whose quantiles it shares."""
    return {str(name): str(level) for name, level in table[["series_id", "level"]].drop_duplicates().to_numpy()}


def expected(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """What to expect of each series: MASE and WAPE of what is served and of seasonal naive, coverage, windows."""
    return {str(name): _expect(rows, (SERVED, NAIVE)) for name, rows in table.groupby("series_id")}


def _expect(rows: pd.DataFrame, names: Sequence[str]) -> dict[str, float]:
    total = float(rows["y"].abs().sum())
    found: dict[str, float] = {"windows": float(rows["origin"].nunique())}
    for name, ending in zip(names, ("", "_naive"), strict=True):
        error = (rows[name] - rows["y"]).abs()
        found[f"mase{ending}"] = float((error / rows["scale"]).mean())
        found[f"wape{ending}"] = float(error.sum() / total) if total else 0.0
    return {**found, **_coverage(rows)}


def _coverage(rows: pd.DataFrame) -> Mapping[str, float]:
    if "low80" not in rows or rows["low80"].isna().any():
        return {}
    return {
        f"coverage{level}": float(rows["y"].between(rows[f"low{level}"], rows[f"high{level}"]).mean())
        for level in (80, 95)
    }
