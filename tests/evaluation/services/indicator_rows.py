"""Hand-drawn worlds for the tests of indicators: a few rows in, the value known by hand."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
import yaml

from configs.loader import load_config
from evaluation.indicators.compute import Found, add_slots, add_world, known_slots
from evaluation.indicators.coverage import Coverage
from evaluation.indicators.measures.world import World
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.report import report_of
from features.tables import TABLES
from tests.features.histories_data import empty_tables, table_of

AREAS = {"901": "901", "902": "902"}
NAMES = {area: {"fi": area, "sv": area, "en": area} for area in AREAS}
Rows = Sequence[Mapping[str, Any]]


def shown_rows(text: str, **same: Any) -> list[dict[str, Any]]:
    """Rows drawn as a table: the first line names the columns; `-` is empty, `+` stands for a space."""
    head, *body = [line.split() for line in text.strip().splitlines()]
    return [
        {**same, **{name: _cell(value) for name, value in zip(head, line, strict=True) if value != "-"}}
        for line in body
    ]


def _cell(value: str) -> Any:
    read = yaml.safe_load(value)
    return read if isinstance(read, int | float) and not value.startswith("0") else value.replace("+", " ")


def people(*clients: str, **same: Any) -> list[dict[str, Any]]:
    """Residents of 901, born 1940, observed since 2020."""
    return [{"client_id": client, **same} for client in clients]


@cache
def whole() -> IndicatorsConfig:
    """The real file, read once."""
    return load_config("configs/indicators.yaml", IndicatorsConfig)


def definitions(*ids: str, **settings: Any) -> IndicatorsConfig:
    """The real definitions of configs/indicators.yaml, only these; small cells are shown unless a test asks."""
    chosen = {id: whole().definitions[id] for id in ids}
    plain = {
        "smallest_cell": 2,
        "periods": 1,
        "repeats": 20,
        "side_by_side": {},
        "compared": {},
        "silent_source_days": 3650,
    }
    return whole().model_copy(update={**plain, **settings, "definitions": chosen})


def found_in(config: IndicatorsConfig, as_of: str, slots: Rows = (), **tables: Rows) -> Found:
    """The parts of one drawn world."""
    day = date.fromisoformat(as_of)
    drawn = {**empty_tables(), **{name: drawn_table(name, rows) for name, rows in tables.items()}}
    found = Found(pd.Timestamp(day), Coverage(config.silent_source_days))
    add_world(found, World(drawn, day, AREAS, config.segmentation_scheme), config)
    add_slots(found, known_slots(drawn_table("appointment_slots", slots), day), config)
    return found


def drawn_table(name: str, rows: Rows) -> pd.DataFrame:
    """A canonical table; a date without its clock was recorded when it happened."""
    clocks = [(column.name, str(column.clock)) for column in TABLES[name].dates if not column.planned]
    clocks += [(column.name, str(column.clock)) for column in TABLES[name].dates if column.nullable]
    filled = [
        {**{clock: row[date] for date, clock in clocks if date in row and clock not in row}, **row} for row in rows
    ]
    return table_of(name, filled)


def report(config: IndicatorsConfig, as_of: str, slots: Rows = (), **tables: Rows) -> dict[str, Any]:
    """The published report of one drawn world."""
    return report_of(found_in(config, as_of, slots, **tables), config, NAMES, {"snapshot_sha256": "", "data_until": ""})


def county(id: str, as_of: str, slots: Rows = (), settings: Mapping[str, Any] | None = None, **tables: Rows) -> Any:
    """The county's latest line of one indicator."""
    config = definitions(id, **(settings or {}))
    return report(config, as_of, slots, **tables)["indicators"][0]["latest"]


def parts_of(id: str, as_of: str, slots: Rows = (), **tables: Rows) -> tuple[float, float, float]:
    """Σ num, Σ den, Σ missing of the latest period, as they are before anything is hidden."""
    config = definitions(id)
    found = found_in(config, as_of, slots, **tables)
    span = max((span for own, span in found.frames if own == id), key=lambda one: one.start)
    rows = found.parts(id, span)
    return tuple(float(rows[name].sum()) for name in ("num", "den", "missing"))  # type: ignore[return-value]
