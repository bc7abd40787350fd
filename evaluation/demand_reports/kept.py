"""Published forecasts kept as files, and how they compare with what came: visits and hours, forecast and realised."""

from collections.abc import Hashable
from pathlib import Path

import pandas as pd

from evaluation.demand_reports.section import Line, Section
from evaluation.demand_reports.words import note
from features.manifest import write_atomically
from models.demand.longer import year_before
from models.demand.model import DemandModel

COLUMNS = ["series_id", "ds", "step", "value", "low80", "high80", "low95", "high95"]


def keep(folder: Path, version: str, data_until: str, model: DemandModel) -> Path:
    """Write the model's forecast once; a kept file is never overwritten: it is what was said then."""
    file = folder / f"{data_until}_v{version}.csv"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        table = model.forecast[COLUMNS].assign(ds=model.forecast["ds"].dt.strftime("%Y-%m-%d"))
        write_atomically(file, table.to_csv(index=False, lineterminator="\n").encode())
    return file


def kept_forecasts(folder: Path) -> pd.DataFrame:
    """Every kept forecast with `said` (data until), `version`; the latest version of one day wins."""
    parts = []
    for file in sorted(folder.glob("*_v*.csv"), key=_order):
        said, version = file.stem.split("_v")
        parts.append(pd.read_csv(file, parse_dates=["ds"]).assign(said=said, version=version))
    if not parts:
        return pd.DataFrame(columns=[*COLUMNS, "said", "version"])
    return pd.concat(parts).drop_duplicates(["series_id", "ds", "said"], keep="last")


def _order(file: Path) -> tuple[str, int]:
    said, version = file.stem.split("_v")
    return said, int(version) if version.isdigit() else 0


def realised(name: str, model: DemandModel, kept: pd.DataFrame) -> Section:
    """Each kept forecast of a completed period beside what came and last year's same period, summed by forecast."""
    found = _with_actuals(model, kept)
    if found.empty:
        return Section("realised", notes=(note("nothing_complete", model=name),))
    groups = found.groupby(["said", "version", "series_id"], sort=True)
    return Section("realised", tuple(_line(name, model, key, rows) for key, rows in groups))


def _with_actuals(model: DemandModel, kept: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for series, rows in kept.groupby("series_id"):
        seen = model.history.get(str(series))
        if seen is None:
            continue
        before = [year_before(when, model.config.period) for when in rows["ds"]]
        parts.append(rows.assign(came=seen.reindex(rows["ds"]).to_numpy(), naive=seen.reindex(before).to_numpy()))
    return pd.concat(parts).dropna(subset=["came"]) if parts else pd.DataFrame()


def _line(name: str, model: DemandModel, key: tuple[Hashable, ...], rows: pd.DataFrame) -> Line:
    said, version, series = map(str, key)
    error, total = rows["value"] - rows["came"], float(rows["came"].sum())
    with_naive = rows.dropna(subset=["naive"])
    came = float(with_naive["came"].sum())
    naive = (with_naive["naive"] - with_naive["came"]).abs().sum() / came if came else None
    return {
        "model": name,
        "series": series,
        "said": said,
        "version": version,
        "periods": len(rows),
        "forecast": float(rows["value"].sum()),
        "came": total,
        "bias": float(error.sum() / total) if total else None,
        "wape": float(error.abs().sum() / total) if total else None,
        "wape_last_year": None if naive is None else float(naive),
        "inside80": float(rows["came"].between(rows["low80"], rows["high80"]).mean()),
        "inside95": float(rows["came"].between(rows["low95"], rows["high95"]).mean()),
    }
