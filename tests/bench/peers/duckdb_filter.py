"""What most people would write in DuckDB: one statement, one aggregate with a FILTER per column."""

from pathlib import Path

import duckdb
import numpy as np

from tests.bench import wanted
from tests.bench.peers.layout import shown
from tests.bench.worlds.events import AS_OF, SERVICES


def frame(file: Path) -> np.ndarray:
    """One statement; its columns side by side."""
    with duckdb.connect() as engine:
        found = engine.execute(_statement(file)).fetchnumpy()
    columns = [np.ma.filled(np.ma.asarray(values).astype(np.float32), np.nan) for values in list(found.values())[2:]]
    return np.stack(columns).T


def _statement(file: Path) -> str:
    known = "c.time < d.as_of AND c.recorded_at < d.as_of AND (c.superseded_at IS NULL OR c.superseded_at >= d.as_of)"
    return f"""
        WITH dates AS (SELECT unnest({[str(day) for day in AS_OF]}::DATE[]) AS as_of),
        grid AS (SELECT client_id, as_of FROM (SELECT DISTINCT client_id FROM {shown(file)}), dates),
        known AS (
            SELECT c.client_id, d.as_of, service, professional_id, minutes, date_diff('day', c.time, d.as_of) AS age
            FROM {shown(file)} AS c JOIN dates AS d ON {known} WHERE status = 'done'
        )
        SELECT client_id, as_of, {", ".join(_aggregates())}
        FROM grid LEFT JOIN known USING (client_id, as_of) GROUP BY client_id, as_of ORDER BY client_id, as_of
    """


def _aggregates() -> list[str]:
    windows, visits = wanted.WINDOWS, [(service, days) for service in SERVICES for days in wanted.WINDOWS]
    return [
        *(f"count(*) FILTER (WHERE service = '{service}' AND age <= {days})" for service, days in visits),
        *(f"coalesce(sum(minutes) FILTER (WHERE age <= {days}), 0)" for days in windows),
        *(f"count(DISTINCT professional_id) FILTER (WHERE age <= {days})" for days in windows),
        *(f"count(*) FILTER (WHERE age <= {days})" for days in windows),
        "min(age)",
        *(f"min(age) FILTER (WHERE service = '{service}')" for service in wanted.SINCE_SERVICES),
    ]
