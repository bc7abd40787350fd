"""One client's rows posted with the question: the time of the whole answer, from the body's bytes to the answer's."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from features.columnar import NO_TIME, Coded, Columns
from features.tables import TABLES, Column
from serving.api.clients import ClientApi
from serving.api.questions import NeedRowsQuestion, SegmentRowsQuestion
from serving.api.rows import RowsApi
from serving.engine.clients.posted import FILLED
from serving.engine.registers import Registers
from serving.house import House
from serving.middleware.body import json_fault
from serving.middleware.context import CALLER, Presented
from serving.records.logs import new_id

EPOCH = datetime(1970, 1, 1)


def times(house: House, registers: Registers, asked: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Milliseconds of wall and of processor time, and rows, of each question."""
    clients = ClientApi(house.desk, lambda _caller, _client: "")
    api = RowsApi(house.desk, clients)
    spent = [_one(house, api, registers, one) for one in asked]
    return tuple(np.array(part) for part in zip(*spent, strict=True))  # type: ignore[return-value]


def _one(house: House, api: RowsApi, registers: Registers, one: dict[str, Any]) -> tuple[float, float, int]:
    tables = as_posted(registers.tables_of(one["body"]["client_id"]))  # type: ignore[arg-type]
    grounds = {name: one["body"][name] for name in ("decision_point", "purpose")}
    question = {**grounds, "as_of": registers.stamp.as_of.isoformat(), "tables": tables}
    if "task" in one["body"]:
        question["task"] = one["body"]["task"]
    body = json.dumps(question).encode("utf-8")
    wall, cpu = time.perf_counter(), time.thread_time()
    CALLER.set(asyncio.run(house.rules.authenticate(Presented(one["token"], new_id(), "127.0.0.1"))))
    assert json_fault(body) is None
    sent = json.loads(body)
    answer = api.need(NeedRowsQuestion(**sent)) if "task" in sent else api.segment(SegmentRowsQuestion(**sent))
    assert answer.status_code == 200, answer.body
    spent = (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000
    return (*spent, sum(len(rows) for rows in tables.values()))


def as_posted(tables: Mapping[str, Columns]) -> dict[str, list[dict[str, Any]]]:
    """The rows as another system would send them: what is empty is left out."""
    return {name: _rows(name, columns) for name, columns in tables.items() if len(columns)}


def _rows(name: str, columns: Columns) -> list[dict[str, Any]]:
    sent = [column for column in TABLES[name].columns if column.name not in FILLED]
    cells = {column.name: _cells(column, columns) for column in sent}
    return [
        {column: values[place] for column, values in cells.items() if values[place] is not None}
        for place in range(len(columns))
    ]


def _cells(column: Column, columns: Columns) -> list[Any]:
    held = columns[column.name]
    if isinstance(held, Coded):
        return [None if code < 0 else str(held.categories[code]) for code in held.codes]
    if column.kind == "time":
        return [None if value == NO_TIME else (EPOCH + timedelta(seconds=int(value))).isoformat() for value in held]
    if column.kind == "flag":
        return [bool(value) for value in held]
    whole = int if column.kind == "integer" else float
    return [None if np.isnan(value) else whole(value) for value in held]
