"""The best DuckDB statements found: begins and ends of runs over the common dates, grouped by one integer key.

Tried on 2 cores, 240,000 rows, whole runner in seconds (the layout in NumPy included), all with equal values:
this one 1.4; pairs of each contact and date grouped by row and service, five rings packed into one integer 2.2 (the
quickest found that does not need common dates); the same grouped by row, service and ring 2.9; one statement with a
FILTER per column 27 (duckdb_filter.py).
"""

from pathlib import Path

import duckdb
import numpy as np

from tests.bench import wanted
from tests.bench.peers.layout import DATES, N_DATES, PLACES, GridFrame, shown
from tests.bench.worlds.events import SERVICES

NEVER = 1_000_000


def frame(file: Path) -> np.ndarray:
    """Read, query, lay out."""
    with duckdb.connect() as engine:
        engine.execute("SET preserve_insertion_order = false")
        engine.execute(_numbers(file))
        clients = engine.execute("SELECT count(*) FROM clients").fetchall()[0][0]
        engine.execute(_runs(file, clients))
        grid = GridFrame(clients)
        ends = [f"end_{window}" for window in wanted.WINDOWS]
        visits = [_cells(engine, f"cell + {name}", "count(*)") for name in ("first_place", *ends)]
        grid.visits(visits[0], visits[1:])
        minutes = [_cells(engine, f"own + {name}", "coalesce(sum(minutes), 0)") for name in ("first_place", *ends)]
        grid.minutes(minutes[0], minutes[1:])
        seen = engine.execute(_professionals()).fetchnumpy()
        grid.professionals(seen["client"], seen["bits"])
        standing = _cells(engine, "cell + first_place", "max(day)", f"runs WHERE last = {NEVER}")
        corrected = _cells(engine, "cell + place", "max(day)", _CORRECTED)
        grid.since(standing, corrected)
        return grid.frame()


_CORRECTED = f"runs, dates WHERE last < {NEVER} AND known < as_of AND last >= as_of"


def _numbers(file: Path) -> str:
    """Texts become numbers once: clients in the order of the frame."""
    return f"""
        CREATE TEMP TABLE clients AS
            SELECT client_id, (row_number() OVER (ORDER BY client_id) - 1)::INTEGER AS client
            FROM (SELECT DISTINCT client_id FROM {shown(file)});
        CREATE TEMP TABLE professionals AS
            SELECT professional_id, (row_number() OVER ())::INTEGER AS professional
            FROM (SELECT DISTINCT professional_id FROM {shown(file)} WHERE professional_id IS NOT NULL);
        CREATE TEMP TABLE services AS
            SELECT unnest({list(SERVICES)}) AS service, unnest(range({len(SERVICES)}))::INTEGER AS number;
        CREATE TEMP TABLE dates AS
            SELECT unnest({DATES})::INTEGER AS as_of, unnest(range({N_DATES}))::INTEGER AS place;
    """


def _runs(file: Path, clients: int) -> str:
    """The place of the first date after both clocks, and for each window of the first date that no longer counts."""
    ends = ", ".join(
        f"greatest({_place(f'least(last, day + {window})')}, {_place('known')})::INTEGER AS end_{window}"
        for window in wanted.WINDOWS
    )
    return f"""
        CREATE TEMP TABLE runs AS
        SELECT client, professional, minutes, day, known, last, {_place("known")}::INTEGER AS first_place, {ends},
            (number * {clients} + client) * {PLACES} AS cell, client * {PLACES} AS own
        FROM (
            SELECT client, number, professional, minutes, epoch(time)::BIGINT // 86400 AS day,
                epoch(greatest(time, recorded_at))::BIGINT // 86400 AS known,
                coalesce(epoch(superseded_at)::BIGINT // 86400, {NEVER}) AS last
            FROM {shown(file)} JOIN clients USING (client_id) JOIN services USING (service)
            LEFT JOIN professionals USING (professional_id) WHERE status = 'done'
        ) WHERE known < {DATES[-1]}
    """


def _place(day: str) -> str:
    """How many dates lie at or before a day."""
    return "(" + " + ".join(f"({day} >= {date})::TINYINT" for date in DATES) + ")"


def _professionals() -> str:
    """Twelve bits per window: the dates on which a contact counts; joined by or for each client and professional."""
    runs = [
        f"(((1::BIGINT << end_{window}) - (1::BIGINT << first_place)) << {N_DATES * place})"
        for place, window in enumerate(wanted.WINDOWS)
    ]
    return (
        f"SELECT client, bit_or({' + '.join(runs)}) AS bits FROM runs "
        "WHERE professional IS NOT NULL GROUP BY client, professional"
    )


def _cells(engine: duckdb.DuckDBPyConnection, cell: str, value: str, of: str = "runs") -> dict[str, np.ndarray]:
    return dict(engine.execute(f"SELECT {cell} AS cell, {value} AS n FROM {of} GROUP BY ALL").fetchnumpy())
