"""`python -m tests.bench.ingest`: CSV rows per second and memory of the whole ingest, bad rows of every kind included.

The command `python -m features.ingest` is measured as a user starts it, with every process it starts: checksum,
pieces, checks, pseudonyms, duplicates and conflicts, buckets, flushed files and manifest.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from configs.loader import var_folder
from features.manifest import FileReport, read_manifest
from tests.bench.measure import Spent, command
from tests.bench.report import Figure, finish, tell
from tests.bench.worlds.contacts_file import Planted, make

MB, GB = 10**6, 10**9
SIZES = {"200 MB": 200 * MB, "2 GB": 2 * GB}
ROWS_PER_SECOND = 100_000
PEAK = 1 * GB


@dataclass(frozen=True)
class Measured:
    """One size: what the file held, what the ingest said of it, and what it took."""

    planted: Planted
    report: FileReport
    spent: Spent

    @property
    def rows_per_second(self) -> float:
        return self.planted.rows / self.spent.seconds

    @property
    def counts_equal(self) -> bool:
        refused = sum(self.planted.refused.values())
        return (
            dict(self.report.quarantined) == self.planted.refused
            and self.report.rows == self.planted.rows
            and self.report.accepted == self.report.stored == self.planted.rows - refused
        )


def main() -> None:
    """Every size, the table and the figures of the largest."""
    folder = var_folder("var/bench") / "ingest"
    measured = {name: _measure(folder / name.replace(" ", ""), name, size) for name, size in SIZES.items()}
    _show(measured)
    largest, smallest = measured["2 GB"], measured["200 MB"]
    finish(
        {
            "rows_per_second": Figure(largest.rows_per_second, "rows/s", at_least=ROWS_PER_SECOND),
            "peak_mb": Figure(largest.spent.peak_bytes / MB, "MB", at_most=PEAK / MB),
            "peak_growth": Figure(largest.spent.peak_bytes / smallest.spent.peak_bytes, "times"),
            "counts_equal": Figure(float(all(one.counts_equal for one in measured.values())), "", at_least=1.0),
        }
    )


def _measure(folder: Path, name: str, size: int) -> Measured:
    tell(f"ingest: {name}, making the file")
    planted = make(folder, size)
    tell(f"ingest: {name}, {planted.rows:,} rows")
    config = folder / "ingest.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "var": "var",
                "sources": [str(folder / "sources" / "*.yaml")],
                "identity": {"test_range": "link", "create_key": True},
            }
        )
    )
    shutil.rmtree(folder / "store", ignore_errors=True)
    os.environ["LUOTAIN_VAR"] = str(folder)
    spent = command([sys.executable, "-m", "features.ingest", "--config", str(config)])
    manifest = read_manifest(folder / "store")
    assert manifest is not None
    shutil.rmtree(folder / "store")
    report = next(file for file in manifest.batches[-1].files if file.table == "contacts")
    return Measured(planted, report, spent)


def _show(measured: dict[str, Measured]) -> None:
    print(f"{'file':>8} {'rows':>12} {'seconds':>8} {'rows/s':>9} {'cpu s':>7} {'peak MB':>8}  counts")
    for name, one in measured.items():
        print(
            f"{name:>8} {one.planted.rows:>12,} {one.spent.seconds:>8.1f} {one.rows_per_second:>9,.0f} "
            f"{one.spent.cpu_seconds:>7.1f} {one.spent.peak_bytes / MB:>8.0f}  "
            f"{'as planted' if one.counts_equal else _differences(one)}"
        )
    for reason, n in sorted(measured["2 GB"].planted.refused.items()):
        print(f"{reason:>24} {n:>8,} planted {measured['2 GB'].report.quarantined.get(reason, 0):>8,} found")


def _differences(one: Measured) -> str:
    reasons = {*one.planted.refused, *one.report.quarantined}
    found = one.report.quarantined
    wrong = [reason for reason in sorted(reasons) if found.get(reason, 0) != one.planted.refused.get(reason, 0)]
    return f"DIFFERENT in {', '.join(wrong) or 'rows'}"


if __name__ == "__main__":
    main()
