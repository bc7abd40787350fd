"""Forecasts a plain sheet without configuration: `python -m training.forecast_sheet --file F [--horizon N] --out O`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from configs.command import run_command, say
from configs.errors import DataError
from features.manifest import write_atomically
from models.demand.sheet_default import SheetForecast, forecast_sheet

MOST_NAMED = 20


def forecast_file(file: Path, out: Path, horizon: int | None) -> SheetForecast:
    """Read the CSV, write the forecast, and beside it `<name>_series.csv` with each series' status and error."""
    found = forecast_sheet(read_csv(file), horizon, datetime.now(UTC).date())
    table = found.forecast.assign(ds=found.forecast["ds"].dt.strftime("%Y-%m-%d"))
    write_atomically(out, table.to_csv(index=False, lineterminator="\n").encode())
    write_atomically(out.with_name(f"{out.stem}_series.csv"), _series_table(found).encode())
    return found


def read_csv(file: Path) -> pd.DataFrame:
    """Every cell as text.  Raises DataError when the file is missing or no UTF-8 CSV."""
    if not file.is_file():
        what = "is a folder, not a CSV file" if file.is_dir() else "is missing"
        raise DataError(f"{file.name} {what}. Check the path after `--file`.")
    try:
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=_separator(file))
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise DataError(f"{file.name} is not a UTF-8 CSV file with the columns unique_id, ds, y. Save it so.") from None


def _separator(file: Path) -> str:
    """A Finnish spreadsheet saves with semicolons."""
    first = file.read_bytes()[:2000].split(b"\n")[0]
    return ";" if first.count(b";") > first.count(b",") else ","


def _series_table(found: SheetForecast) -> str:
    rows = [
        {
            "series_id": one.series_id,
            "status": one.status,
            "reason": one.reason,
            "member": found.members.get(one.series_id, ""),
            **found.backtest.get(one.series_id, {}),
        }
        for one in found.statuses
    ]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")


def told(found: SheetForecast) -> str:
    """What the command prints."""
    config, tests = found.config, pd.DataFrame(found.backtest).T
    refused = [one for one in found.statuses if one.status == "refused"]
    apart = [one for one in found.statuses if one.status == "forecast" and one.reason]
    means, (few, many) = tests.mean(), (int(tests["windows"].min()), int(tests["windows"].max()))
    alone = f", {len(apart)} of them by themselves" if apart else ""
    lines = [
        f"{len(found.backtest)} series forecast by {found.member}{alone}, {config.horizon} {config.period}s ahead, "
        f"season {config.season_length}; {len(refused)} refused",
        f"  back-test, {many if few == many else f'{few} to {many}'} windows: MASE {means['mase']:.3f} "
        f"(seasonal naive {means['mase_naive']:.3f}), WAPE {means['wape']:.4f} ({means['wape_naive']:.4f})",
    ]
    if "coverage80" in means:
        lines.append(f"  80 % intervals cover {means['coverage80']:.3f}, 95 % {means['coverage95']:.3f}")
    lines += [f"  known-future columns used: {', '.join(found.drivers)}"] if found.drivers else []
    lines += [f"  {note}" for note in found.notes]
    named = [*refused, *apart]
    lines += [f"  {one.series_id}: {one.reason}" for one in named[:MOST_NAMED]]
    return "\n".join(lines + ([f"  … and {len(named) - MOST_NAMED} more"] if len(named) > MOST_NAMED else []))


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.forecast_sheet", description="Forecasts a plain sheet.")
    parser.add_argument("--file", required=True, help="CSV with unique_id, ds, y and known-future columns")
    parser.add_argument("--horizon", type=int, help="periods ahead; left out: 28 days, 12 weeks or 12 months")
    parser.add_argument("--out", required=True, help="CSV to write; <name>_series.csv comes beside it")
    given = parser.parse_args(argv)

    def action() -> None:
        out = Path(given.out)
        if out.is_dir():
            raise DataError(f"{out.name} is a folder. Write a file after `--out`, e.g. {out.name}/forecast.csv.")
        out.parent.mkdir(parents=True, exist_ok=True)
        say(told(forecast_file(Path(given.file), out, given.horizon)))
        say(f"Wrote {out.name} and {out.stem}_series.csv.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
