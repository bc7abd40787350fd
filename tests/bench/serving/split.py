"""Where a request's processor time goes: the service's own steps, measured one by one in this process."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.answers import json_values
from serving.api.replies import told
from serving.desk.requests import Caller, Grounds
from serving.engine.clients.case import RegisterCase
from serving.engine.engine import RegisterEngine
from serving.engine.registers import open_registers, packed_or_none
from serving.house import build_house
from serving.middleware.body import json_fault
from serving.middleware.context import Presented
from serving.records.evidence import evidence
from serving.records.logs import new_id
from tests.bench.serving.place import Place
from tests.bench.serving.rows import times

STEPS = ("access", "read", "kernel", "explanation", "audit", "json")


@dataclass
class Stopwatch:
    """Milliseconds of processor time per step, one value per request."""

    spent: dict[str, list[float]]

    def measured(self, step: str, work: Callable[[], Any]) -> Any:
        started = time.thread_time_ns()
        result = work()
        self.spent[step].append((time.thread_time_ns() - started) / 1e6)
        return result


@dataclass(frozen=True)
class Inside:
    """Mean milliseconds of processor time per step; wall, processor time and rows of each posted question."""

    steps: dict[str, float]
    posted: tuple[np.ndarray, np.ndarray, np.ndarray]


def inside(place: Place, asked: list[dict[str, Any]], most: int = 400) -> Inside:
    """What a request costs step by step, and what one costs that brings its rows along."""
    engine = RegisterEngine(place.settings)
    engine.refresh()
    house = build_house(place.settings, engine)
    opened = open_registers(place.settings.workspace.store)
    registers = replace(opened, packed=packed_or_none(place.settings.workspace.packed, opened.snapshot))
    watch = Stopwatch({step: [] for step in STEPS})
    try:
        for one in asked[:most]:
            _one(watch, house, engine, one)
        posted = times(house, registers, asked[most : most + most // 2])
    finally:
        engine.stop()
        house.close()
    return Inside({step: float(np.mean(values)) for step, values in watch.spent.items()}, posted)


def _one(watch: Stopwatch, house: Any, engine: RegisterEngine, one: dict[str, Any]) -> None:
    desk, body = house.desk, one["body"]
    grounds = Grounds(body["decision_point"], body["purpose"])
    answers: list[Any] = []

    def access() -> Any:
        caller = asyncio.run(house.rules.authenticate(Presented(one["token"], new_id(), "127.0.0.1")))
        assert isinstance(caller, Caller)
        event = desk.event(caller, "answer", grounds=grounds, client_id=body["client_id"])
        return desk.checked(caller, "see_answer", event), caller

    event, caller = watch.measured("access", access)
    case = watch.measured("read", lambda: engine.open(body["client_id"]))
    assert isinstance(case, RegisterCase)
    live = case.live_for(one["body"].get("task"))
    watch.measured("kernel", lambda: case.row(live))
    ask = (lambda: case.need(body["task"])) if "task" in body else case.segment
    watch.measured("explanation", lambda: answers.extend(desk.fitted(caller, grounds, (ask(),))))

    def audit() -> None:
        detail = evidence(answers, engine, engine.data(), case.stamp())
        desk.records.audit(
            event if not answers else type(event)(**{**vars(event), "answer_id": new_id(), "detail": detail})
        )

    watch.measured("audit", audit)
    watch.measured("json", lambda: (json_fault(b'{"a": "b"}'), told(json_values(answers[0]))))
