"""`python -m tests.bench.scale`: processor time per million events and million rows, and what a country needs.

Three builds on generated counties (the same road as `tests.bench.histories`) give three unknowns: the start of the
command, the cost of an event (read, check, sort) and the cost of a row (125 features, written as Parquet).
"""

from dataclasses import dataclass

import yaml

from configs.loader import var_folder
from tests.bench.report import Figure, finish
from tests.bench.worlds.events import AS_OF
from tests.bench.worlds.large import CLIENTS, HALF, Road

MILLION = 1_000_000
RESIDENTS, YEARS, EVENTS_A_YEAR, DATES = 5_600_000, 10, 20, 12
CORES = (2, 16, 64)


@dataclass(frozen=True)
class Cost:
    """Processor seconds: of the start, per million events, per million rows."""

    start: float
    event: float
    row: float

    def cpu_seconds(self, events: float, rows: float) -> float:
        return self.start + self.event * events / MILLION + self.row * rows / MILLION


def measured() -> Cost:
    """From half a county, the whole one, and the whole one on a single date."""
    bench = var_folder("var/bench")
    half, whole = Road.of(bench, HALF).made(), Road.of(bench, CLIENTS).made()
    small, large = half.build().cpu_seconds, whole.build().cpu_seconds
    one_date = _on_one_date(whole)
    row = (large - one_date) / ((whole.rows - whole.clients) / MILLION)
    start = max(2 * small - large, 0.0)
    return Cost(start, (large - start - row * whole.rows / MILLION) / (whole.events / MILLION), row)


def _on_one_date(road: Road) -> float:
    file = road.folder / "histories.yaml"
    written = file.read_text()
    settings = yaml.safe_load(written)
    last = str(AS_OF[-1])
    try:
        file.write_text(yaml.safe_dump({**settings, "dates": {"first": last, "last": last, "step": "month"}}))
        return road.build().cpu_seconds
    finally:
        file.write_text(written)


def main() -> None:
    """The measured costs and the sizing that follows."""
    cost = measured()
    events, rows = RESIDENTS * YEARS * EVENTS_A_YEAR, RESIDENTS * DATES
    spent = cost.cpu_seconds(events, rows)
    print(
        f"start of the command {cost.start:.1f} s, a million events {cost.event:.2f} s, a million rows {cost.row:.2f} s"
    )
    print(f"{RESIDENTS:,} residents, {YEARS} years, {EVENTS_A_YEAR} events a year, {DATES} dates:")
    print(f"{events:,} events, {rows:,} rows, {spent / 3600:.2f} core-hours")
    for cores in CORES:
        print(f"{cores:>4} cores {spent / cores / 60:>8.1f} min")
    finish(
        {
            "cpu_s_per_million_events": Figure(cost.event, "s"),
            "cpu_s_per_million_rows": Figure(cost.row, "s"),
            "country_core_hours": Figure(spent / 3600, "h"),
        }
    )


if __name__ == "__main__":
    main()
