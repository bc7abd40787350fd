"""The data contract as pandera schemas of the frames that `features.store.read_table` gives."""

from functools import cache
from typing import Any

import pandera.pandas as pa

from features.schema.rules import FIRST_YEAR, LAST_YEAR
from features.tables import TABLES, Column

DTYPES: dict[str, Any] = {"number": "float64", "integer": "float64", "time": "datetime64[s]", "flag": "bool"}
"""Text comes as pandas categories, whatever the categories are."""


@cache
def schema_of(table: str) -> pa.DataFrameSchema:
    """The schema of one canonical table, column by column."""
    columns = {column.name: _column(column) for column in TABLES[table].columns}
    return pa.DataFrameSchema(columns, strict=True, ordered=True, name=table)


def _column(column: Column) -> pa.Column:
    return pa.Column(
        DTYPES.get(column.kind),
        checks=_checks(column),
        nullable=column.nullable,
        title=column.meaning,
        metadata={"unit": column.unit, "clock": column.clock},
    )


def _checks(column: Column) -> list[pa.Check]:
    checks = [pa.Check.isin(column.allowed)] if column.allowed else []
    if column.kind == "time":
        return [pa.Check(lambda times: times.dt.year.between(FIRST_YEAR, LAST_YEAR), name="year_in_range")]
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    return checks
