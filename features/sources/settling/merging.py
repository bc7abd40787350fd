"""Rows of a source that stand for one thing become one row, as the mapping declares it."""

from features.sources.engine import Engine, quoted
from features.sources.expressions import clocked
from features.sources.mapping import Merge, SourceMapping
from features.tables import Table


def merge_rows(engine: Engine, number: int, mapping: SourceMapping, rows: str) -> None:
    """Replace the rows of file `number` in the table `rows` by one row per group or per run of days."""
    if mapping.merge is None:
        return
    merged = _merged(mapping.canonical, mapping.merge, number, mapping.recording_delay_days, rows)
    engine.run(f"CREATE OR REPLACE TEMP TABLE merged AS {merged}")
    engine.run(f"DELETE FROM {rows} WHERE file = {number}")
    engine.run(f"INSERT INTO {rows} BY NAME SELECT * FROM merged")
    engine.run("DROP TABLE merged")


def _merged(table: Table, merge: Merge, number: int, delay_days: int, rows: str) -> str:
    by = ", ".join(quoted(name) for name in merge.by)
    own = quoted(table.time)
    breaks = "false" if merge.gap_days is None else f"{own}::DATE - lag({own}::DATE) OVER days > {merge.gap_days}"
    kept = [column.name for column in table.columns if column.name not in (*merge.by, merge.end)]
    first = ", ".join(f"first({quoted(name)} ORDER BY {own}, line) AS {quoted(name)}" for name in kept)
    end = f", max({own}::DATE)::TIMESTAMP + INTERVAL 1 DAY AS {quoted(merge.end)}" if merge.end else ""
    clock = table.by_name[merge.end].clock if merge.end else None
    replaced = f" REPLACE ({clocked(table, delay_days)[clock]} AS {quoted(clock)})" if clock else ""
    return (
        f"WITH marked AS (SELECT *, coalesce({breaks}, false)::INTEGER AS breaks FROM {rows} "
        f"WHERE file = {number} WINDOW days AS (PARTITION BY {by} ORDER BY {own}, line)), "
        f"runs AS (SELECT *, sum(breaks) OVER (PARTITION BY {by} ORDER BY {own}, line) AS run FROM marked), "
        "grouped AS (SELECT first(file) AS file, min(line) AS line, sum(lines)::INTEGER AS lines, 0 AS nth, "
        f"first(bucket) AS bucket, {by}, {first}{end} FROM runs GROUP BY {by}, run) "
        f"SELECT *{replaced} FROM grouped"
    )
