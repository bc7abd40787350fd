"""The best Polars query found: begins and ends of runs over the common dates, grouped by one integer key.

Tried on 2 cores, 240,000 rows, whole runner in seconds (the layout in NumPy included), all with equal values:
this one 0.8; counters of twelve dates packed into integers, one group-by 1.1; pairs of each contact and date grouped
by one integer key of row, service and ring 1.7 (the quickest found that does not need common dates); the same with
five rings packed into one integer, or with one group-by per date, within 5 % of it; on the streaming engine 3.8 for
the query alone, before the layout.
"""

from pathlib import Path

import numpy as np
import polars as pl
from polars import col

from tests.bench import wanted
from tests.bench.peers.layout import DATES, N_DATES, PLACES, GridFrame
from tests.bench.worlds.events import SERVICES

NEVER = 1 << 30
ENDS = [f"end_{window}" for window in wanted.WINDOWS]
POWERS = [1 << place for place in range(PLACES)]


def frame(file: Path) -> np.ndarray:
    """Read, query, lay out."""
    clients = pl.scan_parquet(file).select(col("client_id").rle_id().max() + 1).collect().item()
    events = _runs(_events(file).collect(), clients).lazy()
    begun, *rest = pl.collect_all(_queries(events))
    visits, minutes_begun, minutes, tail = rest[:5], rest[5], rest[6:11], rest[11:]
    grid = GridFrame(clients)
    grid.visits(_cells(begun), [_cells(ends) for ends in visits])
    grid.minutes(_cells(minutes_begun), [_cells(ends) for ends in minutes])
    grid.professionals(tail[0]["client"].to_numpy(), tail[0]["bits"].to_numpy())
    grid.since(_cells(tail[1]), _cells(tail[2]))
    return grid.frame()


def _events(file: Path) -> pl.LazyFrame:
    """What took place, as integers; the file lies sorted by client, so runs of the same client number them."""

    def day(name: str) -> pl.Expr:
        return col(name).cast(pl.Date).cast(pl.Int32)

    return (
        pl.scan_parquet(file)
        .with_columns(client=col("client_id").rle_id())
        .filter(col("status") == "done")
        .select(
            "client",
            "minutes",
            day=day("time"),
            first=pl.max_horizontal(day("recorded_at"), day("time")),
            last=day("superseded_at").fill_null(NEVER),
            service=col("service").cast(pl.Enum(SERVICES)).to_physical().cast(pl.UInt32),
            professional=col("professional_id").cast(pl.Categorical).to_physical(),
        )
    )


def _runs(events: pl.DataFrame, clients: int) -> pl.DataFrame:
    """The place of the first date after both clocks, and for each window of the first date that no longer counts."""
    dates = pl.Series(DATES, dtype=pl.Int32)

    def place(days: pl.Series) -> pl.Series:
        return dates.search_sorted(days, side="right").cast(pl.UInt32)

    events = events.with_columns(begin=place(events["first"])).filter(col("begin") < N_DATES)
    ends = {
        name: place(events.select(pl.min_horizontal("last", col("day") + window)).to_series())
        for name, window in zip(ENDS, wanted.WINDOWS, strict=True)
    }
    return events.with_columns(**ends).with_columns(
        *(pl.max_horizontal(name, "begin") for name in ENDS),
        cell=(col("service") * clients + col("client")) * PLACES,
        own=col("client") * PLACES,
    )


def _queries(events: pl.LazyFrame) -> list[pl.LazyFrame]:
    places = ["begin", *ENDS]
    visits = [events.group_by(cell=col("cell") + col(name)).agg(n=pl.len()) for name in places]
    minutes = [events.group_by(cell=col("own") + col(name)).agg(n=col("minutes").sum()) for name in places]
    standing = events.filter(col("last") == NEVER).group_by(cell=col("cell") + col("begin")).agg(n=col("day").max())
    return [*visits, *minutes, _professionals(events), standing, _corrected(events)]


def _professionals(events: pl.LazyFrame) -> pl.LazyFrame:
    """Twelve bits per window: the dates on which a contact counts; joined by or for each client and professional."""

    def power(name: str) -> pl.Expr:
        return col(name).replace_strict(list(range(PLACES)), POWERS, return_dtype=pl.Int64)

    runs = [(power(name) - power("begin")) * (1 << (N_DATES * window)) for window, name in enumerate(ENDS)]
    named = events.filter(col("professional").is_not_null())
    return named.group_by("client", "professional").agg(bits=pl.sum_horizontal(runs).bitwise_or())


def _corrected(events: pl.LazyFrame) -> pl.LazyFrame:
    """The few contacts that were corrected later, on every date on which they stood."""
    closed = events.filter(col("last") < NEVER)
    on_dates = [
        closed.filter((col("first") < date) & (col("last") >= date)).select("day", cell=col("cell") + place)
        for place, date in enumerate(DATES)
    ]
    return pl.concat(on_dates).group_by("cell").agg(n=col("day").max())


def _cells(found: pl.DataFrame) -> dict[str, np.ndarray]:
    return {"cell": found["cell"].to_numpy(), "n": found["n"].to_numpy()}
