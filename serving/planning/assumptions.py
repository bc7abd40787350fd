"""Assumptions of staffing and channels as a planner may change them for one look: named numbers, checked as the files.

A name is a path, e.g. `teams.0.work.travel` or `channels.phone.minutes`; only numbers with a source may be changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from configs.loader import StrictConfig, validate_config
from models.planning.base import MEASURE, Base
from models.planning.staffing.config import PERIOD_WEEKS, Queue, StaffingConfig
from models.planning.staffing.erlang import QueueNeed
from models.planning.staffing.plan import StaffingPlan, queue_need
from models.planning.staffing.quantiles import quantile
from models.planning.staffing.sources import CHANGED

CONTACTS = "contacts"
"""The measure by which a forecast of digital demand counts contacts."""
USUAL_CONTACTS = 1000.0
"""Contacts a period that are asked about before a visitor gives a number."""
T = TypeVar("T", bound=StrictConfig)


def numbers_of(config: StrictConfig) -> dict[str, float]:
    """Every assumed number by its path, in the order of the file."""
    return dict(_numbers(config.model_dump(mode="json"), ""))


def changed(config: T, changes: Mapping[str, float]) -> T:
    """The config with other numbers; unknown paths are left out.  Raises ConfigError for what the file may not hold."""
    known = numbers_of(config)
    wanted = {path: value for path, value in changes.items() if path in known and value != known[path]}
    if not wanted:
        return config
    told = config.model_dump(mode="json")
    for path, value in wanted.items():
        _set(told, path.split("."), value)
    return validate_config(told, type(config), "assumptions")


def _numbers(told: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(told, Mapping):
        if set(told) == {"value", "source"}:
            yield path, float(told["value"])
            return
        for name, part in told.items():
            yield from _numbers(part, f"{path}.{name}" if path else str(name))
    elif isinstance(told, list):
        for place, part in enumerate(told):
            yield from _numbers(part, f"{path}.{place}")


def _set(told: Any, path: list[str], value: float) -> None:
    for step in path:
        told = told[int(step)] if isinstance(told, list) else told[step]
    told.update({"value": value, "source": CHANGED})


@dataclass(frozen=True)
class Counted:
    """Contacts a period that a live forecast of digital demand expects, and which model says so."""

    contacts: float
    model: str


@dataclass(frozen=True)
class Tried:
    """What a number of contacts needs on a queue that the shown forecast does not count."""

    queue: Queue
    contacts: float
    need: QueueNeed
    counted: Counted | None
    """Where the number comes from, unless a visitor gave it or no live forecast counts the queue."""


def counted_contacts(forecasts: Sequence[tuple[str, Base]], config: StaffingConfig, period: str) -> dict[str, Counted]:
    """By the queues' measures: the contacts of the busiest period at the planned level, of the widest series."""
    found: dict[str, Counted] = {}
    for model, base in forecasts:
        for queue in config.queues:
            rows = _of_channel(base, queue.measure)
            if rows is not None and queue.measure not in found:
                most = float(quantile(rows, config.service_level.value).max())
                per_period = most * PERIOD_WEEKS[period] / PERIOD_WEEKS[base.period]
                found[queue.measure] = Counted(float(round(per_period)), model)
    return found


def _of_channel(base: Base, channel: str) -> pd.DataFrame | None:
    """The forecast of the contacts of one channel in the widest area."""
    known = set(base.forecast["series_id"])
    own = [
        one
        for one in base.series
        if one.dimensions.get(MEASURE) == CONTACTS and channel in one.dimensions.values() and one.series_id in known
    ]
    widest = max(own, key=lambda one: len(one.parts), default=None)
    return base.forecast[base.forecast["series_id"] == widest.series_id] if widest else None


def tried_queues(
    config: StaffingConfig,
    plan: StaffingPlan,
    changes: Mapping[str, float],
    period: str,
    counted: Mapping[str, Counted] | None = None,
) -> tuple[Tried, ...]:
    """What a given number of contacts would need on each queue that the forecast does not count."""
    open_queues = [(place, one) for place, one in enumerate(config.queues) if one.measure in plan.missing]
    return tuple(
        _tried(one, changes.get(f"contacts.{place}"), (counted or {}).get(one.measure), period)
        for place, one in open_queues
    )


def _tried(queue: Queue, given: float | None, counted: Counted | None, period: str) -> Tried:
    if given is None:
        given = counted.contacts if counted else USUAL_CONTACTS
    told = counted if counted is not None and given == counted.contacts else None
    return Tried(queue, given, queue_need(queue, given, period), told)
